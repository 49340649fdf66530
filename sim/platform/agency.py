"""The insured place's own agency (经办机构): what reaches it through its channels and not through a hospital.

A person files out-of-town care in an app, at a window or by phone (rules C6); the agency decides on filings that
hospitals submitted. Every function takes the insured province, does its work in one transaction and raises `Refused`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import TypeVar

from attrs import evolve

from sim.platform.context import Context
from sim.platform.filings import FILED, Category, Filed, filings_of
from sim.platform.insured.entitlement import ACTIVE
from sim.platform.insured.filing import add, temporary_end
from sim.platform.people import Person
from sim.platform.province import Province
from sim.platform.refusal import refuse

R = TypeVar("R")
CATEGORIES: tuple[Category, ...] = ("long_term", "referral", "other_temporary")
"""What a person files; an emergency counts as filed without it."""


def file_out_of_town(
    province: Province,
    psn_no: str,
    category: Category,
    destination: str,
    from_day: date,
    now: datetime,
    channel: str = "04",
) -> Filed:
    """File treatment in another province (``destination``, a province code) from a day on; in effect at once.

    ``channel`` is a dcla_souc: 02 window, 03 website, 04 app, 05 terminal, 99 other. A temporary filing holds six
    months, a long-term one until another takes its place. It may begin today or later: a stay that has begun is
    covered when the filing comes before its settlement.
    """

    def work(context: Context) -> Filed:
        person = _person(context, psn_no)
        if person.psn_insu_stas != ACTIVE:
            raise refuse("person.suspended", psn_no=psn_no, value=person.psn_insu_stas)
        if category not in CATEGORIES:
            raise refuse("filing.category", value=category, known=", ".join(CATEGORIES))
        if channel not in context.setting.interface.codelists["dcla_souc"].values:
            raise refuse("filing.channel", value=channel)
        if destination == context.code:
            raise refuse("filing.at_home", value=destination)
        if destination not in context.setting.connected:
            raise refuse("place.not_connected", value=destination)
        if from_day < now.date():
            raise refuse("filing.backdated", begins=from_day, today=now.date())
        filing = Filed(
            trt_dcla_detl_sn="",
            type="out_of_town",
            psn_no=psn_no,
            insutype=person.insutype,
            state="approved",
            at=now,
            from_day=from_day,
            to_day=None if category == "long_term" else temporary_end(from_day),
            channel=channel,
            category=category,
            destination=destination,
        )
        return add(context, person, filing)

    return _transaction(province, now, work)


def decide(province: Province, trt_dcla_detl_sn: str, approve: bool, now: datetime) -> Filed:
    """Approve or decline a filing that a hospital submitted and that is still open."""

    def work(context: Context) -> Filed:
        filing = _filing(context, trt_dcla_detl_sn)
        state = filing.state_at(now, context.setting.readings)
        if filing.state != "submitted" or (state == "approved" and not context.setting.readings.filings_at_once):
            raise refuse("filing.decided", sn=trt_dcla_detl_sn, state=state)
        decided = evolve(filing, state="approved" if approve else "declined", decided_at=now)
        context.store.put(FILED, decided)
        return decided

    return _transaction(province, now, work)


def withdraw(province: Province, trt_dcla_detl_sn: str, now: datetime) -> Filed:
    """Take a filing back, whatever its state; settlements made under it stand."""

    def work(context: Context) -> Filed:
        filing = _filing(context, trt_dcla_detl_sn)
        if filing.state == "withdrawn":
            raise refuse("filing.withdrawn", sn=trt_dcla_detl_sn)
        withdrawn = evolve(filing, state="withdrawn", decided_at=now)
        context.store.put(FILED, withdrawn)
        return withdrawn

    return _transaction(province, now, work)


def filings(province: Province, psn_no: str, now: datetime) -> list[Filed]:
    """Everything filed for a person, in order; those of the opening data have no number."""
    return filings_of(province.store, _person(Context(province, {}, now), psn_no))


def _transaction(province: Province, now: datetime, work: Callable[[Context], R]) -> R:
    try:
        done = work(Context(province, {}, now))
    except Exception:
        province.store.rollback()
        raise
    province.store.commit()
    return done


def _person(context: Context, psn_no: str) -> Person:
    person = context.setting.people.by_no(psn_no)
    if person is None or person.province != context.code:
        raise refuse("person.unknown", psn_no=psn_no, place=context.code)
    return person


def _filing(context: Context, number: str) -> Filed:
    filing = context.store.get(FILED, number)
    if filing is None:
        raise refuse("filing.unknown", sn=number)
    return filing
