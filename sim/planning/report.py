"""The report of a run: one HTML file, offline, in Chinese and English, that says where every number comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from markupsafe import Markup

from sim.lang import Lang, Text, say
from sim.page import render
from sim.planning.charts import PAYERS, available, charts
from sim.planning.figures import Figure, Value
from sim.planning.headline import percent, shown, summary
from sim.planning.run import Run
from sim.world.record import Record

Cells = list[Text | str | Markup]


def render_report(run: Run, lang: Lang = "en") -> str:
    """The whole page. It holds nothing that changes from one run of the same plan and seed to the next."""
    plan = run.plan
    return render(
        "report.html",
        package="sim.planning",
        lang=lang,
        title=say("planning.report.title", plan=plan.title),
        plan=plan,
        run=run,
        facts=_facts(run),
        numbers=[(row.name, row.value) for row in summary(run)[: len(summary(run)) - len(run.comparisons)]],
        published=_published(run),
        charts=[
            (chart.title, Markup("").join(_figure(svg, lang) for lang, svg in chart.svg.items()))
            for chart in charts(run)
        ],
        charts_missing=not available(),
        payers=_payers(run.replications[0].results.records),
        origins=_origins(run.replications[0].results.records),
        levels=_levels(run.replications[0].results.records),
        refusals=_refusals(run.replications[0].results.records),
        stages=_stages(run.replications[0].results.records),
        leftovers=[
            [left.date, left.hospital, left.desk, str(left.people)]
            for each in run.replications
            for left in each.results.leftovers
        ],
        inputs=[_input(figure) for figure in plan.figures if figure.provenance != "plan"],
        bare=[(figure.key, _value(figure.value)) for figure in plan.figures if figure.provenance == "plan"],
        say=say,
    )


def _figure(svg: str, lang: Lang) -> Markup:
    return Markup('<div class="t chart" lang="{}">{}</div>').format(lang, Markup(svg))  # noqa: S704 - drawn from numbers


def _facts(run: Run) -> list[tuple[Text, Text | str]]:
    plan, setup = run.plan, run.plan.setup
    first = run.replications[0].results
    facts: list[tuple[Text, Text | str]] = [
        (say("planning.fact.period"), f"{setup.start.isoformat()} – {plan.last.isoformat()}"),
        (say("planning.fact.seed"), str(run.seed)),
        (say("planning.fact.replications"), str(len(run.replications))),
        (say("planning.fact.engine"), run.engine),
        (say("planning.fact.digest"), plan.digest),
        (say("planning.fact.hospitals"), f"{len(setup.hospitals):,}"),
        (say("planning.fact.people"), f"{first.people:,}"),
        (say("planning.fact.local"), f"{first.local_patients:,}"),
        (say("planning.fact.messages"), f"{first.messages:,}"),
    ]
    if setup.policy_as_of is not None and plan.policy_why is not None:
        facts.append((say("planning.fact.rules", date=setup.policy_as_of.isoformat()), plan.policy_why))
    if plan.moved:
        facts.append((say("planning.fact.moved"), say("planning.fact.moved_why")))
    return facts


def _published(run: Run) -> list[Cells]:
    return [
        [
            each.published.name,
            say(f"planning.role.{each.published.role}"),
            shown(each.published.measure, float(each.published.figure.value)),
            shown(each.published.measure, each.simulated),
            percent(each.error),
            each.published.figure.source,
            _confidence(each.published.figure),
        ]
        for each in run.comparisons
    ]


def _confidence(figure: Figure) -> Text:
    return say(
        "planning.origin",
        provenance=say(f"planning.provenance.{figure.provenance}"),
        confidence=say(f"planning.confidence.{figure.confidence}"),
    )


def _input(figure: Figure) -> Cells:
    source = "; ".join(part for part in (figure.source, figure.note) if part)
    return [figure.key, _value(figure.value), source, _confidence(figure)]


def _value(value: Value) -> str:
    return format(value.normalize(), "f") if isinstance(value, Decimal) else f"{value}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "–"


def _amount(fen: int) -> str:
    return f"{Decimal(fen).scaleb(-2):,.2f}"


def _settled(records: Iterable[Record]) -> list[Record]:
    return [record for record in records if record.outcome == "settled"]


def _payers(records: Sequence[Record]) -> list[Cells]:
    settled = _settled(records)
    total = sum(record.medfee_sumamt for record in settled)
    sums = {name: sum(getattr(record, name) or 0 for record in settled) for name in PAYERS}
    rows: list[Cells] = [
        [say(f"planning.payer.{name}"), Markup("<code>{}</code>").format(name), _amount(fen), _share(fen, total)]
        for name, fen in sums.items()
        if fen
    ]
    return [*rows, [say("planning.total"), Markup("<code>medfee_sumamt</code>"), _amount(total), _share(total, total)]]


def _line(name: Cells, records: Sequence[Record]) -> Cells:
    settled = _settled(records)
    fees = sum(record.medfee_sumamt for record in settled)
    fund = sum(record.fund_pay_sumamt or 0 for record in settled)
    wait = sum(record.wait_s for record in records) / len(records)
    return [
        *name,
        f"{len(records):,}",
        _share(len(settled), len(records)),
        _amount(fees),
        _share(fund, fees),
        f"{wait:,.0f}",
    ]


def _groups(records: Sequence[Record], *names: str) -> list[tuple[tuple[str, ...], list[Record]]]:
    groups: dict[tuple[str, ...], list[Record]] = {}
    for record in records:
        groups.setdefault(tuple(getattr(record, name) for name in names), []).append(record)
    return sorted(groups.items())


def _origins(records: Sequence[Record]) -> list[Cells]:
    return [_line(list(key), group) for key, group in _groups(records, "insuplc_admdvs", "insutype", "policy")]


def _levels(records: Sequence[Record]) -> list[Cells]:
    return [_line(list(key), group) for key, group in _groups(records, "level", "kind")]


def _refusals(records: Sequence[Record]) -> list[Cells]:
    ended = [record for record in records if record.outcome != "settled"]
    rows: list[Cells] = []
    for (outcome, infno, reason), group in _groups(ended, "outcome", "refused_infno", "refusal"):
        text = group[0].refusal_text
        rows.append([say(f"planning.outcome.{outcome}"), infno, reason, text, f"{len(group):,}"])
    return rows


def _stages(records: Sequence[Record]) -> list[Cells]:
    """Where the time at a desk goes: waiting and being served, mean and 95th percentile in seconds, by kind."""
    rows: list[Cells] = []
    for (kind,), group in _groups(records, "kind"):
        for name, values in (
            ("wait", [record.wait_s for record in group]),
            ("wait_discharge", [r.wait_discharge_s for r in group if r.wait_discharge_s is not None]),
            ("held", [record.held_s for record in group]),
        ):
            if values:
                ordered = sorted(values)
                late = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
                mean = sum(ordered) / len(ordered)
                rows.append(
                    [
                        say(f"planning.kind.{kind}"),
                        say(f"planning.time.{name}"),
                        f"{mean:,.0f}",
                        f"{late:,.0f}",
                        f"{ordered[-1]:,.0f}",
                    ]
                )
    return rows
