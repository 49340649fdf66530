"""The page of one settlement: whole, offline, in both languages, and nothing from outside takes effect in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from attrs import evolve
from click.testing import CliRunner
from drawn_bills import BILLS, explained, large_stay, line, small_visit

import yidi
from sim.benefits import LEVELS, Case, Filing, policy
from sim.benefits.case import DISEASES, GROUPS, OTHER_DISEASE
from sim.benefits.explain import ALWAYS, settle_bill
from sim.benefits.mechanisms import MECHANISMS
from sim.drawing import settlement_page, write_page
from sim.drawing.page import masked
from sim.errors import InputError
from sim.lang import LANGS, plain, templates
from sim.page import yuan
from sim.resources import fixtures


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", BILLS)
def test_the_page_holds_bill_drawing_steps_and_numbers(name: str, lang: str) -> None:
    """Every line, step with clause and note, amount, number of the policy with its source, and identity."""
    done = BILLS[name]()
    page = settlement_page(done, "zh" if lang == "zh" else "en")
    assert page.count("<svg") == 1
    assert all(step.clause in page for step in done.steps)
    assert all(one.note is None or escaped(one.note.show("zh")) in page for one in done.steps)
    for field, value in done.settlement.amounts.items():
        assert not (value or field in ALWAYS) or field == "pool_prop_selfpay" or yuan(value) in page
    for _, rule in done.policy.plan(done.bill.case).moves:
        for origin in rule.origins.values():
            assert origin.source.replace(",", ", ") in page
    assert all(f"<td>{one} <code>" in page for one in ("A1", "A2", "A3", "A4", "A5", "A6"))


def escaped(text: str) -> str:
    """A text as it stands in the page."""
    return (
        text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#39;").replace('"', "&#34;")
    )


def test_the_page_fetches_nothing() -> None:
    """No address, no link to a file; its content security policy forbids all of it."""
    page = settlement_page(large_stay())
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert not re.search(r"(?:src|href)=|url\(|@import", page)
    assert not re.search(r"https?://", page)


def test_notes_on_contradictions_stand_beside_their_numbers() -> None:
    """Where the sources of a number contradict each other, the page says so."""
    on = policy("liaocheng-resident", small_visit().bill.case.on)

    noted = [
        page
        for care in ("inpatient", "outpatient")
        if "contradicts itself"
        in (
            page := settlement_page(explained(on, Case(care, "L2", small_visit().bill.case.on), (line(1, "01", 9000),)))
        )
    ]
    assert noted


def test_nothing_from_outside_takes_effect() -> None:
    """A title, code or file name with markup is shown, not obeyed; numbers of persons or cards in them are hidden."""
    done = large_stay()
    bad = '</style><script>alert(1)</script><img src="x" onerror="y">'
    lines = (evolve(done.bill.lines[0], code=f"{bad}110105199001011237"), *done.bill.lines[1:])
    bill = evolve(
        done.bill, title=plain(bad, f"{bad}!"), name=f"/home/somebody/6222020200112233445{bad}.yaml", lines=lines
    )
    page = settlement_page(evolve(done, bill=bill))
    assert 1 == page.count("<script>")
    assert "<img" not in page
    assert "110105199001011237" not in page
    assert "6222020200112233445" not in page
    assert "/home/somebody" not in page


def test_long_numbers_are_hidden_and_others_stay() -> None:
    """Numbers of persons and cards are hidden, amounts and dates are not."""
    text = masked(plain("张 11010519900101123X，2024-11-02，12345.67 元", "card 6222020200112233445 of 20241102"))
    assert "张 ***，2024-11-02，12345.67 元" == text.show("zh")
    assert "card *** of 20241102" == text.show("en")


@pytest.mark.parametrize(
    "name",
    sorted(
        {
            *(f"mechanism.{name}" for name in MECHANISMS),
            *(f"word.{n}" for m in MECHANISMS.values() for n in m.numbers),
            *(f"disease.{name}" for name in (*DISEASES, OTHER_DISEASE)),
            *(f"aid.{name}" for name in GROUPS if name != "none"),
            *(f"level.{name}" for name in LEVELS),
            *(f"filing.{name}" for name in Filing),
        }
    ),
)
def test_whatever_a_policy_or_bill_may_say_has_a_name(name: str) -> None:
    """Mechanisms, numbers, levels, filings, diseases and groups are shown in words."""
    assert f"drawing.{name}" in templates()


def test_every_input_of_a_step_has_a_name() -> None:
    """What stands in steps of the example bills is shown in words too."""
    files = sorted(Path(str(fixtures("bills"))).glob("*.yaml"))
    names = {name for file in files for step in settle_bill(file).steps for name in step.inputs}
    assert len(names) > 10
    assert set() == {name for name in names if f"drawing.word.{name}" not in templates()}


def test_the_command_writes_the_page(tmp_path: Path) -> None:
    """`yidi settle BILL --out FILE` writes the page and still prints the explanation."""
    bill, out = str(fixtures("bills", "beijing-cap-crossing.yaml")), tmp_path / "new" / "page.html"
    done = CliRunner().invoke(yidi.cli, ["settle", bill, "--out", str(out)])
    assert 0 == done.exit_code, done.output
    assert "<svg" in out.read_text(encoding="utf-8")
    assert "psn_cash_pay" in done.output


def test_a_page_that_cannot_be_written_is_the_users_mistake(tmp_path: Path) -> None:
    """The error names the file, and is no failure of the program."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match=r"page\.html"):
        write_page(large_stay(), tmp_path / "file" / "page.html")


def test_a_page_and_a_difference_are_not_asked_for_together(tmp_path: Path) -> None:
    """Neither is silently left out."""
    bill, out = str(fixtures("bills", "refund-line.yaml")), tmp_path / "page.html"
    done = CliRunner().invoke(yidi.cli, ["settle", bill, "--out", str(out), "--explain-difference", "reply.json"])
    assert isinstance(done.exception, InputError)
    assert not out.exists()


def test_a_wrong_bill_writes_no_page(tmp_path: Path) -> None:
    """An error in the bill leaves nothing behind."""
    bill, out = tmp_path / "bill.yaml", tmp_path / "page.html"
    bill.write_text("title: {zh: 坏, en: bad}\n", encoding="utf-8")
    done = CliRunner().invoke(yidi.cli, ["settle", str(bill), "--out", str(out)])
    assert 0 != done.exit_code
    assert not out.exists()
