"""Who took part in a conversation, as far as the replies to 1101 told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from attrs import define, field, frozen

from conformance.conversation import Exchange
from conformance.scenario.compose import dig
from conformance.scenario.model import PersonNeed
from conformance.targets.player import accepted
from sim.errors import InputError
from sim.money import parse
from sim.platform.people import Person
from sim.platform.regions import province_of

INSURANCE = {"310": "employee", "390": "resident"}
NEEDY = "23"


@frozen
class Known:
    """A person as the reply to 1101 showed them, with the exchange that did, and the province of the hospital."""

    person: Person
    at: Exchange
    treated_in: str

    @property
    def need(self) -> PersonNeed | None:
        """What a scenario asks of whoever plays the part; None for an insurance that scenarios do not know."""
        who = self.person
        if who.insutype not in INSURANCE:
            return None
        return PersonNeed(
            insurance="employee" if who.insutype == "310" else "resident",
            place="local" if who.province == self.treated_in else "other_province",
            retired=who.retired if who.insutype == "310" else None,
            suspended=who.psn_insu_stas != "1",
            civil_servant=True if who.cvlserv_flag == "1" else None,
            needy=True if who.needy else None,
        )


@define
class Acquaintance:
    """Everybody of a conversation, by person number and by what they presented."""

    by_number: dict[str, Known] = field(factory=dict)
    by_credential: dict[str, str] = field(factory=dict)

    @classmethod
    def of(cls, exchanges: Iterable[Exchange]) -> Acquaintance:
        """Read every accepted 1101."""
        made = cls()
        for exchange in exchanges:
            message = exchange.request.message
            if message is None or message.get("infno") != "1101" or not accepted(exchange):
                continue
            assert exchange.reply is not None  # noqa: S101 - accepted means that there is one
            known = _known(exchange, message, exchange.reply.message or {})
            if known is not None:
                made.by_number.setdefault(known.person.psn_no, known)
                for credential in _credentials(known.person):
                    made.by_credential[credential] = known.person.psn_no
        return made

    def who(self, message: Mapping[str, Any]) -> Known | None:
        """The person that a message is about."""
        given = message.get("input")
        for node in ("data", "mdtrtinfo", "feedetail", "dscginfo"):
            number = dig(given, node, "psn_no")
            if isinstance(number, str) and number:
                return self.by_number.get(number)
        presented = dig(given, "data", "mdtrt_cert_no")
        number = self.by_credential.get(presented, "") if isinstance(presented, str) else ""
        return self.by_number.get(number)


def _credentials(person: Person) -> tuple[str, ...]:
    return tuple(one for one in (person.certno, person.token, person.card_no) if one)


def _known(exchange: Exchange, message: Mapping[str, Any], reply: Mapping[str, Any]) -> Known | None:
    base = dig(reply, "output", "baseinfo")
    base = base[0] if isinstance(base, list) and base else base
    rows = dig(reply, "output", "insuinfo")
    row = rows[0] if isinstance(rows, list) and rows else rows
    if not isinstance(base, dict) or not isinstance(row, dict) or not base.get("psn_no"):
        return None
    data = dig(message, "input", "data") or {}
    presented, kind = str(data.get("mdtrt_cert_no") or ""), data.get("mdtrt_cert_type")
    identified = dig(reply, "output", "idetinfo")
    labels = identified if isinstance(identified, list) else [identified]
    person = Person(
        psn_no=str(base["psn_no"]),
        psn_cert_type=str(base.get("psn_cert_type") or "01"),
        certno=str(base.get("certno") or (presented if kind == "02" else "")),
        psn_name=str(base.get("psn_name") or ""),
        gend=str(base.get("gend") or "9"),
        naty=str(base.get("naty") or ""),
        brdy=date(1980, 1, 1),
        token=presented if kind == "01" else "",
        card_no=presented if kind == "03" else "",
        card_sn=str(data.get("card_sn") or ""),
        insuplc_admdvs=str(row.get("insuplc_admdvs") or ""),
        insutype=str(row.get("insutype") or ""),
        psn_type=str(row.get("psn_type") or ""),
        cvlserv_flag=str(row.get("cvlserv_flag") or "0"),
        psn_insu_stas=str(row.get("psn_insu_stas") or "1"),
        psn_insu_date=date(2000, 1, 1),
        balance=_fen(row.get("balc")),
        needy=any(isinstance(one, dict) and one.get("psn_idet_type") == NEEDY for one in labels),
    )
    return Known(person, exchange, province_of(str(message.get("mdtrtarea_admvs") or "")))


def _fen(value: Any) -> int:
    try:
        return parse(value)
    except InputError:
        return 0
