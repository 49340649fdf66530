"""What may be said at which moment, in one place: for everything that can be done, what must hold, and what it leaves.

An act is accepted by a right platform when all that it asks for holds, and refused when something does not; the clause
is the reason. What the interface leaves open (an answer of None) is neither: it is not made up. Whether amounts are
right is for the judge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from attrs import field, frozen

from conformance.explore.world import FIRST, SECOND, Filing, Line, Message, Move, Settlement, Visit, World

Answer = bool | None
Holds = Callable[[World, Move], Answer]
OPEN = "open"
"""The verdict on what the interface leaves open, and on what is about nothing that is there."""
STAY = "1"
"""The one batch of a stay."""


@frozen
class Asked:
    """One thing that must hold, and the clause by which the message is refused if it does not."""

    clause: str
    holds: Holds


@frozen
class Act:
    """One thing that can be done. ``infnos``: its transaction by kind of visit or filing; ``there``: whether what it is
    about is there at all; ``feature``: what the target must promise."""

    infnos: Mapping[str, str]
    asks: Sequence[Asked]
    leaves: Callable[[World, Move], None]
    there: Callable[[World, Move], bool] = lambda _, __: True
    feature: str = ""
    may_be: frozenset[str] = field(factory=frozenset)


def verdict(world: World, move: Move) -> str:
    """Empty when it is accepted, `OPEN`, or the clause by which it is refused."""
    act, cast = ACTS[move.act], world.cast
    if move.who not in cast.people or move.at not in cast.places:
        return OPEN
    if not act.there(world, move) or (act.feature and not world.promised[act.feature]):
        return OPEN
    answers = [(asked.clause, asked.holds(world, move)) for asked in act.asks]
    refused = next((clause for clause, answer in answers if answer is False), "")
    return refused or (OPEN if any(answer is None for _, answer in answers) else "")


def do(world: World, move: Move) -> None:
    """Let it have happened."""
    world.messages[move.id] = Message(move, kind_of(world, move), move.has("lost"))
    ACTS[move.act].leaves(world, move)


def kind_of(world: World, move: Move) -> str:
    """By which kind's transaction it is said."""
    infnos = ACTS[move.act].infnos
    if move.form:
        return move.form
    if move.act == "take_back":
        return world.filings[move.of].kind
    visit = world.visits.get(world.settlements[move.of].visit if move.act == "cancel" else move.visit)
    return visit.kind if visit is not None and visit.kind in infnos else next(iter(infnos))


# --- what is asked ---


def _unless(broken: Callable[[World, Move], bool]) -> Holds:
    """Left open where something is so."""
    return lambda world, move: None if broken(world, move) else True


def _visit(world: World, move: Move) -> Visit:
    return world.visits[move.visit]


def _ended(world: World, move: Move) -> bool:
    """Whether the lines that it is about are settled and nothing more comes."""
    batch = "" if _visit(world, move).kind == "inpatient" else move.batch
    return any(one.final for one in world.standing(move.visit, batch))


def _open_lines(world: World, move: Move) -> list[Line]:
    visit = _visit(world, move)
    return visit.batches[move.batch].open if move.batch in visit.batches else []


def _something_to_settle(world: World, move: Move) -> Answer:
    if _open_lines(world, move):
        return True
    return None if world.standing(move.visit) else False


def _something_to_withdraw(world: World, move: Move) -> Answer:
    if _open_lines(world, move):
        return True
    return None if _visit(world, move).lines else False


def _nothing_settled(world: World, move: Move) -> Answer:
    """2205 names a batch, 2302 (here) whatever is open."""
    batch = _visit(world, move).batches.get(move.batch)
    settled = batch is not None and bool(batch.lines) and not batch.open
    return not (settled and _visit(world, move).kind == "outpatient")


def _one_upload(world: World, move: Move) -> bool:
    """Whether it is one upload more into a batch, where the target does not promise that."""
    visit = _visit(world, move)
    again = move.batch in visit.batches and bool(visit.batches[move.batch].lines)
    return visit.kind == "outpatient" and again and not world.promised["several_batches"]


def _account_there(world: World, move: Move) -> Answer:
    return True if not move.has("account") or world.cast.people[move.who].get("account") else None


def _as_tried(world: World, move: Move) -> bool:
    """Whether the settlement has the terms of a trial of the same lines."""
    batch = _visit(world, move).batches.get(move.batch)
    return batch is not None and batch.tried == move.flags & TERMS


def _in_time(world: World, move: Move) -> bool:
    """Interim before the discharge; final, where it is more than a trial, after it."""
    visit = _visit(world, move)
    if visit.kind != "inpatient":
        return not move.has("interim")
    return not visit.discharged if move.has("interim") else visit.discharged or move.act == "trial"


