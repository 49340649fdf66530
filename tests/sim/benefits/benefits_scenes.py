"""Scenes for these tests: policies of the project and made-up ones that mix mechanisms freely, people, bills."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from attrs import evolve, frozen
from benefits_workshop import flat, in_scope, made, number
from hypothesis import assume
from hypothesis import strategies as st

from sim.benefits import (
    LEVELS,
    Accumulators,
    Care,
    Case,
    Filing,
    Line,
    Policy,
    Settlement,
    policies,
    settle,
    split_all,
)
from sim.benefits.case import GROUPS
from sim.benefits.change import with_readings
from sim.benefits.line import CLASSES, multiply

SHARES = st.integers(0, 10_000).map(lambda points: Decimal(points).scaleb(-4))
YUAN = st.integers(0, 3_000)
FILINGS = [str(f) for f in Filing]


@frozen
class Scene:
    """A policy, a visit, what was used before, and an account."""

    policy: Policy
    case: Case
    before: Accumulators
    balance: int
    use_account: bool

    def settle(self, lines: Sequence[Line], before: Accumulators | None = None) -> Settlement:
        """Settle lines in this scene."""
        shares = split_all(lines, self.policy, explain=False)
        counters = self.before if before is None else before
        return settle(self.policy, self.case, shares, counters, self.balance, self.use_account, explain=False)

    def uses(self, mechanism: str) -> bool:
        """Whether the visit's care goes through a mechanism."""
        return any(use.mechanism.name == mechanism for use in self.policy.care.get(self.case.care, ()))


@st.composite
def band_tables(draw: st.DrawFn, first: int = 0) -> list[dict[str, Any]]:
    """One to three bands without gap or overlap."""
    edges = sorted(draw(st.sets(st.integers(first + 1, 60_000), max_size=2)))
    starts = [first, *edges]
    return [{"from": a, "to": b, "ratio": number(draw(SHARES))} for a, b in zip(starts, [*edges, None], strict=True)]


