"""The written forms of dates, times and numbers as regular expressions that only match real ones.

They are plain enough to mean the same in every JSON Schema validator: ASCII digits, groups, counts, ``^`` and ``$``.
"""

from __future__ import annotations

from collections.abc import Mapping

_YEAR = "[12][0-9]{3}"
_LEAP_YEAR = "(?:[12][0-9](?:0[48]|[2468][048]|[13579][26])|(?:1[26]|2[048])00)"
_TIME = ("(?:[01][0-9]|2[0-3])", "[0-5][0-9]", "[0-5][0-9]")


def _days(dash: str) -> str:
    """Every day of the years 1000 to 2999, months and days held together by ``dash``."""
    return (
        f"(?:{_YEAR}{dash}(?:(?:0[13578]|1[02]){dash}(?:0[1-9]|[12][0-9]|3[01])"
        f"|(?:0[469]|11){dash}(?:0[1-9]|[12][0-9]|30)|02{dash}(?:0[1-9]|1[0-9]|2[0-8]))"
        f"|{_LEAP_YEAR}{dash}02{dash}29)"
    )


DATE = _days("-")
DATETIME = f"{DATE} {':'.join(_TIME)}"
_SECOND = _days("") + "".join(_TIME)

PATTERNS: Mapping[str, str] = {
    "date": DATE,
    "datetime": DATETIME,
    "date_or_datetime": f"{DATE}(?: {':'.join(_TIME)})?",
    "time17": f"{_SECOND}[0-9]{{3}}",
    "yearmonth": f"{_YEAR}(?:0[1-9]|1[0-2])",
    "msgid": f"[A-Za-z0-9]{{12}}{_SECOND}[0-9]{{4}}",
    "inf_refmsgid": f"[0-9]{{6}}{_SECOND}[0-9]{{10}}",
    "feedetl_sn": "[1-9][0-9]{0,14}",
}
"""Bodies of patterns by format name, without anchors."""


def whole(body: str, *, or_empty: bool) -> str:
    """A pattern that the whole string has to match; with ``or_empty`` an empty string passes too."""
    return f"^(?:{body}){'?' if or_empty else ''}$"


def decimal(precision: int | None, scale: int, *, free: bool = False) -> str:
    """A decimal number written as a string; ``free`` allows any number of decimals."""
    digits = f"{{1,{precision - scale}}}" if precision else "+"
    steps = "(?:[.][0-9]+)?" if free else f"(?:[.][0-9]{{1,{scale}}})?" if scale else ""
    return f"-?[0-9]{digits}{steps}"
