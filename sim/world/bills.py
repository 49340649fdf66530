"""Bills: a total that is drawn, split over classes and lines of the treatment place's catalogue. Money in fen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from sim.money import divide, share_out
from sim.platform.catalogue import NO_LIMIT, Item
from sim.world import draws
from sim.world.setup import Bill

CLASSES = ("01", "02", "03")
"""Class A (甲), B (乙), C (丙), as chrgitm_lv has them."""

_MILLION = 1_000_000
_SMALLEST = 100
"""Nobody is billed less than one yuan."""
_MOST_UNITS = 999


@frozen
class BillLine:
    """One line: catalogue code, whole units, unit price in 1/1000000 yuan, amount in fen (price x units, half up)."""

    code: str
    units: int
    price: int
    amount: int


@frozen
class Shelf:
    """Catalogue items of one treatment province by class: only what has no price limit and no restriction."""

    items: Mapping[str, tuple[Item, ...]]


def shelf(items: Mapping[str, Item]) -> Shelf:
    """What may be billed at a treatment place. Raises ValueError when a class has no item."""
    found = {
        level: tuple(item for item in items.values() if item.chrgitm_lv == level and _free(item)) for level in CLASSES
    }
    empty = [level for level, of_level in found.items() if not of_level]
    if empty:
        raise ValueError(f"the catalogue has no unrestricted item of class {', '.join(empty)}")
    return Shelf(found)


def _free(item: Item) -> bool:
    return item.limit == NO_LIMIT and not item.restricted and item.list_type != "102"


def lines(bill: Bill, shelf: Shelf, seed: int, visit: int) -> tuple[BillLine, ...]:
    """The lines of one visit; their amounts sum to the drawn total exactly."""
    factor = draws.lognormal(1.0, bill.sigma, draws.uniform(seed, visit, "bill.total"))
    total = max(_SMALLEST, divide(bill.mean * int(factor * _MILLION + 0.5), _MILLION))
    low, high = bill.lines
    count = low + int(draws.uniform(seed, visit, "bill.lines") * (high - low + 1))
    classes = _classes(bill, count)
    made: list[BillLine] = []
    by_class = share_out(total, bill.classes)
    for position, level in enumerate(CLASSES):
        places = [n for n, of_line in enumerate(classes) if of_line == level]
        if not places:
            continue
        weights = [draws.bits(seed, visit, "bill.weight", n) % 1000 + 500 for n in places]
        for n, amount in zip(places, share_out(by_class[position], weights), strict=True):
            if amount:
                made.append(_line(shelf.items[level], draws.bits(seed, visit, "bill.class", n), amount))
    return tuple(made)


def _classes(bill: Bill, count: int) -> Sequence[str]:
    """The class of each line: every class that has a share gets a line, the rest follow the shares."""
    present = [n for n, share in enumerate(bill.classes) if share]
    spread = share_out(max(0, count - len(present)), bill.classes)
    return [CLASSES[n] for n in present for _ in range(1 + spread[n])]


def _line(items: Sequence[Item], bits: int, amount: int) -> BillLine:
    item = items[bits % len(items)]
    units = min(max(1, divide(amount * 10_000, item.price)), _MOST_UNITS)
    return BillLine(item.code, units, divide(amount * 10_000, units), amount)
