"""Pages: one HTML file that opens anywhere, reads in Chinese and English, and prints well.

`render` fills a template of the caller's package that extends ``page/base.html``. The file loads nothing from
outside, everything inserted is escaped, and its content security policy runs only the style and script that this
package wrote.
"""

from sim.page.filters import bilingual, visible, yuan
from sim.page.render import environment, render

__all__ = ["bilingual", "environment", "render", "visible", "yuan"]
