"""Sums over the ledgers of parties that share a database, worked out there: no entry is handed over, however many
there are. What `sim.platform.ledger` says of entries in Python is said here in SQL; a test finds both equal.

Only what is committed counts, as it is at this moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim.platform.ledger.accounts import MIRRORED_BY
from sim.platform.sql.shape import Dialect
from sim.platform.sql.store import SqlStore
from sim.platform.store import Store

LEGS: Mapping[Dialect, str] = {
    "sqlite": "json_each(l.legs) AS leg",
    "postgresql": "json_each_text(l.legs::json) AS leg",
}
FEN: Mapping[Dialect, str] = {"sqlite": "leg.value", "postgresql": "leg.value::bigint"}
KIND: Mapping[Dialect, str] = {
    "sqlite": "substr(leg.key, 1, instr(leg.key, ':') - 1)",
    "postgresql": "split_part(leg.key, ':', 1)",
}
OTHER: Mapping[Dialect, str] = {
    "sqlite": "substr(leg.key, instr(leg.key, ':') + 1)",
    "postgresql": "substr(leg.key, strpos(leg.key, ':') + 1)",
}
IN_ORDER: Mapping[Dialect, str] = {"sqlite": "document", "postgresql": 'document COLLATE "C"'}


class SharedLedgers:
    """The ledgers of some parties in one database."""

    def __init__(self, stores: Mapping[str, SqlStore]) -> None:
        self._parties = tuple(stores)
        self._any = next(iter(stores.values()))
        self._dialect = self._any.dialect

    def balances(self) -> dict[str, dict[str, int]]:
        """The balance in fen of every account that was ever used, by party and account, as `ledger.balances`."""
        rows = self._ask(
            f"SELECT l.at_party, leg.key, {self._sum()} FROM ledger l, {LEGS[self._dialect]}"  # noqa: S608 - own words
            f" WHERE l.at_party IN ({self._marks()}) GROUP BY l.at_party, leg.key",
            self._parties,
        )
        found: dict[str, dict[str, int]] = {party: {} for party in self._parties}
        for party, account, fen in sorted(rows):
            found[party][account] = fen
        return found

    def open(self, most: int) -> tuple[Sequence[str], int]:
        """The documents of entries whose legs do not sum to zero, then those that two of the parties have booked
        differently so far: at most so many are listed, each kind in order, and how many there are in all.

        They are the documents of `ledger.unbalanced`, and of `ledger.in_flight` whose ``other`` is among the parties.
        """
        of_entry = f"SELECT {self._sum()} FROM {LEGS[self._dialect]}"  # noqa: S608 - own words
        wrong = (
            f"SELECT l.document AS document, 0 AS place FROM ledger l"  # noqa: S608
            f" WHERE l.at_party IN ({self._marks()}) AND ({of_entry}) <> 0"
        )
        sides = (
            f"SELECT l.document AS document, {self._pair()} AS pair, {FEN[self._dialect]} AS fen"  # noqa: S608
            f" FROM ledger l, {LEGS[self._dialect]} WHERE l.at_party IN ({self._marks()})"
            f" AND {KIND[self._dialect]} IN ({', '.join(map(_quoted, MIRRORED_BY))})"
            f" AND {OTHER[self._dialect]} IN ({self._marks()})"
        )
        uneven = f"SELECT document, 1 AS place FROM ({sides}) AS side GROUP BY document, pair HAVING SUM(fen) <> 0"  # noqa: S608
        rows = self._ask(
            f"SELECT document, COUNT(*) OVER () FROM ({wrong} UNION ALL {uneven}) AS found GROUP BY document"  # noqa: S608
            f" ORDER BY MIN(place), {IN_ORDER[self._dialect]} LIMIT {int(most)}",
            self._parties * 3,
        )
        return [row[0] for row in rows], rows[0][1] if rows else 0

    def _sum(self) -> str:
        total = f"SUM({FEN[self._dialect]})"
        return f"{total}::bigint" if self._dialect == "postgresql" else total

    def _pair(self) -> str:
        """What the two sides of a claim have in common: its kind, who has it, and against whom."""
        other, cases = OTHER[self._dialect], []
        for kind, mirror in MIRRORED_BY.items():
            name = _quoted(min(kind, mirror))
            there = f"{name} || '|' || l.at_party || '|' || {other}"
            back = f"{name} || '|' || {other} || '|' || l.at_party"
            if kind == mirror:
                there = f"CASE WHEN l.at_party < {other} THEN {there} ELSE {back} END"
            cases.append(f"WHEN {_quoted(kind)} THEN {there if kind <= mirror else back}")
        return f"CASE {KIND[self._dialect]} {' '.join(cases)} END"

    def _marks(self) -> str:
        return ", ".join(["?" if self._dialect == "sqlite" else "%s"] * len(self._parties))

    def _ask(self, sql: str, values: Sequence[str]) -> list[tuple[Any, ...]]:
        return self._any.ask(sql, tuple(values))


def shared_ledgers(stores: Mapping[str, Store]) -> SharedLedgers | None:
    """The ledgers of these parties, if one database has them all; else None."""
    found = {party: store for party, store in stores.items() if isinstance(store, SqlStore)}
    first = next(iter(found.values()), None)
    if first is None or len(found) < len(stores) or not all(first.beside(store) for store in found.values()):
        return None
    return SharedLedgers(found)


def _quoted(word: str) -> str:
    return f"'{word}'"
