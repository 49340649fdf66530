"""One thread of a conversation as the steps of a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from attrs import define, evolve, field, frozen

from conformance.conversation import Exchange
from conformance.profile import Profile
from conformance.recorded.differences import Differences, Names, differences
from conformance.recorded.people import Acquaintance, Known
from conformance.recorded.threads import OPENS, LeftOut, Thread
from conformance.scenario.compose import MissingValueError, dig
from conformance.scenario.load import step_from
from conformance.scenario.model import PATIENT, PersonNeed, Scenario
from conformance.targets.player import SETTLES, Player, Said, accepted
from sim import interface
from sim.errors import YidiError
from sim.interface import envelope
from sim.lang import Text, plain, say
from sim.money import scaled
from sim.platform.people import Department, Institution, Named

EMERGENCY = "13"
APPROVED = {"1": True, "2": False}


@frozen
class Written:
    """The steps, who is needed for them, and what could not be put into words."""

    steps: list[dict[str, Any]]
    people: tuple[tuple[str, PersonNeed], ...]
    level: str
    expressed: list[Exchange]
    left_out: list[LeftOut]
    remarks: list[Text]


class _Silent:
    """The line of a player that only composes: its clock stands at the moment of the message."""

    def __init__(self) -> None:
        self.at = datetime(2000, 1, 1)
        self.count = 0

    async def say(
        self,
        infno: str,
        body: bytes,
        scenario: str,
        run: str,
        step: str,
        note: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Exchange:
        """Never called: nothing is sent."""
        raise AssertionError(infno, body, scenario, run, step, note, headers)

    def now(self) -> datetime:
        """The moment of the message."""
        return self.at

    def msgid(self, institution: str) -> str:
        """Any."""
        return envelope.msgid(institution, self.at, self.number() % 10_000)

    def number(self) -> int:
        """Another one each time."""
        self.count += 1
        return self.count


@define
class _Labels:
    """What the recorded numbers are called in the scenario."""

    visits: dict[str, str] = field(factory=dict)
    batches: dict[tuple[str, str], str] = field(factory=dict)
    messages: dict[str, tuple[str, bytes]] = field(factory=dict)
    settlements: dict[str, str] = field(factory=dict)
    latest: str = "1"
    opened: int = 0


def write_down(thread: Thread, known: Acquaintance, profile: Profile) -> Written:
    """Express a thread as far as it goes."""
    cast = _cast(thread, known)
    first = thread.exchanges[0]
    if not cast:
        why = say("recorded.unknown_person")
        return Written([], (), "", [], [LeftOut(e.seq, e.infno, why) for e in thread.exchanges], [])
    strange = next((one for one in cast.values() if one.need is None), None)
    if strange is not None:
        why = say("recorded.insurance", insutype=strange.person.insutype)
        return Written([], (), "", [], [LeftOut(e.seq, e.infno, why) for e in thread.exchanges], [])
    writer = _Writer(cast, _institution(first, profile), profile)
    for role, one in cast.items():
        if one.at not in thread.exchanges:
            writer.look_up(role, one)
    for exchange in thread.exchanges:
        writer.express(exchange)
    used = any(step.get("account") == "use" for step in writer.steps)
    people = []
    for role, one in cast.items():
        need = one.need
        assert need is not None  # noqa: S101 - looked at above
        people.append((role, evolve(need, account=True) if used and role == PATIENT else need))
    declared = profile.institution(writer.institution.fixmedins_code)
    level = declared.level if declared else ""
    return Written(writer.steps, tuple(people), level, writer.expressed, writer.left_out, writer.remarks)


def _cast(thread: Thread, known: Acquaintance) -> dict[str, Known]:
    """The patient, and one other person if there is one."""
    found: dict[str, Known] = {}
    for exchange in thread.exchanges:
        who = known.who(exchange.request.message or {})
        if who is not None and who not in found.values() and len(found) < 2:
            found["other" if found else PATIENT] = who
    for exchange in thread.exchanges:  # a person whose credential was presented without being meant
        presented = dig(exchange.request.message, "input", "data", "mdtrt_cert_no")
        number = known.by_credential.get(presented, "") if isinstance(presented, str) else ""
        who = known.by_number.get(number)
        if who is not None and who not in found.values() and len(found) == 1:
            found["other"] = who
    return found


def _institution(exchange: Exchange, profile: Profile) -> Institution:
    message = exchange.request.message or {}
    code = str(message.get("fixmedins_code") or "")
    declared = profile.institution(code)
    if declared is not None:
        return declared
    staff = (Named("0001", "-"),)
    admdvs = str(message.get("mdtrtarea_admvs") or "")
    return Institution(code or "H00000000000", "-", admdvs, "", "", (Department("01", "-", "A01"),), staff, staff)


class _Writer:
    def __init__(self, cast: Mapping[str, Known], institution: Institution, profile: Profile) -> None:
        self.cast = cast
        self.institution = institution
        self.profile = profile
        self.iface = interface.interface(profile.interface)
        self.line = _Silent()
        people = {role: one.person for role, one in cast.items()}
        nothing = Scenario("", plain("", ""), (), ())
        self.player = Player(nothing, "plain", people, institution, profile, self.iface, self.line)
        self.labels = _Labels()
        self.steps: list[dict[str, Any]] = []
        self.expressed: list[Exchange] = []
        self.left_out: list[LeftOut] = []
        self.remarks: list[Text] = []

    def look_up(self, role: str, one: Known) -> None:
        """A step that the conversation does not have here: the hospital had asked who it is before."""
        row: dict[str, Any] = {"name": f"who_{role}", "send": "1101"} | ({"person": role} if role != PATIENT else {})
        self.steps.append(row)
        step = step_from(row, row["name"])
        self.player.hear(Said(step, one.at.request.message or {}, one.at.request.body, one.at))

    def express(self, exchange: Exchange) -> None:
        """One exchange as one step, or as something left out."""
        message = exchange.request.message or {}
        self.line.at = _moment(exchange.sent_at)
        try:
            row = self._repeat(exchange, message) or self._send(exchange, message)
        except MissingValueError as missing:
            self.left_out.append(LeftOut(exchange.seq, exchange.infno, say("recorded.missing", field=missing.field)))
            return
        except (YidiError, KeyError) as error:
            problem = error.text if isinstance(error, YidiError) else str(error)
            self.left_out.append(LeftOut(exchange.seq, exchange.infno, say("recorded.cannot", problem=problem)))
            return
        self.steps.append(row)
        self.expressed.append(exchange)

    def _name(self, infno: str) -> str:
        word = infno if infno.isalnum() and infno.isascii() else "step"
        count = sum(1 for step in self.steps if step["name"].partition("_")[0] == word) + 1
        return word if count == 1 else f"{word}_{count}"

    def _repeat(self, exchange: Exchange, message: Mapping[str, Any]) -> dict[str, Any] | None:
        """The same bytes again, as a step that repeats; what a lost answer would have told is learnt now."""
        earlier = self.labels.messages.get(str(message.get("msgid") or ""))
        if earlier is None or earlier[1] != exchange.request.body:
            return None
        name, yes = earlier[0], accepted(exchange)
        row: dict[str, Any] = {"name": self._name("repeat"), "repeat": name}
        if yes is not True:
            row["expect"] = "refused" if yes is False else "either"
        said = self.player.said[name]
        if yes and not accepted(said.exchange):
            self._heard(evolve(said, exchange=exchange))
        return row

    def _send(self, exchange: Exchange, message: Mapping[str, Any]) -> dict[str, Any]:
        infno, yes = exchange.infno, accepted(exchange)
        foreign = infno not in self.iface.transactions
        row: dict[str, Any] = {"name": self._name(infno), "send": "1101" if foreign else infno}
        role = self._role(message)
        if role != PATIENT:
            row["person"] = role
        unknown = self._numbers(row, infno, message)
        self._parts(row, infno, message)
        rows = dig(message, "input", "feedetail")
        listed = rows if isinstance(rows, list) else [rows] if isinstance(rows, dict) else []
        if infno == "2204" and listed:
            row["bill"] = [self._charge(one) for one in listed if isinstance(one, dict)]
        if self.labels.messages.get(str(message.get("msgid") or "")):
            row["msgid_of"] = self.labels.messages[str(message["msgid"])][0]
        composed, _ = self.player.message(step_from(row, row["name"]))
        names = Names({role: one.person for role, one in self.cast.items()}, unknown)
        found = differences(self.iface, infno, composed, message, names, refused=yes is False)
        self._note(exchange, found)
        if foreign:
            found.changes["infno"] = infno
        if found.changes:
            row["set"] = found.changes
        if found.removed:
            row["remove"] = found.removed
        if yes is not True:
            row["expect"] = "refused" if yes is False else "either"
        if yes is False and not found.changes and not found.removed:
            self.remarks.append(say("recorded.refusal", seq=exchange.seq))
        self.labels.messages.setdefault(str(message.get("msgid") or ""), (row["name"], exchange.request.body))
        self._heard(Said(step_from(row, row["name"]), message, exchange.request.body, exchange))
        return row

    def _note(self, exchange: Exchange, found: Differences) -> None:
        if found.made_up:
            fields = ", ".join(sorted(found.made_up))
            self.remarks.append(say("recorded.made_up", seq=exchange.seq, fields=fields))

    def _role(self, message: Mapping[str, Any]) -> str:
        """Whose step it is: the visit's person, else whoever the message names."""
        visit = _visit_of(message)
        if visit in self.labels.visits:
            return PATIENT
        number = dig(message, "input", "data", "psn_no") or dig(message, "input", "mdtrtinfo", "psn_no")
        presented = dig(message, "input", "data", "mdtrt_cert_no") if not number else None
        for role, one in self.cast.items():
            who = one.person
            if number == who.psn_no or (presented and presented in (who.certno, who.token, who.card_no)):
                return role
        return PATIENT

    def _numbers(self, row: dict[str, Any], infno: str, message: Mapping[str, Any]) -> frozenset[str]:
        """Labels for visit, charge batch and settlement; returns the fields whose number this thread never gave."""
        labels = self.labels
        unknown: set[str] = set()
        visit = _visit_of(message)
        if infno in OPENS:
            labels.latest = str(len(labels.visits) + 1)
        elif visit in labels.visits:
            labels.latest = labels.visits[visit]
        elif visit:
            unknown.add("mdtrt_id")
        if labels.latest != "1":
            row["visit"] = labels.latest
        batch = dig(message, "input", "data", "chrg_bchno") or dig(message, "input", "feedetail", "chrg_bchno")
        key = (labels.latest, str(batch or ""))
        if infno == "2204" and batch:
            labels.batches.setdefault(key, str(1 + sum(1 for place, _ in labels.batches if place == labels.latest)))
        elif batch and key not in labels.batches:
            unknown.add("chrg_bchno")
        if labels.batches.get(key, "1") != "1":
            row["batch"] = labels.batches[key]
        setl_id, omsgid = dig(message, "input", "data", "setl_id"), dig(message, "input", "data", "omsgid")
        of = labels.settlements.get(str(setl_id or "")) or labels.messages.get(str(omsgid or ""), ("",))[0]
        if of:
            row["of"] = of
        elif setl_id or omsgid:
            unknown |= {"setl_id", "omsgid", "oinfno"}
        return frozenset(unknown)

    def _parts(self, row: dict[str, Any], infno: str, message: Mapping[str, Any]) -> None:
        given = dig(message, "input")
        data = dig(given, "data")
        if dig(data, "acct_used_flag") == "1" and infno in self.iface.transactions:
            row["account"] = "use"
        if EMERGENCY in (dig(data, "med_type"), dig(given, "mdtrtinfo", "med_type")):
            row["emergency"] = True

    def _charge(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        """A line of the bill; for an item or a quantity that cannot be charged any other one, which is then changed."""
        code = sent.get("med_list_codg")
        item = next((name for name, charge in self.profile.items.items() if charge.code == code), None)
        row: dict[str, Any] = {"item": item or next(iter(self.profile.items))}
        quantity = sent.get("cnt")
        if _chargeable(quantity):
            count = Decimal(str(quantity))
            row["quantity"] = int(count) if count % 1 == 0 else count
        approved = APPROVED.get(str(sent.get("hosp_appr_flag")))
        return row | ({"approved": approved} if approved is not None else {})

    def _heard(self, said: Said) -> None:
        """The player learns what the reply told, the labels which numbers it gave."""
        self.player.hear(said)
        if not accepted(said.exchange):
            return
        output, infno = dig(said.reply, "output"), str(said.message.get("infno"))
        if infno in OPENS:
            number = dig(output, "data", "mdtrt_id") or dig(output, "result", "mdtrt_id")
            if isinstance(number, str) and number:
                self.labels.visits[number] = said.step.visit
        setl_id = dig(output, "setlinfo", "setl_id")
        if infno in SETTLES and isinstance(setl_id, str) and setl_id:
            self.labels.settlements[setl_id] = said.step.name


def _chargeable(quantity: Any) -> bool:
    if not isinstance(quantity, int | Decimal | str) or isinstance(quantity, bool):
        return False
    try:
        return 0 < scaled(quantity, 4) <= 99_999_999 * 10_000
    except YidiError:
        return False


def _visit_of(message: Mapping[str, Any]) -> str:
    given = dig(message, "input")
    for node in ("data", "mdtrtinfo", "feedetail", "dscginfo"):
        number = dig(given, node, "mdtrt_id")
        if isinstance(number, str) and number:
            return number
    return ""


def _moment(stamp: str) -> datetime:
    try:
        return datetime.fromisoformat(stamp).replace(tzinfo=None)
    except ValueError:
        return datetime(2000, 1, 1)
