"""What a conversation tells about persons, visits and settlements, in order: the facts that checks lean on.

Nothing is assumed that was not said. Where a reading is missing (no 5206 before a settlement, an answer that never
came), the fact is None and what depends on it is not judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import define, field

from conformance.checks import emergency
from conformance.checks.look import CANCELS, EFFECTS, HEADS, SALES, SETTLES, TRIALS, Look, fen, rows, text, whole
from conformance.conversation import Exchange
from conformance.scenario.model import Scenario

BOOKED = SETTLES | CANCELS
ADMITS = "2401"
EVERYTHING = "0000"
"""chrg_bchno of 2205, feedetl_sn of 2302: every unsettled line."""
FAMILY = "2"
"""acct_used_flag that asks for a family member's account too."""
Counters = Mapping[tuple[str, str], int]
"""Counters of one insurance as 5206 printed them: (year, cum_type_code) to hundredths."""


@define
class Reading:
    """The counters of a person at one moment."""

    look: Look
    counters: Mapping[str, Counters]


@define
class FiledFacts:
    """An out-of-town filing that was made in the conversation: its category, the province, its days, its number."""

    kind: str
    destination: str
    from_day: str
    to_day: str
    number: str
    look: Look
    withdrawn: Look | None = None


@define
class PersonFacts:
    """A person as the target showed them. ``effects``: the exchanges that moved this person's money, by number;
    ``shared``: what somebody else paid from this person's account, or got back for it, since the balance was read."""

    psn_no: str
    base: Mapping[str, Any] = field(factory=dict)
    insured: dict[str, Mapping[str, Any]] = field(factory=dict)
    identities: tuple[Mapping[str, Any], ...] = ()
    reading: Reading | None = None
    balance: int | None = None
    since_counters: list[Look] = field(factory=list)
    since_balance: list[Look] = field(factory=list)
    filed: list[FiledFacts] = field(factory=list)
    effects: list[int] = field(factory=list)
    shared: list[Look] = field(factory=list)

    def filed_at(self, seq: int) -> list[FiledFacts]:
        """The filings that stood when an exchange came."""
        made = (one for one in self.filed if one.look.seq < seq)
        return [one for one in made if one.withdrawn is None or one.withdrawn.seq > seq]


@define
class LineFacts:
    """A bill line: what was sent, the row that came back for it, the numbers of the exchanges that uploaded and that
    settled it. Facts refer one way only, so that a book is gone as soon as nobody holds it."""

    sent: Mapping[str, Any]
    came: Mapping[str, Any] | None
    upload: int = 0
    infno: str = "2204"
    settled: int | None = None

    @property
    def number(self) -> str:
        """Its feedetl_sn."""
        return text(self.sent.get("feedetl_sn"))


@define
class VisitFacts:
    """A visit and what was uploaded for it. ``changed``: the last exchange that may change what a settlement gives;
    ``emergency``: whether it is one, None where either may be read."""

    mdtrt_id: str
    psn_no: str
    look: Look
    kind: str = "outpatient"
    begins: str = ""
    ends: str = ""
    med_type: str = ""
    disease: str = ""
    emergency: bool | None = False
    described: bool = False
    batches: dict[str, list[LineFacts]] = field(factory=dict)
    cancelled: Look | None = None
    discharged: Look | None = None
    changed: int = 0
    diagnoses: dict[tuple[str, str], Mapping[str, Any]] = field(factory=dict)

    @property
    def lines(self) -> list[LineFacts]:
        """Every line that was not withdrawn."""
        return [line for batch in self.batches.values() for line in batch]


@define
class SettleFacts:
    """A settlement or trial: what was known before it, and what was read after it. ``family_balance``: what the
    account of the family member held whose account it asks for; ``identities``: the rows of idetinfo."""

    look: Look
    person: PersonFacts | None
    visit: VisitFacts | None
    lines: list[LineFacts]
    insured: Mapping[str, Any]
    counters: Counters | None
    balance: int | None
    trial: SettleFacts | None = None
    twin: SettleFacts | None = None
    after: Counters | None = None
    cancelled_by: Look | None = None
    undone: list[Look] = field(factory=list)
    head: Mapping[str, int | None] = field(factory=dict)
    family_balance: int | None = None
    identities: tuple[Mapping[str, Any], ...] = ()

    @property
    def is_trial(self) -> bool:
        """Whether it is only a trial."""
        return self.look.infno in TRIALS

    @property
    def interim(self) -> bool:
        """Whether a stay goes on after it."""
        return text(self.look.data.get("mid_setl_flag")) == "1"

    @property
    def from_family(self) -> bool:
        """Whether the account of a family member is asked to pay as well."""
        return text(self.look.data.get("acct_used_flag")) == FAMILY

    @property
    def insutype(self) -> str:
        """The insurance that pays."""
        return text(self.look.data.get("insutype"))


