"""What a hospital's desk knows, and how it fills a message from that: every value by field name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from attrs import define, frozen

from conformance.conversation import Exchange
from conformance.profile import Profile
from conformance.scenario.compose import MissingValueError, compose, dig
from conformance.scenario.effects import Effect, effect_of, that_reckon
from conformance.scenario.load import path_of
from conformance.scenario.model import Change, Charged, Step
from conformance.targets.held import (
    MED_TYPE,
    PARTS,
    Books,
    Line,
    Visit,
    bytes_in,
    day_told,
    entry_of,
    fen,
    zipped,
)
from sim.benefits.line import multiply
from sim.errors import HarnessError
from sim.interface import Interface, envelope
from sim.lang import say
from sim.money import wire as yuan
from sim.platform.people import Department, Institution, Named, Person

SETTLES = that_reckon("settle")
NO_PERSON = frozenset({"9001", "9002", "1101", "1201", "1901", "3201", "3202", "3203", "3204", "3260", "3261", "3262"})
NO_PERSON |= {"9101", "9102", "1312", "1316", "1318", "1319", "3301", "3302", "5303"}
"""Transactions about nobody, or whose person's insured place is still to be asked for."""
EMERGENCY = "13"
CLEARING_TYPE = "11"
_DOCTOR_CODES = ("atddr_no", "dise_dor_no", "bilg_dr_codg", "diag_dr_codg")
_DOCTOR_NAMES = ("dr_name", "chfpdr_name", "dise_dor_name", "bilg_dr_name", "diag_dr_name", "medins_fill_psn")
_DEPARTMENT_CODES = ("dept_code", "diag_dept", "adm_dept_codg", "dscg_dept_codg", "bilg_dept_codg")
_DEPARTMENT_NAMES = ("dept_name", "adm_dept_name", "dscg_dept_name", "bilg_dept_name", "medins_fill_dept")
STAY_BATCH = "1"


@define
class Known:
    """A person as the hospital knows them: who they are, and what 1101 said."""

    person: Person
    psn_no: str = ""
    admdvs: str = ""
    fresh: bool = False


@frozen
class Said:
    """A message, and what came; ``exchange`` is None for one that is held back."""

    step: Step
    message: Mapping[str, Any]
    body: bytes
    exchange: Exchange | None

    @property
    def reply(self) -> Mapping[str, Any] | None:
        """The reply, if there is one and it is a message."""
        return self.exchange.reply.message if self.exchange is not None and self.exchange.reply else None


def accepted(exchange: Exchange | None) -> bool | None:
    """Whether a reply says yes or no; None when it says neither (no reply, not a message, no infcode)."""
    if exchange is None:
        return None
    reply = exchange.reply.message if exchange.outcome == "answered" and exchange.reply else None
    if reply is None or reply.get("infcode") in (None, ""):
        return None
    return envelope.is_accepted(reply)


