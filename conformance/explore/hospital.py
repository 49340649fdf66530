"""Exploring a hospital system: days are made up, patients' doings and what goes wrong at the platform, until one fails;
the shortest that fails the same way is kept."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import hypothesis
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from conformance.drive.certify import certify_hospital
from conformance.drive.drivers import Driver, Stopped, never
from conformance.drive.protocol import Told
from conformance.explore.search import Explored, Found, Search, effort, steady
from conformance.pack import Pack
from conformance.profile import Profile
from conformance.result import RunResult
from sim.lang import say

PARTS = 4
"""What a day is made of at most, between the registration and the evening."""
SHRINKS = 150
"""Days played at most to make a failing one shorter."""
SAID: Mapping[str, tuple[str, ...]] = {
    "present": ("9001", "1101"),
    "register": ("2201", "2203"),
    "admit": ("2401", "2601"),
    "bill": ("2204", "2301"),
    "estimate": ("2206", "2303"),
    "pay": ("2207", "2304", "2207", "2304", "2206", "2303", "2601"),
    "cancel": ("2208", "2305", "2601"),
    "discharge": ("2402",),
    "leave": ("2205", "2202", "2302", "2404"),
    "end_day": ("3201", "2601"),
}
"""What a hospital sends during an act, at the desk and in the ward, and trouble can hit; what matters, more often."""
AT_DESK: tuple[tuple[str, ...], ...] = (
    ("bill", "pay"),
    ("bill", "estimate", "pay"),
    ("bill",),
    ("pay",),
    ("pay", "pay"),
    ("cancel",),
    ("cancel", "pay"),
    ("leave",),
    ("register",),
)
IN_WARD: tuple[tuple[str, ...], ...] = (
    ("bill", "discharge", "pay"),
    ("bill",),
    ("discharge", "pay"),
    ("estimate",),
    ("pay",),
    ("cancel",),
    ("leave",),
    ("admit",),
)
"""What is done one after the other; of these a day is made."""
KINDS = ("lost", "lost", "lost", "html", "half", "doubled", "misnamed", "refuse")
ANY = ["done", "refused", "unknown"]
Row = Mapping[str, Any]


@frozen
class Day:
    """What patients do, act by act, each with its trouble, as a scenario file has it."""

    acts: tuple[Row, ...]

    @property
    def size(self) -> tuple[int, ...]:
        """What is made smaller: acts and troubles, lines, troubles that are not the simplest."""
        troubles = [one for act in self.acts for one in act.get("trouble", ())]
        lines = sum(len(act.get("lines", ())) for act in self.acts)
        return len(self.acts) + len(troubles), lines, sum(len(one) + (one["do"] != "lost") for one in troubles)

    def scenario(self) -> Row:
        """The day as a scenario file has it."""
        stay = any(act["do"] == "admit" for act in self.acts)
        return {
            "id": "EXPLORED-1",
            "title": say("hospital.explore.title").both(),
            "requirements": ["HOS-ANSWERED"],
            **({"needs": {"features": ["inpatient_desk"]}} if stay else {}),
            "acts": [{**act, "expect": ANY} for act in self.acts],
        }


@st.composite
def days(draw: st.DrawFn, items: Sequence[str], ward: bool) -> Day:
    """A patient's day, at the desk or, where there is one, in the ward."""
    stay = ward and draw(st.booleans())
    begin, usual = ("admit", IN_WARD) if stay else ("register", AT_DESK)
    chosen = draw(st.lists(st.sampled_from(usual), min_size=1, max_size=PARTS))
    line = st.builds(
        lambda item, count: {"item": item, "quantity": count},
        st.sampled_from(list(items)),
        st.integers(1, 5) | st.integers(1, 30_000).map(lambda scaled: Decimal(scaled).scaleb(-4)),
    )
    acts: list[Row] = []
    for do in ("present", begin, *itertools.chain(*chosen), "end_day"):
        act: dict[str, Any] = {"do": do}
        if do == "bill":
            act["lines"] = draw(st.lists(line, min_size=1, max_size=3))
        troubles = draw(st.lists(_trouble(_hit(do, stay)), max_size=2)) if draw(st.booleans()) else []
        acts.append({**act, "trouble": troubles} if troubles else act)
    return Day(tuple(acts))