@define
class Change:
    """Two readings of a person's counters, or balance, and what was said in between. Of an account that others used
    (``shared``) ``before`` is what it should hold now."""

    kind: str
    before: Any
    after: Any
    between: list[Look]
    look: Look
    insutype: str = ""


@define
class Book:
    """What was seen, and facts. ``settled``: settlements by the visit's number, in order; ``reversed``: reversal
    look to the settlement it names, if that was seen; ``taken_back``: cancellation to the 2601 that reversed it;
    ``booked``: accepted settlements and cancellations by institution, repeats left out; ``overtaken``: messages that an
    accepted 2601 reversed, and when; ``families``: whose account is shared with whom, by identity numbers, as far as
    that is declared."""

    looks: list[Look] = field(factory=list)
    people: dict[str, PersonFacts] = field(factory=dict)
    visits: dict[str, VisitFacts] = field(factory=dict)
    settles: dict[int, SettleFacts] = field(factory=dict)
    settled: dict[str, list[SettleFacts]] = field(factory=dict)
    by_setl_id: dict[str, SettleFacts] = field(factory=dict)
    by_msgid: dict[str, SettleFacts] = field(factory=dict)
    reversed: dict[int, SettleFacts] = field(factory=dict)
    changes: list[Change] = field(factory=list)
    by_admission: dict[tuple[str, str], VisitFacts] = field(factory=dict)
    by_cancellation: dict[str, SettleFacts] = field(factory=dict)
    refunds: dict[str, SettleFacts] = field(factory=dict)
    taken_back: dict[int, int] = field(factory=dict)
    filed: dict[str, list[FiledFacts]] = field(factory=dict)
    filings: dict[str, str] = field(factory=dict)
    withdrawn: set[str] = field(factory=set)
    chronic: dict[str, tuple[str, str]] = field(factory=dict)
    chronic_withdrawn: dict[str, dict[str, int]] = field(factory=dict)
    files: dict[str, str] = field(factory=dict)
    sign_nos: dict[str, set[str]] = field(factory=dict)
    restored: set[int] = field(factory=set)
    booked: dict[str, list[Look]] = field(factory=dict)
    families: Mapping[str, str] = field(factory=dict)
    overtaken: dict[tuple[str, str], int] = field(factory=dict)

    def was_reversed(self, look: Look) -> bool:
        """Whether a message, or the one that it repeats, had been reversed by 2601 when it came."""
        return self.overtaken.get((look.institution, look.msgid), look.seq) < look.seq

    def has_message(self, institution: str, msgid: str) -> bool:
        """Whether an institution sent a message under this id, so far."""
        return (institution, msgid) in self._messages

    def named_by(self, look: Look) -> Look | None:
        """The accepted settlement, cancellation or admission whose id a 2601 names: the institution's own message of
        that id, else another's. What became of it since makes no difference."""
        omsgid = text(look.data.get("omsgid"))
        own = self._messages.get((look.institution, omsgid))
        if own is None:
            return self._reversible.get(omsgid)
        return own if own.yes and (own.infno in BOOKED or own.infno == ADMITS) else None

    _messages: dict[tuple[str, str], Look] = field(factory=dict)
    _reversible: dict[str, Look] = field(factory=dict)
    _trials: dict[tuple[str, str], SettleFacts] = field(factory=dict)
    _cancelled: dict[str, SettleFacts] = field(factory=dict)


def _nothing(_: Book, __: Look) -> None:
    """Nobody wants to look."""


def open_book(
    exchanges: Iterable[Exchange],
    scenarios: Mapping[str, Scenario],
    before: Callable[[Book, Look], None] = _nothing,
    families: Mapping[str, str] | None = None,
) -> Book:
    """Read a conversation once, in order. ``before`` sees each new message that was answered, and the book as it was
    before that message."""
    book = Book(families=families or {})
    for exchange in exchanges:
        scenario = scenarios.get(exchange.scenario)
        look = Look(exchange, scenario, scenario.step(exchange.run, exchange.step) if scenario is not None else None)
        _note_repeat(book, look)
        book.looks.append(look)
        if look.original is None and look.yes is not None:
            before(book, look)
        if look.original is None and look.yes and look.infno in BOOKED:
            book.booked.setdefault(look.institution, []).append(look)
            book._reversible[look.msgid] = look
        _READERS.get(look.infno, _other)(book, look)
    return book


