"""A conversation while it is made up: moves put into the words of a scenario, and what is left when it is made shorter.

Any part of a conversation is one: moves that may not be made at their moment are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import define, evolve, field, frozen

from conformance.explore import spoils
from conformance.explore.choices import in_turn, out_of_turn
from conformance.explore.rules import ACTS, OFF, OPEN, TERMS, do, kind_of, verdict
from conformance.explore.world import FIRST, PATIENT, Cast, Message, Move, World
from sim.interface import Interface

Row = dict[str, Any]
REVISED = frozenset({"2203", "2206", "2207", "2303", "2304"})
"""Transactions that have an A form."""
CANCELS = ("2208", "2305", "2103")
FEATURES: Mapping[str, str] = {**dict.fromkeys(CANCELS, "cancel_2208"), "2601": "reversal_2601"}
"""What a target must promise for a transaction."""
DIAGNOSIS: Mapping[str, str] = {"dise_codg": "J06.900", "dise_name": "急性上呼吸道感染"}
"""What a visit is about, where a variant asks for it in every visit."""
STAY_TYPES = ("21", "2101")
"""med_type of an ordinary stay (普通住院): national, and where a variant has a longer code."""
EMERGENCY: Mapping[str, str] = {"exp_content": '{"IPT_TYPE":"2"}'}
"""How an admission is marked as an emergency."""
UNEXPLAINED = "fixmedins_refd_setl_flag"
"""A field that a variant requires of 3202, of which no source says what it must hold."""
CLEARED_AS: Mapping[str, str] = {"inpatient": "21", "pharmacy": "41"}
"""clr_type by kind of visit, where it is not the usual one."""
FEN = Decimal("0.01")
ONE: Mapping[str, Decimal | int] = {**dict.fromkeys(OFF, FEN), "count_off": 1}
"""By how much a total is off."""
WRONG = "wrong"
"""What the step is called that must be refused."""
TITLE = {"zh": "生成的会话", "en": "A generated conversation"}


@frozen
class Sketch:
    """What a conversation is made from: who and where, and the moves, those that must be refused among them."""

    cast: Cast
    moves: tuple[Move, ...] = ()

    def talk(self, promised: Mapping[str, bool], iface: Interface) -> Talk:
        """The conversation."""
        talk = Talk(self.cast, promised, iface)
        for move in self.moves:
            talk.make(move)
        return talk


@frozen
class Wrong:
    """A message that must be refused, said after a step."""

    after: str
    row: Row
    clause: str


@define
class Talk:
    """A conversation in the making. ``rows``: its steps as a scenario has them; ``wrongs``: what must be refused."""

    cast: Cast
    promised: Mapping[str, bool]
    iface: Interface
    world: World = field(init=False)
    moves: list[Move] = field(factory=list)
    rows: list[Row] = field(factory=list)
    wrongs: list[Wrong] = field(factory=list)
    _known: set[tuple[str, str]] = field(factory=set)
    _in_turn: list[Move] | None = None

    def __attrs_post_init__(self) -> None:
        self.world = World(self.cast, self.promised, not self._requires("3202", UNEXPLAINED))
        for who in self.cast.people:
            self._identify(who, FIRST)

    def choices(self) -> list[Move]:
        """What may be done now."""
        if self._in_turn is None:
            self._in_turn = in_turn(self.world)
        return self._in_turn

    def make(self, move: Move) -> bool:
        """Make a move, if it may be made; one that is wrong, if it is wrong now. Tells whether it was."""
        move = self._complete(move)
        if move.wrong:
            return self._say_wrong(move)
        if verdict(self.world, move) != "":
            return False
        self._identify(move.who, move.at)
        self.rows += self._rows(move)
        do(self.world, move)
        self.moves.append(move)
        self._in_turn = None
        return True

    def _complete(self, move: Move) -> Move:
        """With its number; what is settled is settled on the terms that were tried."""
        number = move.id or 1 + max((one.id for one in self.moves), default=0)
        visit = self.world.visits.get(move.visit)
        batch = visit.batches.get(move.batch) if visit is not None else None
        if move.act != "settle" or batch is None or batch.tried is None:
            return evolve(move, id=number)
        return evolve(move, id=number, flags=move.flags - TERMS | batch.tried)

    def mistakes(self, move: Move) -> Iterator[tuple[str, Move]]:
        """What could go wrong instead of a move that may be made, or with it: the clause, and the wrong move."""
        yield from out_of_turn(self.world)
        infno = self._infno(move)
        for name, spoil in spoils.SPOILS.items():
            if infno in spoil.infnos and spoil.fits(self.world, move):
                yield spoil.clause, evolve(move, id=0, wrong=name)
        if self._other_message(move) is not None:
            yield spoils.USED_ID_CLAUSE, evolve(move, id=0, wrong=spoils.USED_ID)

    def _say_wrong(self, move: Move) -> bool:
        clause = verdict(self.world, move)
        if move.wrong == "turn":
            if clause in ("", OPEN):
                return False
            row = self._row(move)
        else:
            spoil = spoils.SPOILS.get(move.wrong)
            spoilt = self._spoilt(move, spoil) if clause == "" else None
            if spoilt is None:
                return False
            row, clause = spoilt, spoil.clause if spoil is not None else spoils.USED_ID_CLAUSE
        said = {key: value for key, value in row.items() if key not in ("lost", "expect")}
        self.wrongs.append(Wrong(self.rows[-1]["name"], {**said, "name": WRONG}, clause))
        self.moves.append(move)
        return True

    def _spoilt(self, move: Move, spoil: spoils.Spoil | None) -> Row | None:
        row = self._rows(move)[-1]
        if spoil is None:
            other = self._other_message(move)
            return None if other is None else {**row, "msgid_of": name_of(other.move)}
        infno = self._infno(move)
        if infno not in spoil.infnos or not spoil.fits(self.world, move):
            return None
        said = spoils.said(self.iface, infno, spoil)
        return row | said | ({"values": {**row.get("values", {}), **said["values"]}} if "values" in said else {})

    def _other_message(self, move: Move) -> Message | None:
        """The latest message of another kind from the same institution, under whose id this must not come."""
        acts = {move.act, "repeat", "ask"}
        same = [one for one in self.world.messages.values() if one.move.at == move.at and one.move.act not in acts]
        return same[-1] if same and move.act not in ("repeat", "ask") else None

    # --- in words ---

    def _identify(self, who: str, at: str) -> None:
        """Everybody is read before anything is done for them, at each place."""
        if (who, at) not in self._known:
            self._known.add((who, at))
            self.rows.append({"name": f"who_{who}_{at}", "send": "1101", **_whose(who, at)})

    def _infno(self, move: Move) -> str:
        world, act = self.world, ACTS[move.act]
        if move.act == "ask":
            return "5204" if move.has("lines") else "5203"
        infno = act.infnos[kind_of(world, move)]
        visit = world.visits.get(move.visit)
        return f"{infno}A" if visit is not None and visit.revised and infno in REVISED else infno

    def _rows(self, move: Move) -> list[Row]:
        """A sale may be tried first."""
        row = self._row(move)
        if not move.has("quoted"):
            return [row]
        trial = {**row, "name": f"{row['name']}_trial", "send": "2101"}
        trial.pop("lost", None)
        return [trial, row]

    def _row(self, move: Move) -> Row:
        row: Row = {"name": name_of(move)}
        if move.act == "repeat":
            row |= {"repeat": f"s{move.of}", "expect": self._expected_again(move)}
        else:
            row["send"] = self._infno(move)
        row |= _whose(move.who, move.at)
        if label := self._label(move):
            row["visit"] = label
        if move.batch != "1":
            row["batch"] = move.batch
        if move.act == "hand_in" and move.flags:
            row["file"] = _planted(move)
        if move.act == "total" and move.flags:
            row["set"] = {f"input.data.{OFF[flag]}": {"plus": ONE[flag]} for flag in sorted(move.flags)}
        if move.act in ("cancel", "reverse", "ask"):
            row["of"] = f"s{move.of}"
        if move.act == "reverse" and self.world.messages[move.of].move.act == "cancel" and not move.wrong:
            row["expect"] = "either"
        if move.bill:
            row["bill"] = [dict(line) for line in move.bill]
        if move.has("account"):
            row["account"] = "use"
        if move.has("emergency") and move.act == "describe":
            row["emergency"] = True
        if move.has("lost"):
            row["lost"] = True
        values = _values(move)
        if move.act == "change" and self.world.visits[move.visit].emergency:  # it replaces what was said before
            values |= EMERGENCY
        if move.act == "describe" and not values and self._requires(self._infno(move), "dise_codg"):
            values |= DIAGNOSIS
        if move.act == "admit" and (stay := self._ordinary_stay()) != STAY_TYPES[0]:
            values["med_type"] = stay
        if values:
            row["values"] = values
        return row

    def _requires(self, infno: str, name: str) -> bool:
        nodes = self.iface.transactions[infno].input
        return any(one.name == name and one.required for node in nodes for one in node.fields)

    def _ordinary_stay(self) -> str:
        """The med_type of an ordinary stay, as the interface's list has it."""
        return next(code for code in STAY_TYPES if code in self.iface.codelists["med_type"].values)

    def _label(self, move: Move) -> str:
        opens = ACTS[move.act].infnos.keys() & {"outpatient", "inpatient", "pharmacy"} and not move.visit
        number = move.id if opens else move.visit
        return str(number) if number else ""

    def _expected_again(self, move: Move) -> str:
        lost = self.world.messages[move.of].lost
        return "accepted" if lost and self.promised["repeat_is_answered_again"] else "either"

    # --- as scenarios ---

    def scenarios(self) -> Iterator[Row]:
        """As scenario files have it: without anything wrong, and once for each thing that is. What was filed is taken
        back at the end: the people are needed again."""
        rows = [*self.rows, *self._tidied()]
        yield {"id": "EXP-001", "title": TITLE, "requirements": ["LIFE-ACCEPT"], "needs": self._needs(), "steps": rows}
        for number, wrong in enumerate(self.wrongs, 1):
            told = wrong.row.get("send") or f"repeat {wrong.row.get('repeat')}"
            yield {
                "id": f"EXP-N{number:02d}",
                "title": {
                    "zh": f"生成的会话，步骤 {wrong.after} 之后的 {told} 须被拒绝",
                    "en": f"The same; after {wrong.after} comes {told}, which must be refused",
                },
                "requirements": [wrong.clause],
                "base": "EXP-001",
                "fault": {"step": wrong.after, "extra": wrong.row, "follow": True},
            }

    def _tidied(self) -> list[Row]:
        last = 1 + max((one.id for one in self.moves), default=0)
        standing = [one for one in self.world.filings.values() if one.standing]
        return [
            self._row(Move("take_back", last + number, filing.who, filing.at, of=filing.id))
            for number, filing in enumerate(standing)
        ]

    def _needs(self) -> Row:
        said = [*self.rows, *(wrong.row for wrong in self.wrongs)]
        features = {FEATURES[row["send"]] for row in said if row.get("send") in FEATURES}
        batches = [(row["visit"], row.get("batch")) for row in self.rows if row.get("send") == "2204"]
        if len(set(batches)) < len(batches):
            features.add("several_batches")
        if any(row.get("expect") == "accepted" for row in self.rows):
            features.add("repeat_is_answered_again")
        return {**self.cast.needs(), **({"features": sorted(features)} if features else {})}


