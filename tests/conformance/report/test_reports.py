"""The reports: nothing from outside becomes markup, personal values are masked, every form is valid and stable."""

import io
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from conformance import conversation
from conformance.conversation import Conversation, Raw
from conformance.observation import Observation
from conformance.report import html, json_report, junit, write
from conformance.report.console import show
from conformance.result import Explanation, RunResult
from sim.lang import plain
from tests.conformance.report.samples import (
    CARD,
    CERTNO,
    GOOD,
    NAME,
    NEGATIVE,
    SAMPLES,
    SCRIPT,
    SKIPPED,
    TEL,
    TOKEN,
    body,
    exchange,
    failed,
    passed,
    reply,
    request,
)

SECRETS = (NAME, CERTNO, CARD, TOKEN, TEL)


def terminal(result: RunResult, lang: str = "en", **more: object) -> str:
    """What a pipe would get: no colours, a fixed width."""
    out = io.StringIO()
    show(result, Console(file=out, width=100, force_terminal=False), lang, **more)
    return out.getvalue()


def forms(result: RunResult, **more: bool) -> dict[str, str]:
    """The run in every form, as text."""
    return {
        "html": html.page(result, **more),
        "junit": junit.document(result, **more).decode(),
        "json": json_report.document(result, **more),
        "console": terminal(result, **more),
    }


class Tree(HTMLParser):
    """Collects elements and checks that they nest; the report holds no element that its templates did not write."""

    VOID = frozenset({"meta", "input", "br", "line", "rect", "polygon"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        found = dict(attrs)
        assert not [name for name in found if name.startswith("on")]
        if "id" in found:
            self.ids.append(str(found["id"]))
        if "href" in found:
            self.links.append(str(found["href"]))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop(), tag


def tree(text: str) -> Tree:
    """The elements of a page."""
    seen = Tree()
    seen.feed(text)
    return seen


@pytest.mark.parametrize("name", SAMPLES)
def test_page_nests_and_its_links_lead_somewhere(name):
    """Every element is closed, every id unique, every link inside the page."""
    seen = tree(html.page(SAMPLES[name](), "zh"))
    assert [] == seen.open
    assert len(seen.ids) == len(set(seen.ids))
    assert {link.removeprefix("#") for link in seen.links} <= set(seen.ids)
    assert 1 == seen.names.count("script")


@pytest.mark.parametrize("masked", [True, False])
def test_hostile_strings_stay_text(masked):
    """A script in a reply, a label or an expectation is shown, in no form as markup, and no escape reaches a terminal."""
    told = forms(failed(), masked=masked)
    assert SCRIPT not in told["html"]
    assert "&lt;script&gt;" in told["html"]
    ET.fromstring(told["junit"])  # noqa: S314 - our own output
    for text in told.values():
        assert "\x1b" not in text
        assert "\u202e" not in text


@pytest.mark.parametrize("form", ["html", "junit", "json", "console"])
def test_personal_values_are_masked(form):
    """No identity number, name, card, credential or telephone number is in any report."""
    assert [] == [secret for secret in SECRETS if secret in forms(failed())[form]]


def test_the_search_for_personal_values_sees_them_unmasked():
    """Without the mask they are there, so the test above looks at something."""
    told = forms(failed(), masked=False)
    assert [] == [secret for secret in SECRETS if secret not in told["html"]]
    assert CERTNO in told["json"]
    assert CERTNO in told["junit"]
    assert CERTNO in told["console"]


def masked_page(*raws: Raw) -> str:
    """A page of one exchange for each request body."""
    exchanges = tuple(exchange(n, raw, reply({})) for n, raw in enumerate(raws, 1))
    return html.page(evolve(passed(), conversation=Conversation(exchanges)))


@pytest.mark.parametrize(
    "raw",
    [
        b'{"input": {"certno": "110101193002290016"',
        b'{"input": {"cert\\u006eo": "\\u0031\\u0031\\u003010119300229001\\u0036"}}',
        b'{"certno": 110101193002290016}',
        b'{"certno" :  "110101193002290016"}',
        b'{"certno": ["110101193002290016"]}',
        b"certno=110101193002290016&x=1",
        b"\xff\xfe 110101193002290016",
        b'{"text": "person 110101193002290016 unknown"}',
    ],
)
def test_masking_reaches_bodies_of_any_form(raw):
    """Cut off, escaped, as a number, in a list, in a form, in binary rubbish, in a sentence."""
    assert CERTNO not in masked_page(Raw(raw))


def test_a_known_value_is_masked_wherever_it_appears():
    """A card number from one message is masked in the error text, header and address of another."""
    first = request("1101", {"mdtrt_cert_no": "XYZ12345", "psn_name": NAME})
    second = Raw(
        body({"infno": "1101", "memo": f"卡 XYZ12345 的 {NAME}"}), (("X-Card", "XYZ12345"),), target="/p?card=XYZ12345"
    )
    page = masked_page(first, second)
    assert "XYZ12345" not in page
    assert NAME not in page


def test_masking_keeps_apart_who_differs():
    """The same value has the same number everywhere, another value another one."""
    one = request("1101", {"certno": "A1234567"})
    other = request("1101", {"certno": "B1234567"})
    numbers = re.findall(r'"certno": "\*\*\*(\d+)"', masked_page(one, other, one))
    first, second, third = numbers[0::2]
    assert first == third != second


def test_ordinary_fields_are_not_masked():
    """Amounts, message numbers and places stay readable."""
    page = html.page(failed())
    for shown in ("60.01", "H1100000000120260102030411010", "110100", "setl_id"):
        assert shown in page


@pytest.mark.parametrize("name", SAMPLES)
def test_json_fits_its_published_schema(name):
    """The document is valid, and the schema is a schema."""
    schema = json_report.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(json_report.document(SAMPLES[name]())), schema, jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    "change", [{"verdict": "fine"}, {"exit_code": 2}, {"extra": 1}, {"exit_code": 0}, {"seed": "7"}]
)
def test_the_schema_refuses_what_is_wrong(change):
    """A wrong verdict, exit code, name or type, and a zero on a failed run, are not valid."""
    wrong = {**json_report.data(failed()), **change}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, json_report.schema(), jsonschema.Draft202012Validator)