def _note_repeat(book: Book, look: Look) -> None:
    if not look.msgid:
        return
    key = (text(look.request.get("fixmedins_code")), look.msgid)
    first = book._messages.setdefault(key, look)
    if first is not look:
        look.original = first
        look.same_body = first.exchange.request.body == look.exchange.request.body


def _other(book: Book, look: Look) -> None:
    """Nothing to remember."""


def _person(book: Book, look: Look) -> None:
    base = look.output.get("baseinfo")
    if isinstance(base, list) and base:
        base = base[0]
    if not look.yes or not isinstance(base, dict) or not text(base.get("psn_no")):
        return
    psn_no = text(base.get("psn_no"))
    filed = book.filed.setdefault(psn_no, [])
    person = book.people.setdefault(psn_no, PersonFacts(psn_no, filed=filed))
    person.base = base
    person.insured = {text(row.get("insutype")): row for row in rows(look.output.get("insuinfo"))}
    person.identities = tuple(rows(look.output.get("idetinfo")))
    balances = [fen(row.get("balc")) for row in person.insured.values()]
    balance = balances[0] if len(balances) == 1 else None
    if person.balance is not None and balance is not None and person.since_balance:
        book.changes.append(Change("balance", person.balance, balance, person.since_balance, look))
    if person.shared and balance is not None and (right := _balance_now(person)) is not None:
        book.changes.append(Change("shared", right, balance, person.shared, look))
    person.balance = balance
    person.since_balance, person.shared = [], []


def _counters(book: Book, look: Look) -> None:
    person = book.people.get(look.psn_no)
    if not look.yes or person is None:
        return
    found: dict[str, dict[tuple[str, str], int]] = {kind: {} for kind in person.insured}
    for row in rows(look.output.get("cuminfo")):
        value = whole(row.get("cum"), 2)
        if value is not None:
            key = (text(row.get("year")), text(row.get("cum_type_code")))
            found.setdefault(text(row.get("insutype")), {})[key] = value
    before = person.reading
    between = person.since_counters
    if before is not None and between:
        for insutype in sorted({*before.counters, *found}):
            old, new = before.counters.get(insutype, {}), found.get(insutype, {})
            book.changes.append(Change("counters", old, new, between, look, insutype))
    effects = [one for one in between if one.infno in EFFECTS and one.original is None and one.yes is not False]
    if len(effects) == 1 and effects[0].seq in book.settles:
        settled = book.settles[effects[0].seq]
        settled.after = found.get(text(settled.look.data.get("insutype")), {})
    person.reading = Reading(look, found)
    person.since_counters = []


def _touch(book: Book, look: Look) -> None:
    """Remember, for the person of a message, that it may or must not have changed something."""
    person = book.people.get(look.psn_no)
    if person is not None:
        person.since_counters.append(look)
        person.since_balance.append(look)


def _visit(book: Book, look: Look) -> None:
    """2201, 2401: a visit begins."""
    _touch(book, look)
    node = look.output.get("result" if look.infno == "2401" else "data")
    mdtrt_id = text(node.get("mdtrt_id")) if isinstance(node, dict) else ""
    if not look.yes or look.original is not None or not mdtrt_id:
        return
    visit = VisitFacts(mdtrt_id, look.psn_no, look, begins=text(look.data.get("begntime")))
    if look.infno == "2401":
        visit.kind, visit.described = "inpatient", True
        _describe(visit, look)
    else:
        visit.emergency = emergency.registered(look.data)
    book.visits.setdefault(mdtrt_id, visit)
    book.by_admission[(look.institution, look.msgid)] = visit
    if look.infno == ADMITS:
        book._reversible[look.msgid] = look


def _describe(visit: VisitFacts, look: Look) -> None:
    info = look.data
    visit.med_type = text(info.get("med_type")) or visit.med_type
    visit.begins = text(info.get("begntime")) or visit.begins
    visit.disease = text(info.get("dise_codg")) or visit.disease
    visit.emergency = emergency.described(visit.emergency, visit.kind, info)
    visit.described = True
    visit.changed = look.seq
    told = {(text(row.get("diag_type")), str(row.get("diag_srt_no"))): row for row in rows(look.node("diseinfo"))}
    visit.diagnoses = {**(visit.diagnoses if look.infno == "2403" else {}), **told}


