"""What agencies do beside the interface, by POST: filings, audit, disputes, advance funds, the steps of clearing."""

import asyncio

import clearing_desk as books
import httpx
import pytest
from platform_desk import NOW, Desk, person, says, world

from sim.interface import wire
from sim.platform import HUB, ledger, reference
from sim.platform.clearing_records import DEDUCTIONS, DISPUTES, MONTH_TABLES
from sim.service import application
from sim.service.agency import ACTIONS, forms

FIRST = "5" * 20


def app_of(ref):
    return application(ref, clock=lambda: NOW)


def post(app, action, content, *, client=("127.0.0.1", 5000), **more):
    async def go():
        transport = httpx.ASGITransport(app, client=client)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            body = content if isinstance(content, bytes) else wire.encode(content)
            return await http.post(f"/.yidi/agency/{action}", content=body, **more)

    return asyncio.run(go())


def done(app, action, content):
    answer = post(app, action, content)
    assert 200 == answer.status_code, answer.text
    return wire.decode(answer.content)["done"]


def test_every_action_has_a_form_and_every_form_an_action():
    """The schema and the code name the same."""
    assert sorted(forms()) == sorted(ACTIONS)


def unfiled():
    return next(p for n in range(15) if not (p := person("110000", n=n)).filings)


def test_a_filing_during_the_stay_changes_what_its_settlement_pays():
    """Filed before the settlement, however late: the stay settles as filed; the reply names nobody."""
    patient = unfiled()
    heads = []
    for file in (False, True):
        ref = reference()
        desk = Desk(ref, patient).ready_to_leave()
        if file:
            (made,) = done(
                app_of(ref),
                "filings",
                {"psn_no": patient.psn_no, "category": "long_term", "destination": "520000"},
            )
            assert ("approved", "***") == (made["state"], made["psn_no"])
        heads.append(desk.settle())
    assert heads[0]["fund_pay_sumamt"] < heads[1]["fund_pay_sumamt"]


def test_a_filing_is_taken_back():
    """By its number; a second time is refused with the reason."""
    app, patient = app_of(world()), unfiled()
    (made,) = done(app, "filings", {"psn_no": patient.psn_no, "category": "referral", "destination": "520000"})
    number = {"trt_dcla_detl_sn": made["trt_dcla_detl_sn"]}
    assert "withdrawn" == done(app, "filings/withdraw", number)[0]["state"]
    assert 400 == post(app, "filings/withdraw", number).status_code


def test_a_month_is_cleared_step_by_step_with_a_dispute_and_a_deduction():
    """The disputed line waits, the deduction goes back, the rest is distributed; the books agree throughout."""
    story = books.Story()
    first, second = story.settle(books.day(3, 1)), story.settle(books.day(3, 2))
    app = app_of(story.ref)
    done(app, "deductions", {"setl_id": second.setl_id, "amount": "1.00", "reason": "not indicated"})
    done(app, "disputes", {"setl_id": first.setl_id, "reason": "not ours"})
    (table,) = done(app, "clearing", {"month": books.MARCH, "until": "2024-06-30"})
    assert "distributed" == table["state"]
    assert 0 == post(app, "clearing", {"month": books.MARCH, "until": "2024-06-30"}).status_code - 200
    done(app, "disputes/accept", {"line": first.setl_id})
    stores = {name: party.store for name, party in story.ref.parties.items()}
    assert 1 == sum(store.count(DEDUCTIONS) for store in stores.values())
    assert [True] == [one.settled_at is not None for one in stores[books.PEKING].all(DISPUTES)]
    assert ["distributed"] == [one.state for one in stores[HUB].all(MONTH_TABLES)]
    assert () == ledger.check(stores)


def test_advance_funds_are_set_and_paid():
    """A pair without history gets the amount of the rules, on the day by which it is due."""
    app = app_of(world())
    (made,) = done(app, "advances", {"year": 2024, "insured": "110000", "treatment": "520000"})
    assert ("requested", 10_000_000) == (made["state"], made["amount"])
    assert [] == done(app, "advances/pay", {"until": "2024-01-31"})
    assert ["arrived"] == [one["state"] for one in done(app, "advances/pay", {"until": "2024-02-29"})]


@pytest.mark.parametrize(
    ("action", "content", "status"),
    [
        ("filing", {}, 404),
        ("filings", {"psn_no": "1"}, 400),
        ("filings", b"\xff", 400),
        ("filings", b"{", 400),
        ("filings", {"psn_no": "1", "category": "long_term", "destination": "520000"}, 400),
        ("filings/decide", {"trt_dcla_detl_sn": FIRST, "approve": True}, 400),
        ("disputes", {"setl_id": FIRST, "reason": "x"}, 400),
        ("disputes/accept", {"line": FIRST}, 400),
        ("deductions", {"setl_id": FIRST, "amount": "1", "reason": "x"}, 400),
        ("advances", {"year": 2024, "insured": "110000"}, 400),
        ("advances", {"year": 2024, "insured": "110000", "treatment": "999999"}, 400),
        ("clearing", {"month": "2024-03", "until": "2024-02-31"}, 400),
        ("clearing", {"month": "2024-03", "untill": "2024-04-30"}, 400),
    ],
)
def test_what_cannot_be_is_told_in_both_languages(action, content, status):
    """No such action, a missing or unknown key, no JSON, a number that nobody holds."""
    answer = post(app_of(world()), action, content)
    told = wire.decode(answer.content)["error"]
    assert (status, {"zh", "en"}) == (answer.status_code, set(told))
    assert told["zh"] != told["en"]


def test_only_from_this_machine_and_never_as_a_message():
    """Neither another machine nor somebody else's page may act; a message cannot have that path."""
    app = app_of(world())
    content = {"psn_no": unfiled().psn_no, "category": "long_term", "destination": "520000"}
    assert 403 == post(app, "filings", content, client=("192.0.2.7", 5000)).status_code
    assert 403 == post(app, "filings", content, headers={"origin": "http://elsewhere.example"}).status_code
    assert 0 == app.state.service.recent.total


def test_one_party_alone_files_but_does_not_clear():
    """A province of its own keeps filings; clearing is told to need all parties."""
    ref = reference(here=["110000"])
    app, patient = app_of(ref), unfiled()
    done(app, "filings", {"psn_no": patient.psn_no, "category": "referral", "destination": "520000"})
    answer = post(app, "clearing", {"month": "2024-03", "until": "2024-04-30"})
    assert (400, True) == (answer.status_code, "yidi clearing" in answer.text)
    refused = post(app, "filings", {"psn_no": person("520100").psn_no, "category": "referral", "destination": "110000"})
    assert says({"infcode": -1, "err_msg": wire.decode(refused.content)["error"]["zh"]}, "person.unknown")
