"""Make ``fixtures/interface/`` from the collected interface facts.

    python tools/convert_interface.py SPEC_DIR [OUT_DIR]

SPEC_DIR holds the resolved national dictionary (``core.yaml``) and the text of a provincial variant
(``variants/hunan_*.yaml``). Written are ``national.json`` and ``variants/hunan.json``, an overlay with what that
province changes or adds. The same input gives the same bytes. Nothing but this script reads SPEC_DIR.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

Raw = dict[str, Any]

LINEAR = re.compile(r"^(\w+) (=|<=) (\w+(?: \+ \w+)*)$")
SIDES = ("input", "output")
LONGEST_NUMBER = 40  # digits; a name typed as a number of 255 is a slip of the text
SIZES = {"1K": 1024, "1M": 1024 * 1024, "2M": 2 * 1024 * 1024}


def _yaml(file: Path) -> Raw:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    raw: Raw = yaml.load(file.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - a safe loader
    return raw


WORDS = _yaml(Path(__file__).with_suffix(".yaml"))
"""What is said in this project's own words, and readings of what the sources leave open."""


def main(arguments: list[str]) -> int:
    """Convert. Returns the exit code."""
    if len(arguments) not in (1, 2):
        print(__doc__)
        return 2
    spec = Path(arguments[0])
    out = Path(arguments[1]) if len(arguments) == 2 else Path(__file__).resolve().parent.parent / "fixtures/interface"
    core = _yaml(spec / "core.yaml")
    raw = national(core)
    write(raw, out / "national.json")
    variants = spec / "variants"
    text = _yaml(next(iter(sorted(variants.glob("hunan_*.*.*[0-9].yaml")))))
    lists = _yaml(next(iter(sorted(variants.glob("hunan_*_codelists.yaml")))))
    write(hunan(raw, text, lists["codelists"]), out / "variants" / "hunan.json")
    return 0


def national(core: Raw) -> Raw:
    """The national interface from the resolved dictionary."""
    return {
        "name": "national",
        "title": {"zh": "定点医药机构接口（全国基线）", "en": "provider interface, national baseline"},
        "version": "V1.0",
        "sources": WORDS["sources"],
        "envelope": {
            "request": [field(f, "envelope") for f in core["envelope"]["request"]],
            "response": [field(f, "envelope") for f in core["envelope"]["response"]],
            "extensions": [_extension({**e, "in": "request"}) for e in core["envelope"].get("request_extensions", ())],
        },
        "reversal": {"oinfno": core["reversal_2601"]["oinfno"]},
        "transactions": {infno: transaction(infno, one) for infno, one in core["transactions"].items()},
        "codelists": {name: codelist(name, one) for name, one in core["codelists"].items()},
        "amounts": [amount(one) for one in core["amounts"]],
    }


def transaction(infno: str, one: Raw) -> Raw:
    """One transaction; a derived one only refers to the plain form it takes its layout from."""
    found: Raw = {
        "zh": one["name_zh"],
        "en": one["name_en"],
        "group": one["group"],
        "kind": one["kind"],
        "sure": one["sure"],
    }
    if one["reversible_by"]:
        found["reversible_by"] = one["reversible_by"]
    if "then" in one:
        found["then"] = "9102"
    if infno in WORDS["transaction_notes"]:
        found["note"] = WORDS["transaction_notes"][infno]
    if "file_rows" in one:
        found["files"] = one["file_rows"]
    if "derived_from" in one:
        return {**found, "derived_from": one["derived_from"]}
    for side in ("input", "output"):
        found[side] = [node(n, infno) for n in one[side]]
    if one.get("extensions"):
        found["extensions"] = [_extension(e) for e in one["extensions"]]
    return found


def node(one: Raw, infno: str) -> Raw:
    """One node with its fields."""
    found: Raw = {key: one[key] for key in ("name", "kind", "required", "also", "alias", "parent") if key in one}
    fields = [field(f, infno) for f in one["fields"]]
    beside = {f["name"] for f in fields}
    for f in fields:
        if f.get("when", {}).get("field", "") not in beside | {""}:
            f["when"] = {"text": f["when"]["text"]}  # what decides it stands in another message
    return {**found, "fields": fields}


def field(one: Raw, place: str) -> Raw:
    """One field; attributes that say nothing (no code list, not required) are left out."""
    found: Raw = {"name": one["name"], "zh": one["zh"], "type": one["type"]}
    if one.get("len") is not None and one["type"] not in ("date", "datetime"):
        found["length"] = one["len"]
    if one.get("codes"):
        found["codes"] = one["codes"]
    if one["required"] == "conditional":
        found["when"] = dict(WORDS["conditions"][one["when"]])
    elif one["required"]:
        found["required"] = True
    for key in ("format", "alias", "coded", "stricter_in", "max_chars"):
        if key in one:
            found[key] = one[key]
    note = WORDS["field_notes"].get(f"{place}.{one['name']}")
    if note and "note" in one:
        found["note"] = note
    return {**found, "origin": one["origin"], "sure": one["sure"]}


