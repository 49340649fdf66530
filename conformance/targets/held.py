"""What a hospital holds while a conversation runs: visits, their bills, and its own books of what was settled."""

from __future__ import annotations

import base64
import binascii
import io
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from attrs import define, evolve, field, frozen

from conformance.scenario.compose import dig
from conformance.scenario.effects import Kind
from conformance.scenario.model import FileNeed
from sim.errors import InputError
from sim.money import parse, show
from sim.money import wire as yuan

PARTS = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
AMOUNTS = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay", "hosp_part_amt")
"""What a line of the books holds, in fen."""
MED_TYPE: Mapping[Kind, str] = {"outpatient": "11", "inpatient": "21", "pharmacy": "41"}
"""What a visit is unless a step says otherwise."""
NOTHING = "null"
"""How a file writes an empty column."""
LARGEST = 16 * 1024 * 1024
"""The largest unzipped file that is read, in bytes."""


def fen(value: Any) -> int:
    """An amount of a reply in fen; one that cannot be read counts as nothing here, the judge says so."""
    try:
        return parse(value)
    except InputError:
        return 0


@define
class Line:
    """An uploaded line: its amount and the four parts that came back for it. ``settled``: by which step."""

    amount: int
    parts: Mapping[str, int]
    settled: str = ""


@define
class Batch:
    """A charge batch; a stay has one."""

    number: str
    lines: dict[str, Line] = field(factory=dict)
    tried: Mapping[str, int] | None = None

    @property
    def open(self) -> list[Line]:
        """What is to be settled: what is not yet; if nothing is left, everything (to be refused)."""
        return [line for line in self.lines.values() if not line.settled] or list(self.lines.values())

    @property
    def total(self) -> int:
        """Of what is to be settled, in fen."""
        return sum(line.amount for line in self.open)

    @property
    def parts(self) -> Mapping[str, int]:
        """The four parts of what is to be settled: as the last trial told them, else as the upload did."""
        if self.tried is not None:
            return self.tried
        return {name: sum(line.parts.get(name, 0) for line in self.open) for name in PARTS}


@define
class Visit:
    """A visit; ``number`` is the hospital's own."""

    number: str
    begun: datetime
    kind: Kind = "outpatient"
    mdtrt_id: str = ""
    med_type: str = "11"
    lines: int = 0
    batches: dict[str, Batch] = field(factory=dict)

    def batch(self, label: str) -> Batch:
        """The batch of a label; a new label begins one, under the first number that no other batch has."""
        if label not in self.batches:
            taken = {batch.number for batch in self.batches.values()}
            numbers = (f"{self.number}B{number}" for number in range(1, len(taken) + 2))
            self.batches[label] = Batch(next(number for number in numbers if number not in taken))
        return self.batches[label]


@frozen
class Entry:
    """A line of the hospital's books: a settlement, or the negative record of its cancellation; amounts in fen."""

    step: str
    setl_id: str
    mdtrt_id: str
    psn_no: str
    insutype: str
    clr_type: str
    day: date
    medfee_sumamt: int
    fund_pay_sumamt: int
    acct_pay: int
    hosp_part_amt: int = 0
    refunded: bool = False

    def row(self) -> list[str]:
        """As 9101 carries it for 3202."""
        amounts = (self.medfee_sumamt, self.fund_pay_sumamt, self.acct_pay)
        return [self.setl_id, self.mdtrt_id, self.psn_no, *map(show, amounts), "1" if self.refunded else "0"]


def day_told(head: Any, day: date) -> date:
    """The day on which a settlement or cancellation counts: that of the time the platform told, else ``day``."""
    try:
        return date.fromisoformat(str(dig(head, "setl_time"))[:10])
    except ValueError:
        return day


def entry_of(step: str, request: Mapping[str, Any], reply: Mapping[str, Any], day: date) -> Entry:
    """The line of a settlement."""
    head = dig(reply, "output", "setlinfo")
    sent = next((n for n in (dig(request, "input") or {}).values() if isinstance(n, dict) and "psn_no" in n), {})
    return Entry(
        step=step,
        setl_id=str(dig(head, "setl_id") or ""),
        mdtrt_id=str(dig(head, "mdtrt_id") or sent.get("mdtrt_id") or ""),
        psn_no=str(sent.get("psn_no") or ""),
        insutype=str(sent.get("insutype") or ""),
        clr_type=str(dig(head, "clr_type") or ""),
        day=day_told(head, day),
        medfee_sumamt=fen(dig(head, "medfee_sumamt")),
        fund_pay_sumamt=fen(dig(head, "fund_pay_sumamt")),
        acct_pay=fen(dig(head, "acct_pay")),
        hosp_part_amt=fen(dig(head, "hosp_part_amt")),
    )


