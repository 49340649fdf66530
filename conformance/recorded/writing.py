"""One thread of a conversation as the steps of a scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve, field, frozen

from conformance.conversation import Exchange
from conformance.profile import Profile
from conformance.recorded.casting import FIRST, Cast
from conformance.recorded.composing import Composer
from conformance.recorded.differences import Differences, Matter
from conformance.recorded.headers import Reason, sort
from conformance.recorded.identities import Secrets
from conformance.recorded.labels import Labels
from conformance.recorded.people import Acquaintance, Known
from conformance.recorded.reading import moment, never_arrived, opened_by, person_of, presented_in, text_of, well_formed
from conformance.recorded.threads import LeftOut, Thread
from conformance.recorded.tongue import GIVEN, Tongue
from conformance.scenario.compose import MissingValueError, dig
from conformance.scenario.load import step_from
from conformance.scenario.model import PATIENT
from conformance.targets.player import Said, accepted
from sim.errors import InputError, YidiError
from sim.lang import Text, plain, say

EQUAL = ("0", "000000")
"""stmt_rslt of books that agree."""
QUERIES = ("1", "5", "20", "9102")
"""How transactions begin after which nothing has changed."""
ASKED_FOR = GIVEN | {"mdtrt_cert_no"}
"""Numbers without which an accepted message would be refused by another platform."""
FAULTS = frozenset({"set", "remove", "values", "body", "headers", "person", "at", "file", "msgid_of"})


@frozen
class Written:
    """The steps, and what could not be put into words. ``headers``: the names of request headers that are not carried,
    with the reason; ``carried``: of those that are."""

    steps: list[dict[str, Any]] = field(factory=list)
    expressed: list[Exchange] = field(factory=list)
    left_out: list[LeftOut] = field(factory=list)
    remarks: list[Text] = field(factory=list)
    headers: dict[str, Reason] = field(factory=dict)
    carried: set[str] = field(factory=set)


def write_down(
    thread: Thread,
    cast: Cast,
    known: Acquaintance,
    profile: Profile,
    secrets: Secrets,
    spoils: Mapping[int, tuple[str, int]],
) -> Written:
    """Express a thread as far as it goes. ``spoils``: what had been done to a body before it was sent."""
    writer = _Writer(thread, cast, known, profile, secrets, spoils)
    for role in writer.strangers():
        writer.look_up(role, cast.people[role])
    for number, exchange in enumerate(thread.exchanges):
        writer.express(exchange, thread.exchanges[number + 1 :])
    return writer.written


class _Writer:
    def __init__(
        self,
        thread: Thread,
        cast: Cast,
        known: Acquaintance,
        profile: Profile,
        secrets: Secrets,
        spoils: Mapping[int, tuple[str, int]],
    ) -> None:
        self.thread = thread
        self.cast = cast
        self.known = known
        self.spoils = spoils
        self.labels = Labels()
        self.tongue = Tongue(cast.persons, cast.places, secrets)
        self.composer = Composer(cast, profile, self.tongue)
        self.iface = self.composer.iface
        self.player = self.composer.player
        self.broken: dict[str, int] = {}
        self.written = Written()

    def strangers(self) -> Sequence[str]:
        """Who is spoken about before the conversation, here, asked who it is."""
        found: list[str] = []
        met: set[str] = set()
        for exchange in self.thread.exchanges:
            message = exchange.request.message or {}
            number = person_of(message)
            if exchange.infno == "1101" and accepted(exchange):
                met.add(str(dig(exchange.reply.message if exchange.reply else None, "output", "baseinfo", "psn_no")))
            for role, one in self.cast.people.items():
                if number == one.person.psn_no and number not in met and one.at is not None and role not in found:
                    found.append(role)
        return found

    def look_up(self, role: str, one: Known) -> None:
        """A step that the conversation does not have here: the hospital had asked who it is before."""
        if one.at is None:
            return
        row: dict[str, Any] = {"name": f"who_{role}", "send": "1101"} | ({"person": role} if role != PATIENT else {})
        self.written.steps.append(row)
        step = step_from(row, row["name"])
        said = Said(step, one.at.request.message or {}, one.at.request.body, one.at)
        self.player.hear(said)
        self.tongue.heard(said)

    # --- one exchange ------------------------------------------------------------------------------------------------

    def express(self, exchange: Exchange, later: Sequence[Exchange]) -> None:
        """One exchange as one step, or as something left out."""
        message = exchange.request.message or {}
        if accepted(exchange) is not False:
            message = self.composer.usual(exchange.infno, message)
        self.composer.line.at = moment(exchange.sent_at)
        self.tongue.invented, self.tongue.coming = set(), {}
        visit = text_of(message, "mdtrt_id")
        if visit in self.broken:
            self._leave(exchange, say("recorded.depends", seq=self.broken[visit]))
            return
        if accepted(exchange) and not well_formed(exchange):
            self._leave(exchange, say("recorded.odd"))
            return
        try:
            self._held(message, later)
            row = self._repeat(exchange, message, later) or self._send(exchange, message, later)
        except MissingValueError as missing:
            self._leave(exchange, say("recorded.missing", field=missing.field))
            return
        except (YidiError, LookupError, ValueError) as error:
            problem = error.text if isinstance(error, YidiError) else plain(str(error), str(error))
            told = problem.key.startswith("recorded.")
            self._leave(exchange, problem if told else say("recorded.cannot", problem=problem))
            return
        self.written.steps.append(row)
        self.written.expressed.append(exchange)
        if self.tongue.invented:
            fields = ", ".join(sorted(self.tongue.invented))
            self.written.remarks.append(say("recorded.made_up", seq=exchange.seq, fields=fields))

    def _leave(self, exchange: Exchange, why: Text) -> None:
        """Not in the pack; and what moved a visit takes the rest of the visit with it."""
        self.written.left_out.append(LeftOut(exchange.seq, exchange.infno, why))
        if accepted(exchange) is False or exchange.infno.startswith(QUERIES):
            return
        for visit in (text_of(exchange.request.message, "mdtrt_id"), opened_by(exchange)):
            if visit:
                self.broken.setdefault(visit, exchange.seq)

    def _name(self, infno: str) -> str:
        word = infno if infno.isalnum() and infno.isascii() else "step"
        count = sum(1 for step in self.written.steps if step["name"].partition("_")[0] == word) + 1
        return word if count == 1 else f"{word}_{count}"

    # --- the same again ----------------------------------------------------------------------------------------------

    def _repeat(
        self, exchange: Exchange, message: Mapping[str, Any], later: Sequence[Exchange]
    ) -> dict[str, Any] | None:
        """The same message again, as a step that repeats; what a lost answer would have told is learnt now."""
        earlier = self.labels.messages.get(_msgid(message))
        if earlier is None:
            return None
        name, body = earlier
        said = self.player.said[name]
        if message != said.message:
            return None
        row: dict[str, Any] = {"name": self._name("repeat"), "repeat": name}
        spoil = self.spoils.get(exchange.seq)
        if spoil is not None:
            row["body"] = {spoil[0]: spoil[1]}
        elif exchange.request.body != body:
            row["body"] = {"escaped" if b"\\u" in exchange.request.body else "whitespace": True}
        yes, before = accepted(exchange), accepted(said.exchange)
        if not _unsent(exchange, later):
            self._headers(row, exchange)
        if _unsent(exchange, later):
            row["held"] = True
        elif _lost(exchange):
            row["lost"] = True
        elif yes is not True or spoil is not None:
            row["expect"] = _expected(exchange)
        elif said.step.held or said.step.lost or not before or _output(exchange) != _output(said.exchange):
            row["expect"] = "accepted"
        if yes and not _lost(exchange) and (said.step.lost or said.step.held or not before):
            step = evolve(said.step, lost=False, held=False)
            self._heard(evolve(said, step=step, exchange=exchange))
        return row

    def _held(self, message: Mapping[str, Any], later: Sequence[Exchange]) -> None:
        """A message that this one names, and that arrives only afterwards: composed now, sent then."""
        omsgid = text_of(message, "omsgid")
        if not omsgid or omsgid in self.labels.messages:
            return
        late = next((one for one in later if _msgid(one.request.message or {}) == omsgid), None)
        if late is None or _msgid(message) == omsgid:
            return
        held = evolve(late, outcome="unreachable", reply=None, answered_at=None)
        self.written.steps.append(self._send(held, late.request.message or {}, ()))

    # --- something else ----------------------------------------------------------------------------------------------

    def _send(self, exchange: Exchange, message: Mapping[str, Any], later: Sequence[Exchange]) -> dict[str, Any]:
        infno, refused = exchange.infno, accepted(exchange) is False
        sent = self.composer.likest(message) if infno not in self.iface.transactions else infno
        row: dict[str, Any] = {"name": self._name(infno), "send": sent}
        role, at = self._role(message), self.cast.label_of(exchange)
        row |= {"person": role} if role != PATIENT else {}
        row |= {"at": at} if at != FIRST else {}
        unknown = self.labels.number(row, sent, message, role)
        self.composer.flag(row, sent, message)
        self.composer.charge(row, sent, message)
        content = self.composer.file(row, exchange, message, later) if sent == "9101" else None
        if self.labels.messages.get(_msgid(message)):
            row["msgid_of"] = self.labels.messages[_msgid(message)][0]
        composed = self.composer.composed(row, sent, message)
        if sent == "9002" and text_of(message, "sign_no") != message.get("sign_no"):
            unknown |= {"sign_no"}
        matter = Matter(
            self.iface,
            infno,
            self.tongue,
            self.composer.now,
            refused,
            visit=str(row.get("visit", "1")),
            unknown=unknown,
            sums=sent == "3201" and dig(_reply(exchange), "output", "stmtinfo", "stmt_rslt") in EQUAL,
        )
        found = self.composer.compared(matter, composed, message, content)
        if message.get("infno") != sent:
            self._infno(found, message)
        elsewhere = sorted(self.tongue.invented & ASKED_FOR) if accepted(exchange) else []
        if elsewhere:
            raise InputError(say("recorded.elsewhere", fields=", ".join(elsewhere)))
        if found.unnamed:
            fields = ", ".join(found.unnamed)
            self.written.remarks.append(say("recorded.unnamed", seq=exchange.seq, fields=fields))
        if found.changes:
            row["set"] = found.changes
        if found.removed:
            row["remove"] = found.removed
        spoil = self.spoils.get(exchange.seq)
        if spoil is not None:
            row["body"] = {spoil[0]: spoil[1]}
        if not _unsent(exchange, later):
            self._headers(row, exchange)
        self._outcome(row, exchange, later)
        step = step_from(row, row["name"])
        self.player.message(step)  # what cannot be composed again is left out, and nothing of it is remembered
        if refused and not FAULTS & set(row):
            self.written.remarks.append(say("recorded.refusal", seq=exchange.seq))
        if _msgid(message):
            self.labels.messages.setdefault(_msgid(message), (row["name"], exchange.request.body))
        self._heard(Said(step, message, exchange.request.body, exchange if exchange.reply else None))
        return row

    def _headers(self, row: dict[str, Any], exchange: Exchange) -> None:
        """What the request says beside its body, as far as it may go into a pack."""
        found = sort(exchange.request.headers, self.tongue.secrets.told_in_header)
        if found.carried:
            row["headers"] = dict(found.carried)
        self.written.headers.update(found.left)
        self.written.carried.update(found.carried)

    @staticmethod
    def _outcome(row: dict[str, Any], exchange: Exchange, later: Sequence[Exchange]) -> None:
        if _unsent(exchange, later):
            row["held"] = True
        elif _lost(exchange):
            row["lost"] = True
        elif accepted(exchange) is not True:
            row["expect"] = _expected(exchange)

    @staticmethod
    def _infno(found: Differences, message: Mapping[str, Any]) -> None:
        if "infno" in message:
            found.changes["infno"] = message["infno"]
        else:
            found.removed.append("infno")

    def _role(self, message: Mapping[str, Any]) -> str:
        """Whose step it is: the visit's person, else whoever the message names, else who shows a credential."""
        owner = self.labels.role_of(message)
        if owner:
            return owner
        number, presented = person_of(message), presented_in(message)
        for role, one in self.cast.people.items():
            who = one.person
            if number == who.psn_no or (not number and presented in (who.certno, who.token, who.card_no) and presented):
                return role
        if number and number in self.known.by_number:
            raise InputError(say("recorded.third"))
        return PATIENT

    def _heard(self, said: Said) -> None:
        """The player learns what the reply told, the labels which numbers it gave."""
        if not isinstance(said.message.get("infno"), str):  # a number, or anything: the player looks it up
            said = evolve(said, message={**said.message, "infno": str(said.message.get("infno") or "")})
        if said.step.held or said.step.lost:
            self.player.said[said.step.name] = said
            self.tongue.heard(evolve(said, exchange=None))
            return
        lines = self.composer.number(said.step.visit, said.step.send, said.message)
        self.player.hear(said)
        self.tongue.heard(said)
        if not accepted(said.exchange):
            return
        self.labels.heard(said)
        if lines:
            self.tongue.lines = {**self.tongue.coming, **self.tongue.lines}


def _msgid(message: Mapping[str, Any]) -> str:
    return str(message.get("msgid") or "")


def _reply(exchange: Exchange | None) -> Mapping[str, Any] | None:
    return exchange.reply.message if exchange is not None and exchange.reply else None


def _output(exchange: Exchange | None) -> Any:
    return (_reply(exchange) or {}).get("output")


def _lost(exchange: Exchange) -> bool:
    """Whether the sender never had the answer."""
    return exchange.outcome != "answered" or exchange.note == "lost"


def _unsent(exchange: Exchange, later: Sequence[Exchange]) -> bool:
    """Whether the other side cannot have had it."""
    return exchange.outcome == "unreachable" or (_lost(exchange) and never_arrived(exchange, later))


def _expected(exchange: Exchange) -> str:
    return "refused" if accepted(exchange) is False else "either"
