"""The generated parts of docs/platform.md and docs/clearing.md, in both languages.

    python -m tools.platform_tables

Between ``<!-- table NAME -->`` and ``<!-- end -->`` stands the table of that name, made from the options of the
command, the JSON Schemas of the files it reads, and the code. What a key means is said in
``tools/platform_tables.yaml``: a key without a meaning is an error, and so is a meaning without a key. What follows a
command in a ``console`` block is what it prints, run in a copy of the project (`tools.benefits_walk`); a ``python``
block that names its file is written first.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import attrs

from sim.files import read_yaml
from sim.interface import interface
from sim.interface.leniency import LENIENCIES
from sim.interface.protection import Protection
from sim.interface.signature import HEADERS
from sim.lang import Lang, say
from sim.platform.clearing.regime import Regimes, regimes
from sim.platform.ledger.accounts import MIRRORED_BY
from sim.platform.readings import readings
from sim.platform.sql import current
from sim.platform.treatment import TREATMENT
from sim.service import agency, faults, routes, settings
from sim.service.operator import Operator
from tools import benefits_walk, platform_limits

ROOT = Path(__file__).parent.parent
NAMES = ("platform.md", "clearing.md")
WALKED = re.compile(r"^```(python|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PART = re.compile(r"(<!-- table (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


@cache
def words() -> Mapping[str, Any]:
    """The texts of the tables, by table."""
    found: Mapping[str, Any] = read_yaml(Path(__file__).with_suffix(".yaml")).data
    return found


def told(table: str, keys: Iterable[str], lang: Lang) -> dict[str, str]:
    """The meaning of each key. Raises KeyError for a key without one, or a meaning without a key."""
    wanted = list(keys)
    if stray := set(words()[table]) ^ set(wanted):
        raise KeyError(f"{table}: {sorted(stray)}")
    return {key: str(words()[table][key][lang]) for key in wanted}


def markdown(heads: Sequence[str], rows: Iterable[Sequence[object]], lang: Lang) -> str:
    """A table under heads that are keys of ``heads``."""
    titles = [str(words()["heads"][head][lang]) for head in heads]
    body = [f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join([f"| {' | '.join(titles)} |", "|" + "---|" * len(heads), *body])


# --- the command and its files ---------------------------------------------------------------------------------------


def options(lang: Lang) -> str:
    """The options of ``yidi serve``."""
    from sim.commands.platforms import serve

    rows = []
    for one in serve.params:
        name = one.opts[0].removeprefix("--")
        default = "" if one.default in (None, "", ()) or callable(one.default) else f"`{one.default}`"
        text = say("cli.interface" if name == "interface" else f"cli.serve.{name}").show(lang)
        rows.append((f"`--{name}`", text, "" if "Sentinel" in default else default))
    return markdown(("option", "meaning", "default"), rows, lang)


def keys_of(schema: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every key of a file that holds no further keys, with its schema; rows of a list under ``[]``."""
    if "properties" in schema:
        for name, inside in schema["properties"].items():
            yield from keys_of(inside, f"{path}.{name}" if path else name)
    elif "items" in schema and "properties" in schema["items"]:
        yield from keys_of(schema["items"], f"{path}[]")
    else:
        yield path, schema


def values_of(schema: Mapping[str, Any], lang: Lang) -> str:
    """What a key may hold."""
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"])
    if "additionalProperties" in schema:
        return str(words()["types"]["map"][lang])
    kinds = schema.get("type", "string")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    name = str(words()["types"][kind][lang])
    if "minimum" in schema:
        most = f"{schema['maximum']:,}" if "maximum" in schema else "…"
        return f"{name} {schema['minimum']:,} – {most}"
    return name


def setting_keys(lang: Lang) -> str:
    """The settings file."""
    found = {path: schema for path, schema in keys_of(settings.schema()) if not path.startswith("readings.")}
    meaning = told("settings", found, lang)
    rows = [(f"`{path}`", values_of(schema, lang), default_of(path), meaning[path]) for path, schema in found.items()]
    return markdown(("key", "values", "default", "meaning"), rows, lang)


GATEWAY = settings.Gateway("csb", {})