@define
class Books:
    """What one institution settled in this conversation, what its last file said, and what a result file told that
    only the platform has (from other conversations)."""

    entries: list[Entry] = field(factory=list)
    sent: list[Entry] = field(factory=list)
    others: list[Entry] = field(factory=list)

    def settled(self, entry: Entry) -> None:
        """Note a settlement."""
        self.entries.append(entry)

    def cancelled(self, step: str, of: str, refund_id: str, day: date) -> None:
        """Note a cancellation: both lines are marked, the second is negative."""
        for number, entry in enumerate(self.entries):
            if entry.setl_id == of and not entry.refunded:
                self.entries[number] = evolve(entry, refunded=True)
                back = {name: -getattr(entry, name) for name in AMOUNTS}
                self.entries.append(evolve(entry, step=step, setl_id=refund_id, day=day, refunded=True, **back))
                return

    def reversed(self, of: str) -> None:
        """A reversal takes a settlement out of the books."""
        self.entries = [entry for entry in self.entries if entry.setl_id != of]

    def file(self, need: FileNeed, clr_type: str, whose: str) -> list[Entry]:
        """The lines of a file to upload, with what is planted in it."""
        planted = dict(need.changed)
        self.sent = [
            evolve(entry, medfee_sumamt=entry.medfee_sumamt + planted.get(entry.step, 0))
            for entry in self.entries
            if entry.clr_type == clr_type and entry.step not in need.left_out
        ]
        strange = Entry("", "9" * 18, "9" * 18, whose, "", clr_type, date.min, 100, 0, 0)
        self.sent += [evolve(strange, setl_id=f"{n:018d}") for n in range(10**17, 10**17 + need.made_up)]
        return self.sent

    def learn(self, content: bytes, clr_type: str, insutype: Mapping[str, str], day: date) -> None:
        """A result file: its lines that no line of this side's stands for are the platform's from elsewhere. One that
        has no number may be a line that the file had left out."""
        self.others = []
        sent = {entry.setl_id for entry in self.sent}
        left = (entry for entry in self.entries if entry.clr_type == clr_type and entry.setl_id not in sent)
        own = Counter((entry.psn_no, entry.medfee_sumamt) for entry in left)
        for row in unzipped(content):
            if len(row) < 10 or row[2] != NOTHING:
                continue  # the line has a setl_id: it is one that was sent
            medfee, fund, account = (fen(value) if value != NOTHING else 0 for value in row[7:10])
            if own[row[0], medfee]:
                own[row[0], medfee] -= 1
            else:
                kind = insutype.get(row[0], "")
                self.others.append(Entry("", "", "", row[0], kind, clr_type, day, medfee, fund, account, 0))

    def sums(self, entries: Sequence[Entry]) -> dict[str, Any]:
        """The sums that 3201, 3202 and 3203 carry, by field name."""
        med, fund, acct, hospital = (sum(getattr(entry, name) for entry in entries) for name in AMOUNTS)
        return {
            "medfee_sumamt": yuan(med),
            "med_sumfee": yuan(med),
            "fund_pay_sumamt": yuan(fund),
            "fund_appy_sum": yuan(fund),
            "acct_pay": yuan(acct),
            "cash_payamt": yuan(med - fund - acct - hospital),
            "fixmedins_setl_cnt": len(entries),
            "psntime": len(entries),
        }

    def between(self, first: str, last: str, clr_type: str, insutype: str = "") -> list[Entry]:
        """Own lines and the others' of a period."""
        return [
            entry
            for entry in (*self.entries, *self.others)
            if first <= entry.day.isoformat() <= last
            and entry.clr_type == clr_type
            and insutype in ("", entry.insutype or insutype)
        ]


def zipped(rows: Iterable[Sequence[str]]) -> str:
    """Rows as the zipped text that 9101 carries, in base64."""
    text = "".join("\t".join(value or NOTHING for value in row) + "\n" for row in rows)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("rows.txt", (1980, 1, 1, 0, 0, 0)), text)
    return base64.b64encode(made.getvalue()).decode()


def unzipped(content: bytes) -> Iterator[list[str]]:
    """The rows of a zipped text; of anything else none. Bounded: a small file that unfolds into a huge one is left."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            (member,) = archive.infolist()
            if member.file_size > LARGEST:
                return
            with archive.open(member) as opened:
                text = opened.read(LARGEST).decode("utf-8-sig")
    # zipfile answers a way of compression that it does not know with NotImplementedError
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, RuntimeError, NotImplementedError):
        return
    for line in text.splitlines():
        yield line.split("\t")


def bytes_in(value: Any) -> bytes:
    """What base64 text holds; of anything else nothing."""
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except (binascii.Error, ValueError):
        return b""
