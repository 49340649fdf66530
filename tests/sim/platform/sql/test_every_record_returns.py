"""What is stored comes back exactly: every type of record, every kind of value, digit by digit."""

from __future__ import annotations

import types
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import attrs
import pytest
import sqlalchemy as sa
from attrs import field, frozen
from hypothesis import given
from hypothesis import strategies as st
from store_subjects import SEARCH

from sim.platform import Table
from sim.platform.records import TABLES
from sim.platform.sql import Schema, open_store
from sim.platform.sql.exact import dump, load

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
WHOLE = st.integers(-(2**63), 2**63 - 1)
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False) | st.sampled_from(
    [Decimal("4.50"), Decimal("5"), Decimal("1E+3"), Decimal("-0"), Decimal("0E-7"), Decimal("1" * 40)]
)
JSON = st.recursive(
    st.none() | st.booleans() | TEXT | st.integers() | DECIMALS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
SIMPLE: Mapping[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: WHOLE,
    bool: st.booleans(),
    bytes: st.binary(max_size=20),
    date: st.dates(),
    datetime: st.datetimes().map(lambda at: at.replace(fold=0)),  # a time without a zone is never ambiguous
    Decimal: DECIMALS,
    Any: JSON,
    types.NoneType: st.none(),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type, as the annotations of records name it."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Literal:
        return st.sampled_from(args)
    if origin in (Union, types.UnionType):
        return st.one_of(*map(values, args))
    if origin is tuple and args[-1] is Ellipsis:
        return st.lists(values(args[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(values, args))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return st.dictionaries(TEXT, values(args[1]), max_size=3)
    if attrs.has(hint):
        return records(hint)
    return SIMPLE[hint]


def records(kind: type[Any]) -> st.SearchStrategy[Any]:
    hints = get_type_hints(kind)
    return st.builds(kind, **{f.alias: values(hints[f.name]) for f in attrs.fields(kind)})


@frozen
class Part:
    """A nested value."""

    on: date
    at: datetime | None
    share: Decimal
    names: tuple[str, ...]


@frozen(kw_only=True)
class Everything:
    """Every kind of field there can be."""

    id: int
    order: str
    group: str | None
    taken: bytes
    maybe: bool | None
    state: Literal["open", "it's done"]
    day: date | None
    at: datetime
    share: Decimal
    pair: tuple[int, str]
    parts: tuple[Part, ...]
    by_name: Mapping[str, Part] = field(hash=False)
    perhaps: Part | None
    free: Any = field(hash=False)


EVERYTHING = Table("everything", Everything, ("id", "order"), {"group": ("group", "maybe", "day")})
ALL = (*TABLES, EVERYTHING)
SCHEMA = Schema(1, ALL)


@pytest.fixture(params=["sqlite", "postgres"], scope="module")
def url(request, tmp_path_factory):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('records') / 'records.db'}"
    return request.getfixturevalue("postgres")()


@pytest.fixture(scope="module")
def writer(url):
    with open_store(url, schema=SCHEMA) as database:
        yield database


@pytest.fixture(scope="module")
def reader(url, writer):
    with open_store(url, schema=Schema(1, ALL)) as database:
        yield database


@pytest.mark.parametrize("table", ALL, ids=[table.name for table in ALL])
@given(data=st.data())
@SEARCH
def test_every_record_comes_back_as_it_was(table, writer, reader, data):
    """Whoever else reads has the record with the same values of the same types, digits and order of keys included."""
    record = data.draw(records(table.record))
    key = [getattr(record, name) for name in table.key]
    writer("520000").put(table, record)
    writer("520000").commit()
    store = reader("520000")
    assert repr(record) == repr(store.get(table, *key))
    for index, names in table.indexes.items():
        assert record in store.find(table, index, *(getattr(record, name) for name in names))
    assert reader("110000").get(table, *key) is None
    store.rollback()


def test_a_table_has_a_column_for_every_field(url, writer):
    """Amounts are integers and dates are dates in the database itself, for whoever reads it with SQL."""
    columns = {c.name: str(c.type) for c in SCHEMA.metadata.tables["settlements"].columns}
    assert {"medfee_sumamt": "BIGINT", "at": "DATETIME", "head": "TEXT", "final": "BOOLEAN"}.items() <= columns.items()
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    try:
        with engine.connect() as connection:
            real = {c["name"] for c in sa.inspect(connection).get_columns("settlements")}
    finally:
        engine.dispose()
    assert {f.name for f in attrs.fields(next(t.record for t in TABLES if t.name == "settlements"))} < real


@given(JSON)
def test_json_keeps_types_and_digits(value):
    """Integers stay integers, Decimals keep digits and exponent, keys keep their order."""
    assert repr(value) == repr(load(dump(value)))


@pytest.mark.parametrize(
    "value",
    [1.5, {"a": [1.5]}, Decimal("NaN"), {"x": Decimal("Infinity")}, {1: "a"}, [date(2024, 1, 1)], {"a": {1, 2}}, b"x"],
)
def test_json_refuses_what_it_cannot_keep(value):
    """A float is refused wherever it hides; so is whatever would come back as something else."""
    with pytest.raises(TypeError):
        dump(value)


def everything(**changes: Any) -> Any:
    part = Part(date(2024, 1, 1), None, Decimal("0.5"), ())
    given = {
        "id": 1,
        "order": "a",
        "group": None,
        "taken": b"",
        "maybe": None,
        "state": "open",
        "day": None,
        "at": datetime(2024, 1, 1),
        "share": Decimal(1),
        "pair": (1, "a"),
        "parts": (),
        "by_name": {},
        "perhaps": part,
        "free": None,
    }
    return Everything(**{**given, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"id": 2**63},
        {"id": "1"},
        {"order": 1},
        {"order": "\ud800"},
        {"order": None},
        {"at": date(2024, 1, 1)},
        {"at": datetime.fromisoformat("2024-01-01T00:00:00+08:00")},
        {"day": datetime(2024, 1, 1)},
        {"taken": "x"},
        {"maybe": 1},
        {"free": 0.1},
        {"share": 0.1},
        {"perhaps": Part(date(2024, 1, 1), None, 0.5, ())},
        {"pair": (1,)},
    ],
    ids=lambda changes: "-".join(changes),
)
def test_a_value_that_cannot_be_kept_is_refused_when_it_is_put(changes, empty):
    """The error names the field; the segment goes on, and what was put before is still there."""
    with open_store(empty, schema=SCHEMA) as database:
        store = database("hub")
        store.put(EVERYTHING, everything())
        with pytest.raises((TypeError, ValueError), match=rf"Everything\.{next(iter(changes))}"):
            store.put(EVERYTHING, everything(**changes))
        store.commit()
        assert [everything()] == list(store.all(EVERYTHING))


def test_reading_by_a_value_that_cannot_be_there_finds_nothing(empty):
    """A message may name a sign-in by a number or a list: there is none such, as in the store in memory."""
    with open_store(empty, schema=SCHEMA) as database:
        store = database("hub")
        store.put(EVERYTHING, everything())
        store.delete(EVERYTHING, 1, ["a"])
        for order in (7, None, ["a"], "\ud800"):
            assert store.get(EVERYTHING, 1, order) is None
        assert [] == store.find(EVERYTHING, "group", 7, None, None)
        assert 1 == store.count(EVERYTHING)


@frozen
class Inexact:
    """A record that no store may keep."""

    id: str
    share: float


def test_a_record_with_a_float_has_no_table():
    """It is found out when the tables are made, not when the first record is lost."""
    with pytest.raises(TypeError, match=r"Inexact\.share"):
        Schema(1, (Table("inexact", Inexact, ("id",)),))
