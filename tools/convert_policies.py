"""Makes ``fixtures/policies/*.yaml`` from the shared file of benefit parameters.

    python -m tools.convert_policies POLICIES.yaml [OUT_DIR]

Every entry of the source becomes a number of a mechanism or, where no mechanism can use it, a row of ``not_modelled``:
nothing is dropped. The mapping is by name of the entry, never by name of a place. Chinese for notes and names stands in
``convert_policies.yaml`` beside this script; a note without Chinese stops the conversion.
"""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

from tools.policy_conversion import convert, written

ROOT = Path(__file__).parent


def main(source: Path, out: Path, words: Path = ROOT / "convert_policies.yaml") -> None:
    """Write one file a pool, and the table of sources."""
    given, known = (yaml.safe_load(file.read_text(encoding="utf-8")) for file in (source, words))
    files = {name: written(data) for name, data in convert(given, known).items()}  # all of them before the first
    out.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (out / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT.parent / "fixtures" / "policies")
