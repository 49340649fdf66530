"""Exact amounts: where the policy is declared, every field is computed from what the conversation itself said.

Inputs: the person row and the identities of 1101, the lines of 2204 with the classes and limits the target gave them,
the counters of 5206 before the settlement, the filing from the profile's people. What is not there is not judged, never
guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from attrs import evolve, frozen

from conformance.checks import emergency as emergencies
from conformance.checks.amounts import LABELS
from conformance.checks.book import Book, Counters, FiledFacts, LineFacts, SettleFacts
from conformance.checks.emergency import EMERGENCY
from conformance.checks.look import SALES, fen, text, whole
from conformance.checks.sink import Sink
from conformance.checks.standing import told
from conformance.profile import REFERENCE, UNKNOWN, Profile
from sim.benefits import (
    Accumulators,
    Care,
    Case,
    Filing,
    Line,
    LineShare,
    Policy,
    Settlement,
    Step,
    policy,
    policy_for,
    settle,
    split,
    with_readings,
)
from sim.benefits.case import disease_of
from sim.benefits.line import NO_LIMIT
from sim.errors import InputError
from sim.lang import Text, say
from sim.money import show
from sim.platform.identities import strongest
from sim.platform.people import institutions
from sim.platform.regions import province_of

RATIO = "pool_prop_selfpay"
PARTS = ("medfee_sumamt", "fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
FUNDS = ("hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "maf_pay", "oth_pay", "fund_pay_sumamt")
PERSON = ("psn_part_amt", "acct_pay", "acct_mulaid_pay", "psn_cash_pay", "hosp_part_amt")
PAID_BY = ("acct_pay", "acct_mulaid_pay", "psn_cash_pay")
"""How the personal share is split: what it sums to is known even where an account's balance is not."""
CLAUSES: Sequence[tuple[str, str, tuple[str, ...]]] = (
    ("exact.parts", "EXACT-PARTS", PARTS),
    ("exact.deductible", "EXACT-DEDUCTIBLE", ("act_pay_dedc",)),
    ("exact.funds", "EXACT-FUNDS", FUNDS),
    ("exact.ratio", "EXACT-RATIO", (RATIO,)),
    ("exact.person", "EXACT-PERSON", PERSON),
)
"""In the order in which a settlement is worked out: the first that differs is the likely cause of the rest."""
_STEPS: Mapping[str, tuple[str, ...]] = {
    "exact.deductible": ("deductible",),
    "exact.funds": ("bands", "ratio", "layer", "cap"),
    "exact.person": ("account",),
}
CHRONIC = ("14", "16", "9901")
STRENGTH = ("long_term", "referral", "emergency", "other_temporary")


@frozen
class Reckoned:
    """The oracle's settlement of one request with what it was reckoned from, or why there is none. ``unsplit``: why its
    personal share cannot be split between accounts and cash, if so; ``left_open``: why it may also be another one;
    ``others``: what it gives as well by other meanings of the person's identities."""

    settlement: Settlement | None
    shares: tuple[LineShare, ...] = ()
    why: Text | None = None
    policy: Policy | None = None
    case: Case | None = None
    lines: tuple[Line, ...] = ()
    unsplit: Text | None = None
    left_open: Text | None = None
    others: tuple[Settlement, ...] = ()

    @property
    def unknown(self) -> Mapping[str, Text]:
        """The fields whose amount is not known, with the reason."""
        found: dict[str, Text] = {}
        if self.settlement is not None:
            for other in self.others:
                found |= dict.fromkeys(_differing(other.amounts, self.settlement.amounts), say("judge.identity_open"))
        return found if self.unsplit is None else {**found, **dict.fromkeys(PAID_BY, self.unsplit)}


@frozen
class Accounts:
    """The accounts that a request asks to pay, and what they were seen to hold before it (None: not seen)."""

    own: int | None
    family: int | None
    use_own: bool
    use_family: bool

    @property
    def all_seen(self) -> bool:
        """Whether the balance of every account asked is known."""
        return self.own is not None and (self.family is not None or not self.use_family)

    def held(self, unseen: int) -> tuple[int, int]:
        """What the own and the family member's account hold, if each that is asked and was not seen held ``unseen``."""
        asked = self.use_own or self.use_family
        own = unseen if self.own is None and asked else self.own or 0
        return own, unseen if self.family is None and self.use_family else self.family or 0


