"""The output contract: one flat record a visit, and what a run counted."""

from __future__ import annotations

from attrs import frozen

AMOUNTS = (
    "fulamt_ownpay_amt",
    "overlmt_selfpay",
    "preselfpay_amt",
    "inscp_scp_amt",
    "act_pay_dedc",
    "hifp_pay",
    "cvlserv_pay",
    "hifes_pay",
    "hifmi_pay",
    "hifob_pay",
    "maf_pay",
    "oth_pay",
    "fund_pay_sumamt",
    "hosp_part_amt",
    "psn_part_amt",
    "acct_pay",
    "psn_cash_pay",
)
"""Amounts of a settlement that a record carries, under the interface's names, in fen."""


@frozen(kw_only=True)
class Record:
    """One visit. Times in seconds since the start of the period, money in fen; None where it did not come so far.

    ``medfee_sumamt`` is what was billed, whatever came of it; ``paid_at_counter`` what the patient paid there: own
    share when settled, else the whole bill. ``queue_found``, ``queue_found_discharge``: patients waiting on arrival.
    ``held_s``: time a counter was held, without waiting. ``refused_infno`` and ``refusal`` say which message was
    refused and the class of the reason; ``refusal_text`` is the platform's own words.
    """

    visit_id: int
    kind: str
    date: str
    hospital: str
    level: str
    treated_in: str
    insuplc_admdvs: str
    insutype: str
    policy: str
    psn_no: str
    filing: str
    credential: str
    arrive_s: float
    served_s: float | None
    identified_s: float | None
    registered_s: float | None
    uploaded_s: float | None
    discharge_arrived_s: float | None
    discharge_served_s: float | None
    presettled_s: float | None
    settled_s: float | None
    left_s: float
    wait_s: float
    wait_discharge_s: float | None
    held_s: float
    queue_found: int
    queue_found_discharge: int | None
    messages: int
    lost: int
    reversals: int
    unread: int
    outcome: str
    refused_infno: str
    refusal: str
    refusal_text: str
    lines: int
    setl_id: str
    medfee_sumamt: int
    fulamt_ownpay_amt: int | None
    overlmt_selfpay: int | None
    preselfpay_amt: int | None
    inscp_scp_amt: int | None
    act_pay_dedc: int | None
    hifp_pay: int | None
    cvlserv_pay: int | None
    hifes_pay: int | None
    hifmi_pay: int | None
    hifob_pay: int | None
    maf_pay: int | None
    oth_pay: int | None
    fund_pay_sumamt: int | None
    hosp_part_amt: int | None
    psn_part_amt: int | None
    acct_pay: int | None
    psn_cash_pay: int | None
    paid_at_counter: int


@frozen
class Leftover:
    """People still at a desk at midnight: the queue did not drain overnight."""

    hospital: str
    desk: str
    date: str
    people: int


@frozen
class Results:
    """What a run produced. Records in order of arrival. ``local_patients``: background load that was run."""

    records: tuple[Record, ...]
    leftovers: tuple[Leftover, ...]
    people: int
    local_patients: int
    messages: int