def _hit(do: str, stay: bool) -> tuple[str, ...]:
    """What may be hit during an act: of two forms the one of the desk or of the ward."""
    at_ward = ("23", "24")
    return tuple(one for one in SAID[do] if one[:2] not in (("22",) if stay else at_ward))


@st.composite
def _trouble(draw: st.DrawFn, infnos: Sequence[str]) -> Row:
    kind = draw(st.sampled_from(KINDS))
    made: dict[str, Any] = {"do": kind, "infno": draw(st.sampled_from(infnos))}
    if kind in ("lost", "html") and draw(st.booleans()):
        made["stage"] = "before"
    if kind == "refuse":
        made["text"] = "不予办理"
    if draw(st.booleans()):
        made["always"] = True
    elif draw(st.booleans()):
        made["skip"] = 1
    return made


def explore_hospital(
    driver: Driver,
    profile: Profile,
    *,
    examples: int = 100,
    seed: int = 0,
    listen: str = "127.0.0.1:0",
    answer_seconds: float = 60.0,
    on_progress: Callable[[], None] | None = None,
    stopped: Stopped = never,
    command: Sequence[str] = (),
) -> Explored:
    """Play ``examples`` days made from ``seed``, or fewer if one fails. Each is a run of its own, at a platform that
    knows nothing of the others. The driver is closed at the end. Raises InputError as certification does."""
    kept = _Kept(driver)

    def certify(pack: Pack, _: int) -> RunResult:
        return certify_hospital(
            listen, kept, profile, [pack], answer_seconds=answer_seconds, stopped=stopped, command=command
        )

    with tempfile.TemporaryDirectory(prefix="yidi-explore-") as folder:
        search = Search[Day](
            folder=Path(folder),
            role="hospital",
            interface=profile.interface,
            title=say("hospital.explore.pack"),
            scenarios=lambda day: [day.scenario()],
            certify=certify,
            simpler=lambda day, _: simpler(day),
            most=SHRINKS,
            stopped=stopped,
            on_progress=on_progress,
        )

        @hypothesis.seed(seed)
        @effort(examples)
        @given(days(sorted(profile.items), profile.promises("inpatient_desk")))
        def play(day: Day) -> None:
            search.play(day)

        try:
            with steady():
                play()
        except Found:
            search.shorten()
        finally:
            driver.close()
        return search.outcome()


class _Kept:
    """A driver that outlives a run."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    @property
    def target(self) -> str:
        """Who is driven."""
        return self._driver.target

    def ask(self, order: Row, seconds: float, stopped: Stopped = never) -> Told:
        """Passed on, but for the order to stop: there is another day."""
        if order["do"] == "stop":
            return Told("ended")
        return self._driver.ask(order, seconds, stopped)

    def complaints(self) -> str:
        """What the driver complained of."""
        return self._driver.complaints()

    def close(self) -> None:
        """Not yet."""


def simpler(day: Day) -> Iterator[Day]:
    """The day with something left out or made simpler; the biggest cuts first."""
    acts = day.acts
    for at in range(len(acts) - 1, -1, -1) if len(acts) > 1 else ():
        yield Day(acts[:at] + acts[at + 1 :])
    for at, act in enumerate(acts):
        for changed in (*_less_trouble(act), *_fewer_lines(act)):
            smaller = evolve(day, acts=(*acts[:at], changed, *acts[at + 1 :]))
            if smaller.size < day.size:
                yield smaller


def _less_trouble(act: Row) -> Iterator[Row]:
    troubles = list(act.get("trouble", ()))
    for at, one in enumerate(troubles):
        rest = troubles[:at] + troubles[at + 1 :]
        yield {**act, "trouble": rest} if rest else {key: value for key, value in act.items() if key != "trouble"}
        plain = {key: value for key, value in one.items() if key in ("do", "infno", "text")}
        lost = {"do": "lost", "infno": one["infno"], **({"always": True} if "always" in one else {})}
        for other in (plain, lost):
            yield {**act, "trouble": [*troubles[:at], other, *troubles[at + 1 :]]}


def _fewer_lines(act: Row) -> Iterator[Row]:
    lines = list(act.get("lines", ()))
    for at in range(len(lines) if len(lines) > 1 else 0):
        yield {**act, "lines": lines[:at] + lines[at + 1 :]}


__all__ = ["Day", "days", "explore_hospital", "simpler"]