def _visit_info(book: Book, look: Look) -> None:
    """2203, 2403: what the visit is about."""
    visit = book.visits.get(look.mdtrt_id)
    if look.yes and look.original is None and visit is not None:
        _describe(visit, look)


def _discharge(book: Book, look: Look) -> None:
    visit = book.visits.get(look.mdtrt_id)
    if look.yes and look.original is None and visit is not None:
        visit.discharged, visit.ends = look, text(look.data.get("endtime"))
        visit.disease = text(look.data.get("dise_codg")) or visit.disease
        if visit.ends[:10] != look.exchange.sent_at[:10]:
            visit.changed = look.seq


def _discharge_gone(book: Book, look: Look) -> None:
    visit = book.visits.get(look.mdtrt_id)
    if look.yes and look.original is None and visit is not None:
        visit.discharged, visit.ends, visit.changed = None, "", look.seq


def _visit_gone(book: Book, look: Look) -> None:
    visit = book.visits.get(look.mdtrt_id)
    if look.yes and look.original is None and visit is not None:
        visit.cancelled = look


def _lines(book: Book, look: Look) -> None:
    visit = book.visits.get(look.mdtrt_id)
    if look.yes and look.original is None and visit is not None:
        _keep_lines(visit, look, look.node("feedetail"), look.output.get("result"))


def _keep_lines(visit: VisitFacts, look: Look, sent: Any, answered: Any) -> None:
    came = {text(row.get("feedetl_sn")): row for row in rows(answered)}
    for row in rows(sent):
        batch = visit.batches.setdefault(text(row.get("chrg_bchno")), [])
        batch.append(LineFacts(row, came.get(text(row.get("feedetl_sn"))), look.seq, look.infno))
    visit.changed = look.seq


def _lines_gone(book: Book, look: Look) -> None:
    visit = book.visits.get(look.mdtrt_id)
    if not look.yes or look.original is not None or visit is None:
        return
    visit.changed = look.seq
    if look.infno == "2205":
        number = text(look.data.get("chrg_bchno"))
        for batch in [number] if number != EVERYTHING else list(visit.batches):
            kept = [line for line in visit.batches.get(batch, ()) if number == EVERYTHING and line.settled is not None]
            visit.batches[batch] = kept
        return
    wanted = {text(row.get("feedetl_sn")) for row in rows(look.node("data"))}
    for batch, held in visit.batches.items():
        visit.batches[batch] = [
            line for line in held if line.settled is not None or not (EVERYTHING in wanted or line.number in wanted)
        ]


def _sale(book: Book, look: Look) -> VisitFacts | None:
    """A pharmacy's sale is a visit of its own; of a trial nothing remains."""
    mdtrt_id = text(look.head.get("mdtrt_id"))
    visit = VisitFacts(mdtrt_id, look.psn_no, look, kind="pharmacy")
    _describe(visit, look)
    _keep_lines(visit, look, look.node("drugdetail"), look.output.get("detlcutinfo"))
    return book.visits.setdefault(mdtrt_id, visit) if look.infno in SETTLES and mdtrt_id else visit


def _settle(book: Book, look: Look) -> None:
    final = look.infno in SETTLES
    if look.yes and look.original is None:
        _settled(book, look, final)
    _touch(book, look)
    if final and look.yes and look.original is None and (person := book.people.get(look.psn_no)) is not None:
        person.balance = fen(look.head.get("balc"))
        person.since_balance = []
    asked = text(look.data.get("acct_used_flag")) == FAMILY
    if final and asked and look.original is None and look.yes is not False:
        paid = look.fen.get("acct_mulaid_pay")
        _family_moves(book, look, None if paid is None else -paid)


def _family_of(book: Book, person: PersonFacts | None) -> PersonFacts | None:
    """Whoever shares an account with a person, where that is declared and the member was seen."""
    certno = book.families.get(text(person.base.get("certno"))) if person is not None else None
    return next((one for one in book.people.values() if certno and one.base.get("certno") == certno), None)


