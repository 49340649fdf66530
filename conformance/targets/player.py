"""One conversation of one scenario, played by a hospital: composes each message, sends it, carries results forward."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from attrs import define, field, frozen

from conformance.conversation import Exchange
from conformance.profile import Profile
from conformance.scenario.compose import MissingValueError, changed, compose, dig
from conformance.scenario.model import PATIENT, Charged, Scenario, Step
from sim.benefits.line import multiply
from sim.errors import HarnessError, InputError
from sim.interface import Interface, envelope, validate, wire
from sim.lang import Text, say
from sim.money import parse
from sim.money import wire as yuan
from sim.platform.people import Institution, Named, Person

PARTS = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
SETTLES = frozenset({"2207", "2207A"})
TRIALS = frozenset({"2206", "2206A"})
GIVES_BACK = frozenset({"2208", "2601"})
NO_PERSON = frozenset({"9001", "9002", "1101"})
READS = ("1101", "5206")


class Line(Protocol):
    """What a player speaks through: sends a body and records the exchange."""

    async def say(self, infno: str, body: bytes, scenario: str, run: str, step: str, note: str = "") -> Exchange:
        """Send and record."""
        ...

    def now(self) -> datetime:
        """The hospital's clock, China Standard Time."""
        ...

    def msgid(self, institution: str) -> str:
        """A message id that was never used."""
        ...

    def number(self) -> int:
        """A number that was never given out."""
        ...


@define
class _Batch:
    number: str
    total: int = 0
    parts: dict[str, int] = field(factory=lambda: dict.fromkeys(PARTS, 0))


@define
class _Visit:
    ipt_otp_no: str
    begun: datetime
    mdtrt_id: str = ""
    med_type: str = "11"
    lines: int = 0
    batches: dict[str, _Batch] = field(factory=dict)


@define
class _Known:
    """A person as the hospital knows them: who they are, and what 1101 said."""

    person: Person
    psn_no: str = ""
    admdvs: str = ""
    fresh: bool = False


@frozen
class Said:
    """A message that was sent, and what came."""

    step: Step
    message: Mapping[str, Any]
    body: bytes
    exchange: Exchange

    @property
    def reply(self) -> Mapping[str, Any] | None:
        """The reply, if it is a message."""
        return self.exchange.reply.message if self.exchange.reply else None


def accepted(exchange: Exchange) -> bool | None:
    """Whether a reply says yes or no; None when it says neither (no reply, not a message, no infcode)."""
    reply = exchange.reply.message if exchange.outcome == "answered" and exchange.reply else None
    if reply is None or reply.get("infcode") in (None, ""):
        return None
    return envelope.is_accepted(reply)


