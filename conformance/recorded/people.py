"""Who took part in a conversation, as far as the replies to 1101 told, and the profile where it declares them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from attrs import define, evolve, field, frozen

from conformance.conversation import Exchange
from conformance.profile import Profile
from conformance.recorded.reading import person_of, presented_in, text_of, value_of
from conformance.scenario.compose import dig
from conformance.scenario.model import PersonNeed, aid_of, filing_of
from conformance.targets.player import accepted
from sim.errors import InputError
from sim.money import parse
from sim.platform.identities import NEEDY, Identity
from sim.platform.people import Institution, Person

INSURANCE = {"310": "employee", "390": "resident"}


@frozen
class Known:
    """A person as the reply to 1101 showed them, with the exchange that did. ``declared``: the profile has this very
    person, so that filings and chronic diseases are known as well."""

    person: Person
    at: Exchange | None
    declared: bool = False

    def need(self, institution: Institution, on: date) -> PersonNeed | None:
        """What a scenario asks of whoever plays the part; None for an insurance that scenarios do not know."""
        who = self.person
        if who.insutype not in INSURANCE:
            return None
        need = PersonNeed(
            insurance="employee" if who.insutype == "310" else "resident",
            place="local" if who.province == institution.province else "other_province",
            retired=who.retired if who.insutype == "310" else None,
            suspended=who.psn_insu_stas != "1",
            civil_servant=who.cvlserv_flag == "1",
            needy=who.needy,
            account=who.balance > 0,
            province=who.province or None,
            aid=aid_of(who, on),
        )
        if not self.declared:
            return need
        return evolve(need, filing=filing_of(who, institution.province, on), disease="any" if who.chronic else "none")


@define
class Acquaintance:
    """Everybody of a conversation, by person number and by what they presented."""

    by_number: dict[str, Known] = field(factory=dict)
    by_credential: dict[str, str] = field(factory=dict)

    @classmethod
    def of(cls, exchanges: Iterable[Exchange], profile: Profile) -> Acquaintance:
        """Read every accepted 1101; the first of a person counts."""
        made, listed = cls(), list(exchanges)
        insured = _insured(listed)
        for exchange in listed:
            message = exchange.request.message
            if message is None or message.get("infno") != "1101" or not accepted(exchange):
                continue
            assert exchange.reply is not None  # noqa: S101 - accepted means that there is one
            known = _known(exchange, message, exchange.reply.message or {}, profile, insured)
            if known is not None:
                made.by_number.setdefault(known.person.psn_no, known)
                for credential in _credentials(known.person):
                    made.by_credential[credential] = known.person.psn_no
        return made

    def or_else(self, others: Acquaintance) -> Acquaintance:
        """These, and whoever only the others are acquainted with."""
        return Acquaintance({**others.by_number, **self.by_number}, {**others.by_credential, **self.by_credential})

    def who(self, message: Mapping[str, Any]) -> Known | None:
        """The person that a message is about."""
        number = person_of(message)
        if number:
            return self.by_number.get(number)
        return self.presented(message)

    def presented(self, message: Mapping[str, Any]) -> Known | None:
        """The person whose credential is shown, whoever the message is about."""
        return self.by_number.get(self.by_credential.get(presented_in(message), ""))


def _credentials(person: Person) -> tuple[str, ...]:
    return tuple(one for one in (person.certno, person.token, person.card_no) if one)


def _insured(exchanges: Iterable[Exchange]) -> Mapping[str, str]:
    """The insurance that is used for each person: of two in the reply to 1101 it is the one that matters."""
    seen: dict[str, Counter[str]] = {}
    for exchange in exchanges:
        message = exchange.request.message
        number, kind = text_of(message, "psn_no"), value_of(message, "insutype")
        if number and isinstance(kind, str) and kind:
            seen.setdefault(number, Counter())[kind] += 1
    return {number: kinds.most_common(1)[0][0] for number, kinds in seen.items()}


def _rows(value: Any) -> Iterator[Mapping[str, Any]]:
    yield from (one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict))


def _known(
    exchange: Exchange,
    message: Mapping[str, Any],
    reply: Mapping[str, Any],
    profile: Profile,
    insured: Mapping[str, str],
) -> Known | None:
    base = next(_rows(dig(reply, "output", "baseinfo")), {})
    rows = list(_rows(dig(reply, "output", "insuinfo")))
    number = str(base.get("psn_no") or "")
    if not rows or not number:
        return None
    row = next((one for one in rows if one.get("insutype") == insured.get(number)), rows[0])
    given = dig(message, "input", "data")
    data = given if isinstance(given, dict) else {}
    presented, kind = str(data.get("mdtrt_cert_no") or ""), data.get("mdtrt_cert_type")
    certno = str(base.get("certno") or (presented if kind == "02" else ""))
    person = Person(
        psn_no=number,
        psn_cert_type=str(base.get("psn_cert_type") or "01"),
        certno=certno,
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
        needy=any(one.get("psn_idet_type") == NEEDY for one in _rows(dig(reply, "output", "idetinfo"))),
        identities=tuple(_identities(_rows(dig(reply, "output", "idetinfo")))),
    )
    declared = profile.person(certno)
    if declared is None or declared.insutype != person.insutype:
        return Known(person, exchange)
    whole = evolve(
        person,
        token=declared.token,
        card_no=declared.card_no,
        card_sn=declared.card_sn,
        chronic=declared.chronic,
        filings=declared.filings,
        needy=declared.needy,
        identities=declared.identities,
        balance=declared.balance,
        family=declared.family,
    )
    return Known(whole, exchange, declared=True)


def _identities(rows: Iterable[Mapping[str, Any]]) -> Iterator[Identity]:
    """Those with a day on which they began; `Person.needy` tells the other one."""
    for row in rows:
        begins, ends = _day(row.get("begntime")), _day(row.get("endtime"))
        if begins is not None and row.get("psn_idet_type") != NEEDY:
            yield Identity(str(row.get("psn_idet_type")), begins, ends)


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _fen(value: Any) -> int:
    try:
        return parse(value)
    except InputError:
        return 0
