"""How the reference reads what the interface leaves open (`fixtures/platform/readings.yaml`)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from attrs import frozen

from sim.files import check, read_yaml
from sim.lang import Text, plain
from sim.resources import fixtures


@frozen
class Reading:
    """One open point: its number in the collected list, what the reference does, why, and what others may do.

    ``switch`` names the field of `Readings` that changes it, where it can be changed.
    """

    point: int
    topic: Text
    reading: Text
    reason: Text
    switch: str = ""


@frozen(kw_only=True)
class Readings:
    """The readings that can be chosen; the defaults are the reference's.

    ``sign_in_required``          a message without a valid sign-in is refused (else answered with ``warn_msg``)
    ``discharge_first``           a final 2304 needs the discharge 2402 before it
    ``refusal_uses_msgid``        the msgid of a refused message is used up and the refusal is repeated
    ``unknown_reversal_refused``  2601 of a message never seen is refused (else accepted: nothing is held)
    ``repeated_reversal_refused`` a second 2601 of the same message is refused (else accepted again)
    ``one_call_a_batch``          the lines of a charge batch must come in one 2204
    ``filings_at_once``           a filing 2503 or 2505 takes effect at once, and cannot be withdrawn once used
    ``refunds_lower_count``       a refund lowers the count of settlements by one (else it is one more line)
    ``refunded_pairs_listed``     a refunded settlement is listed twice (else not at all, if its period holds both)
    ``six_digit_stmt_rslt``       stmt_rslt of what is equal is 000000 (else 0)
    ``mapping_required``          a fee line's own item must be mapped (3301) to the catalogue code it gives
    ``account_cleared``           what a personal account pays is cleared between provinces (else paid directly)
    ``whole_month_confirmed``     3261 names every line of the month (else some; the others count as agreed)
    ``confirmation_required``     only what an institution confirmed (3261) is declared (else all it did not contest)
    """

    sign_in_required: bool = False
    discharge_first: bool = True
    refusal_uses_msgid: bool = True
    unknown_reversal_refused: bool = True
    repeated_reversal_refused: bool = False
    one_call_a_batch: bool = False
    filings_at_once: bool = False
    refunds_lower_count: bool = False
    refunded_pairs_listed: bool = True
    six_digit_stmt_rslt: bool = False
    mapping_required: bool = False
    account_cleared: bool = True
    whole_month_confirmed: bool = True
    confirmation_required: bool = False


@cache
def readings() -> tuple[Reading, ...]:
    """All open points the reference has a reading for, in order of number."""
    document = read_yaml(fixtures("platform", "readings.yaml"), "fixtures/platform/readings.yaml")
    check(document, SCHEMA)
    return tuple(
        Reading(
            point=row["point"],
            topic=_text(row["topic"]),
            reading=_text(row["reading"]),
            reason=_text(row["reason"]),
            switch=row.get("switch", ""),
        )
        for row in document.data["readings"]
    )


def _text(pair: Mapping[str, str]) -> Text:
    return plain(pair["zh"], pair["en"])


_PAIR = {
    "type": "object",
    "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
    "required": ["zh", "en"],
    "additionalProperties": False,
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "schema": {"const": 1},
        "readings": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "point": {"type": "integer"},
                    "topic": _PAIR,
                    "reading": _PAIR,
                    "reason": _PAIR,
                    "switch": {"type": "string"},
                },
                "required": ["point", "topic", "reading", "reason"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["schema", "readings"],
    "additionalProperties": False,
}
