"""What the journal keeps: every message number for ever, so many replies."""

import sys

from platform_desk import Desk, says, world

from sim.platform.journal import DROPPED, Journal
from sim.platform.records import MESSAGES


def test_an_old_reply_is_dropped_and_its_message_has_no_second_effect():
    """A repetition within the kept ones gets the stored reply; an older one is told so; another body never passes."""
    desk = Desk(world(replies_kept=3)).ready()
    settlement = desk.message("2207", desk.settlement())
    first = desk.call(settlement)
    assert first == desk.call(settlement)
    for _ in range(3):
        desk.balance()
    assert says(desk.call(settlement), "message.reply_dropped")
    assert says(desk.call({**settlement, "opter": "9"}), "message.other_body")
    desk.setl_id = first["output"]["setlinfo"]["setl_id"]
    assert says(desk.send("2207", desk.settlement()), "settlement.done")


def test_a_settlement_whose_reply_is_dropped_can_still_be_reversed():
    """2601 goes by the message's number, not by its reply."""
    desk = Desk(world(replies_kept=1)).ready()
    before = desk.balance()
    settlement = desk.message("2207", desk.settlement())
    assert 0 == desk.call(settlement)["infcode"]
    desk.balance()
    desk.balance()
    assert says(desk.call(settlement), "message.reply_dropped")
    desk.ok("2601", desk.reversal(settlement))
    assert before == desk.balance()
    assert says(desk.call(settlement), "message.reversed")


def test_the_journal_holds_no_more_replies_than_it_should():
    """Of thousands of messages every number is known and the last replies are there; what a message leaves is small."""
    desk = Desk(world(replies_kept=10))
    for _ in range(300):
        desk.balance()
    known = list(desk.ref.parties["520000"].store.all(MESSAGES))
    kept = [one for one in known if one.reply != DROPPED]
    assert (300, 10) == (len(known), len(kept))
    assert max(one.serial for one in known if one.reply == DROPPED) < min(one.serial for one in kept)
    assert sys.getsizeof(DROPPED) < 50


def test_between_provinces_every_reply_is_kept():
    """An interrupted settlement is completed from the stored reply at any later time."""
    ref = world(replies_kept=1)
    for _ in range(3):
        Desk(ref).ready().settle()
    relayed: Journal = ref.parties["110000"].relayed
    assert all(one.reply != DROPPED for one in relayed.store.all(relayed.table))