class Player:
    """Plays one run (plain, control or fault) of a scenario with the people given to it."""

    def __init__(
        self,
        scenario: Scenario,
        run: str,
        people: Mapping[str, Person],
        institution: Institution,
        profile: Profile,
        iface: Interface,
        line: Line,
        sign_no: str = "",
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self.scenario = scenario
        self.run = run
        self.profile = profile
        self.iface = iface
        self.line = line
        self.institution = institution
        self.sign_no = sign_no
        self.stopped = stopped
        self.people = {role: _Known(person) for role, person in people.items()}
        self.visits: dict[str, _Visit] = {}
        self.said: dict[str, Said] = {}
        self.at = ""
        operator = institution.operators[0] if institution.operators else Named("0001", "经办人")
        self.sender = envelope.Sender(
            institution.fixmedins_code,
            institution.fixmedins_name,
            institution.admdvs,
            opter=operator.code,
            opter_name=operator.name,
        )

    async def play(self) -> Text | None:
        """Play to the end, or to the first step that did not go as it must; returns the reason it stopped there."""
        for step in self.scenario.steps_of(self.run):
            self.at = step.name
            if self.stopped():
                return say("run.stopped")
            try:
                await self._read_before(step)
                message, body = self.message(step)
            except MissingValueError as missing:
                return say("run.missing_value", step=step.name, field=missing.field)
            infno = str(message.get("infno", "")) or step.send
            exchange = await self.line.say(infno, body, self.scenario.id, self.run, step.name)
            said = Said(step, message, body, exchange)
            self.said[step.name] = said
            reason = self._unmet(said)
            if reason is not None:
                return reason
            if accepted(exchange) and not step.repeat:
                self._absorb(said)
            await self._read_after(said)
        return None

    def hear(self, said: Said) -> None:
        """Know what was said elsewhere as if it had been said here, and what later messages need of the reply."""
        self.said[said.step.name] = said
        if accepted(said.exchange) and not said.step.repeat:
            self._absorb(said)

    def _unmet(self, said: Said) -> Text | None:
        yes = accepted(said.exchange)
        expect = said.step.expect
        name = said.step.name
        if yes is None and expect != "either":
            return say("run.no_answer", step=name, outcome=said.exchange.outcome)
        if expect == "accepted" and not yes:
            told = str((said.reply or {}).get("err_msg") or "")
            return say("run.not_accepted", step=name, told=told[:200])
        if expect == "refused" and yes:
            return say("run.not_refused", step=name)
        return None

    # --- reading the person's counters ------------------------------------------------------------------------------

    async def _read_before(self, step: Step) -> None:
        """Counters and balance must be known before a settlement: the target may have any history."""
        infno = step.send or (self.said[step.again].message["infno"] if step.again in self.said else "")
        known = self.people[step.person]
        if infno in SETTLES | TRIALS and not known.fresh and known.psn_no:
            await self._read(step.person, f"{step.name}/before")

    async def _read_after(self, said: Said) -> None:
        """And after whatever may change them, also after what must not: a repeat, a refusal."""
        infno = str(said.message.get("infno", ""))
        matters = infno in SETTLES | GIVES_BACK or said.step.faulty
        if matters and self.people[said.step.person].psn_no and self.people[PATIENT].psn_no:
            await self._read(
                said.step.person if said.step.person in self.people else PATIENT, f"{said.step.name}/after"
            )

    async def _read(self, role: str, name: str) -> None:
        for infno in READS:
            message = self._request(infno, Step(name, send=infno, person=role))
            body = wire.encode(message)
            exchange = await self.line.say(infno, body, self.scenario.id, self.run, f"{name}/{infno}", "probe")
            if not accepted(exchange):
                return
        self.people[role].fresh = True

    # --- composing --------------------------------------------------------------------------------------------------

    def message(self, step: Step) -> tuple[Mapping[str, Any], bytes]:
        """The message of a step, and its bytes."""
        if step.repeat:
            earlier = self.said[step.repeat]
            return earlier.message, earlier.body
        if step.again:
            now = self.line.now()
            earlier = self.said[step.again]
            fresh = {"msgid": self.line.msgid(self.sender.fixmedins_code), "inf_time": envelope.datetime19(now)}
            message: dict[str, Any] = {**earlier.message, **fresh}
        else:
            message = self._request(step.send, step)
        if step.msgid_of:
            message["msgid"] = self.said[step.msgid_of].message["msgid"]
        if not step.changes and not step.removed:
            self._must_be_valid(step, message)
        message = changed(message, step.changes, step.removed, self._look_up)
        return message, wire.encode(message)

    def _must_be_valid(self, step: Step, message: Mapping[str, Any]) -> None:
        problems = validate(
            self.iface, step.send or str(message["infno"]), "request", message, numbers=self.profile.amounts
        )
        if problems:
            raise HarnessError(say("run.own_request_invalid", step=step.name, problem=problems[0].text()))

    def _request(self, infno: str, step: Step) -> dict[str, Any]:
        now = self.line.now()
        known = self.people[step.person]
        values, rows = self._values(step, now), self._rows(infno, step, now)
        content = compose(self.iface, infno, values, rows, self.profile.amounts)
        place = "" if infno in NO_PERSON else known.admdvs
        return envelope.request(
            infno,
            msgid=self.line.msgid(self.sender.fixmedins_code),
            sender=self.sender,
            insuplc_admdvs=place,
            sign_no=self.sign_no,
            at=now,
            input=content,
        )

    def _values(self, step: Step, now: datetime) -> dict[str, Any]:
        known, person = self.people[step.person], self.people[step.person].person
        department, doctor = self.institution.departments[0], self.institution.doctors[0]
        visit = self._visit(step, now)
        batch = self._batch(visit, step)
        settled = self._of(step)
        year = now.year
        return {
            "mdtrt_cert_no": person.certno,
            "certno": person.certno,
            "psn_cert_type": person.psn_cert_type,
            "psn_name": person.psn_name,
            "psn_no": known.psn_no,
            "insutype": person.insutype,
            "ipt_otp_no": visit.ipt_otp_no,
            "begntime": envelope.datetime19(visit.begun),
            "endtime": f"{year}-12-31 23:59:59",
            "atddr_no": doctor.code,
            "dr_name": doctor.name,
            "dept_code": department.code,
            "dept_name": department.name,
            "caty": department.caty,
            "diag_dept": department.code,
            "dise_dor_no": doctor.code,
            "dise_dor_name": doctor.name,
            "diag_time": envelope.datetime19(now),
            "maindiag_flag": "1",
            "mdtrt_id": visit.mdtrt_id,
            "med_type": visit.med_type,
            "chrg_bchno": batch.number,
            "medfee_sumamt": yuan(batch.total),
            **{name: yuan(fen) for name, fen in batch.parts.items()},
            "acct_used_flag": "1" if step.account else "0",
            "setl_id": str(dig(settled.reply, "output", "setlinfo", "setl_id") or "") if settled else "",
            "omsgid": settled.message["msgid"] if settled else "",
            "oinfno": settled.message["infno"] if settled else "",
        }

    def _rows(self, infno: str, step: Step, now: datetime) -> dict[str, list[Mapping[str, Any]]]:
        node = self.iface.transactions[infno].node("request", "feedetail")
        if node is None or not step.bill:
            return {}
        visit = self._visit(step, now)
        department, doctor = self.institution.departments[0], self.institution.doctors[0]
        return {
            "feedetail": [
                {
                    **self._charge(one),
                    "feedetl_sn": str(visit.lines + number),
                    "fee_ocur_time": envelope.datetime19(now),
                    "bilg_dept_codg": department.code,
                    "bilg_dept_name": department.name,
                    "bilg_dr_codg": doctor.code,
                    "bilg_dr_name": doctor.name,
                }
                for number, one in enumerate(step.bill, 1)
            ]
        }

    def _charge(self, one: Charged) -> dict[str, Any]:
        charge = self.profile.items[one.item]
        amount = multiply(charge.price, one.quantity)
        return {
            "med_list_codg": charge.code,
            "medins_list_codg": charge.code,
            "det_item_fee_sumamt": yuan(amount),
            "cnt": _trimmed(one.quantity, 4),
            "pric": _trimmed(charge.price, 6),
            "hosp_appr_flag": {None: "0", True: "1", False: "2"}[one.approved],
        }

    def _visit(self, step: Step, now: datetime) -> _Visit:
        if step.visit not in self.visits:
            self.visits[step.visit] = _Visit(f"MZ{now:%Y%m%d%H%M%S}{self.line.number():08d}", now)
        visit = self.visits[step.visit]
        if step.emergency:
            visit.med_type = "13"
        return visit

    def _batch(self, visit: _Visit, step: Step) -> _Batch:
        if step.batch not in visit.batches:
            visit.batches[step.batch] = _Batch(f"{visit.ipt_otp_no}B{len(visit.batches) + 1}")
        return visit.batches[step.batch]

    def _of(self, step: Step) -> Said | None:
        """The settlement a step is about: the one it names, else the latest."""
        if step.of:
            return self.said[step.of]
        settled = [s for s in self.said.values() if s.message.get("infno") in SETTLES and accepted(s.exchange)]
        return settled[-1] if settled else None

    # --- carrying forward -------------------------------------------------------------------------------------------

    def _absorb(self, said: Said) -> None:
        """What later messages need from a reply."""
        step, infno = said.step, str(said.message.get("infno", ""))
        known = self.people[step.person]
        output = dig(said.reply, "output")
        if infno == "1101":
            known.psn_no = str(dig(output, "baseinfo", "psn_no") or "")
            rows = dig(output, "insuinfo")
            listed = rows if isinstance(rows, list) else [rows]
            mine = [r for r in listed if isinstance(r, dict) and r.get("insutype") == known.person.insutype]
            known.admdvs = str(mine[0].get("insuplc_admdvs") or "") if mine else ""
            return
        visit = self.visits.get(step.visit)
        if visit is None:
            return
        if infno == "2201":
            visit.mdtrt_id = str(dig(output, "data", "mdtrt_id") or "")
        elif infno == "2204":
            self._absorb_lines(said, visit, output)
        elif infno == "2205" and accepted(said.exchange):
            del visit.batches[step.batch]  # its lines are withdrawn; the next upload opens another
        elif infno == "2205":
            visit.batches.pop(step.batch, None)
        elif infno in TRIALS:
            batch = self._batch(visit, step)
            batch.parts = {name: _fen(dig(output, "setlinfo", name)) for name in PARTS}
        if infno in SETTLES | GIVES_BACK:
            known.fresh = False

    def _absorb_lines(self, said: Said, visit: _Visit, output: Any) -> None:
        batch = self._batch(visit, said.step)
        sent = dig(said.message, "input", "feedetail")
        for row in sent if isinstance(sent, list) else ():
            batch.total += _fen(row.get("det_item_fee_sumamt"))
            visit.lines += 1
        rows = dig(output, "result")
        for row in rows if isinstance(rows, list) else [rows]:
            for name in PARTS:
                batch.parts[name] += _fen(dig(row, "overlmt_amt" if name == "overlmt_selfpay" else name))

    def _look_up(self, source: str) -> Any:
        """A value for an override: ``settle.reply.output.setlinfo.setl_id``, ``other.psn_no``."""
        head, _, rest = source.partition(".")
        if head in self.people and rest in ("psn_no", "admdvs"):
            return getattr(self.people[head], rest)
        if head in self.people and rest:
            return getattr(self.people[head].person, rest)
        if head in self.said:
            kind, _, path = rest.partition(".")
            base = self.said[head].reply if kind == "reply" else self.said[head].message
            value = dig(base, *path.split("."))
            if value is None:
                raise MissingValueError(source)
            return value
        raise HarnessError(say("scenario.no_path", path=source))


def _fen(value: Any) -> int:
    """An amount of a reply in fen; one that cannot be read counts as nothing here, the judge says so."""
    try:
        return parse(value)
    except InputError:
        return 0


def _trimmed(value: int, decimals: int) -> Any:
    """A whole number of ``10**-decimals`` as the shortest JSON number."""
    number = yuan(value).scaleb(2 - decimals).normalize()
    return int(number) if number == number.to_integral_value() else number
