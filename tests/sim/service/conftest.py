"""Makes the platform tests' desk importable."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "platform"))