def default_of(path: str) -> str:
    """The value without a settings file, as the code has it."""
    room, _, name = path.partition(".")
    if room == "gateway":
        renamed = {"window_seconds": "window"}
        value = "none" if name == "scheme" else getattr(GATEWAY, renamed.get(name, name))
    elif path == "wire.lenient" or path.startswith("wire.leniencies."):
        value = True
    elif room == "protection":
        value = getattr(Protection(), name, None)
    else:
        value = getattr(getattr(settings.Settings(), room), name) if name else getattr(settings.Settings(), room)
    return shown(value)


def shown(value: Any) -> str:
    """A value as the files write it."""
    if value in (None, "", (), {}):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, timedelta):
        return f"{value // timedelta(seconds=1):,}"
    return f"{value:,}" if isinstance(value, int) else f"`{value}`"


def fault_keys(lang: Lang) -> str:
    """The faults file."""
    found = dict(keys_of(faults.schema()))
    meaning = told("faults", found, lang)
    return markdown(
        ("key", "values", "meaning"),
        ((f"`{path}`", values_of(schema, lang), meaning[path]) for path, schema in found.items()),
        lang,
    )


def fault_kinds(lang: Lang) -> str:
    """What ``do`` may say."""
    kinds = faults.schema()["properties"]["faults"]["items"]["properties"]["do"]["enum"]
    return markdown(("kind", "meaning"), ((f"`{k}`", m) for k, m in told("fault_kinds", kinds, lang).items()), lang)


def route_keys(lang: Lang) -> str:
    """The file of provinces."""
    found = dict(keys_of(routes.schema()))
    meaning = told("routes", found, lang)
    return markdown(
        ("key", "values", "meaning"),
        ((f"`{path}`", values_of(schema, lang), meaning[path]) for path, schema in found.items()),
        lang,
    )


# --- the gateway and the wire ----------------------------------------------------------------------------------------


def schemes(lang: Lang) -> str:
    """The header gateway."""
    meaning = told("schemes", HEADERS, lang)
    rows = [(f"`{name}`", ", ".join(f"`{one}`" for one in HEADERS[name]), meaning[name]) for name in HEADERS]
    return markdown(("scheme", "headers", "meaning"), rows, lang)


def leniencies(lang: Lang) -> str:
    """Every departure from the letter that is accepted and noted."""
    rows = []
    for name in LENIENCIES:
        text = say(f"leniency.{name}", value="…", expected="V1.0").show(lang)
        rows.append((f"`{name}`", say(f"leniency.name.{name}").show(lang), text))
    return markdown(("leniency", "what", "noted_as"), rows, lang)


def open_points(lang: Lang) -> str:
    """How the reference reads what the interface leaves open."""
    rows = [
        (one.point, one.topic.show(lang), one.reading.show(lang), f"`{one.switch}`" if one.switch else "")
        for one in readings()
    ]
    return markdown(("point", "topic", "reading", "switch"), rows, lang)


def defaults(lang: Lang) -> str:
    """The readings that can be chosen, and what they are."""
    chosen = settings.Settings().readings
    names = [each.name for each in attrs.fields(type(chosen))]
    meaning = told("readings", names, lang)
    return markdown(
        ("key", "default", "meaning"),
        ((f"`readings.{name}`", shown(getattr(chosen, name)), meaning[name]) for name in names),
        lang,
    )


def transactions(lang: Lang) -> str:
    """What the platforms answer."""
    known = interface()
    rows = [
        (f"`{infno}`", known.transactions[infno].name.show(lang))
        for infno in sorted(TREATMENT)
        if infno in known.transactions
    ]
    return markdown(("infno", "name"), rows, lang)


# --- storage, pages, limits ------------------------------------------------------------------------------------------


def versions(lang: Lang) -> str:
    """The versions of the database's schema."""
    schema = current()
    names = ["create", *(step.__name__ for _, step in sorted(schema.migrations.items()))]
    meaning = told("versions", names, lang)
    return markdown(("version", "meaning"), ((n, meaning[name]) for n, name in enumerate(names, 1)), lang)


