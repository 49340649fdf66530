"""The dictionary, and variants laid over it."""

import copy
from typing import Any

import pytest

from sim.errors import InputError
from sim.interface import interface, names, transaction
from sim.interface.load import build, merge
from sim.interface.model import Interface

SMALL: dict[str, Any] = {
    "name": "small",
    "title": {"zh": "小", "en": "small"},
    "version": "1",
    "sources": [{"id": "a"}],
    "envelope": {
        "request": [{"name": "infno", "zh": "交易编号", "type": "string", "length": 6, "required": True}],
        "response": [{"name": "infcode", "zh": "状态码", "type": "integer", "length": 4, "required": True}],
    },
    "reversal": {"oinfno": ["1"]},
    "transactions": {
        "1": {
            "zh": "一",
            "en": "one",
            "group": "g",
            "kind": "query",
            "sure": "high",
            "input": [
                {
                    "name": "data",
                    "kind": "object",
                    "required": True,
                    "fields": [
                        {"name": "a", "zh": "甲", "type": "string", "length": 5},
                        {"name": "b", "zh": "乙", "type": "number", "length": [16, 2], "required": True},
                    ],
                }
            ],
            "output": [],
            "extensions": [{"name": "x", "zh": "扩", "type": "string", "inside": "input.data", "where": "somewhere"}],
        },
        "1A": {"zh": "一甲", "en": "one A", "group": "g", "kind": "query", "sure": "low", "derived_from": "1"},
    },
    "codelists": {
        "gend": {"zh": "性别", "values": {"1": "男", "2": "女"}},
        "naty": {"zh": "民族", "values": {"1": "汉"}},
    },
    "amounts": [{"id": "A", "identity": {"zh": "a = b", "en": "a = b"}, "status": "stated"}],
}


def over(**changes: Any) -> Interface:
    """The small interface under an overlay."""
    return build(merge(SMALL, {"name": "over", "base": "small", **changes}))


def fields(iface: Interface, infno: str) -> dict[str, Any]:
    """The fields of a transaction's first input node by name."""
    return {f.name: f for f in iface.transactions[infno].input[0].fields}


def test_an_empty_overlay_changes_nothing_but_the_name() -> None:
    """Everything an overlay does not mention stays as it was."""
    plain, laid = build(SMALL), over()
    for attribute in ("envelope", "transactions", "codelists", "amounts", "reversal", "version"):
        assert getattr(plain, attribute) == getattr(laid, attribute)
    assert ("over", "small") == (laid.name, laid.base)


def test_an_overlay_replaces_the_attributes_it_gives() -> None:
    """The length changes; label, type and the other field stay."""
    before = fields(build(SMALL), "1")
    change = [{"name": "data", "fields": [{"name": "a", "length": 9}]}]
    after = fields(over(transactions={"1": {"input": change}}), "1")
    assert 9 == after["a"].length
    assert ("甲", "string", False) == (after["a"].zh, after["a"].type, after["a"].required)
    assert before["b"] == after["b"]


def test_an_overlay_adds_and_removes() -> None:
    """A new field comes last; a removed one is gone, as are a transaction given as null and a replaced code."""
    change = [{"name": "data", "fields": [{"name": "c", "zh": "丙", "type": "date"}, {"name": "a", "remove": True}]}]
    laid = over(
        transactions={"1": {"input": change}, "1A": None},
        codelists={"gend": {"zh": "性别", "values": {"9": "未说明"}}},
    )
    assert ["b", "c"] == list(fields(laid, "1"))
    assert {"1"} == set(laid.transactions)
    assert {"9": "未说明"} == dict(laid.codelists["gend"].values)
    assert {"1": "汉"} == dict(laid.codelists["naty"].values)


def test_a_derived_transaction_follows_the_one_it_is_taken_from() -> None:
    """What a variant changes in the plain form holds for the A form as well."""
    change = [{"name": "data", "fields": [{"name": "a", "required": True}]}]
    laid = over(transactions={"1": {"input": change}})
    assert fields(laid, "1A")["a"].required
    assert "1" == laid.transactions["1A"].derived_from


def test_an_extension_that_became_a_field_is_no_extension_any_more() -> None:
    """Otherwise it would be listed twice."""
    change = [{"name": "data", "fields": [{"name": "x", "zh": "扩", "type": "string"}]}]
    assert ["x"] == [e.name for e in build(SMALL).transactions["1"].extensions]
    assert () == over(transactions={"1": {"input": change}}).transactions["1"].extensions