def judge_exact(book: Book, profile: Profile, sink: Sink) -> dict[int, Reckoned]:
    """Judge every settlement and trial; returns what was reckoned, by exchange number."""
    found: dict[int, Reckoned] = {}
    for seq, facts in book.settles.items():
        reckoned = found[seq] = reckon(facts, profile, explain=False)
        if reckoned.settlement is None:
            for check, clause, _ in CLAUSES:
                sink.note("not_judged", check, clause, facts.look, why=reckoned.why)
            sink.note("not_judged", "exact.lines", "EXACT-LINES", facts.look, why=reckoned.why)
            continue
        if _wrong_lines(facts, reckoned) or _wrong_head(facts, reckoned):
            reckoned = found[seq] = reckon(facts, profile)  # only what is wrong is explained, and only once
        assert reckoned.settlement is not None  # noqa: S101 - the same inputs gave one just now
        _lines(facts, reckoned, sink)
        _head(facts, reckoned, sink)
        if not facts.is_trial:
            _counters(facts, reckoned, sink)
    return found


def reckon(facts: SettleFacts, profile: Profile, explain: bool = True) -> Reckoned:
    """Settle what a request asked for, by the policy the profile declares; ``explain`` adds the steps. Where it is open
    whether the visit is an emergency and that is worth money, the reading counts that the answer fits best."""
    visit = facts.visit
    told = emergencies.settled(visit.emergency, visit.kind, facts.look.data) if visit is not None else False
    found = _reckon(facts, profile, explain, told is not False)
    if told is not None or found.settlement is None:
        return found
    other = _reckon(facts, profile, explain, False)
    if other.settlement is None or other.settlement.amounts == found.settlement.amounts:
        return found
    chosen = min((found, other), key=lambda one: sum(map(len, _wrong_head(facts, one).values())))
    return evolve(chosen, left_open=say("judge.emergency_open"))


def _reckon(facts: SettleFacts, profile: Profile, explain: bool, emergency: bool) -> Reckoned:
    person, visit, insured = facts.person, facts.visit, facts.insured
    if person is None or visit is None or not insured:
        return Reckoned(None, why=say("judge.person_unseen"))
    if not facts.lines or any(line.came is None for line in facts.lines):
        return Reckoned(None, why=say("judge.lines_unseen"))
    if facts.counters is None:
        return Reckoned(None, why=say("judge.counters_unseen"))
    declared = profile.person(text(person.base.get("certno")))
    if declared is None:
        return Reckoned(None, why=say("judge.person_undeclared"))
    institution = profile.institution(text(facts.look.request.get("fixmedins_code")))
    if institution is None:
        return Reckoned(None, why=say("judge.institution_undeclared"))
    on = _day(facts)
    admdvs, insutype = text(insured.get("insuplc_admdvs")), text(insured.get("insutype"))
    name = profile.policy_name(admdvs, insutype)
    if name == UNKNOWN:
        return Reckoned(None, why=say("judge.policy_unknown"))
    try:
        rules = policy_for(admdvs, insutype, on) if name == REFERENCE else policy(name, on)
        before = _accumulators(on.year, facts.counters)
        lines = tuple(_line(line, number) for number, line in enumerate(facts.lines, 1))
        shares = tuple(
            split(line, _rules_on(seen, name, admdvs, insutype, rules), explain)
            for line, seen in zip(lines, facts.lines, strict=True)
        )
        med_type = text(facts.look.data.get("med_type")) or visit.med_type
        care = _care(visit.kind, med_type)
        case = Case(
            care=care,
            level=institution.level,
            on=on,
            retired=text(insured.get("psn_type")).startswith("12"),
            age=declared.age_on(on) if not declared.psn_no.startswith("unknown:") else _age(person.base, on),
            filing=_filing(
                declared.filings,
                person.filed_at(facts.look.seq),
                institution.province,
                admdvs,
                emergency,
                (_first(facts, on), on),
            ),
            civil_servant=text(insured.get("cvlserv_flag")) == "1",
            disease=disease_of(visit.disease) if care is Care.CHRONIC else "",
            treated_in="" if institution.province == province_of(admdvs) else institution.province,
            admitted=_first(facts, on) if care is Care.INPATIENT else None,
        )
        use_own = text(facts.look.data.get("acct_used_flag")) == "1"
        accounts = Accounts(facts.balance, facts.family_balance, use_own, facts.from_family)

        def paying(one: Case, by: Policy, unseen: int, explain: bool = False) -> Settlement:
            own, family = accounts.held(unseen)
            return settle(by, one, shares, before, own, accounts.use_own, explain, family, accounts.use_family)

        meanings = told(facts.identities, _first(facts, on), on)
        found = [strongest(case, held, lambda one: paying(one, rules, 0, explain)) for held in meanings]
        # of several meanings the one that leaves most to the person: whatever an account that was not seen may change
        # of the others, it changes of this one
        case, settled = max(found, key=lambda each: each[1].amounts["psn_part_amt"])
        others = tuple(one for _, one in found if _differs(one, settled))
        unsplit = _unsplit(facts, accounts, settled, rules, partial(paying, case))
    except InputError as error:
        return Reckoned(None, why=error.text)
    return Reckoned(settled, shares, None, rules, case, lines, unsplit, others=others)