def name_of(move: Move) -> str:
    """What the step of a move is called."""
    return f"s{move.id}"


def _whose(who: str, at: str) -> Row:
    return ({"person": who} if who != PATIENT else {}) | ({"at": at} if at != FIRST else {})


def _planted(move: Move) -> Row:
    """What is wrong with a file that is handed in."""
    if move.has("strange"):
        return {"made_up": 1}
    return {"leave_out": [f"s{move.of}"]} if move.has("left_out") else {"change": {f"s{move.of}": FEN}}


def _values(move: Move) -> Row:
    """Values that the act itself chooses."""
    match move.act:
        case "hand_in" | "compare" | "total" if move.kind in CLEARED_AS:
            return {"clr_type": CLEARED_AS[move.kind]}
        case "describe" if move.has("chronic"):
            return {"med_type": "14", "dise_codg": {"from": f"{move.who}.chronic[0]"}, "dise_name": "示例病种"}
        case "admit" if move.has("emergency"):
            return dict(EMERGENCY)
        case "change":
            return {"adm_bed": "02"}
        case "withdraw_line":
            return {"feedetl_sn": str(move.line)}
        case "trial" | "settle" if move.has("interim"):
            return {"mid_setl_flag": "1"}
        case "take_back":
            return {"trt_dcla_detl_sn": {"from": f"s{move.of}.reply.output.result.trt_dcla_detl_sn"}}
    return {}