def test_the_schema_names_every_key_at_every_level():
    """No object of the schema accepts names it does not know, so a new key cannot slip in unpublished."""
    open_objects = [
        path
        for path, part in parts(json_report.schema())
        if part.get("type") == "object" and "additionalProperties" not in part
    ]
    assert [] == open_objects


def parts(schema: object, path: str = "") -> list[tuple[str, dict]]:
    """Every object of a schema with its path."""
    if isinstance(schema, list):
        return [p for n, item in enumerate(schema) for p in parts(item, f"{path}/{n}")]
    if not isinstance(schema, dict):
        return []
    return [(path, schema), *(p for key, item in schema.items() for p in parts(item, f"{path}/{key}"))]


@pytest.mark.parametrize("name", SAMPLES)
def test_equal_input_gives_equal_output(name):
    """Two reports of one run are the same, byte for byte."""
    assert forms(SAMPLES[name]()) == forms(SAMPLES[name]())


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", SAMPLES)
def test_console(name, lang, snapshot):
    """What the terminal shows, at a fixed width and without colour."""
    assert snapshot == terminal(SAMPLES[name](), lang)


@pytest.mark.parametrize("name", SAMPLES)
def test_junit(name, snapshot):
    """What continuous integration gets."""
    assert snapshot == junit.document(SAMPLES[name](), "en").decode()


@pytest.mark.parametrize("name", SAMPLES)
def test_junit_counts_agree_with_the_verdict(name):
    """A tool that knows only JUnit comes to red exactly when the exit code is not 0."""
    result = SAMPLES[name]()
    root = ET.fromstring(junit.document(result))  # noqa: S314 - our own output
    (suite,) = root
    assert len(result.scenarios) + 1 == int(suite.attrib["tests"]) == len(suite.findall("testcase"))
    assert (result.exit_code == 0) == (suite.attrib["failures"] == suite.attrib["errors"] == "0")