@st.composite
def made_policies(draw: st.DrawFn) -> Policy:
    """A policy of mechanisms drawn stage by stage."""

    def by_filing(values: st.SearchStrategy[Any]) -> dict[str, Any]:
        return number({f: draw(values) for f in FILINGS})

    def maybe(rule: dict[str, Any]) -> list[dict[str, Any]]:
        return [rule] if draw(st.booleans()) else []

    amount = number(draw(YUAN))
    deductible = draw(
        st.sampled_from(
            [
                {"use": "deductible_by_stay", "first": amount, "second": number(draw(YUAN))},
                {"use": "deductible_per_visit", "amount": amount},
                {"use": "deductible_per_year", "amount": amount},
            ]
        )
    )
    counted = draw(st.sampled_from(["in_scope", "over_deductible"]))
    threshold = draw(YUAN)
    absolute = draw(st.booleans())
    moves = [
        *maybe({"use": "out_of_town_first_self_pay", "share": by_filing(SHARES)}),
        deductible,
        {
            "use": "bands",
            "counted": counted,
            "over": draw(st.sampled_from(["stay", "year"])),
            "bands": draw(band_tables()),
        },
        *maybe({"use": "personal_share_factor", "factor": number({"in_service": 1, "retired": draw(SHARES)})}),
        *maybe({"use": "added_points", "points": number(draw(SHARES))}),
        *maybe({"use": "out_of_town_factor", "factor": by_filing(SHARES)}),
        *maybe({"use": "out_of_town_drop", "points": by_filing(SHARES)}),
        {"use": "pool_payment", "cap": number(draw(st.none() | st.integers(0, 40_000))), "fund": "employee_pool"},
        *maybe(
            {
                "use": "large_amount",
                "ratio": number(draw(SHARES)),
                "cap": number(draw(st.none() | st.integers(0, 20_000))),
                "fund": "employee_large",
            }
        ),
        *maybe({"use": "supplement_of_remainder", "ratio": number(draw(SHARES)), "fund": "retiree_supplement"}),
        *maybe(
            {
                "use": "critical_illness",
                "counted": "absolute" if absolute else "over_deductible",
                "deductible": number(threshold),
                "cap": number(draw(st.none() | st.integers(0, 20_000))),
                "bands": draw(band_tables(threshold if absolute else 0)),
                "fund": "employee_critical",
            }
        ),
        *maybe({"use": "civil_servant_supplement", "ratio": number(draw(SHARES)), "fund": "civil_servant"}),
    ]
    return made({"inpatient": moves, "outpatient": moves, "emergency": "outpatient"}, class_b=draw(SHARES))


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Any policy, any person, and the counters that up to three earlier bills left behind."""
    chosen = draw(st.sampled_from(policies()) | made_policies())
    case = Case(
        care=draw(st.sampled_from(list(Care))),
        level=draw(st.sampled_from(LEVELS)),
        on=chosen.start + timedelta(days=draw(st.integers(0, 300))),
        retired=draw(st.booleans()),
        age=draw(st.integers(0, 100)),
        filing=draw(st.sampled_from(list(Filing))),
        civil_servant=draw(st.booleans()),
        needy=draw(st.booleans()),
        treated_in=draw(st.sampled_from(["", "110000", "130000", "520000"])),
    )
    assume(chosen.covers(case.on))
    before = Accumulators(case.on.year)
    for fen in draw(st.lists(st.integers(0, 20_000_000), max_size=3)):
        care = draw(st.sampled_from([Care.INPATIENT, Care.OUTPATIENT]))
        shares = split_all(in_scope(fen), chosen, explain=False)
        before = settle(chosen, evolve(case, care=care), shares, before, explain=False).accumulators
    return Scene(chosen, case, before, draw(st.integers(0, 500_000)), draw(st.booleans()))


@st.composite
def rich_scenes(draw: st.DrawFn) -> Scene:
    """The same with every mechanism, every reading of rounding and reach, and people of every kind."""
    scene = draw(scenes())
    chosen = draw(st.sampled_from([scene.policy, scene.policy, draw(layered())]))
    readings = {
        "rounding": draw(st.sampled_from(["once", "band", "line"])),
        "out_of_town": draw(st.sampled_from(["pool", "every_layer"])),
    }
    chosen = draw(st.sampled_from([chosen, with_readings(chosen, **readings)]))
    case = evolve(
        scene.case,
        on=scene.case.on if chosen.covers(scene.case.on) else chosen.start,
        disease=draw(st.sampled_from(["", "diabetes", "other"])),
        aid_group=draw(st.sampled_from(GROUPS)),
        unit_scheme=draw(st.booleans()),
        veteran=draw(st.booleans()),
        tier=draw(st.sampled_from([1, 2])),
        reward_steps=draw(st.integers(0, 2)),
    )
    before = scene.before if scene.before.year == case.on.year else Accumulators(case.on.year)
    return evolve(scene, policy=chosen, case=case, before=before)


@st.composite
def bills(draw: st.DrawFn) -> list[Line]:
    """One to five positive lines of any class, some above their price limit, some restricted."""
    found = []
    for n in range(1, draw(st.integers(1, 5)) + 1):
        price = draw(st.integers(0, 50_000_000_000))
        quantity = draw(st.integers(0, 50_000))
        found.append(
            Line(
                n,
                f"X{n}",
                draw(st.sampled_from(CLASSES)),
                draw(st.sampled_from(["03", "08", "09"])),
                price,
                quantity,
                multiply(price, quantity),
                draw(st.none() | st.integers(0, 50_000_000_000)),
                draw(st.booleans()),
                draw(st.sampled_from([None, True, False])),
            )
        )
    return found


def points(basis_points: int) -> Decimal:
    """A ratio as a policy file writes it."""
    return Decimal(basis_points).scaleb(-4)


@st.composite
def layered(draw: st.DrawFn) -> Policy:
    """Policies of the mechanisms that few pools have."""
    share = st.integers(0, 10_000)

    def ratio() -> dict[str, Any]:
        return number(points(draw(share)))

    moves = [
        {
            "use": "deductible_share_of_total",
            "share": ratio(),
            "lowest": number(200),
            "highest": number(5_000),
            "transfer": draw(st.sampled_from(["full", "halved", "waived", "difference"])),
            "chronic": draw(st.sampled_from(["full", "waived"])),
        },
        {"use": "bands", "counted": "over_deductible", "over": draw(st.sampled_from(["stay", "year"])), "bands": flat(points(draw(share)))},
        {"use": "out_of_town_factor", "factor": ratio(), "reach": draw(st.sampled_from(["pool", "every_layer"]))},
        {
            "use": "pool_payment",
            "fund": "employee_pool",
            "rounding": draw(st.sampled_from(["once", "band"])),
            "cap": number(draw(st.integers(0, 100_000))),
            "disease_cap": number({"diabetes": draw(st.integers(0, 20_000)), "other": None}),
            "floor": ratio(),
        },
        {"use": "large_amount", "ratio": ratio(), "cap_with_pool": number(draw(st.integers(0, 200_000))), "fund": "employee_large"},
        {"use": "veteran_subsidy", "ratio": ratio(), "fund": "veteran"},
        {"use": "unit_supplement", "ratio": ratio(), "deductible": number(draw(st.integers(0, 2_000))), "fund": "unit"},
        {
            "use": "medical_aid",
            "ratio": number({"none": 0, "at_risk": points(5_000), "subsistence": points(draw(share)), "destitute": 1}),
            "cap": number(draw(st.integers(0, 20_000))),
            "fund": "medical_aid",
        },
        {
            "use": "civil_servant_bands",
            "over": draw(st.sampled_from(["stay", "year"])),
            "bands": [
                {"from": 0, "to": 1_000, "ratio": ratio()},
                {"from": 1_000, "to": None, "ratio": ratio()},
            ],
            "fund": "civil_servant",
        },
        {"use": "ceiling_of_total", "ratio": ratio()},
    ]  # fmt: skip
    return made({"inpatient": moves, "outpatient": moves, "chronic": moves})
