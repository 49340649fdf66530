"""The order of events: whom a reply is about, one settlement, no trace of trials and refusals, repeats, reversals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.checks.amounts import LABELS
from conformance.checks.book import Book, Change, Counters, SettleFacts
from conformance.checks.look import CANCELS, EFFECTS, HEADS, SALES, SETTLES, TRIALS, Look, text
from conformance.checks.sink import Sink, shown
from conformance.profile import Profile
from sim.lang import Text, say
from sim.money import show

GIVES_BACK = CANCELS | {"2601"}
NUMBERED = frozenset({"2201", "2401", "2501", "2503", "2505"})
"""Messages that are given a number: said again, they are given the same."""
_SAME: tuple[str, ...] = (
    "medfee_sumamt",
    "fulamt_ownpay_amt",
    "overlmt_selfpay",
    "preselfpay_amt",
    "inscp_scp_amt",
    "act_pay_dedc",
)
_SAME += ("hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "maf_pay", "oth_pay", "fund_pay_sumamt")
_SAME += ("psn_part_amt", "acct_pay", "psn_cash_pay")
PAID_BY = ("acct_pay", "psn_cash_pay")
"""What of it depends on the account of a family member, where that is asked to pay."""


def judge_life(book: Book, profile: Profile, sink: Sink) -> None:
    """All of it, exchange by exchange, then what two readings of a person show together."""
    ids: dict[str, dict[str, Look]] = {"mdtrt_id": {}, "setl_id": {}}
    for look in book.looks:
        if look.original is not None:
            _repeat(look, look.original, book, profile, sink)
        elif look.yes:
            _echoes(look, book, sink)
            _unique(look, ids, sink)
            if look.infno in SETTLES and look.seq in book.settles:
                _once(book.settles[look.seq], book, sink)
            if look.infno in GIVES_BACK:
                _known_reversal(look, book, sink)
    for facts in book.settles.values():
        if facts.trial is not None and _nothing_changed(facts, facts.trial):
            _same_amounts(facts, facts.trial, "life.trial_equals_final", "LIFE-TRIAL-EQUAL", sink)
        if facts.twin is not None and _again_alike(facts, facts.twin):
            _same_amounts(facts, facts.twin, "life.settled_again", "REV-SETTLE-AGAIN", sink)
    for change in book.changes:
        _change(change, book, sink)


def _same(sink: Sink, look: Look, check: str, clause: str, path: str, label: str, right: str, came: Any) -> None:
    if right == came:
        sink.ok(check, clause, look)
        return
    cause = say("cause.other_person") if path.endswith(("psn_no", "certno")) else None
    actual = came if came not in (None, "") else say("judge.absent")
    sink.verdict(False, check, clause, look, path, label, right, actual, None, cause)


def _echoes(look: Look, book: Book, sink: Sink) -> None:
    """A reply is about what was asked."""
    if look.infno == "2201":
        node = look.output.get("data")
        came: Mapping[str, Any] = node if isinstance(node, dict) else {}
        _same(sink, look, "life.psn_no", "LIFE-PSN", "output.data.psn_no", "人员编号", look.psn_no, came.get("psn_no"))
        sent = text(look.data.get("ipt_otp_no"))
        path = "output.data.ipt_otp_no"
        _same(sink, look, "life.ipt_otp_no", "LIFE-OTP-NO", path, "住院/门诊号", sent, came.get("ipt_otp_no"))
    elif look.infno == "1101" and text(look.data.get("mdtrt_cert_type")) == "02":
        base = look.output.get("baseinfo")
        one: Mapping[str, Any] = base if isinstance(base, dict) else {}
        sent = text(look.data.get("mdtrt_cert_no"))
        path = "output.baseinfo.certno"
        _same(sink, look, "life.certno", "LIFE-CERTNO", path, "证件号码", sent, one.get("certno"))
    elif look.infno in HEADS and look.head:
        _head_echoes(look, book, sink)
    elif look.infno in CANCELS and look.head:
        path = "output.setlinfo.mdtrt_id"
        _same(sink, look, "life.mdtrt_id", "LIFE-MDTRT", path, "就诊ID", look.mdtrt_id, look.head.get("mdtrt_id"))


def _head_echoes(look: Look, book: Book, sink: Sink) -> None:
    head, at = look.head, "output.setlinfo."
    _same(sink, look, "life.psn_no", "LIFE-PSN", f"{at}psn_no", "人员编号", look.psn_no, head.get("psn_no"))
    _head_of_visit(look, book, sink)
    path = f"{at}medins_setl_id"
    _same(
        sink,
        look,
        "life.medins_setl_id",
        "LIFE-MEDINS-SETL",
        path,
        "医药机构结算ID",
        look.msgid,
        head.get("medins_setl_id"),
    )
    person = book.people.get(look.psn_no)
    if person is not None and head.get("certno"):
        right = text(person.base.get("certno"))
        _same(sink, look, "life.certno", "LIFE-CERTNO", f"{at}certno", "证件号码", right, head.get("certno"))
    if look.infno in TRIALS:
        came = head.get("setl_id")
        empty = came in (None, "")
        path = f"{at}setl_id"
        sink.verdict(
            empty, "life.trial_no_id", "LIFE-TRIAL-NO-ID", look, path, "结算ID", say("judge.absent"), shown(came)
        )


def _head_of_visit(look: Look, book: Book, sink: Sink) -> None:
    """The visit and its kind of care; a pharmacy's sale gets its number with the answer."""
    head, at = look.head, "output.setlinfo."
    if look.infno not in SALES:
        _same(sink, look, "life.mdtrt_id", "LIFE-MDTRT", f"{at}mdtrt_id", "就诊ID", look.mdtrt_id, head.get("mdtrt_id"))
    visit = book.visits.get(look.mdtrt_id)
    right = text(look.data.get("med_type")) or (visit.med_type if visit is not None else "")
    if right:
        _same(sink, look, "life.med_type", "LIFE-MED-TYPE", f"{at}med_type", "医疗类别", right, head.get("med_type"))