def _family_moves(book: Book, look: Look, by: int | None) -> None:
    """A family member's account paid, or got back. Where nobody says whose it is, no other account is known now."""
    person = book.people.get(look.psn_no)
    if person is not None and text(person.base.get("certno")) in book.families:
        member = _family_of(book, person)
        if member is not None:
            member.balance = None if by is None or member.balance is None else member.balance + by
            member.shared.append(look)
    elif by != 0:
        for other in book.people.values():
            if other is not person:
                other.balance = None


def _balance_now(person: PersonFacts) -> int | None:
    """What a person's account holds, unless something that may have moved it came since that was read."""
    moved = any(one.infno in EFFECTS and one.original is None and one.yes is not False for one in person.since_balance)
    return None if moved else person.balance


def _settled(book: Book, look: Look, final: bool) -> None:
    person = book.people.get(look.psn_no)
    visit = _sale(book, look) if look.infno in SALES else book.visits.get(look.mdtrt_id)
    insutype, batch = text(look.data.get("insutype")), text(look.data.get("chrg_bchno"))
    unread = person is not None and any(
        one.infno in EFFECTS and one.original is None and one.yes is not False for one in person.since_counters
    )
    reading = person.reading if person is not None and not unread else None
    held = visit.batches.get(batch, []) if visit else []
    facts = SettleFacts(
        look,
        person,
        visit,
        [line for line in held if line.settled is None] or list(held),
        person.insured.get(insutype, {}) if person else {},
        reading.counters.get(insutype) if reading else None,
        _balance_now(person) if person else None,
        head=look.fen,
        identities=person.identities if person else (),
    )
    member = _family_of(book, person) if facts.from_family else None
    if member is not None:
        facts.family_balance = _balance_now(member)
    book.settles[look.seq] = facts
    key = _purpose(look, batch)
    if not final:
        book._trials[key] = facts
        return
    facts.trial = book._trials.pop(key, None)
    facts.twin = book._cancelled.get(look.mdtrt_id or key[0])
    if visit is not None:
        book.settled.setdefault(visit.mdtrt_id, []).append(facts)
    for line in facts.lines:
        line.settled = look.seq
    if person is not None:
        person.effects.append(look.seq)
    book.by_setl_id.setdefault(text(look.head.get("setl_id")), facts)
    book.by_msgid[look.msgid] = facts


def _purpose(look: Look, batch: str) -> tuple[str, str]:
    """What a trial and its settlement have in common."""
    if look.infno in SALES:
        return look.psn_no, repr(look.node("drugdetail"))
    return look.mdtrt_id, f"{batch} {text(look.data.get('mid_setl_flag'))}"


def _cancel(book: Book, look: Look) -> None:
    settled = book.by_setl_id.get(text(look.data.get("setl_id")))
    if look.yes and look.original is None and settled is not None:
        book.by_cancellation[look.msgid] = settled
        book.refunds[text(look.head.get("setl_id"))] = settled
        if look.infno == "2103" and settled.visit is not None:
            settled.visit.cancelled = look
    _undo(book, look, settled)


def _reverse(book: Book, look: Look) -> None:
    omsgid = text(look.data.get("omsgid"))
    settled = book.by_msgid.get(omsgid)
    undone = settled is not None and settled.cancelled_by is not None and settled.cancelled_by.infno == "2601"
    again = (look.institution, omsgid) in book.overtaken and book.named_by(look) is not None
    if undone or again:
        book.restored.add(look.seq)  # reversed before: whether that is accepted again is an open point of its own
    if look.yes and look.original is None:
        book.overtaken.setdefault((look.institution, omsgid), look.seq)
        visit = book.by_admission.get((look.institution, omsgid))
        if visit is not None:
            visit.cancelled = look
        restored = book.by_cancellation.pop(omsgid, None)
        if restored is not None:
            if restored.cancelled_by is not None:
                book.taken_back[restored.cancelled_by.seq] = look.seq
            restored.cancelled_by = None
            book.restored.add(look.seq)
            book._cancelled.pop(restored.look.mdtrt_id, None)
            for line in restored.lines:
                line.settled = restored.look.seq
            if restored.from_family:
                paid = restored.head.get("acct_mulaid_pay")
                _family_moves(book, look, None if paid is None else -paid)
    _undo(book, look, settled)


