"""Bands (分段) and what changes their ratios: retired people, filing out of town."""

from __future__ import annotations

from collections.abc import Callable

from sim.benefits.mechanisms.registry import NEEDED_RATIO, Stage, Word, mechanism
from sim.benefits.sheet import Band, Rule, Sheet
from sim.benefits.step import FINE, percent
from sim.lang import say
from sim.money import FULL, divide, show

PER_POINT = FINE // FULL
_REACH = {"reach": Word(("pool", "every_layer"), required=False)}
"""Whether the out-of-town effect lowers the pool's ratio alone or every layer's."""


def cut(start: int, end: int, bands: tuple[Band, ...]) -> list[tuple[int, int]]:
    """The stretch of cost from ``start`` to ``end`` (fen), cut at the edges of bands: (amount, fine ratio) a band."""
    parts = []
    for band in bands:
        low = start if start > band.start else band.start
        high = end if band.end is None or end < band.end else band.end
        if high > low:
            parts.append((high - low, band.ratio * PER_POINT))
    return parts


@mechanism(
    Stage.BANDS,
    bands=True,
    words={
        "counted": Word(("in_scope", "over_deductible")),
        "over": Word(("stay", "year")),
        "interim": Word(("continue", "restart"), required=False),
    },
)
def bands(sheet: Sheet, rule: Rule) -> None:
    """Ratios by amount (分段比例).

    ``counted: in_scope`` counts bands from the first yuan of in-scope cost, so that the deductible eats into the first
    band; ``over_deductible`` counts them from the deductible on. ``over: year`` goes on where the year's earlier
    outpatient visits (or stays) ended, ``over: stay`` starts anew. ``interim`` says whether the later of several
    settlements of one stay goes on where the earlier ended, or starts anew.
    """
    interim = sheet.case.interim
    in_scope = rule.words["counted"] == "in_scope"
    start = sheet.deductible if in_scope else 0
    if rule.words["over"] == "year":
        start += sheet.used_in_scope if in_scope else sheet.used_in_scope - sheet.used_deductible
    elif interim is not None and rule.words.get("interim") != "restart":
        start += interim.in_scope if in_scope else interim.in_scope - interim.deductible
    sheet.parts = cut(start, start + sheet.cost - sheet.deductible, rule.bands)
    if sheet.steps is not None:
        for amount, ratio in sheet.parts:
            text = say("benefits.band", amount=show(amount), ratio=percent(ratio, FINE))
            sheet.explain(rule, text, {"amount": amount, "ratio": ratio // PER_POINT}, amount, "bands")


def _change_ratios(sheet: Sheet, rule: Rule, change: Callable[[int], int], name: str) -> None:
    changed = [(amount, change(ratio)) for amount, ratio in sheet.parts]
    if rule.words.get("reach") == "every_layer":
        sheet.lowered.append(change)
    if sheet.steps is not None and changed != sheet.parts:
        for (amount, old), (_, new) in zip(sheet.parts, changed, strict=True):
            text = say("benefits.ratio_changed", old=percent(old, FINE), new=percent(new, FINE))
            inputs = {"amount": amount, "old": old // PER_POINT, name: rule.numbers[name]}
            sheet.explain(rule, text, inputs, new // PER_POINT, name)
    sheet.parts = changed


@mechanism(Stage.RATIO, factor=NEEDED_RATIO)
def personal_share_factor(sheet: Sheet, rule: Rule) -> None:
    """The person bears this factor of the ordinary personal share (退休人员个人负担比例)."""
    factor = rule.numbers["factor"]
    if factor != FULL:
        _change_ratios(sheet, rule, lambda ratio: FINE - divide((FINE - ratio) * factor, FULL), "factor")


@mechanism(Stage.RATIO, points=NEEDED_RATIO)
def added_points(sheet: Sheet, rule: Rule) -> None:
    """Points added to every ratio, never beyond the whole."""
    points = rule.numbers["points"] * PER_POINT
    if points:
        _change_ratios(sheet, rule, lambda ratio: min(FINE, ratio + points), "points")


@mechanism(Stage.RATIO, words=_REACH, factor=NEEDED_RATIO)
def out_of_town_factor(sheet: Sheet, rule: Rule) -> None:
    """Out-of-town care is paid at a factor of the ratio at home."""
    factor = rule.numbers["factor"]
    if factor != FULL:
        _change_ratios(sheet, rule, lambda ratio: divide(ratio * factor, FULL), "factor")


@mechanism(Stage.RATIO, words=_REACH, points=NEEDED_RATIO)
def out_of_town_drop(sheet: Sheet, rule: Rule) -> None:
    """Out-of-town care is paid some points below the ratio at home, never below nothing."""
    points = rule.numbers["points"] * PER_POINT
    if points:
        _change_ratios(sheet, rule, lambda ratio: max(0, ratio - points), "points")


def lowered(sheet: Sheet, ratio: int) -> int:
    """A later layer's ratio (basis points) under an out-of-town effect that reaches every layer."""
    fine = ratio * PER_POINT
    for change in sheet.lowered:
        fine = change(fine)
    return divide(fine, PER_POINT)