def _nothing_changed(facts: SettleFacts, trial: SettleFacts) -> bool:
    """Whether a trial still holds: the same was asked, and nothing was settled between."""
    person, since = facts.person, trial.look.seq
    if person is not None and any(since < seq < facts.look.seq for seq in person.effects):
        return False
    return _asked_alike(facts, trial)


def _asked_alike(facts: SettleFacts, earlier: SettleFacts) -> bool:
    """Whether both are about the same lines on the same day, with the same filings and the same use of the account."""
    visit, person, since = facts.visit, facts.person, earlier.look.seq
    if person is not None and any(
        since < look.seq < facts.look.seq for one in person.filed for look in (one.look, one.withdrawn) if look
    ):
        return False
    if earlier.look.exchange.sent_at[:10] != facts.look.exchange.sent_at[:10]:
        return False
    if text(earlier.look.data.get("acct_used_flag")) != text(facts.look.data.get("acct_used_flag")):
        return False
    return facts.look.infno in SALES or visit is None or visit.changed < since


def _again_alike(facts: SettleFacts, twin: SettleFacts) -> bool:
    """Whether a settlement after a cancelled one starts from the same counters and asks for the same."""
    return _same_counters(facts.counters, twin.counters) and _asked_alike(facts, twin)


def _unique(look: Look, ids: dict[str, dict[str, Look]], sink: Sink) -> None:
    """Numbers that the target gives out are given out once."""
    if look.infno in ("2201", "2401"):
        node = look.output.get("data" if look.infno == "2201" else "result")
        _fresh(look, "mdtrt_id", text(node.get("mdtrt_id")) if isinstance(node, dict) else "", ids, sink)
    elif look.infno in SETTLES:
        _fresh(look, "setl_id", text(look.head.get("setl_id")), ids, sink)


def _fresh(look: Look, name: str, value: str, ids: dict[str, dict[str, Look]], sink: Sink) -> None:
    clause = {"mdtrt_id": "LIFE-MDTRT-UNIQUE", "setl_id": "LIFE-SETL-UNIQUE"}[name]
    first = ids[name].setdefault(value, look) if value else None
    node = {"2201": "data", "2401": "result"}.get(look.infno, "setlinfo")
    path = f"output.{node}.{name}"
    actual = value or say("judge.absent")
    sink.verdict(first is look, f"life.{name}_unique", clause, look, path, "", say("judge.unique"), actual)