def test_findings_say_all_that_is_needed():
    """Clause, field with its Chinese label, expected, actual, why and the command that repeats it are in the page."""
    page = html.page(failed())
    for shown in (
        "REQ-AMT-04",
        "psn_part_amt",
        "个人负担总金额",
        "60.00 yuan",
        "60.01 yuan",
        "--scenario outpatient.plain",
    ):
        assert shown in page


def test_what_failed_comes_first():
    """Among hundreds of scenarios the red ones are not looked for: in the table and in what was said, they lead."""
    result = failed()
    result = evolve(result, observations=[one for one in result.observations if one.scenario != GOOD.id])
    assert ["passed", "failed", "not_run"] == [result.outcome(one) for one in result.scenarios]
    page = html.page(result, "en")
    table, told = (page.split(f'<h2 id="{part}">')[1].split("</section>")[0] for part in ("scenarios", "conversations"))
    assert [NEGATIVE.id, SKIPPED.id, GOOD.id] == re.findall(r"<small>(?:<a [^>]*>)?(outpatient[^<]+)<", table)
    assert [NEGATIVE.id, GOOD.id] == re.findall(r"<small>(outpatient[^<]+)</small></summary>", told)


def test_what_could_not_be_judged_is_told_where_it_is_red():
    """A run that is red for nothing else says which clause, why it was not judged and what to do, in every form."""
    red, mild = evolve(passed(), strict=True), passed()
    shown = {
        "page": html.page(red, "en").split('<h2 id="findings">')[1].split("</section>")[0],
        "terminal": terminal(red),
        "junit": junit.document(red).decode(),
        "json": json_report.document(red),
    }
    for form, told in shown.items():
        assert "REQ-BEN-01" in told, form
        assert "no policy declared" in told, form
    (row,) = json_report.data(red)["untestable"]
    jsonschema.validate(json_report.data(red), json_report.schema())
    assert "REQ-BEN-01" == row["clause"]["id"]
    assert [] == json_report.data(mild)["untestable"]
    assert "REQ-BEN-01" not in html.page(mild, "en").split('<h2 id="findings">')[1].split("</section>")[0]


def test_clauses_that_are_broken_stand_open():
    """They are seen at once, and only they; every clause of the register is in the list that can be unfolded."""
    result = failed()
    section = html.page(result, "en").split('<h2 id="coverage">')[1].split("</section>")[0]
    seen, folded = section.split("<details>")
    broken = {row.clause.id for row in result.coverage if row.state == "broken"}
    assert broken
    assert broken == set(re.findall(r"<code>([\w-]+)</code>", seen))
    assert set(result.clauses) == set(re.findall(r"<code>([\w-]+)</code>", folded))


def test_the_first_difference_is_marked_once():
    """Of two amounts that differ, only the first is called first; those that agree carry no mark."""
    page = html.page(failed(), "en")
    assert 1 == page.count("first difference")
    rows = re.findall(r'<tr class="differs"><td><code>(\w+)</code>', page)
    assert ["psn_part_amt", "psn_cash_pay"] == rows


@pytest.mark.parametrize(
    ("raw", "again"),
    [
        (b'{"infno":"1101","x":1.50}', False),
        (b'{"infno": "1101"}', True),
        (b'{"infno":"1101","x":1e2}', True),
        (b"{", True),
    ],
)
def test_bytes_are_shown_where_they_differ_from_what_is_laid_out(raw, again):
    """A body that is the laid-out message without white space is not shown twice; any other is, as it was sent."""
    page = masked_page(Raw(raw), Raw(raw))
    assert (2 if again else 0) == page.count(raw.decode() + "</pre>")


def test_a_settlement_that_agrees_says_so():
    """Equal amounts, as numbers or as strings, are no difference."""
    settled = reply({"setlinfo": {"medfee_sumamt": "120.00", "psn_cash_pay": 60}})
    result = evolve(
        passed(),
        conversation=Conversation((exchange(1, request("2207", {}), settled, scenario=GOOD.id),)),
        explanations={1: Explanation(1, {"medfee_sumamt": 12000, "psn_cash_pay": 6000})},
    )
    page = html.page(result, "en")
    assert "They agree to the fen." in page
    assert "first difference" not in page