def _differs(one: Settlement, other: Settlement) -> bool:
    return one is not other and (one.amounts != other.amounts or one.accumulators != other.accumulators)


def _differing(some: Mapping[str, Any], others: Mapping[str, Any]) -> list[str]:
    return [name for name, value in others.items() if some[name] != value]


def _unsplit(
    facts: SettleFacts,
    accounts: Accounts,
    settled: Settlement,
    rules: Policy,
    paying: Callable[[Policy, int], Settlement],
) -> Text | None:
    """Why the split of the personal share is not known: another balance of an account that was not seen would change
    it, or the target lets the family's account pay alone, which is another reading of acct_used_flag 2."""
    if not (accounts.use_own or accounts.use_family):
        return None
    rich = settled if accounts.all_seen else paying(rules, settled.amounts["medfee_sumamt"])
    if any(rich.amounts[name] != settled.amounts[name] for name in PAID_BY):
        return say("judge.family_unseen" if accounts.use_family else "judge.balance_unseen")
    if not accounts.use_family or rules.mutual_aid != "own_first" or _splits_as(facts, settled):
        return None
    alone = paying(with_readings(rules, mutual_aid="family_only"), 0)
    return say("judge.family_alone") if _splits_as(facts, alone) else None


def _splits_as(facts: SettleFacts, settled: Settlement) -> bool:
    return all(facts.head.get(name) in (None, settled.amounts[name]) for name in PAID_BY)


def _day(facts: SettleFacts) -> date:
    """The day that decides policy and year: of the outpatient visit or sale, of discharge, of an interim settlement."""
    visit, sent = facts.visit, facts.look.exchange.sent_at
    if visit is None or (visit.kind == "inpatient" and facts.interim):
        given = ""
    elif visit.kind == "inpatient":
        given = visit.ends or text(facts.look.data.get("dscgTime")) or text(facts.look.data.get("dscg_time"))
    else:
        given = visit.begins
    return _date(given) or _date(sent) or date.min


def _first(facts: SettleFacts, on: date) -> date:
    """The first day of the visit."""
    return (_date(facts.visit.begins) if facts.visit else None) or on


def _date(given: str) -> date | None:
    try:
        return date.fromisoformat(given[:10])
    except ValueError:
        return None


def _rules_on(line: LineFacts, name: str, admdvs: str, insutype: str, rules: Policy) -> Policy:
    """A line is split by the policy of the day of its fee. Raises InputError where there is none."""
    on = _date(text(line.sent.get("fee_ocur_time")))
    if on is None or rules.covers(on):
        return rules
    return policy_for(admdvs, insutype, on) if name == REFERENCE else policy(name, on)


def _accumulators(year: int, counters: Counters) -> Accumulators:
    """Raises InputError for a counter that the reference does not know: then amounts cannot be computed from it."""
    rows = [(code, Decimal(value).scaleb(-2)) for (of_year, code), value in counters.items() if of_year == str(year)]
    return Accumulators.from_rows(year, rows)


