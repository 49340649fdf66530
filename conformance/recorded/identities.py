"""What identifies a person in a conversation, and what opens a door: neither ever goes into a pack, wherever it stands
in a message."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from attrs import field, frozen

from conformance.conversation import Exchange
from conformance.recorded.headers import plain, secrets_in
from conformance.scalars import scalars

IDENTIFIES = frozenset({"psn_no", "certno", "mdtrt_cert_no", "card_sn"})
"""Numbers of a person and what a person presents."""
PERSONAL = frozenset(
    {
        *("psn_name", "psn_cert_type", "tel", "addr", "gend", "naty", "brdy", "coner_name", "coner_tel", "emp_name"),
        *("coner_addr", "curr_addr", "emp_addr", "emp_tel", "hi_no"),
        *("agnter_name", "agnter_cert_type", "agnter_certno", "agnter_tel", "agnter_addr"),
    }
)
"""Values that belong to the person who plays the part, whoever it is."""
NAMES = frozenset(
    {
        *("psn_name", "coner_name", "agnter_name", "agnter_certno", "tel", "coner_tel", "agnter_tel", "emp_tel"),
        *("addr", "coner_addr", "curr_addr", "agnter_addr", "hi_no"),
        *("dr_name", "chfpdr_name", "dise_dor_name", "bilg_dr_name", "orders_dr_name", "diag_dr_name", "prac_psn_name"),
        *("opter_name", "medins_fill_psn", "prac_psn_no"),
    }
)
"""Names and addresses, of patients and of staff."""
_IDENTITY = re.compile(r"\d{15,18}[\dXx]?")
_SHORTEST, _SHORTEST_NUMBER = 2, 6


@frozen
class Secrets:
    """All of a conversation, the longest first. ``credentials``: the pieces of those that stood in headers."""

    values: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = field(default=None, eq=False)
    credentials: frozenset[str] = frozenset()

    @classmethod
    def of(cls, exchanges: Iterable[Exchange]) -> Secrets:
        """Gather them from requests and replies, credentials from their headers."""
        found: set[str] = set()
        credentials: set[str] = set()
        for exchange in exchanges:
            for raw in (exchange.request, exchange.reply, exchange.truth):
                if raw is not None:
                    found.update(_told(raw.message))
                    credentials.update(secrets_in(raw.headers))
        found |= {one for one in credentials if not plain(one)}
        values = tuple(sorted(found, key=lambda one: (-len(one), one)))
        pattern = re.compile("|".join(map(re.escape, values))) if values else None
        return cls(values, pattern, frozenset(credentials))

    def told_in(self, text: str) -> bool:
        """Whether somebody is told in a text: it must not be written then."""
        return self.pattern is not None and self.pattern.search(text) is not None

    def told_in_header(self, text: str) -> bool:
        """The same of a header: there a credential counts even where it is a plain word."""
        return self.told_in(text) or any(one in text for one in self.credentials)

    def hidden(self, text: str) -> str:
        """A text with other characters of the same shape where a person is told, or might be."""
        if self.pattern is not None:
            text = self.pattern.sub(lambda match: made_up(match.group()), text)
        return _IDENTITY.sub(lambda match: made_up(match.group()), text)


def _told(message: Any) -> Iterator[str]:
    for name, value in scalars(message):
        text = str(value)  # a number that identifies somebody may be written as one
        if name in IDENTIFIES | NAMES and _long_enough(text.strip()):
            yield text


def _long_enough(value: str) -> bool:
    """A shorter one tells nobody, and stands in many other values."""
    return len(value) >= (_SHORTEST_NUMBER if value.isdigit() else _SHORTEST)


def made_up(value: str) -> str:
    """Another value of the same shape: nines, the letter Z, the character 某; others where these were there."""
    made = "".join(map(_other, value))
    return made if made != value else made.translate(_INSTEAD)


_INSTEAD = str.maketrans({"9": "8", "Z": "Y", "z": "y", "某": "甲"})


def _other(one: str) -> str:
    if one.isdigit():
        return "9"
    if one.isascii():
        return "Z" if one.isalpha() else one
    return "某" if one.isalpha() else one


__all__ = ["IDENTIFIES", "NAMES", "PERSONAL", "Secrets", "made_up"]
