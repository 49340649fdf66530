"""A pharmacy's till: a sale is one message, which brings its lines and is settled with them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sim.money import parse, wire
from sim.platform import Item
from tests.campaigns.cashier import Cashier, Talk
from tests.campaigns.net import Message


class Seller(Cashier):
    """One customer at a pharmacy. Whoever sends a sale under a new number sells twice, and the books say so."""

    def visit(self) -> Talk:
        """From the door to the till."""
        yield self.wait("arrives", 240_000)
        self.kind = "pharmacy"
        yield from self.till()

    def settling(self) -> Message:
        """A new sale."""
        self.now = self.net.now
        rows = [self._sold(number, item) for number, item in enumerate(self.goods[:3], 1)]
        info = {
            "psn_no": self.patient.psn_no,
            **self.shown(),
            "begntime": self.time,
            "medfee_sumamt": wire(sum(parse(row["det_item_fee_sumamt"]) for row in rows)),
            "insutype": self.patient.insutype,
            "med_type": "41",
            **self.paying,
        }
        return self.message("2102", {"druginfo": info, "drugdetail": rows})

    def _sold(self, number: int, item: Item) -> dict[str, Any]:
        price = Decimal(item.price).scaleb(-6)
        return {
            "feedetl_sn": str(number),
            "rx_circ_flag": "0",
            "fee_ocur_time": self.time,
            "med_list_codg": item.code,
            "medins_list_codg": item.code,
            "det_item_fee_sumamt": (price * 3).quantize(Decimal("0.01")),
            "cnt": 3,
            "pric": price,
        }
