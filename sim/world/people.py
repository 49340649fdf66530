"""Synthetic people: a person is a pure function of (seed, pool, number). Nobody here can be a real person.

Identity numbers start with 98 or 97, which are no region; check digits, dates of birth and the parity for men and women
follow the rules (GB 11643), so that programs that check them have something to accept.
"""

from __future__ import annotations

from datetime import date, timedelta

from sim.platform.people import FilingKind, FilingRecord, Person
from sim.world import draws
from sim.world.setup import Origin, Setup, person_id

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
_GIVEN = ("示例", "样例", "范例", "演示", "虚构", "假名")
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BORN = {
    "1101": (date(1958, 1, 1), date(1998, 1, 1)),
    "1201": (date(1936, 1, 1), date(1957, 1, 1)),
    "1501": (date(1940, 1, 1), date(2000, 1, 1)),
}
_RETIREMENT_SHARE = 0.3
_LARGEST_BALANCE = 600_000
_BLOCK = 50_000
"""People whose identity numbers differ by their order digits alone; the day of birth tells the blocks apart."""

FILINGS = ("long_term", "referral", "emergency", "other_temporary", "unfiled", "elsewhere")
"""Filing (备案) categories of a plan. ``emergency`` needs no filing; ``elsewhere`` is filed for another province."""


def check_digit(first17: str) -> str:
    """The last character of an 18-character identity number (ISO 7064 MOD 11-2)."""
    return _CHECK[sum(int(digit) * weight for digit, weight in zip(first17, _WEIGHTS, strict=True)) % 11]


def number_of(origin: Origin, seed: int, visit: int) -> int:
    """Which person of a pool a visit belongs to; the pool's size decides how often somebody comes again."""
    return int(draws.uniform(seed, visit, "person") * origin.people)


def filing_of(setup: Setup, seed: int, origin: Origin, number: int) -> str:
    """A person's filing category, by the plan's weights."""
    weights = [setup.filings.get(name, 0.0) for name in FILINGS]
    return FILINGS[
        draws.choice(weights, draws.uniform(seed, person_id(origin.admdvs, origin.insutype, number), "filing"))
    ]


def person(setup: Setup, seed: int, origin: Origin, number: int, destinations: tuple[str, ...]) -> Person:
    """One person whose filing (if any) is for the provinces ``destinations`` (division codes), where he goes.

    Raises ValueError for a number that the pool does not have.
    """
    if not 0 <= number < origin.people:
        raise ValueError(f"{origin.name} has no person {number}")
    key = person_id(origin.admdvs, origin.insutype, number)
    bits = [draws.bits(seed, key, "person.detail", index) for index in range(5)]
    chance = [draws.uniform(seed, key, "person.detail", index) for index in range(5, 9)]
    employee = origin.insutype == "310"
    psn_type = "1501" if not employee else "1201" if chance[0] < _RETIREMENT_SHARE else "1101"
    man = bits[0] & 1
    born = _born(psn_type, chance[1], number)
    head = "98" if employee else "97"
    body = f"{head}{origin.admdvs[:2]}{number // 500 % 100:02d}{born:%Y%m%d}{2 * (number % 500) + man:03d}"
    balance = int(chance[2] * _LARGEST_BALANCE) if employee else 0
    suspended = chance[3] < setup.chances.get("person.suspended", 0.0)
    return Person(
        psn_no=f"{origin.admdvs}9{origin.insutype}{number:010d}",
        psn_cert_type="01",
        certno=body + check_digit(body),
        psn_name=_SURNAMES[bits[1] % len(_SURNAMES)] + _GIVEN[number % len(_GIVEN)] + _STEMS[number % len(_STEMS)],
        gend="1" if man else "2",
        naty="1",
        brdy=born,
        token=f"ECT{head}{bits[2]:016X}{number:08X}",
        card_no=f"X{head}{origin.admdvs}{number:010d}",
        card_sn=f"{bits[3]:016X}{bits[4]:016X}",
        insuplc_admdvs=origin.admdvs,
        insutype=origin.insutype,
        psn_type=psn_type,
        cvlserv_flag="0",
        psn_insu_stas="2" if suspended else "1",
        psn_insu_date=date(max(born.year + 18, 2001), 1, 1),
        balance=balance,
        filings=_filings(setup, filing_of(setup, seed, origin, number), destinations),
    )


def _born(psn_type: str, u: float, number: int) -> date:
    first, last = _BORN[psn_type]
    blocks = (last - first).days // 64
    return first + timedelta(days=int(u * blocks) * 64 + number // _BLOCK % 64)


_ELSEWHERE = ("310000", "110000", "440000", "320000")
"""Provinces that a filing for the wrong place names; the first one that is not visited."""


def _filings(setup: Setup, category: str, destinations: tuple[str, ...]) -> tuple[FilingRecord, ...]:
    if category in ("emergency", "unfiled"):
        return ()
    begins = setup.start - timedelta(days=30)
    if category == "elsewhere":
        return (FilingRecord("long_term", next(code for code in _ELSEWHERE if code not in destinations), begins, None),)
    if category == "long_term":
        return tuple(FilingRecord("long_term", province, begins, None) for province in destinations)
    ends = setup.start + timedelta(days=setup.days + 180)
    kind: FilingKind = "referral" if category == "referral" else "other_temporary"
    return tuple(FilingRecord(kind, province, begins, ends) for province in destinations)
