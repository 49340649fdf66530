"""The operator's pages of ledgers and clearing, and the same as JSON."""

from __future__ import annotations

from typing import Any

from sim.lang import Lang, Text, say
from sim.page import render
from sim.platform import HUB, Reference
from sim.platform.clearing import Clearing, Month, month_of, months_with_fees
from sim.platform.clearing_records import MONTH_TABLES
from sim.platform.ledger import LEDGER
from sim.platform.ledger.accounts import MIRRORED_BY, split
from sim.platform.store import Store
from sim.service.clearing import data
from sim.service.clearing.command import Shown
from sim.service.clearing.summed import balances

FACING = (*MIRRORED_BY, "refused")
"""Kinds of accounts whose meaning names the other party."""
ENTRIES = 100
"""How many entries a page lists; the JSON has as many."""


def stores(reference: Reference) -> dict[str, Store]:
    """The stores of the parties of this process, the hub's too."""
    return {name: party.store for name, party in reference.parties.items()}


def clearing(reference: Reference) -> Clearing | None:
    """The clearing of all parties; None where some of them are in other processes."""
    found = stores(reference)
    whole = HUB in found and reference.setting.connected <= found.keys()
    return Clearing(found, readings=reference.setting.readings) if whole else None


def month(reference: Reference, name: str) -> Month | None:
    """A month of which there is something to show."""
    of_all = clearing(reference)
    if of_all is None or name not in _months(of_all):
        return None
    return month_of(of_all, name)


# --- as JSON ---------------------------------------------------------------------------------------------------------


def ledger_data(reference: Reference) -> dict[str, Any]:
    """Every balance, whether the books agree, what is under way."""
    return {"unit": "yuan", **data.state(stores(reference))}


def party_data(reference: Reference, party: str, before: int | None = None) -> dict[str, Any] | None:
    """The balances of one party and a page of its entries, newest first: the last ones, or those ``before`` a number.
    ``older`` is the number before which the next page begins, None on the last one."""
    found = stores(reference)
    if party not in found:
        return None
    store = found[party]
    made = store.last(LEDGER, ENTRIES + 1, () if before is None else (before,))
    page = made[:ENTRIES]
    return {
        "party": party,
        "unit": "yuan",
        "balances": data.balances(balances({party: store})),
        "total": store.count(LEDGER),
        "entries": [data.entry(each) for each in page],
        "older": page[-1].number if len(made) > ENTRIES else None,
    }


def months_data(reference: Reference) -> dict[str, Any]:
    """Every month with settlements, and how far its clearing has come."""
    of_all = clearing(reference)
    names = () if of_all is None else _months(of_all)
    return {"complete": of_all is not None, "months": [_brief(of_all, name) for name in names if of_all is not None]}


def _months(of_all: Clearing) -> list[str]:
    """The months that have fees or a table, in order."""
    return sorted({*months_with_fees(of_all), *(table.month for table in of_all.hub.all(MONTH_TABLES))})


def _brief(of_all: Clearing, name: str) -> dict[str, str]:
    table = of_all.table(name)
    return {"month": name, "state": table.state if table is not None else "provisional"}


# --- as pages --------------------------------------------------------------------------------------------------------


def ledger_page(reference: Reference, lang: Lang) -> str:
    """All parties: do the books agree, balances by party."""
    found = ledger_data(reference)
    title = say("clearing.page.ledger")
    return _page("ledger.html", lang, title, found=found, most=data.OPEN, name=data.name, meaning=meaning)


def party_page(reference: Reference, party: str, lang: Lang, before: int | None = None) -> str | None:
    """One party: balances and a page of entries."""
    found = party_data(reference, party, before)
    if found is None:
        return None
    title = say("clearing.page.party", party=data.name(party))
    return _page("ledger_party.html", lang, title, found=found, meaning=meaning, kind=_kind, newest=before is None)


def meaning(account: str) -> Text:
    """What an account of a ledger holds."""
    kind, other = split(account)
    return (
        say(f"clearing.account.{kind}", other=data.name(other)) if kind in FACING else say(f"clearing.account.{kind}")
    )


def _kind(entry: str) -> Text:
    return say(f"clearing.entry.{entry}")


def months_page(reference: Reference, lang: Lang) -> str:
    """All months."""
    return _page("clearing_months.html", lang, say("clearing.page.months"), found=months_data(reference))


def month_page(reference: Reference, name: str, lang: Lang) -> str | None:
    """A month's table."""
    found = month(reference, name)
    if found is None:
        return None
    shown = Shown(found, ())
    return _page(
        "clearing_month.html",
        lang,
        say("clearing.page.month", month=name),
        month=found,
        state=say(f"clearing.state.{found.state}"),
        due=[(say(f"clearing.step.{step}"), day) for step, day in data.due(found)],
        tables=shown.tables,
    )


def _page(template: str, lang: Lang, title: Any, **context: Any) -> str:
    return render(template, package="sim.service", lang=lang, title=title, styles=("operator.css",), **context)