def test_laying_over_does_not_touch_the_base() -> None:
    """The base is shared by all variants."""
    before = copy.deepcopy(SMALL)
    over(
        transactions={"1": {"input": [{"name": "data", "fields": [{"name": "a", "remove": True}]}]}},
        codelists={"naty": {"zh": "民族"}},
    )
    assert before == SMALL


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"1": {"input": [{"name": "data", "fields": [{"name": "new"}]}]}}, "zh"),
        ({"1": {"input": [{"name": "data", "fields": [{"name": "a", "lenght": 3}]}]}}, "lenght"),
        ({"2": {"zh": "二"}}, "input"),
    ],
)
def test_an_overlay_entry_that_cannot_be_read_names_its_transaction(change: dict[str, Any], word: str) -> None:
    """A new field without a label, a misspelt attribute, a new transaction without a layout."""
    with pytest.raises(InputError) as caught:
        over(transactions=change)
    assert word in caught.value.show("en")
    assert caught.value.place is not None
    assert next(iter(change)) == caught.value.place.key


def test_unknown_names_suggest_the_nearest() -> None:
    """An interface, a transaction."""
    with pytest.raises(InputError, match="hunan"):
        interface("hunnan")
    with pytest.raises(InputError, match="2207"):
        transaction(interface(), "22007")


def test_the_national_interface_is_whole() -> None:
    """Counts of what was collected; code lists and derived forms resolve."""
    national = interface()
    assert "national" == names()[0]
    assert 74 == len(national.transactions)
    assert 2033 == sum(1 for one in national.transactions.values() for _ in one.fields())
    assert 92 == len(national.codelists)
    assert (18, 10) == (len(national.envelope.request), len(national.envelope.response))
    assert national.transactions["2207"].output == national.transactions["2207A"].output
    assert "2401" in national.reversal.oinfno


@pytest.mark.parametrize("name", names())
def test_every_reference_inside_an_interface_leads_somewhere(name: str) -> None:
    """Code lists, parents of nodes, transactions that undo, conditions' fields, fields of amounts."""
    iface = interface(name)
    for one in iface.transactions.values():
        assert set(one.reversible_by) <= set(iface.transactions)
        for side in (one.input, one.output):
            assert {n.parent for n in side if n.parent} <= {n.name for n in side}
            assert len({n.name for n in side}) == len(side)
        for _, node, field in one.fields():
            assert field.codes is None or field.codes in iface.codelists
            if field.when and field.when.test and not field.when.inside:
                assert node.find(field.when.field)
    for amount in iface.amounts:
        assert set(amount.infnos) <= set(iface.transactions)
        for infno in amount.infnos if amount.node and amount.parts else ():
            node = iface.transactions[infno].node(amount.direction, amount.node)
            assert node is not None
            assert amount.id in ("R3", "A6") or node.find(amount.total) is not None


def test_every_condition_is_told_in_both_languages() -> None:
    """Prose and test stay together; what one message cannot decide has no test."""
    whens = [f.when for one in interface().transactions.values() for _, _, f in one.fields() if f.when]
    assert {"equals", "present", "absent", "negative", None} == {w.test for w in whens}
    for when in whens:
        assert when.text.show("zh") != when.text.show("en")


def test_the_variant_only_adds_to_what_it_shares() -> None:
    """Hunan keeps every national field in its place, makes some required, adds its own, and has transactions of its own."""
    national, hunan = interface(), interface("hunan")
    assert set(national.transactions) < set(hunan.transactions)
    for infno, one in national.transactions.items():
        there = {(d, n.name, f.name): f for d, n, f in hunan.transactions[infno].fields()}
        for direction, node, field in one.fields():
            kept = there[direction, node.name, field.name]
            assert (field.type, field.length, field.codes, field.zh) == (kept.type, kept.length, kept.codes, kept.zh)
            assert kept.required or not field.required
    assert hunan.transactions["2207"].node("request", "data").find("certno").required  # type: ignore[union-attr]
    assert ("2102", "2207", "2304", "2401") == hunan.reversal.oinfno
    assert "abolished" == hunan.transactions["3203"].status
