"""The store: what was committed stays, what was not is as if it had never been."""

from typing import Any

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from sim.platform import MemoryStore, Table


@frozen
class Row:
    a: int
    b: int
    group: int
    text: str = ""


PAIRS = Table("pairs", Row, ("a", "b"), {"group": ("group",), "both": ("group", "text")})
SINGLES = Table("singles", Row, ("a",), {"group": ("group",)})

SMALL = st.integers(0, 2)
ROWS = st.builds(Row, SMALL, SMALL, SMALL, st.sampled_from("xy"))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from([PAIRS, SINGLES]), ROWS),
        st.tuples(st.just("delete"), st.sampled_from([PAIRS, SINGLES]), ROWS),
        st.tuples(st.just("next"), st.sampled_from(["m", "n"]), st.none()),
        st.tuples(st.just("commit"), st.none(), st.none()),
        st.tuples(st.just("rollback"), st.none(), st.none()),
    ),
    max_size=40,
)


def key(table: Table[Any], row: Row) -> tuple[int, ...]:
    return (row.a, row.b) if table is PAIRS else (row.a,)


class Model:
    """The same, by copying everything at each commit."""

    def __init__(self) -> None:
        self.now: dict[Any, Any] = {}
        self.kept: dict[Any, Any] = {}

    def put(self, table: Table[Any], row: Row) -> None:
        self.now[table.name, key(table, row)] = row

    def delete(self, table: Table[Any], row: Row) -> None:
        self.now.pop((table.name, key(table, row)), None)

    def next(self, counter: str) -> int:
        self.now["counter", counter] = self.now.get(("counter", counter), 0) + 1
        return int(self.now["counter", counter])

    def rows(self, table: Table[Any]) -> list[Row]:
        return [row for (name, _), row in self.now.items() if name == table.name]


def agree(make: type[MemoryStore], steps: list[Any]) -> None:
    store, model = make(), Model()
    for what, where, row in steps:
        if what == "put":
            store.put(where, row)
            model.put(where, row)
        elif what == "delete":
            store.delete(where, *key(where, row))
            model.delete(where, row)
        elif what == "next":
            assert model.next(where) == store.next(where)
        elif what == "commit":
            store.commit()
            model.kept = dict(model.now)
        else:
            store.rollback()
            model.now = dict(model.kept)
        for table in (PAIRS, SINGLES):
            rows = model.rows(table)
            assert sorted(rows, key=repr) == sorted(store.all(table), key=repr)
            assert len(rows) == store.count(table)
            for a in range(3):
                assert [r for r in rows if r.group == a] == sorted(
                    store.find(table, "group", a), key=lambda r: rows.index(r)
                )
        for one in model.rows(PAIRS):
            assert one == store.get(PAIRS, one.a, one.b)
            assert one in store.find(PAIRS, "both", one.group, one.text)


@given(STEPS)
def test_the_store_does_what_copying_everything_would_do(steps):
    """Records, indexes, counts and counters agree with the model after every step."""
    agree(MemoryStore, steps)


class Leaks(MemoryStore):
    """Forgets to undo."""

    def rollback(self) -> None:
        self.commit()


class StaleIndex(MemoryStore):
    """Undoes records but not their places in the indexes."""

    def rollback(self) -> None:
        while self._undo:
            name, at, before = self._undo.pop()
            if name and before is None:
                self._tables[name].rows.pop(at, None)
            elif name:
                self._tables[name].rows[at] = before
            else:
                self._counters[at] = before


@pytest.mark.parametrize("broken", [Leaks, StaleIndex])
def test_a_store_that_undoes_badly_is_caught(broken):
    """One put that is rolled back is enough to tell."""
    steps = [("put", PAIRS, Row(1, 1, 1)), ("rollback", None, None), ("put", PAIRS, Row(1, 1, 2))]
    agree(MemoryStore, steps)
    with pytest.raises((AssertionError, KeyError)):
        agree(broken, steps)
