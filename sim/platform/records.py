"""What the parties remember: one frozen record type a table, with its keys and indexes.

Amounts are fen, prices 1/1000000 yuan, quantities 1/10000. ``head`` and ``detail`` hold parts of a message as it went
out (decimal numbers), kept so that a query prints what the settlement printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal

from attrs import Factory, field, frozen

from sim.benefits import Accumulators
from sim.platform.clearing_records import CLEARING_TABLES
from sim.platform.filings import FILED
from sim.platform.intents import INTENTS
from sim.platform.ledger_records import LEDGER
from sim.platform.office_records import OFFICE_TABLES
from sim.platform.store import Table

Json = Mapping[str, Any]

# --- every party -----------------------------------------------------------------------------------------------------

MessageState = Literal["open", "done", "refused", "reversed"]


@frozen
class Message:
    """A message that passed the gate, and what became of it: the journal that makes retries harmless.

    ``open``: begun, outcome not known yet; ``done`` and ``refused``: ``reply`` holds the bytes to answer a repetition
    with; ``reversed``: undone by 2601, or reversed before it ever came (``digest`` is then empty). ``reason`` is the
    key of a refusal; of a cancellation that was reversed the number of its settlement.
    """

    sender: str
    msgid: str
    infno: str
    digest: str
    state: MessageState
    at: datetime
    serial: int
    reply: bytes = b""
    reason: str = ""


MESSAGES = Table("messages", Message, ("sender", "msgid"))
"""Messages of hospitals to the treatment side."""
RELAYED = Table("relayed", Message, ("sender", "msgid"))
"""Messages of treatment places to the insured side, those with an effect."""

# --- treatment side ---------------------------------------------------------------------------------------------------


@frozen
class SignIn:
    """An operator's sign-in (9001), for one day."""

    sign_no: str
    fixmedins_code: str
    opter_no: str
    day: date
    at: datetime
    out_at: datetime | None = None


SIGN_INS = Table("sign_ins", SignIn, ("sign_no",), {"operator": ("fixmedins_code", "opter_no", "day")})

VisitKind = Literal["outpatient", "inpatient", "pharmacy"]
VisitState = Literal["open", "discharged", "cancelled"]


@frozen
class Visit:
    """A visit or stay. ``person`` is what the insured place told about the patient when it was opened.

    ``med_type`` and the diagnoses of an outpatient visit come with 2203; until then ``med_type`` is empty.
    ``discharge_diagnoses`` come with 2402. ``details`` are fields of the hospital's messages that only queries print.
    A pharmacy's sale is a visit too, and its whole life is one message.
    """

    mdtrt_id: str
    kind: VisitKind
    fixmedins_code: str
    psn_no: str
    insuplc_admdvs: str
    insutype: str
    number: str
    begins: datetime
    msgid: str
    mdtrt_cert_type: str
    person: Json = field(hash=False)
    state: VisitState = "open"
    med_type: str = ""
    dise_codg: str = ""
    dise_name: str = ""
    diagnoses: tuple[Json, ...] = field(default=(), hash=False)
    emergency: bool = False
    ends: datetime | None = None
    discharge_diagnoses: tuple[Json, ...] = field(default=(), hash=False)
    details: Json = field(factory=dict, hash=False)


VISITS = Table(
    "visits",
    Visit,
    ("mdtrt_id",),
    {
        "msgid": ("fixmedins_code", "msgid"),
        "person": ("fixmedins_code", "psn_no"),
        "present": ("fixmedins_code", "kind", "state"),
    },
)


@frozen
class FeeLine:
    """An uploaded fee line with its split. ``setl_id`` is empty until a settlement takes it.

    ``sent`` are fields of the hospital's message that only queries print.
    """

    mdtrt_id: str
    feedetl_sn: str
    chrg_bchno: str
    code: str
    chrgitm_lv: str
    med_chrgitm_type: str
    price: int
    quantity: int
    amount: int
    limit: int
    restricted: bool
    approved: bool | None
    on: date
    fulamt_ownpay_amt: int
    overlmt_selfpay: int
    preselfpay_amt: int
    inscp_scp_amt: int
    selfpay_prop: int
    refund_of: str = ""
    setl_id: str = ""
    sent: Json = field(factory=dict, hash=False)


LINES = Table("lines", FeeLine, ("mdtrt_id", "feedetl_sn"), {"visit": ("mdtrt_id",)})