def _once(facts: SettleFacts, book: Book, sink: Sink) -> None:
    """One valid settlement of a charge batch."""
    visit = facts.visit
    if visit is None:
        sink.note("not_judged", "life.settled_once", "LIFE-ONCE", facts.look, why=say("judge.person_unseen"))
        return
    batch = facts.look.data.get("chrg_bchno")
    others = [
        one
        for one in book.settled.get(visit.mdtrt_id, ())
        if one is not facts
        and one.look.seq < facts.look.seq
        and one.look.data.get("chrg_bchno") == batch
        and not one.interim
    ]
    standing = [one for one in others if not _undone_at(one, book, facts.look.seq)]
    sink.verdict(
        not standing,
        "life.settled_once",
        "LIFE-ONCE",
        facts.look,
        "output.setlinfo.setl_id",
        "结算ID",
        say("judge.refusal"),
        text(facts.look.head.get("setl_id")),
        say("judge.already_settled", setl_id=text(standing[0].look.head.get("setl_id"))) if standing else None,
        say("cause.settled_twice"),
    )


def _undone_at(facts: SettleFacts, book: Book, at: int) -> bool:
    """Whether a settlement was undone at a moment: its cancellation may itself have been reversed later."""
    return any(look.seq < at <= book.taken_back.get(look.seq, at) for look in facts.undone)


def _repeat(look: Look, first: Look, book: Book, profile: Profile, sink: Sink) -> None:
    """The same message again: the same answer, or (unless the target promises it) a refusal; never a second effect.
    What was reversed meanwhile is refused, whatever is promised."""
    if first.yes is None or look.yes is None or not look.same_body:
        return
    if not look.yes and book.was_reversed(look):
        return
    if look.infno not in EFFECTS | NUMBERED:
        return
    if not look.yes and first.yes:
        expected, actual = say("judge.first_answer"), shown(text((look.reply or {}).get("err_msg")))
        why = say("judge.repeat_refused")
        promised = profile.promises("repeat_is_answered_again")
        sink.note(
            "fail" if promised else "leniency",
            "life.repeat",
            "LIFE-REPEAT-ANSWER",
            look,
            "infcode",
            "",
            expected,
            actual,
            why,
        )
        return
    same_id = text(look.head.get("setl_id")) == text(first.head.get("setl_id"))
    same = look.yes == first.yes and same_id and look.output == first.output
    path = "output.setlinfo.setl_id" if not same_id else "output"
    expected_id, came_id = text(first.head.get("setl_id")), text(look.head.get("setl_id"))
    sink.verdict(
        same,
        "life.repeat",
        "LIFE-REPEAT-ANSWER",
        look,
        path,
        "结算ID" if not same_id else "",
        expected_id or say("judge.first_answer"),
        came_id or say("judge.another_answer"),
        say("judge.repeat_same"),
        say("cause.settled_twice"),
    )


def _known_reversal(look: Look, book: Book, sink: Sink) -> None:
    """A cancellation or reversal that is accepted undoes something that was seen. What a reversal of a message that
    never came is answered is an open point of the interface, so its clause is the reference's own reading."""
    check, clause = "life.cancellation_known", "REV-KNOWN"
    if look.infno == "2601":
        check, clause = "life.reversal_known", "REF-REVERSAL-UNKNOWN"
    if look.seq in book.restored or text(look.data.get("oinfno")) == "2401":
        return
    if look.exchange.scenario == "" and look.seq not in book.reversed:
        sink.note("not_judged", check, clause, look, why=say("judge.settlement_unseen"))
        return
    name = "omsgid" if look.infno == "2601" else "setl_id"
    sink.verdict(
        look.seq in book.reversed,
        check,
        clause,
        look,
        f"input.data.{name}",
        "原发送方报文ID" if name == "omsgid" else "结算ID",
        say("judge.refusal"),
        text(look.data.get(name)),
        say("judge.nothing_to_reverse"),
        say("cause.reversal_unknown"),
    )


def _same_amounts(facts: SettleFacts, other: SettleFacts, check: str, clause: str, sink: Sink) -> None:
    if facts.look.data.get("acct_used_flag") != other.look.data.get("acct_used_flag"):
        return
    names = [name for name in _SAME if not (facts.from_family and name in PAID_BY)]  # a member may pay meanwhile
    wrong = [name for name in names if facts.head.get(name) != other.head.get(name)]
    if not wrong:
        sink.ok(check, clause, facts.look)
    for name in wrong:
        right, came = other.head.get(name), facts.head.get(name)
        sink.verdict(
            False,
            check,
            clause,
            facts.look,
            f"output.setlinfo.{name}",
            LABELS.get(name, ""),
            show(right) if right is not None else say("judge.absent"),
            show(came) if came is not None else say("judge.absent"),
            say("judge.same_as", seq=other.look.seq),
            say(f"cause.{check}"),
        )


