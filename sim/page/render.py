"""The template environment and the one way to make a page."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup

from sim.lang import Lang, Text, say
from sim.page.filters import FILTERS, harmless


@cache
def environment(package: str = "sim.page") -> Environment:
    """The environment for the templates of a package: its own by their names, the shared ones under ``page/``.

    Everything is escaped, whatever a template's name ends in; a name that is not given is an error, not a blank.
    """
    shared = PrefixLoader({"page": PackageLoader("sim.page", "templates/page")})
    own = [] if package == "sim.page" else [PackageLoader(package, "templates")]
    made = Environment(
        loader=ChoiceLoader([*own, shared]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(FILTERS)
    made.globals["say"] = say
    return made


def render(
    template: str,
    *,
    package: str,
    lang: Lang,
    title: Text,
    styles: Sequence[str] = (),
    scripts: Sequence[str] = (),
    **context: Any,
) -> str:
    """A whole page from a template of ``package`` that extends ``page/base.html``.

    ``lang`` is the language shown first. ``styles`` and ``scripts`` are names of files beside the package's templates,
    added to the shared ones. Raises jinja2.UndefinedError for a name that the context lacks.
    """
    style = _joined("style.css", package, styles)
    script = _joined("script.js", package, scripts)
    return (
        environment(package)
        .get_template(template)
        .render(
            lang=lang,
            page_title=title,
            page_style=Markup(style),  # noqa: S704 - our own files, never a value from outside
            page_script=Markup(script),  # noqa: S704 - the same
            page_policy=policy([style], [script]),
            **context,
        )
    )


def policy(styles: Iterable[str], scripts: Iterable[str]) -> str:
    """The content security policy: nothing is fetched, and only these very styles and scripts take effect."""
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src-elem {' '.join(map(_digest, styles))}",
            "style-src-attr 'unsafe-inline'",  # widths of bars; a style attribute can fetch nothing under default-src
            f"script-src {' '.join(map(_digest, scripts))}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'self'",
        )
    )


def _digest(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


def _joined(shared: str, package: str, names: Sequence[str]) -> str:
    return "\n".join((_asset("sim.page", f"page/{shared}"), *(_asset(package, name) for name in names)))


@cache
def _asset(package: str, name: str) -> str:
    text = files(package).joinpath("templates", *name.split("/")).read_text(encoding="utf-8")
    if "</" in text:  # would end the element that holds it
        raise ValueError(f"{name} must not contain '</'")
    return text
