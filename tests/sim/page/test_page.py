"""Pages: both languages in one file, nothing loaded from outside, nothing from outside taken for markup."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.lang import plain, say
from sim.money import parse
from sim.page import bilingual, environment, filters, render, visible, yuan
from sim.page.filters import content
from sim.page.render import policy

LOADING = re.compile(r"""(?:src|href|action|data|poster)\s*=|url\(|@import|https?://|//[a-z]""", re.IGNORECASE)


class Elements(HTMLParser):
    """Collects the elements of a document and whether every one that opens is closed in order."""

    VOID = frozenset({"meta", "input", "br", "hr", "img", "link"})

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        self.names.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop()


def page(body: str, lang: str = "zh", **context: object) -> str:
    """The base page around a template given as a string, as a caller's template would extend it."""
    base = environment()
    child = base.overlay(loader=jinja2.ChoiceLoader([jinja2.DictLoader({"child.html": body}), base.loader]))  # type: ignore[list-item]
    return child.get_template("child.html").render(
        lang=lang, page_title=plain("题", "Title"), page_style="", page_script="", page_policy="", **context
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_page_loads_nothing_from_outside(lang):
    """A page holds no address of anything outside it."""
    html = render("page/base.html", package="sim.page", lang=lang, title=plain("题", "Title"))
    assert [] == LOADING.findall(html)


def test_the_search_for_addresses_sees_one():
    """The test above would see a script, a font and an image from outside."""
    for bad in ('<script src="x.js">', "url(font.woff)", '<img src="//cdn/x.png">', '@import "x"'):
        assert LOADING.search(bad)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_page_is_well_formed_and_starts_in_the_language_asked_for(lang):
    """Every element is closed; the radio of the language asked for is the one that is checked."""
    html = render("page/base.html", package="sim.page", lang=lang, title=plain("题", "Title"))
    seen = Elements()
    seen.feed(html)
    assert [] == seen.open
    assert [lang] == re.findall(r'value="(\w+)" checked', html)


def test_policy_names_exactly_the_style_and_script_of_the_page():
    """The digests in the policy are those of the style and script elements as a browser reads them."""
    html = render("page/base.html", package="sim.page", lang="zh", title=plain("题", "Title"))
    for element in ("style", "script"):
        (source,) = re.findall(f"<{element}>(.*?)</{element}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert f"{element}-src" in html
        assert f"sha256-{digest}" in html.replace("&#39;", "'")


def test_policy_allows_nothing_by_default():
    """No source is allowed that is not named, and no script without its digest."""
    assert policy(["a"], ["b"]).startswith("default-src 'none'; ")
    assert "unsafe-inline" not in policy(["a"], ["b"]).split("script-src")[1]


def test_a_style_that_could_end_its_element_is_refused(tmp_path, monkeypatch):
    """An asset holding ``</`` is a mistake of ours that is found when the page is made."""
    (tmp_path / "hostile").mkdir()
    (tmp_path / "hostile" / "__init__.py").touch()
    (tmp_path / "hostile" / "templates").mkdir()
    (tmp_path / "hostile" / "templates" / "bad.css").write_text("a{} </style><script>")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match=r"bad\.css"):
        render("page/base.html", package="hostile", lang="zh", title=plain("题", "T"), styles=["bad.css"])


@given(st.text(), st.text())
def test_texts_come_escaped_in_both_languages(zh, en):
    """Whatever a text holds, its form in a page has no markup but our two spans."""
    shown = str(bilingual(plain(zh, en)))
    if zh == en:
        assert "<" not in shown
    else:
        assert ["<span ", "</span>", "<span ", "</span>"] == re.findall(r"</?[^ >]*[ >]", shown)
        assert shown.count("<") == shown.count(">") == 4


def test_text_equal_in_both_languages_is_shown_once():
    """A field name is not doubled."""
    assert "psn_no" == str(bilingual(plain("psn_no", "psn_no")))


def test_plain_strings_are_escaped_too():
    """A string from outside never becomes markup, in a filter or without one."""
    html = page('{% extends "page/base.html" %}{% block content %}{{ x }}{{ x|t }}{% endblock %}', x="<script>alert(1)")
    assert 1 == html.count("<script>")
    assert 2 == html.count("&lt;script&gt;alert(1)")


def test_a_name_that_is_not_given_is_an_error():
    """A template never leaves a blank where a value was forgotten."""
    with pytest.raises(jinja2.UndefinedError):
        page('{% extends "page/base.html" %}{% block content %}{{ forgotten }}{% endblock %}')


@given(st.integers(-(10**16) + 1, 10**16 - 1))
def test_yuan_reads_back_to_the_same_fen(fen):
    """Grouping by thousands changes no digit."""
    assert fen == parse(yuan(fen).replace(",", ""))


@pytest.mark.parametrize(
    ("fen", "shown"),
    [(0, "0.00"), (-5, "-0.05"), (99, "0.99"), (100000, "1,000.00"), (-123456789, "-1,234,567.89"), (None, "–")],
)
def test_yuan_groups_thousands(fen, shown):
    """Two decimals always; a comma every three digits; a dash for what is not known."""
    assert shown == yuan(fen)


def test_parts_make_tables_and_facts():
    """The shared parts escape cells, set numbers to the right and show texts in both languages."""
    html = page(
        '{% extends "page/base.html" %}{% import "page/parts.html" as part %}{% block content %}'
        "{{ part.table([head, 'n'], [['<b>', 3]], numeric=[1]) }}{{ part.facts([[head, '<i>']]) }}"
        "{{ part.badge('bad', head) }}{{ part.bar(1, 3) }}{{ part.bar(0, 0) }}{% endblock %}",
        head=plain("名", "Name"),
    )
    assert '<td>&lt;b&gt;</td><td class="n">3</td>' in html
    assert '<span class="t" lang="zh">名</span><span class="t" lang="en">Name</span>' in html
    assert "<dd>&lt;i&gt;</dd>" in html
    assert '<span class="badge bad">✗ ' in html
    assert "width:33.3%" in html
    assert "width:0%" in html


def test_both_languages_of_own_texts_exist():
    """The page's own sentences are there in both languages."""
    assert {"zh", "en"} == set(say("page.made_by").both())


@given(st.text())
def test_content_holds_no_markup_and_reads_back(text):
    """Inside an element the shorter escaping is as safe: no angle bracket is left, and it reads back to the same."""
    shown = str(content(text))
    assert not set("<>") & set(shown)
    assert text == shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


@given(st.text())
def test_no_character_of_a_page_disturbs_the_reader(text):
    """Control characters, direction marks and half characters are shown, in strings and in texts alike."""
    html = page(
        '{% extends "page/base.html" %}{% block content %}{{ x }}{{ x|t }}{{ y|t }}{% endblock %}',
        x=text,
        y=plain(text, "y"),
    )
    assert visible(html) == html
    html.encode("utf-8")


@pytest.mark.parametrize("code", [0, 0x1B, 0x0D, 0x202E, 0xD800, 0x85])
def test_disturbing_characters_are_named(code):
    """Each is replaced by something that can be seen and that says which it was."""
    assert visible(chr(code)) in (chr(0x2400 + code), f"\\u{code:04x}")


def test_what_is_taken_as_harmless_at_a_glance_is_harmless():
    """The quick way, a text whose every character can be printed, and the thorough way agree about every character."""
    told = [code for code in range(0x110000) if chr(code).isprintable() and filters._DISTURBING.search(chr(code))]
    assert [] == told


def test_line_breaks_tabs_and_chinese_stay():
    """What is ordinary is not touched."""
    assert "甲\n\t乙 a" == visible("甲\n\t乙 a")
