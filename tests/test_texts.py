"""Every sentence a user can read exists in Chinese and English with the same placeholders."""

import ast
import re
import string
from pathlib import Path

import pytest

from sim.lang import LANGS, Text, choose_lang, plain, say, templates

ROOT = Path(__file__).parent.parent
CHINESE = re.compile(r"[一-鿿]")


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def used_keys() -> dict[str, str]:
    """Every literal key handed to `say` in the code, with the file that does."""
    found: dict[str, str] = {}
    for folder in ("sim", "conformance", "yidi.py"):
        base = ROOT / folder
        for path in [base] if base.is_file() else base.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "say" and node.args:
                    key = node.args[0]
                    if isinstance(key, ast.Constant):
                        found[str(key.value)] = str(path.relative_to(ROOT))
    return found


@pytest.mark.parametrize("key", sorted(templates()))
def test_both_languages_say_the_same(key: str) -> None:
    """Placeholders agree; the Chinese text is Chinese, the English one has no Chinese in it."""
    pair = templates()[key]
    if key.startswith("plain"):
        return
    assert placeholders(pair["zh"]) == placeholders(pair["en"])
    assert not CHINESE.search(re.sub(r"「[^」]*」|\([^)]*\)", "", pair["en"]))
    assert CHINESE.search(pair["zh"]) or not re.search(r"[A-Za-z]{4,} [a-z]{2,} ", pair["zh"])


def test_every_key_in_the_code_exists() -> None:
    """No key is asked for that the files do not have."""
    missing = {key: file for key, file in used_keys().items() if key not in templates()}
    assert missing == {}


def test_a_text_inside_a_text_is_shown_in_the_same_language() -> None:
    """Nested texts follow the language of the sentence around them."""
    inner = plain("甲", "A")
    assert "甲" in say("error.at_key", place=inner, key="k").show("zh")
    assert "A" in say("error.at_key", place=inner, key="k").show("en")


def test_an_unknown_key_or_missing_value_is_an_error_not_a_blank() -> None:
    """A text never shows with a hole in it."""
    with pytest.raises(KeyError):
        Text("no.such.key").show("en")
    with pytest.raises(KeyError):
        say("error.nearest").show("zh")


@pytest.mark.parametrize(
    ("asked", "environ", "expected"),
    [
        ("zh", {"LANG": "en_US.UTF-8"}, "zh"),
        (None, {"LANG": "zh_CN.UTF-8"}, "zh"),
        (None, {"LANG": "C.UTF-8"}, "en"),
        (None, {"YIDI_LANG": "zh", "LC_ALL": "en_US"}, "zh"),
        (None, {}, "en"),
    ],
)
def test_the_language_is_what_was_asked_for_else_the_environments(asked, environ, expected) -> None:
    """--lang wins, then YIDI_LANG, LC_ALL, LANG; English otherwise."""
    assert expected == choose_lang(asked, environ)
    assert expected in LANGS