SettlementState = Literal["pending", "valid", "cancelling", "cancelled", "reversing", "reversed"]


@frozen
class Settlement:
    """A settlement at the treatment place.

    ``pending`` (asked of the insured place, no answer yet) -> ``valid`` -> ``cancelling`` -> ``cancelled``;
    or -> ``reversing`` -> ``reversed`` by 2601. ``made_by`` and ``cancelled_by`` are the msgids of the messages that
    did it; ``lines`` numbers the fee lines it took; ``refund_id`` and ``refund_head`` are the
    negative record that a cancellation leaves. ``day`` and ``refund_day`` are the days of ``at`` and ``cancelled_at``,
    by which an institution's account of a day is found.
    """

    setl_id: str
    mdtrt_id: str
    fixmedins_code: str
    batch: str
    final: bool
    infno: str
    made_by: str
    at: datetime
    state: SettlementState
    lines: tuple[str, ...]
    medfee_sumamt: int
    head: Json = field(factory=dict, hash=False)
    detail: tuple[Json, ...] = field(default=(), hash=False)
    invono: str = ""
    opter: str = ""
    opter_name: str = ""
    cancelled_by: str = ""
    cancelled_at: datetime | None = None
    refund_id: str = ""
    refund_head: Json = field(factory=dict, hash=False)
    day: date = Factory(lambda self: self.at.date(), takes_self=True)
    refund_day: date | None = None

    @property
    def holds(self) -> bool:
        """Whether it keeps its fee lines: everything but what is cancelled or reversed for good."""
        return self.state not in ("cancelled", "reversed")


SETTLEMENTS = Table(
    "settlements",
    Settlement,
    ("setl_id",),
    {
        "visit": ("mdtrt_id",),
        "day": ("fixmedins_code", "day"),
        "refund_day": ("fixmedins_code", "refund_day"),
        "made_by": ("fixmedins_code", "made_by"),
        "cancelled_by": ("fixmedins_code", "cancelled_by"),
        "refund": ("refund_id",),
    },
)

# --- insured side -----------------------------------------------------------------------------------------------------

ClaimState = Literal["valid", "cancelled", "reversed"]


@frozen
class Claim:
    """A settlement at the insured place: what was paid, and by how much each counter moved (to give it back).

    ``filing`` is the chronic disease filing that it drew on (empty: none, or one of the opening data), ``drugs`` the
    lines of drugs of such care, as 5205 prints them.
    """

    setl_id: str
    psn_no: str
    insutype: str
    year: int
    treated_in: str
    fixmedins_code: str
    mdtrt_id: str
    batch: str
    made_by: str
    at: datetime
    state: ClaimState
    amounts: Mapping[str, int] = field(hash=False)
    moved: Mapping[str, int] = field(hash=False)
    cancelled_by: str = ""
    med_type: str = ""
    filing: str = ""
    drugs: tuple[Json, ...] = field(default=(), hash=False)

    @property
    def account(self) -> int:
        """What personal accounts paid, in fen: the person's own and the family's."""
        return self.amounts["acct_pay"]

    @property
    def shared(self) -> int:
        """The part of it that the account of a member of the family paid (账户共济)."""
        return self.amounts.get("acct_mulaid_pay", 0)


CLAIMS = Table(
    "claims",
    Claim,
    ("setl_id",),
    {
        "batch": ("fixmedins_code", "mdtrt_id", "batch"),
        "made_by": ("fixmedins_code", "made_by"),
        "cancelled_by": ("fixmedins_code", "cancelled_by"),
        "person": ("psn_no", "insutype"),
    },
)


@frozen
class Used:
    """What a person has used up in a year under one insurance."""

    psn_no: str
    insutype: str
    year: int
    accumulators: Accumulators


USED = Table("used", Used, ("psn_no", "insutype", "year"), {"person": ("psn_no",)})


@frozen
class Account:
    """The balance of a personal account, in fen; absent until something moved it."""

    psn_no: str
    insutype: str
    balance: int


ACCOUNTS = Table("accounts", Account, ("psn_no", "insutype"))

TABLES: tuple[Table[Any], ...] = (
    MESSAGES,
    RELAYED,
    SIGN_INS,
    VISITS,
    LINES,
    SETTLEMENTS,
    CLAIMS,
    USED,
    ACCOUNTS,
    FILED,
    INTENTS,
    *OFFICE_TABLES,
    LEDGER,
    *CLEARING_TABLES,
)
"""Every table, for a store that must create them."""
