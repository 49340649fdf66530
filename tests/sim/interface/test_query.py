"""What the dictionary can be asked."""

from sim.interface import interface, names
from sim.interface.load import build, merge
from sim.interface.query import Difference, diff, listing, show


def test_the_listing_has_every_transaction_once() -> None:
    """With its names in both languages and its numbers of fields; a group narrows it."""
    listed = listing(interface())
    assert list(interface().transactions) == [one.infno for one in listed]
    settle = next(one for one in listed if one.infno == "2207")
    assert ("门诊结算", "settle") == (settle.name.show("zh"), settle.kind)
    assert {"outpatient"} == {one.group for one in listing(interface(), "outpatient")}
    assert 0 < len(listing(interface(), "outpatient")) < len(listed)


def test_a_transaction_is_shown_field_by_field() -> None:
    """Every field of the dictionary is a row; a conditional one gives its reason."""
    for name in names():
        for infno, one in interface(name).transactions.items():
            assert len(list(one.fields())) == len(show(interface(name), infno))
    rows = {row.name: row for row in show(interface(), "1101") if row.direction == "request"}
    assert "required" == rows["mdtrt_cert_no"].required.show("en")
    assert "as mdtrt_cert_type is 03" == rows["card_sn"].required.show("en")
    assert "选填" == rows["certno"].required.show("zh")
    assert "50" in rows["certno"].expected.show("en")


def test_an_interface_does_not_differ_from_itself() -> None:
    """Nor from a second copy of it."""
    assert [] == diff(interface(), interface())


def test_differences_name_place_attribute_and_both_values() -> None:
    """Looked up in the real variant: a flag, an added field, an added transaction, a list, the reversible ones."""
    found = diff(interface(), interface("hunan"))
    assert Difference("1101.input.data.certno", "changed", "required", False, True) in found
    assert Difference("2207.input.data.psn_cert_type", "added") in found
    assert Difference("1306A", "added") in found
    assert Difference("3203", "changed", "status", "", "abolished") in found
    assert "reversal" in {d.place for d in found if d.attribute == "oinfno"}
    assert Difference("codelists.mdtrt_cert_type.99", "removed", old="其他(地方)") in found


def test_the_other_way_round_everything_is_reversed() -> None:
    """Added becomes removed, old becomes new: nothing is seen from one side only."""
    there, back = diff(interface(), interface("hunan")), diff(interface("hunan"), interface())
    turned = {"added": "removed", "removed": "added", "changed": "changed"}
    mirrored = {(d.place, turned[d.change], d.attribute, str(d.new), str(d.old)) for d in back}
    assert {(d.place, d.change, d.attribute, str(d.old), str(d.new)) for d in there} == mirrored


def test_each_single_change_is_one_difference() -> None:
    """Length, type, label, code list, condition, node kind: none is overlooked."""
    base = {
        "name": "a",
        "title": {"zh": "甲", "en": "a"},
        "version": "1",
        "sources": [],
        "envelope": {"request": [], "response": []},
        "reversal": {"oinfno": []},
        "codelists": {},
        "amounts": [],
        "transactions": {
            "1": {
                "zh": "一", "en": "one", "group": "g", "kind": "query", "sure": "high", "output": [],
                "input": [{"name": "n", "kind": "object", "required": True,
                           "fields": [{"name": "f", "zh": "甲", "type": "string", "length": 5}]}],
            }
        },
    }  # fmt: skip
    when = {"text": {"zh": "时", "en": "when"}, "field": "f", "test": "present"}
    changes = {"length": 6, "type": "date", "zh": "乙", "codes": "gend", "when": when, "required": True,
               "format": "msgid", "alias": "g", "origin": "hunan", "sure": "low"}  # fmt: skip
    for attribute, value in changes.items():
        over = {"input": [{"name": "n", "fields": [{"name": "f", attribute: value}]}]}
        laid = build(merge(base, {"name": "b", "transactions": {"1": over}}))
        assert [("1.input.n.f", attribute)] == [(d.place, d.attribute) for d in diff(build(base), laid)]
    laid = build(merge(base, {"name": "b", "transactions": {"1": {"input": [{"name": "n", "kind": "list"}]}}}))
    assert [Difference("1.input.n", "changed", "kind", "object", "list")] == diff(build(base), laid)
