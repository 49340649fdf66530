"""Reconciliation line by line (3201, 3202 with the files of 9101 and 9102), and the lines of clearing (3260), against
what the conversation itself settled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import define, evolve, field, frozen

from conformance.checks.book import Book, SettleFacts
from conformance.checks.days import days_around, days_of, straddles, told_at
from conformance.checks.look import CANCELS, EFFECTS, Look, fen, rows, text, whole
from conformance.checks.sink import Sink
from conformance.scenario.compose import dig
from conformance.targets.held import NOTHING, bytes_in, unzipped
from sim.lang import say
from sim.money import show
from sim.platform.people import Person

SENT = ("setl_id", "mdtrt_id", "psn_no", "medfee_sumamt", "fund_pay_sumamt", "acct_pay", "refd_setl_flag")
TOLD = (
    *("psn_no", "mdtrt_id", "setl_id", "msgid", "stmt_rslt", "refd_setl_flag", "memo"),
    *("medfee_sumamt", "fund_pay_sumamt", "acct_pay"),
)
"""Columns of the file that is compared, and of the result."""
AMOUNTS = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")
Row = Mapping[str, str]


@frozen
class Entry:
    """A line as the conversation settled it: its number, the message that made it, amounts in fen. ``unsure``: whether
    it lies in the period that was asked for depends on whose clock is asked."""

    setl_id: str
    msgid: str
    mdtrt_id: str
    psn_no: str
    insutype: str
    clr_type: str
    day: str
    amounts: tuple[int, int, int]
    refunded: bool
    refund: bool = False
    unsure: bool = False


@define
class _Files:
    insured: Mapping[str, str]
    uploaded: dict[str, tuple[Look, bytes]] = field(factory=dict)
    compared: dict[str, tuple[Look, list[Row]]] = field(factory=dict)
    known: dict[tuple[str, str, str, str], tuple[int, list[Entry]]] = field(factory=dict)


def judge_reconciliation(book: Book, sink: Sink, people: Iterable[Person] = ()) -> None:
    """Every file that was sent and fetched, every total, every page of clearing lines. ``people``: those of the
    profile, who may be in the books of the platform without having been read here."""
    files, effects = _Files({person.psn_no: person.insutype for person in people if person.psn_no}), Counter[str]()
    for look in book.looks:
        if look.original is not None:
            continue
        if look.infno in EFFECTS or look.infno == "2601":
            effects[look.institution] += look.yes is not False  # one that was not answered may have come
        elif not look.yes:
            continue
        elif look.infno == "9101":
            content = bytes_in(dig(look.request, "input", "fsUploadIn", "in"))
            files.uploaded[text(look.output.get("file_qury_no"))] = (look, content)
        elif look.infno == "3202":
            _compared(look, files)
        elif look.infno == "9102":
            _fetched(look, book, files, effects[look.institution], sink)
        elif look.infno == "3201":
            _total(look, files, effects[look.institution], sink)
        elif look.infno == "3260":
            _clearing(look, book, sink)


def _compared(look: Look, files: _Files) -> None:
    sent = files.uploaded.get(text(look.data.get("file_qury_no")))
    number = dig(look.output, "fileinfo", "file_qury_no")
    if sent is not None and isinstance(number, str):
        listed: list[Row] = [dict(zip(SENT, row, strict=False)) for row in unzipped(sent[1]) if len(row) == len(SENT)]
        files.compared[number] = (look, listed)


def _fetched(look: Look, book: Book, files: _Files, effects: int, sink: Sink) -> None:
    number = text(dig(look.request, "input", "fsDownloadIn", "file_qury_no"))
    content = bytes_in(dig(look.output, "fsDownloadOut", "in"))
    path = "output.fsDownloadOut.in"
    if number in files.uploaded:
        same = content == files.uploaded[number][1]
        expected = say("judge.as_uploaded")
        sink.verdict(same, "reconciliation.file", "REC-FILE-KEPT", look, path, "", expected, len(content))
        return
    if number not in files.compared:
        return
    asked, sent = files.compared[number]
    told = [dict(zip(TOLD, row, strict=False)) for row in unzipped(content) if len(row) >= len(TOLD)]
    entries = list(_entries(book, asked))
    _lines(look, asked, sent, told, entries, sink)
    whole_book = [*entries, *_others(told, entries, asked, book, files.insured)]
    files.known[_key(asked)] = (effects, whole_book)


def _key(look: Look) -> tuple[str, str, str, str]:
    days = (text(look.data.get("stmt_begndate"))[:10], text(look.data.get("stmt_enddate"))[:10])
    return (look.institution, text(look.data.get("clr_type")), *days)


def _entries(book: Book, asked: Look) -> Iterable[Entry]:
    """The institution's lines of the period and clearing type, as they stood when the comparison was asked for; and
    those of which nobody can say whether they lie in it."""
    _, clr_type, first, last = _key(asked)
    for look in book.booked.get(asked.institution, ()):
        found = _entry(look, book, asked.seq) if look.seq < asked.seq else None
        if found is None or found.clr_type != clr_type:
            continue
        unsure = straddles(days_around(found.day) | days_of(look.exchange), first, last)
        if unsure or first <= found.day[:10] <= last:
            yield evolve(found, day=found.day[:10], unsure=unsure)


def _entry(look: Look, book: Book, at: int) -> Entry | None:
    refund = look.infno in CANCELS
    settled = book.reversed.get(look.seq) if refund else book.settles.get(look.seq)
    if settled is None:
        return None
    gone = _undone(settled, book, at)
    if (refund and gone is not look) or (gone is not None and gone.infno == "2601"):
        return None
    head, sign = settled.head, -1 if refund else 1
    medfee, fund, account = (sign * (head.get(name) or 0) for name in AMOUNTS)
    return Entry(
        text(look.head.get("setl_id")),
        look.msgid,
        text(settled.look.head.get("mdtrt_id")),
        settled.look.psn_no,
        settled.insutype,
        text(settled.look.head.get("clr_type")),
        told_at(look.head, look.exchange),
        (medfee, fund, account),
        gone is not None,
        refund,
    )


def _undone(settled: SettleFacts, book: Book, at: int) -> Look | None:
    """What had undone a settlement at a moment: a cancellation may itself have been reversed since, or later."""
    before = (look for look in settled.undone if look.seq < at)
    return next((look for look in before if book.taken_back.get(look.seq, at) >= at), None)


def _lines(
    look: Look, asked: Look, sent: Sequence[Row], told: Sequence[Row], entries: Sequence[Entry], sink: Sink
) -> None:
    """What each line should have been told, and was."""
    mine = {entry.setl_id: entry for entry in entries}
    results = {row["setl_id"]: row for row in told}
    for row in sent:
        entry = mine.get(row["setl_id"])
        if entry is None and not asked.exchange.scenario:
            continue  # settled before the recording began, perhaps
        if entry is not None and entry.unsure:
            told_why = say("judge.midnight")
            sink.note("not_judged", "reconciliation.right", "REC-DETAIL-RIGHT", look, why=told_why)
            continue
        if entry is not None and _unaware(row, entry):
            continue  # its negative line is missing, and told below: whether this one differs is left open
        right = entry is not None and _as_settled(row, entry)
        result = results.get(row["setl_id"])
        came = say("judge.not_listed") if result is None else say("judge.plain", value=result["stmt_rslt"])
        good = result is not None and _equal(result["stmt_rslt"]) == right
        clause, check = ("REC-DETAIL-RIGHT", "right") if right else ("REC-DETAIL-WRONG", "wrong")
        expected = say("judge.equal_line") if right else say("judge.unequal")
        cause = say("cause.reconciliation")
        path = f"output.fsDownloadOut.in {row['setl_id']}"
        sink.verdict(good, f"reconciliation.{check}", clause, look, path, "对账结果", expected, came, None, cause)
    named = {row["setl_id"] for row in sent}
    messages = {row["msgid"] for row in told if not _equal(row["stmt_rslt"])}
    for entry in entries:
        if entry.setl_id in named or entry.unsure:
            continue
        listed = entry.msgid in messages or entry.setl_id in results
        expected, path = say("judge.listed"), f"output.fsDownloadOut.in {entry.msgid}"
        cause = say("cause.reconciliation")
        came = say("judge.not_listed")
        sink.verdict(
            listed, "reconciliation.missing", "REC-DETAIL-MISSING", look, path, "", expected, came, None, cause
        )


def _as_settled(row: Row, entry: Entry) -> bool:
    amounts = tuple(fen(row[name]) for name in AMOUNTS)
    flag = (row["refd_setl_flag"] == "1") == entry.refunded
    return amounts == entry.amounts and row["psn_no"] == entry.psn_no and row["mdtrt_id"] == entry.mdtrt_id and flag


def _unaware(row: Row, entry: Entry) -> bool:
    """Whether it is as settled, but for a cancellation of which the answer was lost."""
    cancelled = entry.refunded and not entry.refund and row["refd_setl_flag"] != "1"
    return cancelled and _as_settled({**row, "refd_setl_flag": "1"}, entry)


def _equal(result: str) -> bool:
    return bool(result) and not result.strip("0")


def _others(
    told: Sequence[Row], entries: Sequence[Entry], asked: Look, book: Book, declared: Mapping[str, str]
) -> Iterable[Entry]:
    """What only the platform has, from before this conversation."""
    mine = {entry.msgid for entry in entries}
    _, clr_type, first, _ = _key(asked)
    for row in told:
        if row["setl_id"] == NOTHING and row["msgid"] not in mine:
            person = book.people.get(row["psn_no"])
            kinds = list(person.insured) if person is not None else [declared.get(row["psn_no"], "")]
            medfee, fund, account = (fen(row[name]) or 0 for name in AMOUNTS)
            insutype = kinds[0] if len(kinds) == 1 else ""
            yield Entry("", row["msgid"], "", row["psn_no"], insutype, clr_type, first, (medfee, fund, account), False)


def _total(look: Look, files: _Files, effects: int, sink: Sink) -> None:
    """A total for a period of which every line is known, with nothing settled since."""
    known = files.known.get(_key(look))
    result = text(dig(look.output, "stmtinfo", "stmt_rslt"))
    if known is None or known[0] != effects:
        return
    insutype = text(look.data.get("insutype"))
    if any(not entry.insutype for entry in known[1]):
        sink.note("not_judged", "reconciliation.total", "REC-EQUAL", look, why=say("judge.person_unseen"))
        return
    if any(entry.unsure for entry in known[1]):
        sink.note("not_judged", "reconciliation.total", "REC-EQUAL", look, why=say("judge.midnight"))
        return
    chosen = [entry for entry in known[1] if entry.insutype == insutype]
    sums = [sum(entry.amounts[number] for entry in chosen) for number in range(len(AMOUNTS))]
    asked = [fen(look.data.get(name)) for name in AMOUNTS]
    right = asked == sums and whole(look.data.get("fixmedins_setl_cnt"), 0) == len(chosen)
    told = ", ".join(map(show, sums)) + f" ({len(chosen)})"
    sink.verdict(
        _equal(result) == right,
        "reconciliation.total",
        "REC-EQUAL",
        look,
        "output.stmtinfo.stmt_rslt",
        "对账结果",
        say("judge.equal_line") if right else say("judge.unequal"),
        result,
        say("judge.plain", value=told),
        say("cause.reconciliation"),
    )


def _clearing(look: Look, book: Book, sink: Sink) -> None:
    """3260: rows numbered on from the one asked for, each settlement once, amounts as settled here."""
    listed: list[Mapping[str, Any]] = rows(look.output.get("data"))
    first = whole(look.data.get("startrow"), 0) or 1
    numbers = [whole(row.get("seqno"), 0) for row in listed]
    names = [text(row.get("setl_sn")) for row in listed]
    wrong = next((row for row in listed if not _cleared(row, book)), None)
    good = numbers == list(range(first, first + len(listed))) and len(set(names)) == len(names) and wrong is None
    came = text(wrong.get("setl_sn")) if wrong is not None else ", ".join(map(str, numbers))[:100]
    cause = say("cause.clearing")
    sink.verdict(
        good, "clearing.rows", "CLR-ROWS", look, "output.data", "", say("judge.clearing_rows"), came, None, cause
    )


def _cleared(row: Mapping[str, Any], book: Book) -> bool:
    total, paid = fen(row.get("medfee_sumamt")), fen(row.get("optins_pay_sumamt"))
    settled = book.by_setl_id.get(text(row.get("setl_sn")))
    if total is None or paid is None or abs(paid) > abs(total):
        return False
    if settled is None:
        return True
    fund, account = settled.head.get("fund_pay_sumamt") or 0, settled.head.get("acct_pay") or 0
    return total == settled.head.get("medfee_sumamt") and paid in (fund, fund + account)
