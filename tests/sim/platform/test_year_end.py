"""A stay over New Year on the platform: settled whole where the policy says so, never settled wrongly where it does not."""

from datetime import datetime, timedelta

import pytest
from platform_desk import HALF, Desk, HalfPolicy, person, says, world

PATIENT = person("110000", "1101")


class Split(HalfPolicy):
    """A policy that splits stays by calendar year."""

    year_end = "split"


def stay(policy, admitted: datetime, days: int) -> Desk:
    desk = Desk(world(policies=lambda *_: policy), PATIENT)
    desk.now = admitted
    desk.sign_in().admit().upload()
    desk.now = admitted + timedelta(days=days)
    desk.sign_in().discharge()
    return desk


EVE = datetime(2023, 12, 30, 9)


def test_a_stay_that_the_policy_splits_is_refused_and_leaves_nothing():
    """The reference does not settle it by year, and says so instead of settling it whole."""
    desk = stay(Split(), EVE, 5)
    before = desk.used()
    for infno in ("2303", "2304"):
        assert says(desk.send(infno, desk.asked()), "settlement.split_by_year")
    assert before == desk.used()


@pytest.mark.parametrize(("policy", "days"), [(HALF, 5), (Split(), 1)])
def test_any_other_stay_is_settled(policy, days):
    """Over New Year under the usual rule, or within one year under any."""
    head = stay(policy, EVE, days).settle()
    assert head["fund_pay_sumamt"] > 0
