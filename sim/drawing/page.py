"""One settled bill as a page: the bill, the drawing, every step with its clause, the policy's numbers and sources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from sim.benefits import Case, LineShare, Policy, Step, sources
from sim.benefits.closing import sides
from sim.benefits.explain import ALWAYS, Explained
from sim.benefits.quantity import RATIO
from sim.benefits.sheet import Rule
from sim.benefits.step import percent
from sim.drawing.reading import CLASSES, flow_of
from sim.drawing.svg import figure
from sim.errors import InputError
from sim.lang import Lang, Text, plain, say, templates
from sim.page import render, visible, yuan

Cell = Text | str
_PERCENT = frozenset({"ratio", "old", "factor", "share", "points", "floor", "refused"})
"""Inputs of steps that are ratios in basis points."""
_COUNTS = frozenset({"days", "of"})
"""Inputs that are counts."""
_NUMBERS = re.compile(r"(?<![0-9A-Za-z])[0-9]{12,}[0-9Xx]?(?![0-9A-Za-z])")


def settlement_page(done: Explained, lang: Lang = "en") -> str:
    """The page as HTML that opens anywhere. ``lang`` is the language shown first.

    A bill holds no person's name; what looks like the number of a person or card in its title is masked all the same.
    """
    bill, settled = done.bill, done.settlement
    flow = flow_of(settled, done.policy, bill.case, bill.lines)
    title = masked(bill.title)
    return render(
        "settlement.html",
        package="sim.drawing",
        lang=lang,
        title=say("drawing.page.title", bill=title),
        styles=["settlement.css"],
        bill_title=title,
        facts=_facts(done),
        figure=figure(flow) if flow is not None else None,
        amounts=_amounts(settled.amounts),
        details=[(row.fund_pay_type, row.fund_pay_type_name, yuan(row.fund_payamt)) for row in settled.details],
        lines=_lines(done),
        steps=[_step(number, step) for number, step in enumerate(done.steps, 1)],
        numbers=_policy_numbers(done.policy, bill.case),
        closing=[
            (name, formula, yuan(left), yuan(right))
            for name, formula, left, right in sides(
                settled.amounts, [(row.fund_pay_type, row.fund_payamt) for row in settled.details]
            )
        ],
        sources=_sources(done),
    )


def write_page(done: Explained, file: Path, lang: Lang = "en") -> None:
    """Write the page to a file, making its folder. Raises InputError when it cannot be written."""
    page = settlement_page(done, lang)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(page, encoding="utf-8")
    except OSError as error:
        raise InputError(say("drawing.cannot_write", path=file, reason=error.strerror or error)) from None


def masked(text: Text) -> Text:
    """A text of a bill with every long number in it hidden."""
    zh, en = (_NUMBERS.sub("***", text.show(lang)) for lang in ("zh", "en"))
    return plain(zh, en)


def _named(kind: str, name: str) -> Text | str:
    """A name of a mechanism, number or amount in words; the name itself where there are none."""
    key = f"drawing.{kind}.{name}"
    return Text(key) if key in templates() else name


def _facts(done: Explained) -> list[tuple[Text, Cell]]:
    case, policy = done.bill.case, done.policy
    found: list[tuple[Text, Cell]] = [
        (say("drawing.fact.file"), _NUMBERS.sub("***", done.bill.name.replace("\\", "/").split("/")[-1])),
        (say("drawing.fact.policy"), policy.id),
        (say("drawing.fact.pool"), policy.pool),
        (say("drawing.fact.start"), policy.start.isoformat()),
        (say("drawing.fact.on"), case.on.isoformat()),
        (say("drawing.fact.care"), say(f"benefits.care.{case.care}")),
        (say("drawing.fact.level"), _named("level", case.level)),
        (say("drawing.fact.filing"), _named("filing", str(case.filing))),
        (say("drawing.fact.person"), _person(case)),
    ]
    if case.admitted is not None:
        found.insert(5, (say("drawing.fact.admitted"), case.admitted.isoformat()))
    if case.disease:
        found.append((say("drawing.fact.disease"), _named("disease", case.disease)))
    return found


def _person(case: Case) -> Text:
    """What of the person decides: never who it is."""
    traits = [say("drawing.retired" if case.retired else "drawing.in_service"), say("drawing.age", age=case.age)]
    names = ("civil_servant", "needy", "veteran", "unit_scheme", "transfer")
    traits += [Text(f"drawing.{name}") for name in names if getattr(case, name)]
    if case.aid_group != "none":
        traits.append(Text(f"drawing.aid.{case.aid_group}"))
    if case.tier > 1:
        traits.append(say("drawing.tier", tier=case.tier))
    joined = traits[0]
    for trait in traits[1:]:
        joined = say("drawing.and", first=joined, second=trait)
    return joined


def _amounts(amounts: Mapping[str, int]) -> list[tuple[str, Cell, str]]:
    return [
        (name, _named("amount", name), percent(value) if name == "pool_prop_selfpay" else yuan(value))
        for name, value in amounts.items()
        if value or name in ALWAYS
    ]


def _lines(done: Explained) -> list[tuple[Cell, ...]]:
    def row(number: int, share: LineShare) -> tuple[Cell, ...]:
        line = done.bill.lines[number]
        name = CLASSES[line.chrgitm_lv]
        if line.refund_of is not None:
            name = say("drawing.refund_of", name=name, line=line.refund_of)
        parts = (share.fulamt_ownpay_amt, share.overlmt_selfpay, share.preselfpay_amt, share.inscp_scp_amt)
        code = _NUMBERS.sub("***", line.code)
        return (str(line.number), code, name, yuan(share.amount), *map(yuan, parts))

    return [row(number, share) for number, share in enumerate(done.settlement.shares)]


def _step(number: int, step: Step) -> dict[str, object]:
    ratio = "old" in step.inputs  # a step that changes a ratio results in one
    return {
        "number": number,
        "text": step.text,
        "clause": step.clause,
        "inputs": [(_named("word", name), _input(name, value)) for name, value in step.inputs.items()],
        "result": percent(step.result) if ratio else yuan(step.result),
        "source": step.source,
        "confidence": _named("confidence", step.confidence),
        "note": step.note,
    }


def _input(name: str, value: int) -> str:
    if name in _COUNTS:
        return str(value)
    return percent(value) if name in _PERCENT else yuan(value)


def _policy_numbers(policy: Policy, case: Case) -> list[tuple[Cell, Cell, str, Cell, Cell, Cell, Cell]]:
    """Each number that held for this case: mechanism, number, value, source, provenance, confidence, note."""
    found: list[tuple[Cell, Cell, str, Cell, Cell, Cell, Cell]] = []
    names = {use.clause: use.mechanism for use in policy.care.get(case.care, ())}
    for _, rule in policy.plan(case).moves:
        mechanism = names[rule.clause]
        label = _named("mechanism", mechanism.name)
        for name, value in rule.numbers.items():
            unit = mechanism.numbers[name].unit
            shown = percent(value) if unit is RATIO else yuan(value)
            found.append((label, _named("word", name), shown, *_origin(rule, name)))
        for band in rule.bands:
            end = yuan(band.end) if band.end is not None else "∞"
            edges = say("drawing.edges", start=yuan(band.start), end=end)
            found.append((label, edges, percent(band.ratio), *_origin(rule, "bands")))
    return found


def _origin(rule: Rule, name: str) -> tuple[Cell, Cell, Cell, Cell]:
    origin = rule.origins.get(name)
    if origin is None:
        return "", "", "", ""
    return (
        origin.source.replace(",", ", "),
        _named("provenance", origin.provenance),
        _named("confidence", origin.confidence),
        origin.note or "",
    )


def _sources(done: Explained) -> list[tuple[str, str]]:
    cited = [step.source for step in done.steps]
    for _, rule in done.policy.plan(done.bill.case).moves:
        cited += [origin.source for origin in rule.origins.values()]
    keys = {key for one in cited for key in one.split(",")}
    return [(key, visible(sources()[key])) for key in sorted(keys) if key in sources()]
