"""A recorded conversation as a scenario pack: who took part becomes what is needed of a person, what was sent becomes
steps, bills and overrides. What cannot be expressed is listed, with the reason.

The messages are compared with what the player would compose at the same point, knowing what the recorded replies said:
what differs and is not the hospital's own business (its numbers, clocks, staff) becomes an override. Accepted stays
accepted, refused stays refused. No value that identifies a person goes into the pack.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from conformance.conversation import Conversation, Exchange
from conformance.pack import LARGEST, MANIFEST, MOST, load_pack
from conformance.profile import Profile
from conformance.recorded.bodies import Spoil, readable
from conformance.recorded.books import in_order, with_their_books
from conformance.recorded.casting import Cast, cast_of, castable, needs_of
from conformance.recorded.headers import REASONS, Reason
from conformance.recorded.identities import Secrets
from conformance.recorded.people import Acquaintance
from conformance.recorded.places import Places
from conformance.recorded.threads import LeftOut, Thread, threads
from conformance.recorded.writing import Written, write_down
from conformance.scenario.dump import as_yaml
from sim.errors import InputError
from sim.lang import Text, say

LEFT_OUT = "left_out.json"
ROOM = 4096
"""What the id and the title of a scenario take of a file at most."""
ALONE = frozenset({"9001", "9002", "9101", "3201", "3202", "3203", "3204", "3260", "3261", "3262", "3301", "3302"})
"""What is said of an institution as a whole: nobody else may work there meanwhile."""


@frozen
class Made:
    """One scenario, and the exchanges that became its steps. ``whole``: nothing of its thread was left out."""

    id: str
    exchanges: tuple[int, ...]
    whole: bool


@frozen
class MadePack:
    """The pack that was written. ``made``: each thread of the conversation that became a scenario (several may have
    become the same one); ``threads``: how many there were; ``left_out``: exchanges that the pack does not have, and
    why; ``remarks``: where it says less than the conversation did; ``headers``: names of request headers that it does
    not have, with the reason; ``carried``: of those that it has, with their values."""

    folder: Path
    scenarios: tuple[str, ...]
    steps: int
    left_out: tuple[LeftOut, ...]
    remarks: tuple[Text, ...]
    made: tuple[Made, ...] = ()
    threads: int = 0
    headers: Mapping[str, Reason] = field(factory=dict)
    carried: tuple[str, ...] = ()

    @property
    def told_headers(self) -> tuple[Text, ...]:
        """What became of the request headers, in sentences: those that are carried, then the others by reason."""
        return _told_headers(self.carried, self.headers)

    @property
    def whole(self) -> int:
        """How many threads are in the pack with everything that was said in them."""
        return sum(one.whole for one in self.made)


@define
class _Making:
    profile: Profile
    known: Acquaintance
    places: Places
    secrets: Secrets
    spoils: dict[int, Spoil]
    day: date
    left_out: list[LeftOut] = field(factory=list)
    remarks: list[Text] = field(factory=list)
    scenarios: list[dict[str, Any]] = field(factory=list)
    made: list[Made] = field(factory=list)
    seen: dict[str, int] = field(factory=dict)
    headers: dict[str, Reason] = field(factory=dict)
    carried: set[str] = field(factory=set)
    undeclared: bool = False
    threads: int = 0


def pack_from(
    conversation: Conversation | Iterable[Exchange],
    out_dir: Path,
    *,
    profile: Profile | None = None,
    name: str = "",
    on: date | None = None,
) -> MadePack:
    """Write a conversation as a pack into ``out_dir``, which is made and must not hold a pack already.

    ``profile`` is the one the pack is to be played with (people, institutions, items); ``on`` the day for which its
    people are looked through, the day of the first exchange otherwise. Scenarios that are the same in everything are
    written once. ``left_out.json`` lists what the pack does not have. Raises InputError when nothing can be expressed,
    the folder cannot be written, or it holds a pack.
    """
    chosen = profile or Profile()
    if (out_dir / MANIFEST).exists():
        raise InputError(say("recorded.pack_exists", folder=str(out_dir)))
    exchanges, spoils = readable(conversation)
    day = on or (date.fromisoformat(exchanges[0].sent_at[:10]) if exchanges else date(2000, 1, 1))
    known, secrets = Acquaintance.of(exchanges, chosen), Secrets.of(exchanges)
    making = _Making(chosen, known, Places.of(exchanges, chosen), secrets, spoils, day)
    into = threads(exchanges, known, making.left_out)
    found = in_order(with_their_books(into.threads, into.settled, making.left_out))
    making.threads = len(found)
    for thread in found:
        _thread(thread, making)
    if making.undeclared:
        making.remarks.append(say("recorded.undeclared"))
    if not making.scenarios:
        raise InputError(say("recorded.nothing", count=len(exchanges)))
    _write(out_dir, name or _name(out_dir), making)
    pack = load_pack(out_dir)  # what was written must be readable; anything else is a fault of this program
    left = tuple(sorted(making.left_out, key=lambda one: one.seq))
    steps = sum(len(data["steps"]) for data in making.scenarios)
    ids, remarks = tuple(s.id for s in pack.scenarios), tuple(making.remarks)
    made, carried = tuple(making.made), tuple(sorted(making.carried))
    return MadePack(out_dir, ids, steps, left, remarks, made, making.threads, making.headers, carried)


def _thread(thread: Thread, making: _Making) -> None:
    known = Acquaintance.of(thread.exchanges, making.profile).or_else(making.known)
    cast = cast_of(thread, known, making.places)
    if isinstance(cast, Text):
        making.left_out += [LeftOut(e.seq, e.infno, cast) for e in thread.exchanges]
        return
    written = write_down(thread, cast, known, making.profile, making.secrets, making.spoils)
    making.left_out += written.left_out
    making.headers |= written.headers
    if not written.steps:
        return
    making.undeclared |= not cast.stand_in and not all(one.declared for one in cast.people.values())
    needs = _needs(thread, written, cast, making)
    if needs is None:
        making.left_out += [LeftOut(e.seq, e.infno, say("recorded.nobody")) for e in written.expressed]
        return
    body = {"needs": needs, "steps": written.steps}
    shape = json.dumps(body, default=str, sort_keys=True)
    number = making.seen.get(shape, 0)
    if number:
        making.remarks.append(say("recorded.same", seq=thread.exchanges[0].seq, id=_id(number)))
    elif making.secrets.told_in(as_yaml(body)):
        making.left_out += [LeftOut(e.seq, e.infno, say("recorded.identity")) for e in written.expressed]
        return
    elif len(making.scenarios) >= MOST or len(as_yaml(body).encode()) > LARGEST - ROOM:
        full = say("recorded.too_many", most=MOST) if len(making.scenarios) >= MOST else say("recorded.too_large")
        making.left_out += [LeftOut(e.seq, e.infno, full) for e in written.expressed]
        return
    else:
        number = making.seen[shape] = len(making.scenarios) + 1
        making.remarks += written.remarks
        making.carried |= written.carried
        first, last = thread.exchanges[0].seq, thread.exchanges[-1].seq
        title = say("recorded.title", number=number, first=first, last=last).both()
        making.scenarios.append({"id": _id(number), "title": title, "requirements": ["LIFE-ACCEPT"], **body})
    seqs = tuple(e.seq for e in written.expressed)
    making.made.append(Made(_id(number), seqs, len(seqs) == len(thread.exchanges)))


def _id(number: int) -> str:
    return f"REC-{number:04d}"


def _needs(thread: Thread, written: Written, cast: Cast, making: _Making) -> dict[str, Any] | None:
    """What is asked of people and institutions, so far that somebody fits; None when nobody ever does."""
    alone = any(e.infno in ALONE for e in written.expressed)
    wanted = needs_of(cast, thread.exchanges, making.profile, making.day, alone)
    found = castable(wanted, making.profile, making.day)
    if found is None:
        return None
    needs, dropped = found
    making.remarks += [say("recorded.relaxed", seq=thread.exchanges[0].seq, what=drop) for drop in dropped]
    return needs.rows(cast.stand_in)


def _told_headers(carried: Sequence[str], left: Mapping[str, Reason]) -> tuple[Text, ...]:
    found = [say("recorded.headers.carried", names=", ".join(carried))] if carried else []
    for reason in REASONS:
        names = sorted({name.lower(): name for name, why in left.items() if why == reason}.values(), key=str.lower)
        if names:
            found.append(say(f"recorded.headers.{reason}", names=", ".join(names)))
    return tuple(found)


def _name(folder: Path) -> str:
    made = re.sub(r"[^a-z0-9-]+", "-", folder.name.lower()).strip("-")
    return made if made[:1].isalpha() else f"recorded-{made}".rstrip("-")


def _write(out_dir: Path, name: str, making: _Making) -> None:
    manifest = {
        "name": name,
        "version": "1",
        "role": "platform",
        "interfaces": [making.profile.interface],
        "title": say("recorded.pack_title", count=len(making.scenarios)).both(),
    }
    left = [{"seq": one.seq, "infno": one.infno, "why": one.why.both()} for one in making.left_out]
    remarks = [text.both() for text in making.remarks]
    made = [{"id": one.id, "whole": one.whole, "exchanges": " ".join(map(str, one.exchanges))} for one in making.made]
    told = {"threads": making.threads, "whole": sum(one.whole for one in making.made), "made": made}
    headers = [text.both() for text in _told_headers(sorted(making.carried), making.headers)]
    told |= {"left_out": left, "remarks": remarks, "headers": headers}
    listed = json.dumps(told, ensure_ascii=False, indent=1)
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        (out_dir / MANIFEST).write_text(as_yaml(manifest), "utf-8")
        for data in making.scenarios:
            (out_dir / f"{data['id'].lower()}.yaml").write_text(as_yaml(data), "utf-8")
        (out_dir / LEFT_OUT).write_text(listed + "\n", "utf-8")
    except OSError as error:
        raise InputError(say("file.cannot_write", file=str(out_dir), problem=str(error.strerror))) from None


__all__ = ["LEFT_OUT", "LeftOut", "Made", "MadePack", "pack_from"]