def _line(facts: LineFacts, number: int) -> Line:
    row = facts.came or {}
    limit = whole(row.get("pric_uplmt_amt"), 6)
    approved = {"1": True, "2": False}.get(text(facts.sent.get("hosp_appr_flag")))
    return Line(
        number=number,
        code=text(facts.sent.get("med_list_codg")),
        chrgitm_lv=text(row.get("chrgitm_lv")),
        med_chrgitm_type=text(row.get("med_chrgitm_type")),
        price=whole(facts.sent.get("pric"), 6) or 0,
        quantity=whole(facts.sent.get("cnt"), 4) or 0,
        amount=fen(facts.sent.get("det_item_fee_sumamt")) or 0,
        limit=None if limit is None or limit >= NO_LIMIT else limit,
        restricted=_restricted(facts, row),
        approved=approved,
    )


def _restricted(facts: LineFacts, row: Mapping[str, Any]) -> bool:
    """A pharmacy's messages have no flag for it: there, wholly own pay of class A or B shows a restricted item."""
    if facts.infno not in SALES or "lmt_used_flag" in row:
        return text(row.get("lmt_used_flag")) == "1"
    amount, own = fen(facts.sent.get("det_item_fee_sumamt")), fen(row.get("fulamt_ownpay_amt"))
    return amount == own and text(row.get("chrgitm_lv")) != "03"


def _care(kind: str, med_type: str) -> Care:
    if kind == "inpatient":
        return Care.INPATIENT
    if med_type in EMERGENCY:
        return Care.EMERGENCY
    return Care.CHRONIC if med_type in CHRONIC else Care.OUTPATIENT


def _filing(
    declared: Sequence[Any],
    made: Sequence[FiledFacts],
    province: str,
    admdvs: str,
    emergency: bool,
    days: tuple[date, date],
) -> Filing:
    """The best filing that covers some day of the visit: declared by the profile, or made in the conversation."""
    if province == province_of(admdvs):
        return Filing.LOCAL
    if emergency:
        return Filing.EMERGENCY
    kinds = {filing.kind for filing in declared if filing.covers(province, *days)}
    for filed in made:
        if _destination(filed.destination) == province and _meets(filed, days):
            kinds.add(filed.kind)
    return next((Filing(kind) for kind in STRENGTH if kind in kinds), Filing.UNFILED)


def _destination(place: str) -> str:
    """The province of a division, or of an institution of the reference."""
    if place.isdigit() and len(place) == 6:
        return province_of(place)
    return next((one.province for one in institutions() if one.fixmedins_code == place), "")


def _meets(filed: FiledFacts, days: tuple[date, date]) -> bool:
    first, last = _date(filed.from_day) or date.min, _date(filed.to_day) or date.max
    return first <= days[1] and days[0] <= last


def _age(base: Mapping[str, Any], on: date) -> int:
    try:
        born = date.fromisoformat(text(base.get("brdy")))
    except ValueError:
        return (whole(base.get("age"), 1) or 0) // 10
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


_ROW: Mapping[str, str] = {
    "fulamt_ownpay_amt": "fulamt_ownpay_amt",
    "overlmt_selfpay": "overlmt_amt",
    "preselfpay_amt": "preselfpay_amt",
    "inscp_scp_amt": "inscp_scp_amt",
}
"""The four parts as the head names them, and as a row does."""
_NODE: Mapping[str, str] = {"2101": "detlcutinfo", "2102": "detlcutinfo"}
"""Where a transaction answers with split lines, if not in ``result``."""


def _wrong_lines(facts: SettleFacts, reckoned: Reckoned) -> list[tuple[int, str, int, LineShare]]:
    """Parts of rows that differ: row, its field, the fen that came, the right split."""
    return [
        (number, field, came, share)
        for number, (line, share) in enumerate(zip(facts.lines, reckoned.shares, strict=True))
        for name, field in _ROW.items()
        if (came := fen((line.came or {}).get(field))) is not None and came != getattr(share, name)
    ]


def _wrong_head(facts: SettleFacts, reckoned: Reckoned) -> Mapping[str, list[tuple[str, int | None]]]:
    """Fields that differ, by check, with what came. A missing one is told by the schema check, once."""
    found: dict[str, list[tuple[str, int | None]]] = {}
    settled, unknown = reckoned.settlement, reckoned.unknown
    assert settled is not None  # noqa: S101 - asked only where there is one
    for check, _, names in CLAUSES:
        for name in names:
            if name in unknown:
                continue
            came = whole(facts.look.head.get(name), 4) if name == RATIO else facts.head.get(name)
            absent = came is None and facts.look.head.get(name) in (None, "")
            if not absent and came != settled.amounts[name]:
                found.setdefault(check, []).append((name, came))
    return found


