"""Every relation of the library put to an engine: which settlements to make for it, in one scene."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from attrs import evolve, frozen
from benefits_scenes import Scene

from sim.benefits import Accumulators, Care, Case, Filing, Line, Policy, Settlement, settle, split_all, unsettle
from sim.benefits.line import multiply
from sim.benefits.relations import Observed, Terms, observe, terms_of

Comparison = tuple[str, tuple[Observed, ...], Terms]


def _same_lines(lines: Sequence[Line]) -> Sequence[Line]:
    return lines


def _same_case(case: Case) -> Case:
    return case


def _same_policy(policy: Policy) -> Policy:
    return policy


def _same_counters(counters: Accumulators) -> Accumulators:
    return counters


@frozen
class Engine:
    """Our engine, or one with a fault in what it makes of policy, case, lines, counters, account or result."""

    policy: Callable[[Policy], Policy] = _same_policy
    case: Callable[[Case], Case] = _same_case
    lines: Callable[[Sequence[Line]], Sequence[Line]] = _same_lines
    before: Callable[[Accumulators], Accumulators] = _same_counters
    account: Callable[[int, bool], tuple[int, bool]] = lambda balance, use: (balance, use)
    twist: Callable[[Scene], Scene] = lambda scene: scene
    given_back: bool = True
    same_again: bool = True

    def settle(self, scene: Scene, lines: Sequence[Line], before: Accumulators | None = None) -> Settlement:
        """One settlement of a scene."""
        scene = self.twist(scene)
        chosen = self.policy(scene.policy)
        shares = split_all(self.lines(lines), chosen, explain=False)
        counters = self.before(scene.before if before is None else before)
        account = self.account(scene.balance, scene.use_account)
        return settle(chosen, self.case(scene.case), shares, counters, *account, explain=False)

    def seen(self, scene: Scene, lines: Sequence[Line], before: Accumulators | None = None) -> Observed:
        """The same as anybody sees it."""
        done = self.settle(scene, lines, before)
        return observe(done, lines, scene.balance, scene.use_account, paid_in(scene))


def paid_in(scene: Scene) -> dict[str, int]:
    """What capped funds had paid before, by field, as the scene's counters hold it."""
    before, care = scene.before, scene.case.care
    pool = {Care.INPATIENT: before.pool_paid, Care.CHRONIC: before.chronic_paid}.get(care, before.outpatient_paid)
    counted = {"pool_payment": pool, "large_amount": before.large_paid, "critical_illness": before.critical_paid}
    found = {}
    for move, rule in scene.policy.plan(scene.case).moves:
        if move.__name__ in counted:
            found[rule.payer().field] = counted[move.__name__]
    return found


def comparisons(engine: Engine, scene: Scene, lines: Sequence[Line]) -> Iterator[Comparison]:
    """Every relation that can be put to an engine in a scene, with the settlements it compares."""
    terms = terms_of(scene.policy, scene.case)
    first = engine.settle(scene, lines)
    once = observe(first, lines, scene.balance, scene.use_account, paid_in(scene))
    yield "nobody_pays_a_negative_amount", (once,), terms
    yield "funds_pay_in_scope_cost_only", (once,), terms
    yield "an_account_not_asked_does_not_pay", (once,), terms
    yield "the_account_pays_what_it_holds", (once,), terms
    yield "no_fund_passes_its_cap", (once, engine.seen(scene, lines, first.accumulators)), terms
    yield from _bills(engine, scene, lines, once, terms)
    yield from _course(engine, scene, lines, first, once, terms)
    yield from _people(engine, scene, lines)