def codelist(name: str, one: Raw) -> Raw:
    """One code list."""
    found: Raw = {"zh": one["zh"]}
    if one["regional"]:
        found["regional"] = True
    if one.get("open") or name == "infcode":
        found["open"] = True
    if "pattern" in one:
        found["pattern"] = one["pattern"].replace("\\d", "[0-9]")
    if name in WORDS["list_notes"]:
        found["note"] = WORDS["list_notes"][name]
    found["source"] = one.get("from", "common")
    for key in ("unconfirmed", "only_hunan", "only_clients"):
        if one.get(key):
            found[key] = [str(code) for code in one[key]]
    return {**found, "values": {str(code): label for code, label in one.get("values", {}).items()}}


def amount(one: Raw) -> Raw:
    """One amount identity; a linear one is split into total, relation and parts."""
    words = WORDS["amounts"][one["id"]]
    identity = words.get("identity", {"zh": one["identity"], "en": one["identity"]})
    found: Raw = {"id": one["id"], "identity": identity, "status": one["status"]}
    linear = LINEAR.match(identity["en"])
    if linear:
        found |= {"total": linear[1], "relation": linear[2], "parts": linear[3].split(" + ")}
    found |= words
    if one.get("tol"):
        found["tolerance"] = round(one["tol"] * 100)
    return found


def _extension(one: Raw) -> Raw:
    found = {"name": one["name"], "zh": one["zh"], "type": one["type"], "inside": one["in"], "where": one["where"]}
    if one.get("len") is not None:
        found["length"] = one["len"]
    if one.get("required_there"):
        found["required_there"] = True
    return found


def hunan(base: Raw, text: Raw, lists: Raw) -> Raw:
    """The overlay of the Hunan variant.

    Where the national baseline has a transaction, it has weighed this text against other sources; the overlay then only
    carries what the province adds: fields of its own, flags that are stricter there. Everything else of the text is
    taken over whole.
    """
    transactions: Raw = {}
    for infno, one in base["transactions"].items():
        change = _province_over(one, "hunan")
        if text["transactions"].get(infno, {}).get("status"):
            change["status"] = text["transactions"][infno]["status"]
        if change:
            transactions[infno] = change
    for infno, one in text["transactions"].items():
        if infno not in base["transactions"]:
            transactions[infno] = _from_text(infno, one, base, lists)
    used = {
        f["codes"]
        for one in transactions.values()
        for side in SIDES
        for n in one.get(side, ())
        for f in n["fields"]
        if "codes" in f
    }
    return {
        "name": "hunan",
        "base": "national",
        "title": {"zh": "定点医药机构接口（湖南 V1.1.27）", "en": "provider interface, Hunan V1.1.27"},
        "version": text["spec"]["version"],
        "sources": [
            {
                "id": "hunan-text",
                "where": WORDS["sources"][-1]["where"],
                "region": "Hunan",
                "date": text["spec"]["date"],
                "gives": "every transaction, field and code list of this overlay",
            }
        ],
        "reversal": {"oinfno": WORDS["hunan"]["reversible"]},
        "transactions": transactions,
        "codelists": _province_lists(base["codelists"], lists, used),
    }


def _province_over(one: Raw, region: str) -> Raw:
    """What a province makes of a national transaction: its extensions become fields, its stricter flags hold."""
    change: Raw = {}
    for side in SIDES:
        for node_ in one.get(side, ()):
            fields = [
                {"name": f["name"], "required": True, **({"when": None} if "when" in f else {})}
                for f in node_["fields"]
                if f.get("stricter_in") == region
            ]
            names = {f["name"] for f in node_["fields"]} | {f.get("alias") for f in node_["fields"]}
            for e in one.get("extensions", ()):
                if e["inside"] == f"{side}.{node_['name']}" and region in e["where"] and e["name"] not in names:
                    own = {"name": e["name"], "zh": e["zh"], "type": e["type"]}
                    own |= {"length": e["length"]} if "length" in e else {}
                    own |= {"required": True} if e.get("required_there") else {}
                    fields.append({**own, "origin": region, "sure": "high"})
            if fields:
                change.setdefault(side, []).append({"name": node_["name"], "fields": fields})
    return change


