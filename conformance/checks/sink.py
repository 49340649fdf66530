"""Where observations go. A check names itself, its clause and the exchange; what stands behind it follows from the
clause's family."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from conformance.observation import Basis, Observation, Status
from sim.interface import interface
from sim.lang import Text, plain

if TYPE_CHECKING:
    from conformance.checks.look import Look

BASES: Mapping[str, Basis] = {
    "IF": "interface",
    "ENV": "interface",
    "AMT": "interface",
    "EXACT": "exact",
    "REL": "relation",
    "LIFE": "life_cycle",
    "REV": "life_cycle",
    "NEG": "expectation",
    "REF": "reference",
    "OPEN": "reference",
    "ORD": "life_cycle",
    "QRY": "life_cycle",
    "CLR": "life_cycle",
    "REC": "life_cycle",
    "SEC": "interface",
    "HOS": "life_cycle",
}


@cache
def basis_of(clause: str) -> Basis:
    """What stands behind a clause, by its family."""
    return BASES[clause.partition("-")[0]]


def shown(value: object) -> Text:
    """A value as a sentence of its own, the same in both languages."""
    text = str(value)
    return plain(text, text)


@cache
def _labels() -> Mapping[str, str]:
    """Every field's Chinese label, by its name."""
    iface = interface()
    fields = [*iface.envelope.request, *iface.envelope.response]
    for transaction in iface.transactions.values():
        fields += [field for node in (*transaction.input, *transaction.output) for field in node.fields]
    return {field.name: field.zh for field in reversed(fields)}


def label_of(path: str) -> str:
    """The Chinese label of the field at the end of a path; empty when it is no field."""
    return _labels().get(path.rpartition(".")[2], "")


class Sink:
    """Collects observations in the order they are made."""

    def __init__(self) -> None:
        self.observations: list[Observation] = []

    def ok(self, check: str, clause: str, look: Look) -> None:
        """The clause held."""
        e = look.exchange
        self.observations.append(Observation(check, clause, "pass", basis_of(clause), e.seq, e.scenario, e.run, e.step))

    def note(
        self,
        status: Status,
        check: str,
        clause: str,
        look: Look,
        path: str = "",
        label: str = "",
        expected: Text | None = None,
        actual: Text | None = None,
        why: Text | None = None,
        cause: Text | None = None,
    ) -> None:
        """Anything else: broken, not judged, lenient."""
        e = look.exchange
        basis = basis_of(clause)
        self.observations.append(
            Observation(
                check,
                clause,
                status,
                basis,
                e.seq,
                e.scenario,
                e.run,
                e.step,
                path,
                label or label_of(path),
                expected,
                actual,
                why,
                cause,
            )
        )

    def verdict(
        self,
        good: bool,
        check: str,
        clause: str,
        look: Look,
        path: str = "",
        label: str = "",
        expected: object = "",
        actual: object = "",
        why: Text | None = None,
        cause: Text | None = None,
    ) -> bool:
        """Pass or fail by a condition; the values are only written out when it fails."""
        if good:
            self.ok(check, clause, look)
        else:
            wanted = expected if isinstance(expected, Text) else shown(expected)
            came = actual if isinstance(actual, Text) else shown(actual)
            self.note("fail", check, clause, look, path, label, wanted, came, why, cause)
        return good