# --- shorter ---


def numbered(sketch: Sketch) -> Sketch:
    """The same with its moves numbered from one on."""
    new = {move.id: number for number, move in enumerate(sketch.moves, 1)}
    return evolve(
        sketch,
        moves=tuple(
            evolve(move, id=new[move.id], of=new.get(move.of, 0), visit=new.get(move.visit, 0)) for move in sketch.moves
        ),
    )


def before(sketch: Sketch, at: Move) -> Iterator[Sketch]:
    """What was done until a move: for its visit alone, for its person, all of it."""
    moves = sketch.moves[: sketch.moves.index(at) + 1]
    about = {number for number in (at.visit, at.of, at.id) if number}
    yield evolve(sketch, moves=tuple(move for move in moves if {move.id, move.visit, move.of} & about))
    yield evolve(sketch, moves=tuple(move for move in moves if move.who == at.who))
    yield evolve(sketch, moves=moves)


def simpler(sketch: Sketch, casts: Sequence[Cast], item: str) -> Iterator[Sketch]:
    """Sketches that say less, the boldest first: with one visit, without what is wrong, without moves, with plainer
    moves, and with a cast that comes earlier."""
    moves = sketch.moves
    for visit in {move.visit for move in moves if move.visit}:
        yield evolve(sketch, moves=tuple(move for move in moves if move.kind or visit in (move.id, move.visit)))
    if any(move.wrong for move in moves):
        yield evolve(sketch, moves=tuple(move for move in moves if not move.wrong))
    size = len(moves) // 2
    while size:
        for start in range(len(moves) - size, -1, -1):
            yield evolve(sketch, moves=moves[:start] + moves[start + size :])
        size //= 2
    for cast in _plainer(sketch.cast, casts):
        yield evolve(sketch, cast=cast)
    for at, move in enumerate(moves):
        for less in _less(move, item):
            yield evolve(sketch, moves=(*moves[:at], less, *moves[at + 1 :]))


def _plainer(cast: Cast, casts: Sequence[Cast]) -> Iterator[Cast]:
    """Without the other person, without the second institution, anywhere; then about somebody who comes earlier."""
    less = (evolve(cast, other=None), evolve(cast, second=None), evolve(cast, institution=None))
    yield from (one for one in less if one in casts)
    for one in casts[: casts.index(cast)]:
        if evolve(one, person=cast.person) == cast:
            yield one


def _less(move: Move, item: str) -> Iterator[Move]:
    for flag in sorted(move.flags):
        yield evolve(move, flags=move.flags - {flag})
    if len(move.bill) > 1:
        yield from (evolve(move, bill=(row,)) for row in move.bill)
    plain = ({"item": item, "quantity": 1},)
    if move.act != "give_back" and move.bill and move.bill != plain:
        yield evolve(move, bill=plain)
        yield evolve(move, bill=tuple({**row, "quantity": 1} for row in move.bill))
