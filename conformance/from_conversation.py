"""A recorded conversation as a scenario pack: who took part becomes what is needed of a person, what was sent becomes
steps, bills and overrides. What cannot be expressed is listed, with the reason.

The messages are compared with what the player would compose at the same point, knowing what the recorded replies said:
what differs and is not the hospital's own business (its numbers, clocks, staff) becomes an override. Accepted stays
accepted, refused stays refused. No value that identifies a person goes into the pack.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from attrs import define, evolve, field, frozen

from conformance.conversation import Conversation, Exchange
from conformance.pack import MANIFEST, MOST, load_pack
from conformance.profile import Profile
from conformance.recorded.people import Acquaintance
from conformance.recorded.threads import LeftOut, Thread, threads
from conformance.recorded.writing import Written, write_down
from conformance.scenario.dump import as_yaml
from conformance.scenario.model import PersonNeed
from sim.errors import InputError
from sim.lang import Text, say

LEFT_OUT = "left_out.json"
RELAXED = ("account", "needy", "civil_servant", "retired")
"""What is asked for no longer, in this order, when nobody among the profile's people fits."""


@frozen
class MadePack:
    """The pack that was written. ``left_out``: exchanges that it does not have, and why; ``remarks``: where it says
    less than the conversation did."""

    folder: Path
    scenarios: tuple[str, ...]
    steps: int
    left_out: tuple[LeftOut, ...]
    remarks: tuple[Text, ...]


@define
class _Making:
    profile: Profile
    left_out: list[LeftOut] = field(factory=list)
    remarks: list[Text] = field(factory=list)
    written: list[tuple[dict[str, Any], Written]] = field(factory=list)
    seen: dict[str, int] = field(factory=dict)


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
    exchanges = tuple(conversation)
    if (out_dir / MANIFEST).exists():
        raise InputError(say("recorded.pack_exists", folder=str(out_dir)))
    making = _Making(chosen)
    known = Acquaintance.of(exchanges)
    found = threads(exchanges, known, making.left_out)
    day = on or (date.fromisoformat(exchanges[0].sent_at[:10]) if exchanges else date(2000, 1, 1))
    for thread in found:
        _thread(thread, known, making, day)
    if not making.written:
        raise InputError(say("recorded.nothing", count=len(exchanges)))
    _write(out_dir, name or _name(out_dir), making)
    pack = load_pack(out_dir)  # what was written must be readable; anything else is a fault of this program
    left = tuple(sorted(making.left_out, key=lambda one: one.seq))
    steps = sum(len(data["steps"]) for data, _ in making.written)
    return MadePack(out_dir, tuple(s.id for s in pack.scenarios), steps, left, tuple(making.remarks))


def _thread(thread: Thread, known: Acquaintance, making: _Making, day: date) -> None:
    written = write_down(thread, known, making.profile)
    making.left_out += written.left_out
    if not written.steps:
        return
    needs = _needs(written, making, day)
    if needs is None:
        making.left_out += [LeftOut(e.seq, e.infno, say("recorded.nobody")) for e in written.expressed]
        return
    body = {"needs": needs, "steps": written.steps}
    shape = json.dumps(body, default=str, sort_keys=True)
    if shape in making.seen:
        making.remarks.append(say("recorded.same", seq=thread.exchanges[0].seq, id=_id(making.seen[shape])))
        return
    if len(making.written) >= MOST:
        making.left_out += [LeftOut(e.seq, e.infno, say("recorded.too_many", most=MOST)) for e in written.expressed]
        return
    number = making.seen[shape] = len(making.written) + 1
    making.remarks += written.remarks
    first, last = thread.exchanges[0].seq, thread.exchanges[-1].seq
    title = say("recorded.title", number=number, first=first, last=last).both()
    making.written.append(({"id": _id(number), "title": title, "requirements": ["LIFE-ACCEPT"], **body}, written))


def _id(number: int) -> str:
    return f"REC-{number:04d}"


def _needs(written: Written, making: _Making, day: date) -> dict[str, Any] | None:
    """What is asked of people and institution, so far that somebody fits; None when nobody ever does."""
    level = written.level
    people = dict(written.people)
    for drop in (None, *RELAXED):
        if drop is not None:
            if all(getattr(need, drop) is None for need in people.values()):
                continue
            nothing: dict[str, Any] = {drop: None}
            people = {role: evolve(need, **nothing) for role, need in people.items()}
            making.remarks.append(say("recorded.relaxed", seq=written.expressed[0].seq, what=drop))
        if _castable(people, level, making.profile, day):
            break
    else:
        return None
    keys = {"patient": "person", "other": "other"}
    needs: dict[str, Any] = {keys[role]: _need(need) for role, need in people.items()}
    return needs | ({"institution": {"level": level}} if level else {})


def _castable(people: dict[str, PersonNeed], level: str, profile: Profile, day: date) -> bool:
    for institution in profile.institutions:
        if level and institution.level != level:
            continue
        taken: set[str] = set()
        for need in people.values():
            fit = next((p for p in profile.people if p.certno not in taken and need.fits(p, institution, day)), None)
            if fit is None:
                break
            taken.add(fit.certno)
        else:
            return True
    return False


def _need(need: PersonNeed) -> dict[str, Any]:
    found: dict[str, Any] = {"insurance": need.insurance, "place": need.place}
    for key in ("retired", "civil_servant", "needy", "account"):
        if getattr(need, key) is not None:
            found[key] = getattr(need, key)
    return found | ({"suspended": True} if need.suspended else {})


def _name(folder: Path) -> str:
    made = re.sub(r"[^a-z0-9-]+", "-", folder.name.lower()).strip("-")
    return made if made[:1].isalpha() else f"recorded-{made}".rstrip("-")


def _write(out_dir: Path, name: str, making: _Making) -> None:
    manifest = {
        "name": name,
        "version": "1",
        "role": "platform",
        "interfaces": [making.profile.interface],
        "title": say("recorded.pack_title", count=len(making.written)).both(),
    }
    left = [{"seq": one.seq, "infno": one.infno, "why": one.why.both()} for one in making.left_out]
    remarks = [text.both() for text in making.remarks]
    listed = json.dumps({"left_out": left, "remarks": remarks}, ensure_ascii=False, indent=1)
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        (out_dir / MANIFEST).write_text(as_yaml(manifest), "utf-8")
        for data, _ in making.written:
            (out_dir / f"{data['id'].lower()}.yaml").write_text(as_yaml(data), "utf-8")
        (out_dir / LEFT_OUT).write_text(listed + "\n", "utf-8")
    except OSError as error:
        raise InputError(say("file.cannot_write", file=str(out_dir), problem=str(error.strerror))) from None


__all__ = ["LEFT_OUT", "LeftOut", "MadePack", "pack_from"]
