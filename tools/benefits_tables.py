"""The generated parts of docs/benefits.md and docs/zh/benefits.md.

    python -m tools.benefits_tables

Between ``<!-- table NAME -->`` and ``<!-- end -->`` stands the table of that name, made from the registry of
mechanisms, the policy files, the worked examples, the relations and the known faults. What follows a command in a
``console`` block is what the command prints, run in a copy of the project (`tools.benefits_walk`).
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from sim.benefits import Policy, policies
from sim.benefits.bill_schema import SCHEMA
from sim.benefits.difference import cause_text
from sim.benefits.explain import settle_bill
from sim.benefits.faults import FAULTS
from sim.benefits.mechanisms import MECHANISMS, Mechanism
from sim.benefits.quantity import Choice, Origin, Quantity, Table
from sim.benefits.relations import RELATIONS
from sim.benefits.worked import lines_of, run, worked_examples
from sim.files import read_yaml
from sim.lang import Lang, say
from sim.money import parse, show
from tools.benefits_walk import walked

ROOT = Path(__file__).parent.parent
FILES: Mapping[Lang, Path] = {
    "en": ROOT / "docs" / "benefits.md",
    "zh": ROOT / "docs" / "zh" / "benefits.md",
}
BILLS = ROOT / "fixtures" / "bills"
TABLE = re.compile(r"(<!-- table (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


@cache
def words() -> Mapping[str, Any]:
    """The texts of the tables (``tools/benefits_tables.yaml``)."""
    found: Mapping[str, Any] = read_yaml(Path(__file__).with_suffix(".yaml")).data
    return found


def word(key: str, lang: Lang) -> str:
    """A heading or word."""
    found = words()["words"].get(key) or words()["bill_words"][key]
    return str(found[lang])


def rows(heads: Sequence[str], body: Iterator[Sequence[str]], lang: Lang, right: Sequence[str] = ()) -> str:
    """A Markdown table; heads are keys of words, those in ``right`` are set to the right."""
    lines = [
        "| " + " | ".join(word(head, lang) for head in heads) + " |",
        "|" + "|".join("---:" if head in right else "---" for head in heads) + "|",
    ]
    return "\n".join([*lines, *("| " + " | ".join(cells) + " |" for cells in body)])


def mechanisms(lang: Lang) -> str:
    """Every registered mechanism, in order of stages."""
    users = Counter(name for p in policies() for name in {u.mechanism.name for uses in p.care.values() for u in uses})

    def body() -> Iterator[Sequence[str]]:
        for m in sorted(MECHANISMS.values(), key=lambda m: m.stage):
            yield (
                f"{int(m.stage)} {words()['stages'][m.stage.name][lang]}",
                f"`{m.name}`",
                words()["mechanisms"][m.name][lang].strip(),
                numbers_of(m, lang),
                "<br>".join(f"`{k}`{'*' * w.required}: {', '.join(w.allowed)}" for k, w in m.words.items()) or "–",
                str(users[m.name]),
            )

    return rows(("stage", "mechanism", "does", "numbers", "choices", "used"), body(), lang, ("used",))


def numbers_of(m: Mechanism, lang: Lang) -> str:
    """What a policy file sets for a mechanism."""
    found = [
        f"`{name}`{'*' if p.required else ''} {words()['units'][p.unit.name][lang]}" for name, p in m.numbers.items()
    ]
    found += [f"`{key}`*" for key, there in (("bands", m.bands), ("fund", m.pays)) if there]
    return "<br>".join(found)


def origins(table: Table) -> Iterator[Origin]:
    """The origins of the numbers in a table."""
    if isinstance(table, Quantity):
        yield table.origin
    elif isinstance(table, Choice):
        for inner in table.by.values():
            yield from origins(inner)


def origins_of(policy: Policy) -> Iterator[Origin]:
    """The origins of all sourced values of a policy, each mechanism once."""
    seen: set[str] = set()
    for share in (policy.class_b, *policy.items.values()):
        yield from origins(share)
    for uses in policy.care.values():
        for use in uses:
            if use.clause not in seen:
                seen.add(use.clause)
                for table in (*use.numbers.values(), *(band.ratio for band in use.bands)):
                    yield from origins(table)


def pools(lang: Lang) -> str:
    """Every policy file: periods, what it pays, how sure its numbers are, what is kept but not used."""

    def body() -> Iterator[Sequence[str]]:
        for policy_id in dict.fromkeys(p.id for p in policies()):
            versions = [p for p in policies() if p.id == policy_id]
            all_origins = [o for p in versions for o in origins_of(p)]
            sure = Counter(o.confidence for o in all_origins)
            assumed = sum(o.provenance in ("assumed", "recalled") for o in all_origins)
            care = dict.fromkeys(care for p in versions for care in p.care)
            left = [row.what.show(lang) for p in versions for row in p.not_modelled]
            yield (
                versions[0].pool.show(lang),
                word(versions[0].insutype, lang),
                f"`{policy_id}`",
                "<br>".join(period(p, last=p is versions[-1], lang=lang) for p in versions),
                say_list(lang, (say(f"benefits.care.{c}").show(lang) for c in care)),
                f"{sure['high']} / {sure['medium']} / {sure['low']}",
                str(assumed),
                "<br>".join(f"`{name}`" for name in left) or "–",
            )

    heads = ("pool", "insurance", "policy", "periods", "pays", "numbers_sure", "assumed", "not_modelled")
    return rows(heads, body(), lang, ("numbers_sure", "assumed"))


def period(policy: Policy, last: bool, lang: Lang) -> str:
    """From when, and until when where the end does not follow from the next version."""
    text = f"{policy.start} {word('from', lang)}" if lang == "zh" else f"{word('from', lang)} {policy.start}"
    if last and policy.end is not None:
        end = f"{policy.end} {word('until', lang)}" if lang == "zh" else f"{word('until', lang)} {policy.end}"
        return f"{text}, {end}"
    return text


def say_list(lang: Lang, names: Iterator[str]) -> str:
    """Names in a row."""
    return ("、" if lang == "zh" else ", ").join(names)


def examples(lang: Lang) -> str:
    """Every worked example: what goes in, what is published or follows by hand, what comes out, and the verdict."""

    def body() -> Iterator[Sequence[str]]:
        for example in worked_examples():
            settled = run(example)
            stated = {name: parse(value) for name, value in example["expect"].items()}
            ours = {name: settled.amounts[name] for name in stated}
            verdict = example.get("verdict", "follows")
            title = example["title"] if lang == "en" else words()["examples"][example["id"]]
            reading = example.get("reading", "") if lang == "en" else words()["readings"].get(example["id"], "")
            yield (
                example["id"],
                f"{title}. {given(example, lang)}" if lang == "en" else f"{title}。{given(example, lang)}",
                word(KINDS[example["kind"]], lang) + "<br>" + "<br>".join(f"{k} {show(v)}" for k, v in stated.items()),
                "<br>".join(show(v) for v in ours.values()),
                residual(example, [ours[name] - amount for name, amount in stated.items()]),
                word("residual_verdict" if verdict == "residual" else verdict, lang)
                + (f"; {reading}" if reading else ""),
                example["source"],
            )

    heads = ("id", "input", "published", "ours", "residual", "verdict", "source")
    return rows(heads, body(), lang)


KINDS = {"published": "published_kind", "constructed": "constructed"}


def residual(example: Mapping[str, Any], missed: list[int]) -> str:
    """By how much ours misses the stated amounts, in their order, and the residual that an example explains."""
    found = [show(amount) if amount else "0.00" for amount in missed] if any(missed) else ["0.00"]
    return "<br>".join([*found, *([f"({show(parse(example['residual']))})"] if "residual" in example else [])])


def given(example: Mapping[str, Any], lang: Lang) -> str:
    """The input of an example in one sentence of keys and values."""
    policy = f"`{example['policy']}`" if isinstance(example["policy"], str) else word("made_up", lang)
    case = [f"{key} {plain(value)}" for key, value in example["case"].items()]
    parts = [f"{word('policy', lang)}: {policy}, {example['on']}", ", ".join(case)]
    if used := example.get("used"):
        parts.append(f"{word('used_before', lang)}: " + ", ".join(f"{k} {v}" for k, v in used.items()))
    fees = ", ".join(f"{line.chrgitm_lv} {show(line.amount)}" for line in lines_of(example))
    parts.append(f"{word('lines', lang)}: {fees}")
    return "; ".join(parts)


def plain(value: Any) -> str:
    """A value of a case as text."""
    if isinstance(value, Mapping):
        return "(" + ", ".join(f"{key} {inner}" for key, inner in value.items()) + ")"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def relations(lang: Lang) -> str:
    """The relations that hold for every policy."""

    def body() -> Iterator[Sequence[str]]:
        for relation in RELATIONS.values():
            needs = "; ".join(dict.fromkeys(need.text().show(lang) for need in relation.needs))
            yield f"`{relation.id}`", relation.text.show(lang), needs or "–"

    return rows(("relation", "holds", "needs"), body(), lang)


def faults(lang: Lang) -> str:
    """The faults that ``--explain-difference`` knows."""
    return rows(("fault", "reason"), ((f"`{name}`", cause_text(name).show(lang)) for name in FAULTS), lang)


def fields(schema: Mapping[str, Any], at: str = "") -> Iterator[tuple[str, Mapping[str, Any], bool]]:
    """The fields of a bill: path, form, whether it must be set. What has texts of its own is not taken apart."""
    for name, form in schema["properties"].items():
        path, needed = f"{at}{name}", name in schema.get("required", ())
        inner = form.get("items", form)
        if path not in words()["bill"] and "properties" in inner:
            yield from fields(inner, f"{path}.")
        else:
            yield path, form, needed


def form_of(form: Mapping[str, Any], lang: Lang) -> str:
    """What may stand in a field."""
    if "enum" in form:
        return ", ".join(form["enum"])
    kind = "date" if form.get("pattern", "").startswith(r"^\d{4}-") else form["type"]
    return str(words()["bill_words"][kind][lang])


def bill(lang: Lang) -> str:
    """The fields of a bill file."""
    body = (
        (f"`{path}`{'*' * needed}", form_of(form, lang), words()["bill"][path][lang])
        for path, form, needed in fields(SCHEMA)
    )
    return rows(("field", "form", "meaning"), body, lang)


def bills(lang: Lang) -> str:
    """The example bills and what comes out."""

    def body() -> Iterator[Sequence[str]]:
        for file in sorted(BILLS.iterdir()):
            done = settle_bill(file)
            amounts = done.settlement.amounts
            yield (
                f"`{file.name}`",
                done.bill.title.show(lang),
                f"`{done.policy.id}`",
                show(amounts["fund_pay_sumamt"]),
                show(amounts["psn_part_amt"]),
            )

    return rows(("file", "shows", "policy", "fund", "person"), body(), lang, ("fund", "person"))


TABLES: Mapping[str, Callable[[Lang], str]] = {
    "bill": bill,
    "bills": bills,
    "mechanisms": mechanisms,
    "pools": pools,
    "examples": examples,
    "relations": relations,
    "faults": faults,
}


def tabled(text: str, lang: Lang) -> str:
    """A page with its tables made anew. Raises KeyError for a table that does not exist."""
    return TABLE.sub(lambda m: f"{m[1]}{TABLES[m[2]](lang)}\n{m[3]}", text)


def main() -> int:
    """Write both pages anew."""
    for lang, file in FILES.items():
        file.write_text(walked(tabled(file.read_text(encoding="utf-8"), lang), lang), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