def _line(world: World, move: Move, number: int) -> Line | None:
    return next((line for line in _visit(world, move).lines if line.number == number), None)


def _backs(world: World, move: Move) -> list[tuple[Line | None, str, Decimal]]:
    """What is given back: the line, the item named, and how much."""
    return [(_line(world, move, row["back_of"]), row["item"], Decimal(row["quantity"])) for row in move.bill]


def _last_of_stay(world: World, settlement: Settlement) -> bool:
    """A stay is undone from its end."""
    kind = world.visits[settlement.visit].kind
    standing = world.standing(settlement.visit)
    return kind != "inpatient" or not standing or standing[-1].id == settlement.id


def _settlement(world: World, move: Move) -> Settlement:
    return world.settlements[move.of]


def _message(world: World, move: Move) -> Message:
    return world.messages[move.of]


def _undone_settlement(world: World, move: Move) -> Settlement | None:
    """The settlement that a reversal takes back."""
    return world.settlements.get(move.of)


def _not_cancelled(world: World, move: Move) -> Answer:
    settlement = _undone_settlement(world, move)
    return settlement is None or settlement.state != "cancelled"


def _not_settled_anew(world: World, move: Move) -> Answer:
    """A cancellation is not reversed once the same is settled again."""
    original = _message(world, move).move
    if original.act != "cancel":
        return True
    settlement = world.settlements[original.of]
    whole = world.visits[settlement.visit].kind == "inpatient"
    return not world.standing(settlement.visit, "" if whole else settlement.batch)


def _for_its_person(world: World, move: Move) -> Answer:
    """Of a cancellation that was reversed before nothing is left, so that nobody can say whose it was."""
    message = _message(world, move)
    if message.move.who == move.who:
        return True
    return None if message.move.act == "cancel" and move.of in world.reversed else False


def _reversible_now(world: World, move: Move) -> Answer:
    message = _message(world, move)
    if move.of in world.reversed:
        return None
    settlement = _undone_settlement(world, move)
    if settlement is not None:
        return True if settlement.state == "valid" and _last_of_stay(world, settlement) else None
    if message.move.act == "cancel":
        undone = world.settlements[message.move.of]
        return True if undone.state == "cancelled" and not message.lost else None
    visit = world.visits.get(move.of)
    if visit is None:
        return True
    held = visit.lines or world.standing(visit.id)
    return None if held or visit.gone or visit.discharged or world.open_end(visit.id) else True


def _still_so(world: World, move: Move) -> Answer:
    """Whether what a message did still stands."""
    message = _message(world, move)
    if move.of in world.settlements:
        return True if world.settlements[move.of].state == "valid" else None
    if message.move.act == "cancel":
        settlement = world.settlements[message.move.of]
        anew = world.standing(settlement.visit, settlement.batch)
        return True if settlement.state == "cancelled" and not anew else None
    if move.of in world.filings:
        return True if world.filings[move.of].standing else None
    about = world.visits.get(message.move.visit or move.of)
    return None if about is None or about.gone else True


def _not_filed(world: World, move: Move) -> Answer:
    return not any(world.filed(move.act, move.who))


def _refers_elsewhere(world: World, move: Move) -> bool:
    cast = world.cast
    return move.at == FIRST and SECOND in cast.places and not cast.pharmacy(SECOND) and cast.local(move.who, FIRST)


FILES = frozenset({"refer", "identify", "designate"})
OPENS = frozenset({"register", "admit", "quote", "sell"})
REVERSIBLE = frozenset({"settle", "sell", "cancel", "admit"})
REPEATED = frozenset({"register", "admit", "charge", "settle", "sell", "cancel", *FILES})
"""Of which the same bytes are sent again."""
TERMS = frozenset({"account", "interim"})
"""What a trial and its settlement have in common."""
HOSPITAL = Asked("", _unless(lambda w, m: w.cast.pharmacy(m.at)))
SHOP = Asked("", _unless(lambda w, m: not w.cast.pharmacy(m.at)))
INSURED = Asked("NEG-SUSPENDED", lambda w, m: not w.cast.people[m.who].get("suspended"))
STANDS = Asked("", _unless(lambda w, m: bool(w.cast.people[m.who].get("suspended"))))
OWN_VISIT = (
    Asked("ORD-VISIT-FOREIGN", lambda w, m: _visit(w, m).at == m.at),
    Asked("ORD-VISIT-PERSON", lambda w, m: _visit(w, m).who == m.who),
    Asked("ORD-VISIT-KIND", lambda w, m: m.form in ("", _visit(w, m).kind)),
)
OPEN_VISIT = (
    *OWN_VISIT,
    Asked("ORD-VISIT-CANCELLED", lambda w, m: not _visit(w, m).gone),
    Asked("", _unless(lambda w, m: w.open_end(m.visit))),
)
IN_HOSPITAL = Asked("", _unless(lambda w, m: _visit(w, m).discharged))
NOT_ENDED = Asked("ORD-LINE-SETTLED-BATCH", lambda w, m: not _ended(w, m))
TRIED = (
    *OPEN_VISIT,
    Asked("ORD-SETTLE-NOTHING", _something_to_settle),
    Asked("", _account_there),
    Asked("", _unless(lambda w, m: not _in_time(w, m))),
)


