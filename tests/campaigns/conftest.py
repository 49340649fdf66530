"""Makes the tests importable as a package, as ``python -m tests.campaigns`` does."""

import sys
from pathlib import Path

ROOT = str(Path(__file__).parent.parent.parent)
if ROOT not in sys.path:
    sys.path.append(ROOT)