# --- two readings, and what was said in between ---


def _change(change: Change, book: Book, sink: Sink) -> None:
    if change.kind == "shared":
        why, cause = say("judge.family_account"), say("cause.family_account")
        _equal_readings(change, change.between[-1], "life.family", "LIFE-FAMILY", change.before, why, cause, sink)
        return
    told = [look for look in change.between if look.infno in EFFECTS | HEADS or look.faulty]
    if not told:
        return
    if any(look.yes is None and look.infno in EFFECTS for look in told):
        return  # an answer that never came may or may not have had its effect
    effects = [look for look in told if look.infno in EFFECTS and look.yes and look.original is None]
    if not effects:
        _no_trace(change, told[-1], sink)
        repeats = [look for look in told if look.original is not None]
        if repeats and repeats[-1] is not told[-1]:
            _no_trace(change, repeats[-1], sink)
        return
    if len(effects) == 1 and effects[0].infno in GIVES_BACK:
        _given_back(change, effects[0], book, sink)


def _no_trace(change: Change, look: Look, sink: Sink) -> None:
    if look.original is not None:
        check, clause, why = "life.repeat_once", "LIFE-REPEAT-ONCE", say("judge.repeat_once")
        cause = say("cause.settled_twice")
    elif look.yes is False:
        check, clause, why = "life.refusal_no_trace", "LIFE-REFUSAL-NO-TRACE", say("judge.refusal_no_trace")
        cause = say("cause.refusal_trace")
    else:
        check, clause, why = "life.trial_no_trace", "LIFE-TRIAL-NO-TRACE", say("judge.trial_no_trace")
        cause = say("cause.trial_trace")
    _equal_readings(change, look, check, clause, change.before, why, cause, sink)


def _given_back(change: Change, look: Look, book: Book, sink: Sink) -> None:
    settled = book.reversed.get(look.seq)
    check, clause = {
        "counters": ("life.counters_back", "REV-COUNTERS"),
        "balance": ("life.balance_back", "REV-BALANCE"),
    }[change.kind]
    if settled is None:
        return
    if change.kind == "balance":
        own = (settled.head.get("acct_pay") or 0) - (settled.head.get("acct_mulaid_pay") or 0)
        right: Any = change.before + own  # what a family member's account paid goes back there
    else:
        insutype = text(settled.look.data.get("insutype"))
        if insutype != change.insutype:
            right = change.before
        elif settled.after is None or settled.counters is None:
            sink.note("not_judged", check, clause, look, why=say("judge.counters_unseen"))
            return
        else:
            keys = {*change.before, *settled.after, *settled.counters}
            right = {
                key: change.before.get(key, 0) - settled.after.get(key, 0) + settled.counters.get(key, 0)
                for key in keys
            }
    _equal_readings(change, look, check, clause, right, say("judge.given_back"), say("cause.given_back"), sink)


def _equal_readings(
    change: Change, look: Look, check: str, clause: str, right: Any, why: Text, cause: Text, sink: Sink
) -> None:
    if change.kind in ("balance", "shared"):
        at, expected, actual = "1101 output.insuinfo.balc", show(right), show(change.after)
        sink.verdict(right == change.after, check, clause, look, at, "余额", expected, actual, why, cause)
        return
    wrong = _differences(right, change.after)
    if not wrong:
        sink.ok(check, clause, look)
    for year, code in wrong:
        at = f"5206 output.cuminfo[{year} {code}].cum"
        expected, actual = show(right.get((year, code), 0)), show(change.after.get((year, code), 0))
        sink.verdict(False, check, clause, look, at, "累计值", expected, actual, why, cause)


def _same_counters(one: Counters | None, other: Counters | None) -> bool:
    return one is not None and other is not None and not _differences(one, other)


def _differences(right: Counters, came: Counters) -> list[tuple[str, str]]:
    return [key for key in sorted({*right, *came}) if right.get(key, 0) != came.get(key, 0)]