# --- what is left behind ---


def _nothing(_: World, __: Move) -> None:
    """Nothing."""


def _register(world: World, move: Move) -> None:
    world.visits[move.id] = Visit(move.id, "outpatient", move.who, move.at, move.has("revised"))


def _admit(world: World, move: Move) -> None:
    flags = move.has("revised"), move.has("emergency")
    world.visits[move.id] = Visit(move.id, "inpatient", move.who, move.at, *flags, described=True)


def _charge(world: World, move: Move) -> None:
    visit = _visit(world, move)
    batch = visit.batch(move.batch)
    batch.tried = None
    for row in move.bill:
        quantity, back_of = Decimal(row["quantity"]), row.get("back_of", 0)
        visit.charged += 1
        batch.lines.append(Line(visit.charged, row["item"], quantity, Decimal(0) if back_of else quantity, back_of))
        original = _line(world, move, back_of) if back_of else None
        if original is not None:
            original.left -= quantity


def _withdraw(world: World, move: Move) -> None:
    batch = _visit(world, move).batch(move.batch)
    batch.tried = None
    for line in batch.open:
        if move.act == "withdraw" or line.number == move.line:
            batch.lines.remove(line)
            original = _line(world, move, line.back_of) if line.back_of else None
            if original is not None:
                original.left += line.quantity


def _describe(world: World, move: Move) -> None:
    _visit(world, move).described = True


def _discharge(world: World, move: Move) -> None:
    _visit(world, move).discharged = move.act == "discharge"


def _give_up(world: World, move: Move) -> None:
    _visit(world, move).gone = True


def _trial(world: World, move: Move) -> None:
    """A trial whose answer did not come tells nothing."""
    _visit(world, move).batch(move.batch).tried = None if move.has("lost") else move.flags & TERMS


def _settle(world: World, move: Move) -> None:
    final = not move.has("interim")
    world.settlements[move.id] = Settlement(move.id, move.visit, move.batch, final, not move.has("lost"))
    for line in _open_lines(world, move):
        line.settled = move.id
    _visit(world, move).batch(move.batch).tried = None


def _sell(world: World, move: Move) -> None:
    world.visits[move.id] = Visit(move.id, "pharmacy", move.who, move.at, described=True)
    world.settlements[move.id] = Settlement(move.id, move.id, STAY, True, not move.has("lost"))


def _cancel(world: World, move: Move) -> None:
    settlement = _settlement(world, move)
    world.free(settlement, "cancelled")
    world.visits[settlement.visit].blind = move.has("lost")  # it was not before: else nothing is done there


def _reverse(world: World, move: Move) -> None:
    message = _message(world, move)
    world.reversed.add(move.of)
    settlement = _undone_settlement(world, move)
    if settlement is not None:
        world.free(settlement, "reversed")
    elif message.move.act == "cancel":  # whether cancellations can be reversed is left open
        world.settlements[message.move.of].state = "open"
    else:
        world.visits[move.of].gone = True


def _repeat(world: World, move: Move) -> None:
    """What a lost answer had not told is told now, if the target promises to answer again."""
    original = _message(world, move).move
    if not world.promised["repeat_is_answered_again"]:
        return
    if move.of in world.settlements:
        world.settlements[move.of].known = True
    elif original.act == "cancel":
        world.visits[world.settlements[original.of].visit].blind = False


def _file(world: World, move: Move) -> None:
    world.filings[move.id] = Filing(move.id, move.act, move.who, move.at)


def _take_back(world: World, move: Move) -> None:
    world.filings[move.of].standing = False


# --- all acts ---


def _there(world: World, move: Move) -> bool:
    return move.visit in world.visits


def _can_name(world: World, move: Move) -> bool:
    """Whether the numbers of a settlement and of a visit are known: both of a sale come with its answer."""
    named = [world.settlements[number] for number in (move.of, move.visit) if number in world.settlements]
    return move.of in world.settlements and move.visit in world.visits and all(one.known for one in named)