def _from_text(infno: str, one: Raw, base: Raw, lists: Raw) -> Raw:
    """A transaction that only the province has. Group, kind and required nodes are a reading of names and roles."""
    name = one["name_zh"]
    kind = "file" if "file_columns" in one else "query" if re.search("查询|下载|获取|校验|审核", name) else "write"
    if re.search("撤销|冲正|取消", name):
        kind = "reverse"
    same = (t["group"] for number, t in base["transactions"].items() if number[:2] == infno[:2])
    found: Raw = {
        "zh": name,
        "group": next(same, None) or WORDS["hunan"]["groups"][infno[:2]],
        "kind": kind,
        "sure": "medium",
        "section": one["section"],
    }
    if one.get("status"):
        found["status"] = one["status"]
    if infno in WORDS["hunan"]["outside_envelope"]:
        found["note"] = {"zh": "不使用公共报文头", "en": "travels without the common envelope"}
    files = {key: one[key] for key in ("file_columns", "input_file", "output_file") if key in one}
    if files:
        found["files"] = {key: [c["name"] if isinstance(c, dict) else c for c in value] for key, value in files.items()}
    for side in SIDES:
        found[side] = [_text_node(n, lists) for n in one[side] if n.get("fields")]
    if infno in WORDS["hunan"]["rows_without_node"]:
        found["output"] = [{**rows, "name": "data", "kind": "list"} for rows in found["output"]]
    return found


def _text_node(one: Raw, lists: Raw) -> Raw:
    rooted = {"(unstated)": "(root)"}
    fields = [_text_field(f, lists) for f in one["fields"]]
    found: Raw = {"name": rooted.get(one["node"], one["node"]), "kind": one["kind"]}
    # the text has no flags for nodes: an object with a field that is never missing is taken as required
    found["required"] = one["kind"] == "object" and "parent" not in one and any(f.get("required") for f in fields)
    if "parent" in one and one["parent"] != "(unstated)" and one["parent"] != "(root)":
        found["parent"] = one["parent"]
    return {**found, "fields": fields}


def _text_field(one: Raw, lists: Raw) -> Raw:
    length, kind = one["len"], one["type"] or "string"
    if kind == "bytes":
        kind, extra = "string", {"format": "bytes"}
    else:
        extra = {}
    if kind == "string" and isinstance(length, list):
        kind = "number"
    misprint = kind == "number" and isinstance(length, int) and length > LONGEST_NUMBER
    if kind == "number" and isinstance(length, int):
        kind = "string" if misprint else "integer"
    found: Raw = {"name": one["name"], "zh": one["zh"], "type": kind}
    if length is not None and kind in ("string", "number", "integer"):
        found["length"] = SIZES.get(length, length) if isinstance(length, str) else length
    if isinstance(one["codelist"], str) and one["codelist"] in lists and kind == "string":
        found["codes"] = one["codelist"]
    elif one["codelist"]:
        found["coded"] = True
    if one["required"]:
        found["required"] = True
    return {**found, **extra, "origin": "hunan", "sure": "high" if one["type"] and not misprint else "low"}


def _province_lists(base: Raw, lists: Raw, used: set[str]) -> Raw:
    """The province's lists that the overlay uses and that are not the national ones word for word."""
    found: Raw = {}
    for name, one in lists.items():
        values = {str(code): label for code, label in one["values"].items()} | WORDS["hunan"]["used_codes"].get(
            name, {}
        )
        national_values = base.get(name, {}).get("values")
        if name in base and national_values != values:
            keep = {key: base[name][key] for key in ("pattern", "note") if key in base[name]}
            found[name] = {"zh": one["zh"], **keep, "source": "hunan", "values": values}
        elif name not in base and name in used:
            found[name] = {"zh": one["zh"], "source": "hunan", "values": values}
    return found


def dumps(value: Any) -> str:
    """JSON that a diff can be read in: what fits stays on one line, and a field always does."""
    return _lines(value, "") + "\n"


def write(raw: Raw, file: Path) -> None:
    """Write one file and say so."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(dumps(raw), encoding="utf-8", newline="\n")
    print(f"{file}: {len(raw.get('transactions', ()))} transactions")


def _lines(value: Any, indent: str) -> str:
    compact = json.dumps(value, ensure_ascii=False)
    is_field = isinstance(value, dict) and "name" in value and "fields" not in value and "transactions" not in value
    if not isinstance(value, dict | list) or not value or is_field or len(compact) + len(indent) <= 118:
        return compact
    inner = indent + " "
    if isinstance(value, dict):
        parts: Iterable[str] = (f"{json.dumps(k, ensure_ascii=False)}: {_lines(v, inner)}" for k, v in value.items())
        opening, closing = "{", "}"
    else:
        parts = (_lines(v, inner) for v in value)
        opening, closing = "[", "]"
    return f"{opening}\n{inner}" + f",\n{inner}".join(parts) + f"\n{indent}{closing}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