class Desk:
    """The desks of one or two institutions, and what they hold in one conversation."""

    def __init__(
        self, people: Mapping[str, Person], places: Mapping[str, Institution], profile: Profile, iface: Interface
    ) -> None:
        self.people = {role: Known(person) for role, person in people.items()}
        self.places = dict(places)
        self.profile = profile
        self.iface = iface
        self.visits: dict[str, Visit] = {}
        self.said: dict[str, Said] = {}
        self.taken: dict[str, Any] = {}
        self._of_both: dict[tuple[str, ...], Mapping[str, Any]] = {}
        self._readings: dict[tuple[str, ...], dict[str, Any]] = {}
        self.books = {place: Books() for place in places}

    def sender(self, step: Step) -> envelope.Sender:
        """Who sends a step."""
        one = self.places[step.at]
        operator = one.operators[0] if one.operators else Named("0001", "经办人")
        return envelope.Sender(
            one.fixmedins_code, one.fixmedins_name, one.admdvs, opter=operator.code, opter_name=operator.name
        )

    def request(self, step: Step, infno: str, msgid: str, sign_no: str, now: datetime, number: int) -> dict[str, Any]:
        """The message of a step that sends. ``number``: the hospital's own for a visit that begins with it."""
        self._open(step, infno, now, number)
        return self._enveloped(step, infno, self._content(step, infno, now), msgid, sign_no, now)

    def reading(self, step: Step, infno: str, msgid: str, sign_no: str, now: datetime) -> dict[str, Any]:
        """A message that only reads what a target holds of a person: every second one is, and each time it asks the
        same."""
        known = self.people[step.person]
        key = (infno, known.person.certno, known.psn_no)
        if key not in self._readings:
            self._readings[key] = self._content(step, infno, now)
        return self._enveloped(step, infno, self._readings[key], msgid, sign_no, now)

    def _content(self, step: Step, infno: str, now: datetime) -> dict[str, Any]:
        asked = {str(change.path[0]): self._value(change, now) for change in step.values}
        values = {**self._values(step, now), **asked, **{f"{infno}.{name}": value for name, value in asked.items()}}
        values |= self._reckoned(step, infno, values)
        rows = self._rows(step, infno, now)
        if "detail" in rows and "totalrow" not in asked:
            values["totalrow"] = len(rows["detail"])
        return compose(self.iface, infno, values, rows, self.profile.amounts, asked)

    def _enveloped(
        self, step: Step, infno: str, content: dict[str, Any], msgid: str, sign_no: str, now: datetime
    ) -> dict[str, Any]:
        return envelope.request(
            infno,
            msgid=msgid,
            sender=self.sender(step),
            insuplc_admdvs="" if infno in NO_PERSON else self.people[step.person].admdvs,
            sign_no=sign_no,
            at=now,
            input=content,
        )

    # --- values by field name ----------------------------------------------------------------------------------------

    def _values(self, step: Step, now: datetime) -> dict[str, Any]:
        visit = self.visits.get(step.visit) or Visit("", now)
        settled = self.of(step)
        return {
            **self._standing(self.people[step.person], self.places[step.at]),
            **_days(now.replace(microsecond=0)),
            "ipt_otp_no": visit.number,
            "ipt_no": visit.number,
            "medcasno": visit.number,
            "begntime": envelope.datetime19(visit.begun),
            "mdtrt_id": visit.mdtrt_id,
            "med_type": EMERGENCY if step.emergency else visit.med_type,
            "acct_used_flag": "1" if step.account else "0",
            "setl_id": str(dig(settled.reply, "output", "setlinfo", "setl_id") or "") if settled else "",
            "omsgid": settled.message["msgid"] if settled else "",
            "oinfno": settled.message["infno"] if settled else "",
            "setl_begn_date": visit.begun.date().isoformat(),
            "adm_time": envelope.datetime19(visit.begun),
            **self._referral(step),
            **self.taken,
        }

    def _standing(self, known: Known, place: Institution) -> Mapping[str, Any]:
        """What does not change from step to step: who is treated, and by whom."""
        key = (known.person.certno, known.psn_no, known.admdvs, place.fixmedins_code)
        if key not in self._of_both:
            self._of_both[key] = _of_both(known, place)
        return self._of_both[key]

    def _referral(self, step: Step) -> dict[str, Any]:
        """Where a transfer goes: to the other institution."""
        here, there = self.places[step.at], self.places.get("second" if step.at == "first" else "first")
        if there is None:
            return {}
        same_city = here.admdvs[:4] == there.admdvs[:4]
        return {
            "reflin_medins_no": there.fixmedins_code,
            "reflin_medins_name": there.fixmedins_name,
            "mdtrtarea_admdvs": there.admdvs,
            "refl_type": "3" if here.province != there.province else "1" if same_city else "2",
        }

    def _reckoned(self, step: Step, infno: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Sums: of the bill that is to be settled, or of the books."""
        books, effect = self.books[step.at], effect_of(infno)
        told: dict[str, Any] = {}
        clr_type = str(values.get("clr_type") or CLEARING_TYPE)
        asked = {str(change.path[0]) for change in step.values}
        if infno == "9101":
            entries = books.file(step.file, clr_type, self.people[step.person].psn_no)
            told |= {"in": zipped(entry.row() for entry in entries), "filename": "rows.zip"}
        elif infno == "3202":
            told |= books.sums(books.sent)
        elif infno == "3201":
            days = str(values["stmt_begndate"]), str(values["stmt_enddate"])
            told |= books.sums(books.between(*days, clr_type, str(values["insutype"])))
        elif infno == "3203":
            told |= books.sums(books.between(str(values["3203.begndate"]), str(values["3203.enddate"]), clr_type))
        elif step.bill and effect.opens == "pharmacy":
            told |= {"medfee_sumamt": yuan(sum(self._amount(one) for one in step.bill))}
        elif step.visit in self.visits:
            batch = self.visits[step.visit].batch(self._label(step))
            told |= {"chrg_bchno": batch.number, "medfee_sumamt": yuan(batch.total)}
            told |= {name: yuan(amount) for name, amount in batch.parts.items()}
        return {name: value for name, value in told.items() if name not in asked}

    def _value(self, change: Change, now: datetime) -> Any:
        if change.source:
            return self.look_up(change.source)
        if change.moment is None:
            return change.value
        if change.value in ("month_begins", "month_ends"):
            return _last_month(now)[change.value == "month_ends"].isoformat()
        moved = now + timedelta(days=int(change.value))
        return moved.date().isoformat() if change.moment == "date" else envelope.datetime19(moved)

    def changes(self, step: Step, now: datetime) -> tuple[Change, ...]:
        """A step's overrides with moments worked out."""
        return tuple(Change(one.path, self._value(one, now)) if one.moment else one for one in step.changes)

    # --- rows --------------------------------------------------------------------------------------------------------

    def _rows(self, step: Step, infno: str, now: datetime) -> dict[str, Any]:
        effect = effect_of(infno)
        found: dict[str, Any] = {}
        for node, source in effect.rows.items():
            found[node] = self._copied(step, source)
            if infno == "3261" and not found[node] and not (step.changes or step.removed or step.faulty):
                raise MissingValueError(node)  # there is nothing to confirm: what the target promised is not there
        if effect.lines and step.bill:
            visit = self.visits[step.visit]
            begun = 0 if effect.opens == "pharmacy" else visit.lines
            found[effect.lines] = [
                {
                    "feedetl_sn": str(begun + number),
                    "fee_ocur_time": envelope.datetime19(now),
                    **self._charge(one),
                }
                for number, one in enumerate(step.bill, 1)
            ]
        return found

    def _copied(self, step: Step, source: str) -> list[Mapping[str, Any]]:
        """Rows of an earlier reply: of the settlement that the step is about, or of the latest of a transaction."""
        head, _, path = source.partition(".")
        settled = self.of(step)
        replies = [s.reply for s in self.said.values() if s.message.get("infno") == head and accepted(s.exchange)]
        reply = (settled.reply if settled else None) if head == "settled" else replies[-1] if replies else None
        rows = dig(reply, *path.split("."))
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    def _amount(self, one: Charged) -> int:
        return multiply(self.profile.items[one.item].price, one.quantity)

    def _charge(self, one: Charged) -> dict[str, Any]:
        charge, sign = self.profile.items[one.item], -1 if one.back_of else 1
        back = {"init_feedetl_sn": str(one.back_of)} if one.back_of else {}
        return {
            "med_list_codg": charge.code,
            "medins_list_codg": charge.code,
            "det_item_fee_sumamt": yuan(sign * self._amount(one)),
            "cnt": _trimmed(sign * one.quantity, 4),
            "pric": _trimmed(charge.price, 6),
            "hosp_appr_flag": {None: "0", True: "1", False: "2"}[one.approved],
            **back,
        }

    # --- visits ------------------------------------------------------------------------------------------------------

    def _open(self, step: Step, infno: str, now: datetime, number: int) -> None:
        kind = effect_of(infno).opens
        if step.visit not in self.visits and kind:
            prefix = {"outpatient": "MZ", "inpatient": "ZY", "pharmacy": "YD"}[kind]
            self.visits[step.visit] = Visit(f"{prefix}{now:%Y%m%d%H%M%S}{number:08d}", now, kind)
            self.visits[step.visit].med_type = MED_TYPE[kind]

    def _label(self, step: Step) -> str:
        return STAY_BATCH if self.visits[step.visit].kind == "inpatient" else step.batch

    def of(self, step: Step) -> Said | None:
        """The settlement a step is about: the one it names, else the latest."""
        if step.of:
            return self.said[step.of]
        settled = [s for s in self.said.values() if s.message.get("infno") in SETTLES and accepted(s.exchange)]
        return settled[-1] if settled else None

    # --- carrying forward --------------------------------------------------------------------------------------------

    def absorb(self, said: Said, day: date) -> None:
        """What later messages need from an accepted reply."""
        step, infno = said.step, str(said.message.get("infno", ""))
        effect = effect_of(infno)
        for name, path in effect.takes.items():
            head, _, rest = path.partition(".")
            found = dig(said.message, *rest.split(".")) if head == "request" else dig(said.reply, *path.split("."))
            self.taken[name] = str(found or "")
        if infno == "1101":
            self._read_person(said)
        if infno == "9102":
            self._read_file(said, day)
        visit = self.visits.get(step.visit)
        if visit is not None:
            self._of_visit(said, visit, effect)
        self._reckon(said, effect, day)

    def _read_person(self, said: Said) -> None:
        known = self.people[said.step.person]
        output = dig(said.reply, "output")
        known.psn_no = str(dig(output, "baseinfo", "psn_no") or "")
        rows = dig(output, "insuinfo")
        listed = rows if isinstance(rows, list) else [rows]
        mine = [r for r in listed if isinstance(r, dict) and r.get("insutype") == known.person.insutype]
        known.admdvs = str(mine[0].get("insuplc_admdvs") or "") if mine else ""

    def _read_file(self, said: Said, day: date) -> None:
        compared = [one for one in self.said.values() if one.message.get("infno") == "3202" and accepted(one.exchange)]
        content = bytes_in(dig(said.reply, "output", "fsDownloadOut", "in"))
        if not compared:
            return
        asked = dig(compared[-1].message, "input", "data") or {}
        ended = date.fromisoformat(str(asked.get("stmt_enddate") or day.isoformat())[:10])
        kinds = {person.psn_no: person.insutype for person in self.profile.people}
        self.books[said.step.at].learn(content, str(asked.get("clr_type") or ""), kinds, min(ended, day))

    def _of_visit(self, said: Said, visit: Visit, effect: Effect) -> None:
        step, output = said.step, dig(said.reply, "output")
        if effect.number:
            visit.mdtrt_id = str(dig(said.reply, *effect.number.split(".")) or "")
        told = next((n for n in (dig(said.message, "input") or {}).values() if isinstance(n, dict)), {})
        if said.message.get("infno") in ("2203", "2203A", "2401", "2403") and told.get("med_type"):
            visit.med_type = str(told["med_type"])
        if effect.drops:
            self._drop(said, visit)
        elif effect.lines and effect.split:
            self._uploaded(said, visit, effect)
        elif effect.reckons == "trial" and effect.opens != "pharmacy":
            parts = {name: fen(dig(output, "setlinfo", name)) for name in PARTS}
            visit.batch(self._label(step)).tried = parts

    def _drop(self, said: Said, visit: Visit) -> None:
        """2205 withdraws a batch, so that the next upload opens another; 2302 some lines of a stay."""
        rows = dig(said.message, "input", "data")
        if isinstance(rows, dict):
            visit.batches.pop(said.step.batch, None)
            return
        batch = visit.batch(self._label(said.step))
        numbers = {str(row.get("feedetl_sn")) for row in rows or () if isinstance(row, dict)}
        batch.tried = None
        batch.lines = {n: li for n, li in batch.lines.items() if li.settled or not numbers & {n, "0000"}}

    def _uploaded(self, said: Said, visit: Visit, effect: Effect) -> None:
        batch = visit.batch(self._label(said.step))
        batch.tried = None
        came = dig(said.reply, *effect.split.split("."))
        listed = came if isinstance(came, list) else [came]
        split = {str(row.get("feedetl_sn")): row for row in listed if isinstance(row, dict)}
        sent = dig(said.message, "input", effect.lines)
        for row in sent if isinstance(sent, list) else ():
            number = str(row.get("feedetl_sn"))
            answered = split.get(number)
            parts = {name: fen(dig(answered, "overlmt_amt" if name == "overlmt_selfpay" else name)) for name in PARTS}
            batch.lines[number] = Line(fen(row.get("det_item_fee_sumamt")), parts)
            visit.lines += 1

    def _reckon(self, said: Said, effect: Effect, day: date) -> None:
        step, books = said.step, self.books[said.step.at]
        if effect.reckons == "settle":
            entry = entry_of(step.name, said.message, said.reply or {}, day)
            books.settled(entry)
            for line in self._lines(step):
                line.settled = line.settled or entry.setl_id
        elif effect.reckons in ("cancel", "reverse"):
            settled = self.of(step)
            of = str(dig(settled.reply, "output", "setlinfo", "setl_id") or "") if settled else ""
            if effect.reckons == "cancel":
                head = dig(said.reply, "output", "setlinfo")
                books.cancelled(step.name, of, str(dig(head, "setl_id") or ""), day_told(head, day))
            else:
                books.reversed(of)
            for visit in self.visits.values():
                for batch in visit.batches.values():
                    for line in batch.lines.values():
                        line.settled = "" if line.settled == of else line.settled
        if effect.reckons in ("settle", "cancel", "reverse"):
            self.people[step.person].fresh = False

    def _lines(self, step: Step) -> list[Line]:
        visit = self.visits.get(step.visit)
        return visit.batch(self._label(step)).open if visit is not None else []

    def look_up(self, source: str) -> Any:
        """A value for an override: ``settle.reply.output.setlinfo.setl_id``, ``other.psn_no``, ``second.admdvs``."""
        head, _, rest = source.partition(".")
        try:
            path = path_of(rest)
        except ValueError:
            raise HarnessError(say("scenario.no_path", path=source)) from None
        if head in self.people and rest in ("psn_no", "admdvs"):
            return getattr(self.people[head], rest)
        if head in self.people or head in self.places:
            return _attribute(self.people[head].person if head in self.people else self.places[head], path, source)
        if head not in self.said:
            raise HarnessError(say("scenario.no_path", path=source))
        base = self.said[head].reply if path[0] == "reply" else self.said[head].message
        value = dig(base, *(path[1:] if path[0] in ("reply", "message") else path))
        if value is None:
            raise MissingValueError(source)
        return value


def _attribute(holder: Any, path: tuple[str | int, ...], source: str) -> Any:
    """A declared fact of a person or an institution."""
    at = holder
    for part in path:
        try:
            at = at[part] if isinstance(part, int) else getattr(at, part)
        except (AttributeError, IndexError, TypeError):
            raise HarnessError(say("scenario.no_path", path=source)) from None
    return at


def _of_both(known: Known, place: Institution) -> Mapping[str, Any]:
    """Values that follow from a person and an institution."""
    person = known.person
    department = place.departments[0] if place.departments else Department("0101", "示例科", "A01")
    doctor = place.doctors[0] if place.doctors else Named("D0001", "医生示例")
    return {
        "mdtrt_cert_no": person.certno,
        "certno": person.certno,
        "psn_cert_type": person.psn_cert_type,
        "psn_name": person.psn_name,
        "psn_type": person.psn_type[:2],
        "cert_type": person.psn_cert_type,
        "psn_no": known.psn_no,
        "insutype": person.insutype,
        "insu_optins": known.admdvs,
        "insuplc_admdvs": known.admdvs,
        "mdtrtarea_admvs": place.admdvs,
        **dict.fromkeys(_DOCTOR_CODES, doctor.code),
        **dict.fromkeys(_DOCTOR_NAMES, doctor.name),
        **dict.fromkeys(_DEPARTMENT_CODES, department.code),
        **dict.fromkeys(_DEPARTMENT_NAMES, department.name),
        "caty": department.caty,
        "dscg_caty": department.caty,
        "maindiag_flag": "1",
        "fixmedins_code": place.fixmedins_code,
        "fixmedins_name": place.fixmedins_name,
        "ide_fixmedins_no": place.fixmedins_code,
        "ide_fixmedins_name": place.fixmedins_name,
        "setl_optins": place.admdvs,
        "admdvs": place.admdvs,
        "fixmedins_type": place.fixmedins_type,
    }


def _last_month(now: datetime) -> tuple[date, date]:
    last = now.date().replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


@lru_cache(maxsize=64)  # many messages a second tell the same times
def _days(now: datetime) -> Mapping[str, Any]:
    """Dates and times that messages carry, by the transaction where they differ. ``now`` is a whole second."""
    today, first, last = now.date().isoformat(), *_last_month(now)
    queries = {f"{infno}.begntime": envelope.datetime19(now - timedelta(days=30)) for infno in ("5201", "5205", "5303")}
    return {
        "diag_time": envelope.datetime19(now),
        "endtime": f"{now.year}-12-31 23:59:59",
        "setl_end_date": today,
        "2402.endtime": envelope.datetime19(now),
        "5304.begntime": envelope.datetime19(now - timedelta(days=30)),
        **queries,
        "refl_date": today,
        "hosp_ide_date": today,
        "begndate": today,
        "enddate": f"{now.year}-12-31",
        "date": today,
        "updt_time": "2000-01-01",
        "stmt_begndate": today,
        "stmt_enddate": today,
        "3203.begndate": first.isoformat(),
        "3203.enddate": last.isoformat(),
        "setlym": f"{first:%Y%m}",
        "trt_year": f"{first:%Y}",
        "trt_month": f"{first:%m}",
    }


def _trimmed(value: int, decimals: int) -> Any:
    """A whole number of ``10**-decimals`` as the shortest JSON number."""
    number = yuan(value).scaleb(2 - decimals).normalize()
    return int(number) if number == number.to_integral_value() else number
