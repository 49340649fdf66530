"""Write the synthetic people and institutions of `fixtures/people/`.

Run ``python tools/make_people.py``. The same seed gives the same files. Nobody here can be a real person: identity
numbers start with 99, which is no region, and given names say that they are examples; every other character of an
identity number follows the rules, so that programs that check them have something to accept.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from faker import Faker

SEED = 20171
OUT = Path(__file__).resolve().parent.parent / "fixtures" / "people"

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK = "10X98765432"
GIVEN = ("示例", "样例", "范例", "演示", "虚构", "假名")
STEMS = "甲乙丙丁戊己庚辛壬癸"

# pool: (insured place, province of treatment its filings go to, people of each kind)
POOLS: tuple[tuple[str, str, dict[str, int]], ...] = (
    ("110000", "520000", {"1101": 16, "1201": 12, "1501": 12}),
    ("520100", "110000", {"1101": 16, "1201": 12, "1501": 12}),
    ("500000", "520000", {"1101": 6, "1201": 4, "1501": 4}),
    ("510100", "520000", {"1101": 6, "1201": 4, "1501": 4}),
    ("530100", "110000", {"1101": 6, "1201": 4, "1501": 4}),
    ("360100", "520000", {"1101": 9, "1201": 2, "1501": 6}),
)
BORN = {"1101": (1968, 1999), "1201": (1938, 1960), "1501": (1945, 1996)}

FILINGS: tuple[tuple[dict[str, Any], ...], ...] = (
    (),
    ({"kind": "long_term", "from": "2017-01-01", "to": None},),
    ({"kind": "referral", "from": "2017-01-01", "to": "2035-12-31"},),
    ({"kind": "other_temporary", "from": "2017-01-01", "to": "2035-12-31"},),
    (),
    ({"kind": "referral", "from": "2020-01-01", "to": "2020-06-30"},),  # expired: a filing that no longer helps
)

REFERRED = 2
"""The position among the like of whoever is referred, in `FILINGS`."""

Identities = tuple[tuple[str, str, str | None], ...]

# insured place, psn_idet_type with the days on which each counts: people under medical aid, all residents, all referred
# to Guizhou. They come last, so that everybody before them stays as he is.
AIDED: tuple[tuple[str, Identities], ...] = (
    ("150900", (("2303", "2022-01-01", None),)),
    ("150900", (("2304", "2022-01-01", None),)),
    ("150900", (("2303", "2021-01-01", "2022-12-31"),)),  # ended
    ("150900", (("2303", "2022-01-01", None), ("2304", "2023-01-01", None))),
    ("360100", (("2304", "2022-01-01", None),)),  # a pool without medical aid, but with terms of need
)

CHRONIC = ("M03900", "M01600", "M00500", "M07800", "M08300")


def check_digit(first17: str) -> str:
    """The last character of an 18-character identity number (GB 11643, ISO 7064 MOD 11-2)."""
    return CHECK[sum(int(digit) * weight for digit, weight in zip(first17, WEIGHTS, strict=True)) % 11]


def people(seed: int = SEED) -> Iterator[dict[str, Any]]:
    """The persons in order. The last retired person of a place shares the account of its first employee (账户共济)."""
    rows = list(_people(seed))
    for place, _, _ in POOLS:
        here = [row for row in rows if row["insuplc_admdvs"] == place and row["psn_insu_stas"] == "1"]
        employees = [row for row in here if row["psn_type"] == "1101"]
        [row for row in here if row["psn_type"] == "1201"][-1]["family"] = employees[0]["psn_no"]
    yield from rows


def _people(seed: int) -> Iterator[dict[str, Any]]:
    fake = Faker("zh_CN")
    fake.seed_instance(seed)
    chance = random.Random(seed)  # noqa: S311 - test data, not secrets
    for serial, (place, destination, psn_type, position, last_one, identities) in enumerate(_parts(), 1):
        first, last = BORN[psn_type]
        born = date(first, 1, 1) + timedelta(days=chance.randrange((last - first) * 365))
        gend = str(1 + serial % 2)
        # the 17th digit is odd for men and even for women
        order = f"{serial // 5 % 100:02d}{2 * (serial % 5) + (1 if gend == '1' else 0)}"
        body = f"99{place[:2]}{serial % 100:02d}{born:%Y%m%d}{order}"
        employee = psn_type != "1501"
        filing = FILINGS[position % len(FILINGS)]
        yield {
            "psn_no": f"{place}99{serial:012d}",
            "psn_cert_type": "01",
            "certno": body + check_digit(body),
            "psn_name": f"{fake.last_name()}{GIVEN[serial % len(GIVEN)]}{STEMS[serial % len(STEMS)]}",
            "gend": gend,
            "naty": chance.choice(("1", "1", "1", "6", "9")),
            "brdy": born.isoformat(),
            "token": f"ECT99{chance.randrange(16**20):020X}",
            "card_no": f"X99{serial:06d}",
            "card_sn": f"{chance.randrange(16**32):032X}",
            "insuplc_admdvs": place,
            "insutype": "310" if employee else "390",
            "psn_type": psn_type,
            "cvlserv_flag": "1" if employee and position % 8 == 7 else "0",
            "psn_insu_stas": "2" if last_one and psn_type != "1201" else "1",
            "psn_insu_date": f"{max(born.year + 18, 2001)}-01-01",
            "balance": f"{chance.randrange(20_00, 6000_00) / 100:.2f}" if employee else "0.00",
            "needy": psn_type == "1501" and position % 5 == 4,
            "chronic": [CHRONIC[position % len(CHRONIC)]] if position % 4 == 1 else [],
            "filings": [{**entry, "destination": destination} for entry in filing],
            **({"identities": [{"type": t, "from": f, "to": to} for t, f, to in identities]} if identities else {}),
        }


def _parts() -> Iterator[tuple[str, str, str, int, bool, Identities]]:
    """Who is to be made: insured place, where to filed, person type, position among the like, whether the last one."""
    for place, destination, kinds in POOLS:
        for psn_type, count in kinds.items():
            for position in range(count):
                yield place, destination, psn_type, position, position == count - 1, ()
    for place, identities in AIDED:
        yield place, "520000", "1501", REFERRED, False, identities


DEPARTMENTS = (
    ("0301", "呼吸内科示例门诊", "A03.01"),
    ("0304", "心血管内科示例门诊", "A03.04"),
    ("0401", "普通外科示例门诊", "A04.01"),
    ("2001", "急诊医学科示例", "A20"),
)

# code letter H and 11 digits: province and city (4), 99 for "nobody's", serial (5)
HOSPITALS: tuple[tuple[str, str, str, str], ...] = (
    ("520100", "贵阳示例大学附属医院（虚构）", "2", "L3"),
    ("520100", "贵阳示例区人民医院（虚构）", "5", "L2"),
    ("520100", "贵阳示例路社区卫生服务中心（虚构）", "11", "community"),
    ("520300", "遵义示例中心医院（虚构）", "2", "L3"),
    ("520400", "安顺示例县医院（虚构）", "8", "L1"),
    ("522600", "黔东南示例镇卫生院（虚构）", "11", "township"),
    ("110000", "北京示例医院（虚构）", "2", "L3"),
    ("110000", "北京示例区医院（虚构）", "6", "L2"),
    ("110000", "北京示例社区卫生服务站（虚构）", "11", "community"),
    ("500000", "重庆示例医院（虚构）", "2", "L3"),
    ("510100", "成都示例医院（虚构）", "2", "L3"),
    ("530100", "昆明示例医院（虚构）", "2", "L3"),
    ("360100", "南昌示例医院（虚构）", "2", "L3"),
)


def institutions() -> Iterator[dict[str, Any]]:
    """The hospitals in order."""
    for serial, (admdvs, name, hosp_lv, level) in enumerate(HOSPITALS, 1):
        yield {
            "fixmedins_code": f"H{admdvs[:4]}99{serial:05d}",
            "fixmedins_name": name,
            "admdvs": admdvs,
            "hosp_lv": hosp_lv,
            "level": level,
            "departments": [{"code": code, "name": label, "caty": caty} for code, label, caty in DEPARTMENTS],
            "doctors": [
                {"code": f"D{admdvs[:4]}99{serial:03d}{n:03d}", "name": f"医生{GIVEN[n]}{STEMS[serial % 10]}"}
                for n in range(1, 4)
            ],
            "operators": [
                {"code": f"OP{serial:03d}{n}", "name": f"经办员{GIVEN[n]}{STEMS[serial % 10]}"} for n in range(1, 3)
            ],
        }


PHARMACIES: tuple[tuple[str, str], ...] = (
    ("520100", "贵阳示例大药房（虚构）"),
    ("520300", "遵义示例药店（虚构）"),
    ("110000", "北京示例药房（虚构）"),
)


def pharmacies() -> Iterator[dict[str, Any]]:
    """The pharmacies in order; to a policy they are of the lowest level."""
    for serial, (admdvs, name) in enumerate(PHARMACIES, 1):
        yield {
            "fixmedins_code": f"P{admdvs[:4]}99{serial:05d}",
            "fixmedins_name": name,
            "admdvs": admdvs,
            "hosp_lv": "11",
            "level": "community",
            "departments": [],
            "doctors": [],
            "operators": [{"code": f"OQ{serial:03d}1", "name": f"店员{GIVEN[1]}{STEMS[serial % 10]}"}],
        }


def text(note: str, key: str, rows: Iterator[dict[str, Any]]) -> str:
    """One JSON file, a row a line, so that a change of one person is a change of one line."""
    lines = ",\n".join("    " + json.dumps(row, ensure_ascii=False) for row in rows)
    return f'{{\n  "note": {json.dumps(note, ensure_ascii=False)},\n  "{key}": [\n{lines}\n  ]\n}}\n'


def main() -> None:
    """Write the files."""
    OUT.mkdir(parents=True, exist_ok=True)
    note = "Synthetic, written by tools/make_people.py: nobody here exists. Money in yuan."
    (OUT / "persons.json").write_text(text(note, "persons", people()), encoding="utf-8")
    (OUT / "institutions.json").write_text(text(note, "institutions", institutions()), encoding="utf-8")
    (OUT / "pharmacies.json").write_text(text(note, "pharmacies", pharmacies()), encoding="utf-8")
    print(f"wrote {OUT}")


if __name__ == "__main__":
    main()
