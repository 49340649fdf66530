"""A province: treatment side for its hospitals, insured side for its people."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sim.errors import InputError, nearest
from sim.interface import envelope, validate, wire
from sim.lang import say
from sim.platform import intents, relay
from sim.platform.context import Context
from sim.platform.exchange import Answer, Lost, Outbound, Steps
from sim.platform.insured import INSURED
from sim.platform.intents import Recovery
from sim.platform.journal import Journal, digest
from sim.platform.records import MESSAGES, RELAYED, SIGN_INS
from sim.platform.refusal import Refused, refuse
from sim.platform.regions import province_of
from sim.platform.setting import Handler, Setting
from sim.platform.store import Store
from sim.platform.treatment import TREATMENT

PROBLEMS_TOLD = 3
"""How many problems of a message its refusal lists."""


class _Overtaken(Exception):  # noqa: N818 - a signal, not an error
    """While a message waited for an answer, a copy of it was answered."""

    def __init__(self, reply: dict[str, Any]) -> None:
        super().__init__()
        self.reply = reply


class Province:
    """One provincial platform. Handlers stand in a table per role, by ``infno``, and can be replaced one by one."""

    def __init__(
        self,
        code: str,
        store: Store,
        setting: Setting,
        treatment: Mapping[str, Handler] = TREATMENT,
        insured: Mapping[str, Handler] = INSURED,
    ) -> None:
        self.code = code
        self.name = code
        self.store = store
        self.setting = setting
        self.treatment = treatment
        self.insured = insured
        self.items = setting.catalogue.at(code)
        self.messages = Journal(store, MESSAGES, setting.replies_kept)
        self.relayed = Journal(store, RELAYED)

    def handle(self, message: dict[str, Any], now: datetime) -> Steps:
        """Handle one message of a hospital, or one relayed by the hub; the generator returns the reply.

        What was written is committed before each yield and at the end, and rolled back when anything is raised.
        """
        if relay.is_relayed(message):
            return (yield from self.answer_relayed(message, now))
        return (yield from self._answer_hospital(message, now))

    def recover(
        self, now: datetime, older_than: timedelta = timedelta(0)
    ) -> Generator[Outbound, Answer | Lost, Recovery]:
        """Bring what is in doubt to its end, as if each sender had repeated his message; driven like `handle`.

        Afterwards each message it reached is done or refused here and at the insured place alike. ``older_than`` leaves
        out what may be under way at this moment; taking it up does no harm, the answers that come first count.
        """
        waiting = intents.left_open(self.store)
        self.store.rollback()
        left = []
        for intent in waiting:
            if intent.rests(now, older_than):
                yield from self._answer_hospital(dict(intent.request), now, begun=True)
            if self.store.get(intents.INTENTS, intent.sender, intent.msgid) is not None:
                left.append(intent.msgid)
            self.store.rollback()
        return Recovery(tuple(i.msgid for i in waiting if i.msgid not in left), tuple(left))

    # --- the treatment side ------------------------------------------------------------------------------------------

    def _answer_hospital(self, message: dict[str, Any], now: datetime, begun: bool = False) -> Steps:
        """``begun``: the message passed the gate when it first came, and is not judged by today's."""
        context = Context(self, message, now)
        uses_up = self.setting.readings.refusal_uses_msgid
        try:
            if not begun:
                self._gate(message)
            content = digest(message)
            stored = self.messages.repeated(context.sender, context.msgid, content, uses_up)
        except Refused as error:
            self.store.rollback()
            refusal = self._reversed(context) if error.reason == "platform.message.reversed" else error
            reply = self._refusal(refusal, now, now)
            self.store.commit()
            return reply
        if stored is not None:
            self.store.rollback()  # nothing was written; what was read is not to be compared with later commits
            return stored
        try:
            warning = "" if begun else self._signed_in(context)
            output = yield from self._work(context, content)
            reply = envelope.accepted(
                refmsgid=self._refmsgid(context.now), received=now, responded=context.now, output=output
            )
            if warning:
                reply["warn_msg"] = warning
            reply = self._close(context, content, reply)
        except _Overtaken as overtaken:
            self.store.rollback()
            return overtaken.reply
        except (Refused, InputError) as error:
            refusal = error if isinstance(error, Refused) else Refused(error.text)
            if not refusal.keep:
                self.store.rollback()
            reply = self._refusal(refusal, now, context.now)
            if not refusal.passing:
                reply = self._close(context, content, reply, refusal.reason)
        except Exception:
            self.store.rollback()
            raise
        self.store.commit()
        return reply

    def _work(self, context: Context, content: str) -> Steps:
        handler = self.treatment.get(context.infno)
        if handler is None:
            raise refuse("infno.unsupported", infno=context.infno)
        work = handler(context)
        if isinstance(work, Generator):
            return (yield from self._wait(context, content, work))
        output: dict[str, Any] = work
        return output

    def _wait(self, context: Context, content: str, work: Generator[Outbound, Answer | Lost, dict[str, Any]]) -> Steps:
        """Run a handler. Before each yield: the message is in the journal, and everything is durable."""
        key = (context.sender, context.msgid)
        answer: Answer | Lost | None = None
        while True:
            try:
                outbound = next(work) if answer is None else work.send(answer)
            except StopIteration as stop:
                output: dict[str, Any] = stop.value
                return output
            known = self.messages.known(*key)
            if known is None or known.state == "refused":
                self.messages.open(*key, context.infno, content, context.now)
            if context.infno in relay.EFFECTS:
                outbound = intents.keep(self.store, context.message, outbound, context.now)
            self.store.commit()
            answer = yield outbound
            context.now = answer.at or context.now
            known = self.messages.known(*key)
            if known is not None and known.state != "open":  # something happened to this message while it waited
                work.close()
                if known.state == "reversed":
                    raise self._reversed(context)
                raise _Overtaken(self.messages.answered(known))

    def _reversed(self, context: Context) -> Refused:
        """Why a message that a 2601 names is not carried out: it is reversed, or may be while that is in doubt."""
        in_doubt = intents.being_reversed(self.store, context.sender, context.msgid)
        return refuse("message.reversing" if in_doubt else "message.reversed", msgid=context.msgid, passing=True)

    def _gate(self, message: Mapping[str, Any]) -> None:
        infno = message.get("infno")
        transactions = self.setting.interface.transactions
        if not isinstance(infno, str) or infno not in transactions:
            near = nearest(str(infno), transactions)
            shown = str(infno)[:20]
            raise refuse("infno.unknown_near", infno=shown, near=near) if near else refuse("infno.unknown", infno=shown)
        if self.setting.checked:
            problems = validate(self.setting.interface, infno, "request", message, numbers="either")
            if problems:
                told = "；".join(p.text().show(self.setting.lang) for p in problems[:PROBLEMS_TOLD])
                raise refuse("schema.violated", count=len(problems), told=told)
        code = message.get("fixmedins_code")
        institution = self.setting.institutions.get(code) if isinstance(code, str) else None
        if institution is None:
            raise refuse("institution.unknown", code=code)
        area = message.get("mdtrtarea_admvs")
        if institution.province != self.code or province_of(area if isinstance(area, str) else "") != self.code:
            raise refuse("institution.elsewhere", code=code, area=area)

    def _signed_in(self, context: Context) -> str:
        """The warning for a message without a valid sign-in (or its refusal, where the reading is strict)."""
        if context.infno == "9001":
            return ""
        sign_no = context.message.get("sign_no")
        found = self.store.get(SIGN_INS, sign_no) if sign_no else None
        if (
            found is not None
            and found.fixmedins_code == context.sender
            and found.day == context.now.date()
            and found.out_at is None
        ):
            return ""
        if self.setting.readings.sign_in_required:
            raise refuse("sign_in.required")
        return say("platform.sign_in.missing").show(self.setting.lang)

    def _close(self, context: Context, content: str, reply: dict[str, Any], reason: str = "") -> wire.Sealed:
        if context.infno in relay.EFFECTS:
            intents.drop(self.store, context.sender, context.msgid)
        return self.messages.close(context.sender, context.msgid, context.infno, content, context.now, reply, reason)

    # --- the insured side --------------------------------------------------------------------------------------------

    def answer_relayed(self, message: dict[str, Any], now: datetime, inside: bool = False) -> Steps:
        """Handle a relayed message. ``inside``: as part of this province's own treatment side, in its transaction."""
        context = Context(self, message, now)
        journal = self.relayed if str(message.get("infno")) in relay.EFFECTS else None
        content, begun = "", False
        try:
            if self.setting.checked:
                relay.check(message)
            content = digest(message) if journal is not None else ""
            uses_up = self.setting.readings.refusal_uses_msgid
            stored = None if journal is None else journal.repeated(context.sender, context.msgid, content, uses_up)
            if stored is not None:
                if not inside:
                    self.store.rollback()
                return stored
            begun = True
            handler = self.insured.get(context.infno)
            if handler is None:
                raise refuse("infno.unsupported", infno=context.infno)
            work = handler(context)
            output = work if isinstance(work, dict) else (yield from work)
            reply = envelope.accepted(
                refmsgid=self._refmsgid(context.now), received=now, responded=context.now, output=output
            )
            if journal is not None:
                reply = journal.close(context.sender, context.msgid, context.infno, content, context.now, reply)
        except (Refused, InputError) as error:
            refusal = error if isinstance(error, Refused) else Refused(error.text)
            if not inside:
                self.store.rollback()
            reply = self._refusal(refusal, now, context.now)
            if journal is not None and begun and not inside:  # a copy that comes later must not be carried out
                key = context.sender, context.msgid
                reply = journal.close(*key, context.infno, content, context.now, reply, refusal.reason)
        except Exception:
            if not inside:
                self.store.rollback()
            raise
        if not inside:
            self.store.commit()
        return reply

    # --- both --------------------------------------------------------------------------------------------------------

    def _refmsgid(self, at: datetime) -> str:
        return envelope.refmsgid(self.code, at, self.store.next("reply") % 10**10)

    def _refusal(self, refusal: Refused, received: datetime, responded: datetime) -> dict[str, Any]:
        return envelope.refused(
            refmsgid=self._refmsgid(responded),
            received=received,
            responded=responded,
            err_msg=refusal.text.show(self.setting.lang),
        )