def _undo(book: Book, look: Look, settled: SettleFacts | None) -> None:
    if settled is not None and settled.from_family and look.original is None and look.yes is not False:
        once = look.yes and settled.cancelled_by is None
        _family_moves(book, look, settled.head.get("acct_mulaid_pay") if once else None)
    if look.yes and look.original is None and settled is not None and settled.cancelled_by is None:
        settled.cancelled_by = look
        settled.undone.append(look)
        book.reversed[look.seq] = settled
        if settled.visit is None or settled.visit.kind == "outpatient":
            book._cancelled[settled.look.mdtrt_id] = settled
        for line in settled.lines:
            if line.settled == settled.look.seq:
                line.settled = None
        if look.infno == "2601" and settled.visit is not None and settled.visit.kind == "pharmacy":
            settled.visit.cancelled = look
    person = book.people.get(look.psn_no)
    if person is not None and look.yes:
        person.effects.append(look.seq)
    _touch(book, look)


_CATEGORY: Mapping[str, str] = {"06": "referral", "07": "emergency", "08": "long_term"}
"""biz_appy_type of 2505 that is an out-of-town filing."""


def _file(book: Book, look: Look) -> None:
    """A filing; 2501 to another province and 2505 of an out-of-town type change what is paid there."""
    node = look.output.get("result")
    if not look.yes or look.original is not None:
        return
    if isinstance(node, dict) and text(node.get("trt_dcla_detl_sn")):
        book.filings.setdefault(text(node.get("trt_dcla_detl_sn")), look.psn_no)
    if look.infno == "2503":
        code = text(look.data.get("opsp_dise_code"))
        number = text(node.get("trt_dcla_detl_sn")) if isinstance(node, dict) else ""
        book.chronic[number] = (look.psn_no, code)
        book.chronic_withdrawn.get(look.psn_no, {}).pop(code, None)
        return
    kind = "referral" if look.infno == "2501" else _CATEGORY.get(text(look.data.get("biz_appy_type")), "")
    if not kind or (look.infno == "2501" and text(look.data.get("refl_type")) != "3"):
        return
    place = text(look.data.get("mdtrtarea_admdvs")) if look.infno == "2501" else text(look.data.get("fixmedins_code"))
    first = text(look.data.get("begndate")) or text(look.data.get("refl_date"))
    number = text(node.get("trt_dcla_detl_sn")) if isinstance(node, dict) else ""
    filed = book.filed.setdefault(look.psn_no, [])
    filed.append(FiledFacts(kind, place, first[:10], text(look.data.get("enddate"))[:10], number, look))


def _unfile(book: Book, look: Look) -> None:
    if look.yes and look.original is None:
        number = text(look.data.get("trt_dcla_detl_sn"))
        book.withdrawn.add(number)
        if number in book.chronic:
            psn_no, code = book.chronic[number]
            book.chronic_withdrawn.setdefault(psn_no, {})[code] = look.seq
        for filed in book.filed.get(look.psn_no, ()):
            if filed.number == text(look.data.get("trt_dcla_detl_sn")):
                filed.withdrawn = look


def _signed_in(book: Book, look: Look) -> None:
    node = look.output.get("signinoutb")
    if look.yes and isinstance(node, dict):
        book.sign_nos.setdefault(look.institution, set()).add(text(node.get("sign_no")))


def _file_named(book: Book, look: Look) -> None:
    """9101, 3202: a file that can be asked for."""
    node = look.output.get("fileinfo")
    number = text((node if isinstance(node, dict) else look.output).get("file_qury_no"))
    if look.yes and number:
        book.files.setdefault(number, look.institution)


_READERS: Mapping[str, Any] = {
    "1101": _person,
    "5206": _counters,
    "2201": _visit,
    "2401": _visit,
    "2203": _visit_info,
    "2203A": _visit_info,
    "2403": _visit_info,
    "2402": _discharge,
    "2405": _discharge_gone,
    "2202": _visit_gone,
    "2404": _visit_gone,
    "2204": _lines,
    "2301": _lines,
    "2205": _lines_gone,
    "2302": _lines_gone,
    **dict.fromkeys(HEADS, _settle),
    **dict.fromkeys(CANCELS, _cancel),
    "2601": _reverse,
    "9001": _signed_in,
    "9101": _file_named,
    "3202": _file_named,
    **dict.fromkeys(("1301", "1302", "1303", "1305", "1306", "1307", "5204"), _file_named),
    "2501": _file,
    "2503": _file,
    "2504": _unfile,
    "2505": _file,
    "2502": _unfile,
    "2506": _unfile,
}

__all__ = ["Book", "Change", "Counters", "LineFacts", "PersonFacts", "SettleFacts", "VisitFacts", "open_book"]
