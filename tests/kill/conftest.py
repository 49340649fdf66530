"""Makes the helpers of these tests importable, and the desk of the platform tests."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path += [str(HERE), str(HERE.parent / "sim" / "platform")]