def _lines(facts: SettleFacts, reckoned: Reckoned, sink: Sink) -> None:
    """Each row's split against the declared first self-pay shares."""
    wrong = _wrong_lines(facts, reckoned)
    if not wrong:
        sink.ok("exact.lines", "EXACT-LINES", facts.look)
    for number, field, came, share in wrong:
        name = next(head for head, row in _ROW.items() if row == field)
        sink.verdict(
            False,
            "exact.lines",
            "EXACT-LINES",
            facts.look,
            f"{facts.lines[number].infno} output.{_NODE.get(facts.lines[number].infno, 'result')}[{number}].{field}",
            LABELS.get(name, ""),
            show(getattr(share, name)),
            show(came),
            share.steps[-1].text if share.steps else None,
            say("cause.line_split"),
        )


def _head(facts: SettleFacts, reckoned: Reckoned, sink: Sink) -> None:
    """The first check that finds something names the likely cause of all the rest."""
    wrong, settled = _wrong_head(facts, reckoned), reckoned.settlement
    assert settled is not None  # noqa: S101 - asked only where there is one
    cause: Text | None = None
    if reckoned.left_open is not None:
        sink.note("not_judged", "exact.funds", "EXACT-FUNDS", facts.look, "output.setlinfo", why=reckoned.left_open)
    unknown = reckoned.unknown
    for check, clause, names in CLAUSES:
        first = next((name for name in names if name in unknown), None)
        if first is not None:
            sink.note("not_judged", check, clause, facts.look, f"output.setlinfo.{first}", why=unknown[first])
        if check not in wrong:
            sink.ok(check, clause, facts.look)
            continue
        cause = cause or say(f"cause.{check}")
        for name, came in wrong[check]:
            right = settled.amounts[name]
            sink.verdict(
                False,
                check,
                clause,
                facts.look,
                f"output.setlinfo.{name}",
                LABELS.get(name, ""),
                str(Decimal(right).scaleb(-4)) if name == RATIO else show(right),
                facts.look.head.get(name) if name == RATIO or came is None else show(came),
                _why(check, settled.steps),
                cause,
            )


def _why(check: str, steps: Sequence[Step]) -> Text | None:
    """The step of the explanation that gives the amount; the last one when none is named for it."""
    wanted = _STEPS.get(check, ())
    named = [step for step in steps if any(word in step.clause.rpartition(".")[2] for word in wanted)]
    chosen = named[-1] if named else steps[-1] if steps else None
    return chosen.text if chosen else None


def _rows(settled: Settlement) -> Mapping[str, int | None]:
    """The counters after a settlement, as 5206 prints them."""
    return {code: whole(value, 2) for code, value in settled.accumulators.to_rows()}


def _counters(facts: SettleFacts, reckoned: Reckoned, sink: Sink) -> None:
    settled = reckoned.settlement
    assert settled is not None  # noqa: S101 - asked only where there is one
    if facts.after is None:
        sink.note("not_judged", "exact.counters", "EXACT-COUNTERS", facts.look, why=say("judge.counters_unseen"))
        return
    year = settled.accumulators.year
    right = _rows(settled)
    came = {code: value for (of_year, code), value in facts.after.items() if of_year == str(year)}
    unknown = {code for one in reckoned.others for code in _differing(_rows(one), right)}
    if unknown:
        where, why = f"5206 output.cuminfo.{min(unknown)}", say("judge.identity_open")
        sink.note("not_judged", "exact.counters", "EXACT-COUNTERS", facts.look, where, why=why)
    wrong = [code for code in sorted(right) if code not in unknown and (came.get(code) or 0) != (right[code] or 0)]
    if not wrong:
        sink.ok("exact.counters", "EXACT-COUNTERS", facts.look)
    for code in wrong:
        sink.verdict(
            False,
            "exact.counters",
            "EXACT-COUNTERS",
            facts.look,
            f"5206 output.cuminfo.{code}",
            "累计值",
            show(right[code] or 0),
            show(came.get(code) or 0),
            say("judge.counters_after"),
            say("cause.counters"),
        )
