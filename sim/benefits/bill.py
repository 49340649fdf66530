"""A bill as a YAML file: who was treated where and when, what was used up before, and the fee lines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from attrs import field, frozen

from sim.benefits.accumulators import Accumulators, codes
from sim.benefits.bill_schema import SCHEMA, STAY
from sim.benefits.case import Care, Case, Filing, Interim
from sim.benefits.change import with_readings
from sim.benefits.line import Line, LineError, multiply
from sim.benefits.load import policy, policy_named
from sim.benefits.policy import Policy
from sim.errors import InputError
from sim.files import Document, check, read_yaml
from sim.lang import Text, plain, say
from sim.money import MoneyError, parse, scaled

__all__ = ["SCHEMA", "Bill", "read_bill"]


@frozen
class Bill:
    """A bill ready to be settled: amounts in fen; ``policy`` is the id of the policy it was written for.

    ``readings`` read open points of that policy otherwise (`sim.benefits.change`). ``used`` are the counters of the
    year of ``case.on``, ``earlier`` those of earlier years, which a stay over New Year may need. ``balance`` is the
    personal account's, ``family_balance`` that of the family member who shares his.
    """

    name: str
    title: Text
    policy: str
    case: Case
    lines: tuple[Line, ...]
    used: Accumulators
    balance: int
    use_account: bool
    family_balance: int = 0
    use_family: bool = False
    earlier: Mapping[int, Accumulators] = field(factory=dict, hash=False)
    readings: Mapping[str, str] = field(factory=dict, hash=False)
    document: Document | None = field(default=None, eq=False, repr=False)

    @property
    def counters(self) -> dict[int, Accumulators]:
        """The counters by year."""
        return {**self.earlier, self.used.year: self.used}

    def version_on(self, day: date, policy_id: str | None = None) -> Policy:
        """The version of the bill's policy, or of another by id or file, in force on a day, with the bill's readings.

        Raises InputError, with the place in the file where the bill itself named what does not exist.
        """
        if policy_id is not None:
            return with_readings(policy_named(policy_id, day), **self.readings)
        try:
            return with_readings(policy(self.policy, day), **self.readings)
        except InputError as error:
            if self.document is None:
                raise
            raise InputError(error.text, self.document.place("policy"), error.nearest) from None

    def older(self, policy_id: str | None = None) -> dict[int, Policy]:
        """The versions under which the earlier years of a stay over New Year are settled, by year; none elsewhere."""
        if not self.case.over_new_year or self.version_on(self.case.on, policy_id).year_end != "split":
            return {}
        begun = self.case.admitted or self.case.on
        return {year: self.version_on(date(year, 12, 31), policy_id) for year in range(begun.year, self.case.on.year)}

    def located(self, error: InputError) -> InputError:
        """An error of settling this bill, with file, line and key: of the fee line it is about, else of the lines."""
        if error.place is not None or self.document is None:
            return error
        if not isinstance(error, LineError):
            return InputError(error.text, self.document.place("lines"), error.nearest)
        numbers = [line.number for line in self.lines]
        last = len(numbers) - 1 - numbers[::-1].index(error.number)  # of two lines with one number, the second is wrong
        return InputError(error.text, self.document.place("lines", last, error.key), error.nearest)


def read_bill(file: Traversable | Path, on: date | None = None) -> Bill:
    """Read a bill; ``on`` replaces its date. Raises InputError or BadFileError with file, line and key."""
    document = read_yaml(file)
    check(document, SCHEMA)
    return _Reader(document).bill(on)


class _Reader:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.data: Mapping[str, Any] = document.data

    def bill(self, on: date | None) -> Bill:
        data = self.data
        day = on or self.day(data["on"], "on")
        account = data.get("account", {"balance": 0, "use": False})
        family = account.get("family", {"balance": 0, "use": False})
        return Bill(
            name=self.document.name,
            title=plain(data["title"]["zh"], data["title"]["en"]),
            policy=data["policy"],
            case=self.case(day),
            lines=tuple(self.line(i, row) for i, row in enumerate(data["lines"])),
            used=self.counters(day.year, data.get("used", {}), "used"),
            balance=self.amount(account["balance"], "account", "balance"),
            use_account=account["use"],
            family_balance=self.amount(family["balance"], "account", "family", "balance"),
            use_family=family["use"],
            earlier=self.earlier(day),
            readings=data.get("readings", {}),
            document=self.document,
        )

    def case(self, on: date) -> Case:
        data = self.data
        for key in STAY:
            if key in data and data["care"] != Care.INPATIENT:
                raise self.document.error(say("benefits.bill.only_a_stay", key=key, care=data["care"]), key)
        transfer = data.get("transfer")
        return Case(
            care=data["care"],
            level=data["level"],
            on=on,
            filing=data.get("filing", Filing.LOCAL),
            treated_in=data.get("treated_in", ""),
            in_province=data.get("in_province", False),
            disease=data.get("disease", ""),
            transfer=transfer is not None,
            transfer_deductible=self.number(transfer["deductible"], 2, "transfer", "deductible") if transfer else 0,
            interim=self.interim(),
            admitted=self.admitted(on),
            **data.get("person", {}),
        )

    def interim(self) -> Interim | None:
        """The amounts of earlier settlements of the stay; each holds the next."""
        if "interim" not in self.data:
            return None
        names = ("total", "in_scope", "deductible")
        amounts = [self.number(self.data["interim"][name], 2, "interim", name) for name in names]
        for i, name in enumerate(names[1:], 1):
            if amounts[i] > amounts[i - 1]:
                text = say("benefits.bill.interim", part=name, whole=names[i - 1])
                raise self.document.error(text, "interim", name)
        return Interim(*amounts)

    def admitted(self, on: date) -> date | None:
        if "admitted" not in self.data:
            return None
        day = self.day(self.data["admitted"], "admitted")
        if day > on:
            text = say("benefits.admitted_late", admitted=day.isoformat(), on=on.isoformat())
            raise self.document.error(text, "admitted")
        return day

    def day(self, value: str, *path: str | int) -> date:
        try:
            return date.fromisoformat(value[:10])
        except ValueError:
            raise self.document.error(say("benefits.no_date", value=value), *path) from None

    def number(self, value: Any, decimals: int, *path: str | int) -> int:
        """A number in whole units of its last decimal; money (two decimals) within the interface's size."""
        try:
            return parse(value) if decimals == 2 else scaled(value, decimals)
        except MoneyError as error:
            text = error.text if decimals == 2 else say("benefits.bill.decimals", value=value, decimals=decimals)
            raise self.document.error(text, *path) from None

    def amount(self, value: Any, *path: str | int) -> int:
        """An amount of money that cannot be negative."""
        fen = self.number(value, 2, *path)
        if fen < 0:
            raise self.document.error(say("benefits.negative_part", name=path[-1], amount=value), *path)
        return fen

    def counters(self, year: int, data: Mapping[str, Any], *path: str) -> Accumulators:
        found = {name: self.number(v, 0 if codes()[name].count else 2, *path, name) for name, v in data.items()}
        return Accumulators(year, **found)

    def earlier(self, on: date) -> dict[int, Accumulators]:
        found = {}
        for key, counters in self.data.get("used_earlier", {}).items():
            if int(key) >= on.year:
                raise self.document.error(say("benefits.bill.not_earlier", year=key, on=on.year), "used_earlier", key)
            found[int(key)] = self.counters(int(key), counters, "used_earlier", key)
        return found

    def line(self, i: int, row: Mapping[str, Any]) -> Line:
        at = ("lines", i)

        def optional(key: str, decimals: int) -> int | None:
            return self.number(row[key], decimals, *at, key) if key in row else None

        price = self.number(row["pric"], 6, *at, "pric")
        quantity = self.number(row["cnt"], 4, *at, "cnt")
        amount = optional("det_item_fee_sumamt", 2)
        return Line(
            number=row.get("feedetl_sn", i + 1),
            code=row["med_list_codg"],
            chrgitm_lv=row["chrgitm_lv"],
            med_chrgitm_type=row.get("med_chrgitm_type", "14"),
            price=price,
            quantity=quantity,
            amount=multiply(price, quantity) if amount is None else amount,
            limit=optional("pric_uplmt_amt", 6),
            restricted=row.get("lmt_used_flag") == "1",
            approved={"0": None, "1": True, "2": False}[row.get("hosp_appr_flag", "0")],
            share=optional("selfpay_prop", 4),
            refund_of=row.get("init_feedetl_sn"),
            imported=row.get("imported", False),
            on=self.day(row["fee_ocur_time"], *at, "fee_ocur_time") if "fee_ocur_time" in row else None,
        )
