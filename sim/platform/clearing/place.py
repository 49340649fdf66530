"""One treatment place as clearing sees it: its settlements between provinces, and what it has declared already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from attrs import define, field

from sim.platform.clearing_records import DECLARED, MONTH_CONFIRMATIONS, Declared
from sim.platform.ledger.check import DOUBT
from sim.platform.records import SETTLEMENTS, VISITS, Settlement
from sim.platform.regions import province_of
from sim.platform.store import Store


@define
class Place:
    """One treatment place: what it has declared already, and what its institutions said."""

    code: str
    store: Store
    declared: dict[str, list[Declared]] = field(init=False)
    flags: dict[str, str] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.declared = defaultdict(list)
        for line in sorted(self.store.all(DECLARED), key=lambda each: each.month):
            self.declared[line.line].append(line)
        self.flags = {}
        for said in sorted(self.store.all(MONTH_CONFIRMATIONS), key=lambda each: (each.at, each.msgid)):
            if said.withdrawn_at is None:
                self.flags.update(said.flags)

    def stands(self, line: str) -> bool:
        """Whether a line was declared and has not been taken back since: every record after the first turns it over."""
        return len(self.declared.get(line, ())) % 2 == 1


def between_provinces(place: Place) -> Iterator[tuple[Settlement, str]]:
    """The settlements of other provinces' people, each with the insured province."""
    for settlement in place.store.all(SETTLEMENTS):
        visit = place.store.get(VISITS, settlement.mdtrt_id)
        insured = province_of(visit.insuplc_admdvs) if visit is not None else ""
        if insured and insured != place.code:
            yield settlement, insured


def in_doubt(place: Place) -> Iterator[str]:
    """The numbers of settlements whose outcome is not known."""
    return (settlement.setl_id for settlement in place.store.all(SETTLEMENTS) if settlement.state in DOUBT)
