"""What is known of persons, visits, bill lines and settlements. Facts refer one way only: a book is gone as soon as
nobody holds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field

from conformance.checks.look import TRIALS, Look, text

FAMILY = "2"
"""acct_used_flag that asks for a family member's account too."""


Counters = Mapping[tuple[str, str], int]
"""Counters of one insurance as 5206 printed them: (year, cum_type_code) to hundredths."""


@define
class Reading:
    """The counters of a person at one moment."""

    look: Look
    counters: Mapping[str, Counters]


@define
class FiledFacts:
    """An out-of-town filing that was made in the conversation: its category, the province, its days, its number."""

    kind: str
    destination: str
    from_day: str
    to_day: str
    number: str
    look: Look
    withdrawn: Look | None = None


@define
class PersonFacts:
    """A person as the target showed them. ``effects``: the exchanges that moved this person's money, by number;
    ``shared``: what somebody else paid from this person's account, or got back for it, since the balance was read."""

    psn_no: str
    base: Mapping[str, Any] = field(factory=dict)
    insured: dict[str, Mapping[str, Any]] = field(factory=dict)
    identities: tuple[Mapping[str, Any], ...] = ()
    reading: Reading | None = None
    balance: int | None = None
    since_counters: list[Look] = field(factory=list)
    since_balance: list[Look] = field(factory=list)
    filed: list[FiledFacts] = field(factory=list)
    effects: list[int] = field(factory=list)
    shared: list[Look] = field(factory=list)

    def filed_at(self, seq: int) -> list[FiledFacts]:
        """The filings that stood when an exchange came."""
        made = (one for one in self.filed if one.look.seq < seq)
        return [one for one in made if one.withdrawn is None or one.withdrawn.seq > seq]


@define
class LineFacts:
    """A bill line: what was sent, the row that came back for it, the numbers of the exchanges that uploaded and that
    settled it. Facts refer one way only, so that a book is gone as soon as nobody holds it."""

    sent: Mapping[str, Any]
    came: Mapping[str, Any] | None
    upload: int = 0
    infno: str = "2204"
    settled: int | None = None

    @property
    def number(self) -> str:
        """Its feedetl_sn."""
        return text(self.sent.get("feedetl_sn"))


@define
class VisitFacts:
    """A visit and what was uploaded for it. ``changed``: the last exchange that may change what a settlement gives;
    ``emergency``: whether it is one, None where either may be read."""

    mdtrt_id: str
    psn_no: str
    look: Look
    kind: str = "outpatient"
    begins: str = ""
    ends: str = ""
    med_type: str = ""
    disease: str = ""
    emergency: bool | None = False
    described: bool = False
    batches: dict[str, list[LineFacts]] = field(factory=dict)
    cancelled: Look | None = None
    discharged: Look | None = None
    changed: int = 0
    diagnoses: dict[tuple[str, str], Mapping[str, Any]] = field(factory=dict)

    @property
    def lines(self) -> list[LineFacts]:
        """Every line that was not withdrawn."""
        return [line for batch in self.batches.values() for line in batch]


@define
class SettleFacts:
    """A settlement or trial: what was known before it, and what was read after it. ``family_balance``: what the
    account of the family member held whose account it asks for; ``identities``: the rows of idetinfo."""

    look: Look
    person: PersonFacts | None
    visit: VisitFacts | None
    lines: list[LineFacts]
    insured: Mapping[str, Any]
    counters: Counters | None
    balance: int | None
    trial: SettleFacts | None = None
    twin: SettleFacts | None = None
    after: Counters | None = None
    cancelled_by: Look | None = None
    undone: list[Look] = field(factory=list)
    head: Mapping[str, int | None] = field(factory=dict)
    family_balance: int | None = None
    identities: tuple[Mapping[str, Any], ...] = ()

    @property
    def is_trial(self) -> bool:
        """Whether it is only a trial."""
        return self.look.infno in TRIALS

    @property
    def interim(self) -> bool:
        """Whether a stay goes on after it."""
        return text(self.look.data.get("mid_setl_flag")) == "1"

    @property
    def from_family(self) -> bool:
        """Whether the account of a family member is asked to pay as well."""
        return text(self.look.data.get("acct_used_flag")) == FAMILY

    @property
    def insutype(self) -> str:
        """The insurance that pays."""
        return text(self.look.data.get("insutype"))


@define
class Change:
    """Two readings of a person's counters, or balance, and what was said in between. Of an account that others used
    (``shared``) ``before`` is what it should hold now."""

    kind: str
    before: Any
    after: Any
    between: list[Look]
    look: Look
    insutype: str = ""