def pages(lang: Lang) -> str:
    """What GET shows, and the reset."""
    nowhere: Any = None
    found = [
        (sorted(route.methods or ())[-1 if "POST" in (route.methods or ()) else 0], route.path)
        for route in Operator(nowhere, "").routes()
        if "{path:path}" not in route.path
    ]
    meaning = told("pages", (path for _, path in found), lang)
    return markdown(("method", "path", "meaning"), ((m, f"`{path}`", meaning[path]) for m, path in found), lang)


def actions(lang: Lang) -> str:
    """What agencies do beside the interface, and the keys that each action takes."""
    found = agency.forms()
    meaning = told("actions", found, lang)
    rows = []
    for name, form in found.items():
        keys = [f"`{key}`" if key in form["required"] else f"*{key}*" for key in form["properties"]]
        rows.append((f"`{name}`", ", ".join(keys), meaning[name]))
    return markdown(("action", "keys", "meaning"), rows, lang)


def limits(lang: Lang) -> str:
    """Every limit, its value and where it is set."""
    found = {one.name: one for one in platform_limits.limits()}
    meaning = told("limits", found, lang)
    rows = [(meaning[name], one.value, f"`{one.key}`" if one.key else "") for name, one in found.items()]
    return markdown(("limit", "value", "set_by"), rows, lang)


# --- clearing --------------------------------------------------------------------------------------------------------


def accounts(lang: Lang) -> str:
    """The accounts of the ledgers."""
    names = [*MIRRORED_BY, "hospital", "refused", "fund", "personal_accounts", "bank"]
    meaning = told("accounts", names, lang)
    return markdown(
        ("account", "mirror", "meaning"),
        ((f"`{n}`", f"`{MIRRORED_BY[n]}`" if n in MIRRORED_BY else "", meaning[n]) for n in names),
        lang,
    )


MONTH = "2026-03"
"""The month whose days the calendar shows, as its head says."""


def calendar(lang: Lang) -> str:
    """The days of the fees of one month under each regime."""
    found: Regimes = regimes()
    rows: dict[str, list[str]] = {"title": [], "from": []}
    for regime in found.clearing:
        rows["title"].append(regime.title.show(lang))
        rows["from"].append(regime.since)
        for name, day in attrs.asdict(regime.days(MONTH)).items():
            rows.setdefault(name, []).append(str(day))
    meaning = told("calendar", rows, lang)
    titles = [str(words()["heads"]["days_of"][lang]), *(f"`{one.id}`" for one in found.clearing)]
    lines = [f"| {' | '.join(titles)} |", "|" + "---|" * len(titles)]
    return "\n".join([*lines, *(f"| {meaning[name]} | {' | '.join(cells)} |" for name, cells in rows.items())])


ALL = (
    *(options, setting_keys, fault_keys, fault_kinds, route_keys, schemes, leniencies, open_points, defaults),
    *(transactions, versions, pages, actions, limits, accounts, calendar),
)
TABLES: Mapping[str, Callable[[Lang], str]] = {one.__name__: one for one in ALL}


def filled(text: str, lang: Lang) -> str:
    """A page with its tables as they are now. Raises KeyError for a table that is not known."""
    return PART.sub(lambda found: f"{found[1]}{TABLES[found[2]](lang)}\n{found[3]}", text)


def walked(text: str, lang: Lang) -> str:
    """A page with the output of every command made anew, in order, in a fresh copy of the project."""
    if "```console" not in text:
        return text
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        benefits_walk.copy(place)
        shutil.copytree(ROOT / "scenarios", place / "scenarios")

        def block(found: re.Match[str]) -> str:
            if found[1] == "console":
                return benefits_walk.block(found, place, lang)
            if named := benefits_walk.FILE.match(found[2]):
                (place / named[1]).write_text(found[2], encoding="utf-8")
            return found[0]

        return WALKED.sub(block, text)


def files() -> dict[Path, Lang]:
    """The pages, by file."""
    english = {ROOT / "docs" / name: "en" for name in NAMES}
    return {**english, **{ROOT / "docs" / "zh" / name: "zh" for name in NAMES}}  # type: ignore[dict-item]


if __name__ == "__main__":
    for file, lang in files().items():
        file.write_text(walked(filled(file.read_text("utf-8"), lang), lang), encoding="utf-8")
    sys.exit(0)