def _in_stay(world: World, move: Move) -> bool:
    return _there(world, move) and _visit(world, move).kind == "inpatient"


ACTS: Mapping[str, Act] = {
    "register": Act({"outpatient": "2201"}, (INSURED, HOSPITAL), _register, may_be=frozenset({"revised"})),
    "admit": Act({"inpatient": "2401"}, (INSURED, HOSPITAL), _admit, may_be=frozenset({"revised", "emergency"})),
    "describe": Act(
        {"outpatient": "2203"},
        (
            *OPEN_VISIT,
            Asked("", _unless(lambda w, m: _visit(w, m).described)),
            Asked("", _unless(lambda w, m: m.has("chronic") and w.cast.people[m.who].get("disease", "none") == "none")),
        ),
        _describe,
        _there,
        may_be=frozenset({"emergency", "chronic"}),
    ),
    "charge": Act(
        {"outpatient": "2204", "inpatient": "2301"},
        (
            *OPEN_VISIT,
            Asked("ORD-DESCRIBE-FIRST", lambda w, m: _visit(w, m).described),
            NOT_ENDED,
            IN_HOSPITAL,
            Asked("", _unless(_one_upload)),
        ),
        _charge,
        _there,
    ),
    "give_back": Act(
        {"inpatient": "2301"},
        (
            *OPEN_VISIT,
            NOT_ENDED,
            Asked("ORD-REFUND-UNKNOWN", lambda w, m: all(line is not None for line, _, _ in _backs(w, m))),
            Asked("ORD-REFUND-ITEM", lambda w, m: all(not li or li.item == item for li, item, _ in _backs(w, m))),
            Asked("ORD-REFUND-MORE", lambda w, m: all(not li or li.left >= many for li, _, many in _backs(w, m))),
            Asked("", _unless(lambda w, m: any(li and (li.settled or li.back_of) for li, _, _ in _backs(w, m)))),
            IN_HOSPITAL,
        ),
        _charge,
        _in_stay,
    ),
    "withdraw": Act(
        {"outpatient": "2205", "inpatient": "2302"},
        (
            *OPEN_VISIT,
            Asked("ORD-WITHDRAW-SETTLED", _nothing_settled),
            Asked("ORD-WITHDRAW-NOTHING", _something_to_withdraw),
            IN_HOSPITAL,
        ),
        _withdraw,
        _there,
    ),
    "withdraw_line": Act(
        {"inpatient": "2302"},
        (
            *OPEN_VISIT,
            Asked("ORD-WITHDRAW-SETTLED", lambda w, m: not ((line := _line(w, m, m.line)) and line.settled)),
            Asked("ORD-WITHDRAW-NOTHING", lambda w, m: _line(w, m, m.line) is not None),
            Asked("", _unless(lambda w, m: any(line.back_of == m.line for line in _visit(w, m).lines))),
            IN_HOSPITAL,
        ),
        _withdraw,
        _in_stay,
    ),
    "give_up": Act(
        {"outpatient": "2202", "inpatient": "2404"},
        (
            *OWN_VISIT,
            Asked("ORD-CANCELLED-AGAIN", lambda w, m: not _visit(w, m).gone),
            Asked("ORD-CANCEL-SETTLED", lambda w, m: not w.standing(m.visit)),
            Asked("ORD-CANCEL-DISCHARGED", lambda w, m: not _visit(w, m).discharged),
            Asked("", _unless(lambda w, m: bool(_visit(w, m).lines) or w.open_end(m.visit))),
        ),
        _give_up,
        _there,
    ),
    "change": Act(
        {"inpatient": "2403"},
        (
            *OPEN_VISIT,
            Asked("ORD-CHANGE-DISCHARGED", lambda w, m: not _visit(w, m).discharged),
            Asked("", _unless(lambda w, m: bool(w.standing(m.visit)))),
        ),
        _nothing,
        _there,
    ),
    "discharge": Act(
        {"inpatient": "2402"},
        (*OPEN_VISIT, Asked("ORD-DISCHARGE-TWICE", lambda w, m: not _visit(w, m).discharged)),
        _discharge,
        _there,
    ),
    "undischarge": Act(
        {"inpatient": "2405"},
        (
            *OPEN_VISIT,
            Asked("ORD-UNDISCHARGE", lambda w, m: _visit(w, m).discharged),
            Asked("ORD-UNDISCHARGE-SETTLED", lambda w, m: not _ended(w, m)),
        ),
        _discharge,
        _there,
    ),
    "trial": Act(
        {"outpatient": "2206", "inpatient": "2303"}, TRIED, _trial, _there, may_be=frozenset({"account", "lost"})
    ),
    "settle": Act(
        {"outpatient": "2207", "inpatient": "2304"},
        (
            Asked("ORD-SETTLE-TWICE", lambda w, m: not _ended(w, m)),
            *TRIED,
            Asked("", _unless(lambda w, m: not _as_tried(w, m))),
        ),
        _settle,
        _there,
        may_be=frozenset({"lost"}),
    ),
    "quote": Act(
        {"pharmacy": "2101"}, (SHOP, STANDS, Asked("", _account_there)), _nothing, may_be=frozenset({"account"})
    ),
    "sell": Act(
        {"pharmacy": "2102"},
        (INSURED, SHOP, Asked("", _account_there)),
        _sell,
        may_be=frozenset({"account", "quoted", "lost"}),
    ),
    "cancel": Act(
        {"outpatient": "2208", "inpatient": "2305", "pharmacy": "2103"},
        (
            Asked("ORD-UNDO-FOREIGN", lambda w, m: w.visits[_settlement(w, m).visit].at == m.at),
            Asked("ORD-VISIT-PERSON", lambda w, m: w.visits[_settlement(w, m).visit].who == m.who),
            Asked("ORD-UNDO-VISIT", lambda w, m: _settlement(w, m).visit == m.visit),
            Asked("ORD-UNDO-TWICE", lambda w, m: _settlement(w, m).state != "cancelled"),
            Asked("NEG-SETL", lambda w, m: _settlement(w, m).state != "reversed"),
            Asked("", _unless(lambda w, m: w.open_end(_settlement(w, m).visit))),
            Asked("", _unless(lambda w, m: not _last_of_stay(w, _settlement(w, m)))),
        ),
        _cancel,
        _can_name,
        "cancel_2208",
        frozenset({"lost"}),
    ),
    "reverse": Act(
        {"": "2601"},
        (
            Asked("ORD-REV-KIND", lambda w, m: _message(w, m).move.act in REVERSIBLE),
            Asked("ORD-REV-FOREIGN", lambda w, m: _message(w, m).move.at == m.at),
            Asked("ORD-REV-PERSON", _for_its_person),
            Asked("ORD-REV-CANCELLED", _not_cancelled),
            Asked("ORD-SETTLE-TWICE", _not_settled_anew),
            Asked("", _reversible_now),
        ),
        _reverse,
        lambda w, m: m.of in w.messages,
        "reversal_2601",
    ),
    "repeat": Act(
        {"": ""},
        (
            Asked("", _unless(lambda w, m: _message(w, m).move.act not in REPEATED)),
            Asked("REV-OVERTAKEN", lambda w, m: m.of not in w.reversed),
            Asked("", _still_so),
        ),
        _repeat,
        lambda w, m: m.of in w.messages,
    ),
    "ask": Act(
        {"": "5203"},
        (Asked("", _unless(lambda w, m: not _settlement(w, m).known or _settlement(w, m).state != "valid")),),
        _nothing,
        lambda w, m: m.of in w.settlements,
        may_be=frozenset({"lines"}),
    ),
    "refer": Act(
        {"": "2501"},
        (Asked("NEG-FILING", _not_filed), STANDS, Asked("", _unless(lambda w, m: not _refers_elsewhere(w, m)))),
        _file,
    ),
    "identify": Act(
        {"": "2503"},
        (
            Asked("NEG-FILING", _not_filed),
            STANDS,
            HOSPITAL,
            Asked("", _unless(lambda w, m: not w.cast.local(m.who, m.at))),
        ),
        _file,
    ),
    "designate": Act(
        {"": "2505"},
        (
            Asked("NEG-FILING", _not_filed),
            STANDS,
            HOSPITAL,
            Asked("", _unless(lambda w, m: not w.cast.local(m.who, m.at))),
        ),
        _file,
    ),
    "take_back": Act(
        {"refer": "2502", "identify": "2504", "designate": "2506"},
        (
            Asked("ORD-FILING-PERSON", lambda w, m: w.filings[m.of].who == m.who),
            Asked("NEG-FILING-UNKNOWN", lambda w, m: w.filings[m.of].at == m.at),
            Asked("NEG-FILING-UNKNOWN", lambda w, m: m.form in ("", w.filings[m.of].kind)),
            Asked("ORD-FILING-AGAIN", lambda w, m: w.filings[m.of].standing),
        ),
        _take_back,
        lambda w, m: m.of in w.filings,
    ),
}
"""Everything that can be done."""