def test_a_ratio_is_compared_as_a_ratio():
    """A ratio has four decimals and is no amount of yuan: 0.15 is 1500 basis points, and 0.1501 is not."""
    for ratio, marked in (("0.15", False), ("0.1501", True)):
        settled = Raw(b'{"infcode": 0, "output": {"setlinfo": {"pool_prop_selfpay": %s}}}' % ratio.encode(), status=200)
        result = evolve(
            passed(),
            conversation=Conversation((exchange(1, request("2207", {}), settled, scenario=GOOD.id),)),
            explanations={1: Explanation(1, {"pool_prop_selfpay": 1500})},
        )
        page = html.page(result, "en")
        assert marked == ("first difference" in page)
        assert "0.1500" in page


@pytest.mark.parametrize("given", ["abc", "1.234", None])
def test_an_amount_that_cannot_be_read_is_a_difference(given):
    """Rubbish, three decimals and nothing are not equal to any amount."""
    result = evolve(
        passed(),
        conversation=Conversation(
            (exchange(1, request("2207", {}), reply({"setlinfo": {"psn_cash_pay": given}}), scenario=GOOD.id),)
        ),
        explanations={1: Explanation(1, {"psn_cash_pay": 0})},
    )
    assert "first difference" in html.page(result, "en")


def test_write_makes_all_files_and_the_conversation_reads_back(tmp_path):
    """The folder holds the four files; the conversation is the one of the run, unmasked."""
    paths = write(failed(), tmp_path / "deep" / "out", "zh")
    assert all(path.is_file() for path in paths)
    assert failed().conversation == conversation.read(paths.conversation)


@settings(max_examples=20, deadline=None)
@given(st.binary(max_size=60), st.text(max_size=30), st.sampled_from(["answered", "timeout", "unreachable", "broken"]))
def test_any_bytes_and_any_text_make_valid_reports(raw, text, outcome):
    """Whatever a target sends, the page nests, the XML parses and the JSON fits its schema."""
    came = Raw(raw, (("X", text),), status=200) if outcome == "answered" else None
    look = Observation("c", "REQ-ENV-01", "fail", "interface", 1, GOOD.id, path=text, actual=plain(text, text))
    result = evolve(
        passed(),
        conversation=Conversation((exchange(1, Raw(raw), came, outcome=outcome, scenario=GOOD.id, note=text),)),
        observations=(look,),
    )
    told = forms(result)
    assert [] == tree(told["html"]).open
    ET.fromstring(told["junit"])  # noqa: S314 - our own output
    jsonschema.validate(json.loads(told["json"]), json_report.schema(), jsonschema.Draft202012Validator)


def unremarkable(found: tuple[Observation, ...] = ()) -> str:
    """A scenario of a message and a reading of counters, with findings or none."""
    talk = (
        exchange(1, request("2207", {"mdtrt_id": "V1"}), reply({"setlinfo": {"mdtrt_id": "V1"}}), scenario=GOOD.id),
        exchange(2, request("5206", {"psn_no": "P1"}), reply({"cuminfo": []}), scenario=GOOD.id, note=html.PROBE),
    )
    run = evolve(passed(), conversation=Conversation(talk), observations=(*passed().observations, *found))
    return html.page(run, "en")


def test_a_long_report_tells_readings_of_counters_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless their scenario has a finding: then everything stands there. The page says where the messages are."""
    assert (True, False) == ("cuminfo" in unremarkable(), "The run is long" in unremarkable())
    monkeypatch.setattr(html, "FEW_EXCHANGES", 1)
    page = unremarkable()
    assert (True, False, True) == ("setlinfo" in page, "cuminfo" in page, "The run is long" in page)
    assert 'id="x2"' in page
    red = Observation("c", "REQ-AMT-04", "fail", "interface", 1, GOOD.id)
    assert "cuminfo" in unremarkable((red,))
