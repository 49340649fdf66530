"""The model of a conversation while it is made up: what may be said next, and what would be wrong with it.

It knows the life of an outpatient visit and nothing else: open, charged, tried, settled, cancelled or
reversed. Every legal step must be accepted by a right platform, every fault refused; whether amounts are right is for
the judge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from attrs import define, evolve, field, frozen

Row = dict[str, Any]
Phase = Literal["open", "charged", "tried", "settled", "over"]
Kind = Literal["register", "charge", "withdraw", "leave", "attempt", "settle", "cancel", "reverse", "repeat"]


@frozen
class Wrong:
    """One thing that can be wrong with a step: the clause that has it refused, and how a scenario says it."""

    clause: str
    fault: Mapping[str, Any]


def _set(clause: str, path: str, value: Any) -> Wrong:
    return Wrong(clause, {"set": {path: value}, "follow": True})


NO_PLACE = _set("NEG-PLACE", "insuplc_admdvs", "")
OTHER_PLACE = _set("NEG-PLACE", "insuplc_admdvs", "810000")
NO_VISIT = _set("NEG-VISIT", "input.data.mdtrt_id", "999999999999999999")
WRONG: Mapping[str, Sequence[Wrong]] = {
    "2201": (
        NO_PLACE,
        Wrong("NEG-REQUIRED", {"remove": ["input.data.insutype"], "follow": True}),
        _set("NEG-FORM", "input.data.begntime", "2024/06/01 08:30"),
    ),
    "2204": (
        _set("NEG-ITEM", "input.feedetail[0].med_list_codg", "XZ00000000"),
        _set("NEG-LINE", "input.feedetail[0].det_item_fee_sumamt", {"plus": "1.00"}),
    ),
    "2206": (NO_VISIT, OTHER_PLACE),
    "2207": (
        _set("NEG-TOTAL", "input.data.medfee_sumamt", {"plus": "0.01"}),
        _set("NEG-CODE", "input.data.psn_setlway", "77"),
        NO_VISIT,
        OTHER_PLACE,
        Wrong("LIFE-ONCE", {"extra": {"again": "", "name": "second"}, "follow": True}),
    ),
    "2208": (Wrong("NEG-CANCEL-TWICE", {"extra": {"again": "", "name": "second"}, "follow": True}),),
}
"""What can be wrong, by transaction. An ``extra`` step says the faulted one again; its name is filled in."""


MAY: Mapping[Kind, Sequence[Phase | None]] = {
    "register": (None, "settled", "over"),
    "charge": ("open", "charged", "tried"),
    "withdraw": ("charged", "tried"),
    "leave": ("open",),
    "attempt": ("charged", "tried"),
    "settle": ("tried",),
    "cancel": ("settled",),
    "reverse": ("settled",),
    "repeat": ("open", "charged", "tried", "settled", "over"),
}
"""In which phases of the visit of the moment something may be done."""


@frozen
class Move:
    """One thing that is done: ``bill`` with charge, ``flag`` for an emergency or the use of the account, ``which`` of
    the settlements that stand is repeated (counted round)."""

    kind: Kind
    bill: tuple[Row, ...] = ()
    flag: bool = False
    which: int = 0


@frozen
class Sketch:
    """What a conversation is made from: who is needed, what is done, and what is wrong: a transaction and the position
    in `WRONG`. Moves that may not follow are left out, so that any part of a sketch is one."""

    need: Row
    moves: tuple[Move, ...] = ()
    wrong: tuple[str, int] | None = None

    def talk(self) -> Talk:
        """The conversation."""
        talk = Talk(self.need)
        for move in self.moves:
            talk.do(move)
        if self.wrong is not None:
            talk.go_wrong(*self.wrong)
        return talk


@define
class _Visit:
    label: str
    phase: Phase = "open"
    settlement: str = ""


@define
class Talk:
    """A conversation in the making. ``rows`` are steps as a scenario file has them, ``fault`` the one that is wrong."""

    need: Row
    moves: list[Move] = field(factory=list)
    rows: list[Row] = field(factory=list)
    fault: Row | None = None
    clause: str = ""
    _visits: list[_Visit] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self._say(send="1101")

    def may(self, kind: Kind) -> bool:
        """Whether that may be done now."""
        phase = self._visits[-1].phase if self._visits else None
        return phase in MAY[kind] and (kind != "repeat" or bool(self._standing()))

    def has(self, kind: Kind) -> bool:
        """Whether that was done already."""
        return any(move.kind == kind for move in self.moves)

    def do(self, move: Move) -> None:
        """Do it, if it may be done."""
        if not self.may(move.kind):
            return
        self.moves.append(move)
        account = {"account": "use"} if move.flag and self.need.get("account") else {}
        if move.kind == "register":
            self._visits.append(_Visit(str(len(self._visits) + 1)))
            self._say(send="2201", **({"emergency": True} if move.flag else {}))
            self._say(send="2203")
            return
        visit = self._visits[-1]
        match move.kind:
            case "charge":
                self._say(send="2204", bill=list(move.bill))
                visit.phase = "charged"
            case "withdraw":
                self._say(send="2205")
                visit.phase = "open"
            case "leave":
                self._say(send="2202")
                visit.phase = "over"
            case "attempt":
                self._say(send="2206", **account)
                visit.phase = "tried"
            case "settle":  # as it was tried
                visit.settlement = self._say(send="2207", **self._as_tried())
                visit.phase = "settled"
            case "cancel" | "reverse":
                self._say(send="2208" if move.kind == "cancel" else "2601", of=visit.settlement)
                visit.phase, visit.settlement = "charged", ""
            case "repeat":  # the same bytes again; of a cancelled settlement it is an open point what follows
                standing = self._standing()
                again = standing[move.which % len(standing)]
                self._say(repeat=again.settlement, expect="either", visit=again.label)

    def go_wrong(self, infno: str, number: int) -> None:
        """That is wrong with the first step of the transaction; one that later steps name can only be said twice."""
        wrong = WRONG[infno][number]
        named = {row.get(key) for row in self.rows for key in ("repeat", "of")}
        extra = wrong.fault.get("extra")
        steps = [row["name"] for row in self.rows if row.get("send") == infno and (extra or row["name"] not in named)]
        if steps:
            again = {"extra": {**extra, "again": steps[0]}} if extra else {}
            self.fault, self.clause = {"step": steps[0], **wrong.fault, **again}, wrong.clause

    def sketch(self, pick: int | None) -> Sketch:
        """What it is made from; ``pick`` chooses what goes wrong, among all that can (counted round)."""
        sent = dict.fromkeys(str(row.get("send", "")) for row in self.rows)
        could = [(infno, number) for infno in sent for number in range(len(WRONG.get(infno, ())))]
        wrong = could[pick % len(could)] if could and pick is not None else None
        return Sketch(self.need, tuple(self.moves), wrong)

    def _standing(self) -> list[_Visit]:
        return [visit for visit in self._visits if visit.phase == "settled"]

    def _as_tried(self) -> Row:
        tried = next(row for row in reversed(self.rows) if row.get("send") == "2206")
        return {"account": "use"} if "account" in tried else {}

    def _say(self, **row: Any) -> str:
        name = f"s{len(self.rows) + 1}"
        visit = {"visit": self._visits[-1].label} if self._visits else {}
        self.rows.append({"name": name, **visit, **row})
        return name

    # --- as scenarios ---

    def scenarios(self) -> Iterator[Row]:
        """The conversation as scenario files have it: without the fault, and with it where there is one."""
        title = {"zh": "生成的会话", "en": "A generated conversation"}
        clauses = ["LIFE-ACCEPT"]
        yield {"id": "EXP-001", "title": title, "requirements": clauses, "needs": self.needs(), "steps": self.rows}
        if self.fault is not None:
            title = {
                "zh": f"生成的会话，步骤 {self.fault['step']} 有误",
                "en": f"The same, wrong at {self.fault['step']}",
            }
            yield {
                "id": "EXP-N01",
                "title": title,
                "requirements": [self.clause],
                "base": "EXP-001",
                "fault": self.fault,
            }

    def needs(self) -> Row:
        """Who is needed; and what the target must promise for what is done."""
        sent = [row.get("send") for row in self.rows]
        asked = {"cancel_2208": "2208" in sent, "reversal_2601": "2601" in sent}
        for visit in {row.get("visit") for row in self.rows}:
            uploads = [row for row in self.rows if row.get("visit") == visit and row.get("send") == "2204"]
            asked["several_batches"] = asked.get("several_batches", False) or len(uploads) > 1
        features = sorted(name for name, needed in asked.items() if needed)
        return {"person": self.need, **({"features": features} if features else {})}


def simpler(sketch: Sketch, needs: Sequence[Row], item: str) -> Iterator[Sketch]:
    """Sketches that say less, the boldest first: without what is wrong, without moves, with smaller bills and the first
    of ``needs``."""
    if sketch.wrong is not None:
        yield evolve(sketch, wrong=None)
    moves = sketch.moves
    size = len(moves) // 2
    while size:
        for start in range(len(moves) - size, -1, -1):
            yield evolve(sketch, moves=moves[:start] + moves[start + size :])
        size //= 2
    for at, move in enumerate(moves):
        for less in _less(move, item):
            yield evolve(sketch, moves=(*moves[:at], less, *moves[at + 1 :]))
    for need in needs[: needs.index(sketch.need)]:
        yield evolve(sketch, need=need)


def _less(move: Move, item: str) -> Iterator[Move]:
    if move.flag:
        yield evolve(move, flag=False)
    if len(move.bill) > 1:
        yield from (evolve(move, bill=(row,)) for row in move.bill)
    plain = ({"item": item, "quantity": 1},)
    if move.bill and move.bill != plain:
        yield evolve(move, bill=plain)
        yield evolve(move, bill=tuple({**row, "quantity": 1} for row in move.bill))