def _bills(engine: Engine, scene: Scene, lines: Sequence[Line], once: Observed, terms: Terms) -> Iterator[Comparison]:
    again = once if engine.same_again else engine.seen(scene, lines, engine.settle(scene, lines).accumulators)
    yield "the_same_bill_gives_the_same_result", (once, again), terms
    turned = [*lines[1:], lines[0]]
    yield "the_order_of_lines_is_irrelevant", (once, engine.seen(scene, turned)), terms
    yield "the_order_of_lines_is_irrelevant", (once, engine.seen(scene, lines[::-1])), terms
    for k in (2, 3):
        pieces = engine.seen(scene, in_pieces(lines, k))
        yield "splitting_a_line_changes_nothing_but_rounding", (once, pieces), terms
    own = Line(901, "C", "03", "14", 123_456_700, 10_000, 12_346)
    yield "a_wholly_self_paid_line_moves_only_self_pay", (once, engine.seen(scene, [*lines, own])), terms
    line = Line(902, "B", "02", "09", 77_770_000, 30_000, 23_331)
    refund = evolve(line, number=903, quantity=-30_000, amount=-23_331, refund_of=902)
    yield "a_line_and_its_refund_change_nothing", (once, engine.seen(scene, [*lines, line, refund])), terms
    for fen in (1, 777_777):
        more = Line(904, "A", "01", "09", fen * 10_000, 10_000, fen)
        yield "more_in_scope_never_lowers_what_funds_pay", (once, engine.seen(scene, [*lines, more])), terms
    counted = [evolve(one, chrgitm_lv="01", limit=None, restricted=False, approved=None) for one in lines]
    yield "more_in_scope_never_lowers_what_funds_pay", (once, engine.seen(scene, counted)), terms
    idle, using = evolve(scene, use_account=False), evolve(scene, use_account=True)
    yield "the_account_moves_no_fund", (engine.seen(idle, lines), engine.seen(using, lines)), terms


def in_pieces(lines: Sequence[Line], k: int) -> list[Line]:
    """The first line in k lines of the same price whose quantities sum to its own."""
    whole, *others = lines
    step = whole.quantity // k
    quantities = [*[step] * (k - 1), whole.quantity - step * (k - 1)]
    pieces = [
        evolve(whole, number=800 + n, quantity=quantity, amount=multiply(whole.price, quantity))
        for n, quantity in enumerate(quantities)
    ]
    return [*pieces, *others]


def _course(
    engine: Engine, scene: Scene, lines: Sequence[Line], first: Settlement, once: Observed, terms: Terms
) -> Iterator[Comparison]:
    reversal = unsettle(first, first.accumulators, first.amounts["balc"])
    left = reversal.accumulators if engine.given_back else first.accumulators
    seen = (once, observe(reversal, lines), engine.seen(scene, lines, left))
    yield "settle_reverse_settle", seen, terms
    idle = evolve(scene, use_account=False)
    one = engine.settle(idle, lines)
    other = [evolve(line, number=line.number + 500) for line in lines]
    two = engine.seen(idle, other, one.accumulators)
    both = engine.seen(idle, [*lines, *other])
    yield "two_visits_are_paid_like_their_sum", (observe(one, lines), two, both), terms


def _people(engine: Engine, scene: Scene, lines: Sequence[Line]) -> Iterator[Comparison]:
    case = scene.case
    pairs = [
        ("retired_no_worse", evolve(case, retired=True), evolve(case, retired=False)),
        ("needy_no_worse", evolve(case, needy=True), evolve(case, needy=False)),
        ("aided_no_worse", evolve(case, aid_group="destitute"), evolve(case, aid_group="none")),
        ("supplement_no_worse", evolve(case, civil_servant=True), evolve(case, civil_servant=False)),
        ("supplement_no_worse", evolve(case, unit_scheme=True), evolve(case, unit_scheme=False)),
        ("supplement_no_worse", evolve(case, veteran=True), evolve(case, veteran=False)),
    ]
    if case.filing is not Filing.LOCAL:
        pairs.append(("home_no_worse", evolve(case, filing=Filing.LOCAL, treated_in=""), case))
        pairs.append(("long_term_no_worse", evolve(case, filing=Filing.LONG_TERM), case))
        pairs.append(("referral_no_worse", evolve(case, filing=Filing.REFERRAL), case))
    below = {"L2": "L1", "L3": "L2", "L3_province": "L3"}
    if case.level in below:
        pairs.append(("lower_level_no_worse", evolve(case, level=below[case.level]), case))
    if case.care is Care.INPATIENT:
        moved = evolve(case, transfer=True, transfer_deductible=30_000)
        pairs.append(("transfer_no_worse", moved, evolve(case, transfer=False)))
        terms = terms_of(scene.policy, case)
        fresh, later = evolve(scene.before, stays=0), evolve(scene.before, stays=1)
        yield "later_stay_no_worse", (engine.seen(scene, lines, later), engine.seen(scene, lines, fresh)), terms
    for name, better, other in pairs:
        one, two = (engine.seen(evolve(scene, case=each), lines) for each in (better, other))
        yield name, (one, two), terms_of(scene.policy, other)


__all__ = ["Engine", "comparisons", "in_pieces", "paid_in"]
