"""The command line: gathers both halves of the project and holds no logic of its own.

Exit codes: 0 all passed, 1 findings against the target, 2 wrong usage or bad input, 3 the harness itself failed,
4 nothing was checked.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import wraps
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sim.errors import HarnessError, InputError
from sim.lang import Lang, Text, choose_lang, say

if TYPE_CHECKING:
    from conformance.conversation import Exchange
    from conformance.evidence import Seal
    from conformance.profile import Profile
    from conformance.result import RunResult
    from sim.service.launch import Role

OK, FINDINGS, USAGE, HARNESS, NOTHING = 0, 1, 2, 3, 4
INTERRUPTED = 130


def _asked_lang(argv: Sequence[str]) -> str | None:
    """The value of ``--lang`` before parsing: help texts are made when the commands are defined."""
    for i, word in enumerate(argv):
        if word == "--lang" and i + 1 < len(argv):
            return argv[i + 1]
        if word.startswith("--lang="):
            return word.removeprefix("--lang=")
    return None


LANG: Lang = choose_lang(_asked_lang(sys.argv[1:]))


def t(key: str, **args: Any) -> str:
    """A text of the command line in the language chosen."""
    return say(key, **args).show(LANG)


def console(stderr: bool = False) -> Console:
    """Where people read: colours and full width on a terminal, plain and unwrapped in a pipe."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(
        stderr=stderr, width=None if stream.isatty() else 200, soft_wrap=not stream.isatty(), highlight=False
    )


def table(heads: Iterable[str], rows: Iterable[Iterable[object]], right: Iterable[int] = ()) -> None:
    """Rows under heads on a terminal; tab-separated lines in a pipe, so that other programs can read them."""
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(str(cell) for cell in row))
        return
    shown = Table(box=None, pad_edge=False)
    for i, head in enumerate(heads):
        shown.add_column(head, justify="right" if i in set(right) else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(escape(str(cell)) for cell in row))
    console().print(shown)


def as_json(data: Any) -> None:
    """Machine-readable output on standard output."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))


class Commands(click.Group):
    """A group that says of a command planned for later that it is not in this version."""

    LATER = ("compare",)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a clearer error for names that a later version will have."""
        if args and args[0] in self.LATER and args[0] not in self.commands:
            raise click.UsageError(t("cli.later", name=args[0]))
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, help=t("cli.help"), context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--lang", type=click.Choice(["zh", "en"]), expose_value=False, help=t("cli.lang"))
@click.version_option(version("yidi"), prog_name="yidi")
def cli() -> None:
    """The root; each command below explains itself."""


def out_option(help_key: str = "cli.out") -> Callable[[Any], Any]:
    """The option that names the folder for results."""
    return click.option("--out", type=click.Path(path_type=Path, file_okay=False), help=t(help_key))


def json_option(function: Any) -> Any:
    """The switch for machine-readable output."""
    return click.option("--json", "machine", is_flag=True, help=t("cli.json"))(function)


def existing(name: str) -> Callable[[Any], Any]:
    """An argument that is a path; whether it exists is said by whoever opens it, in our own words."""
    return click.argument(name, type=click.Path(path_type=Path))


def interface_option(function: Any) -> Any:
    """The option that chooses the interface."""
    return click.option(
        "--interface", "interface_name", default="national", show_default=True, help=t("cli.interface")
    )(function)


def finish(code: int) -> NoReturn:
    """End the command with an exit code."""
    raise SystemExit(code)


@cli.command(help=t("cli.demo"))
@out_option()
def demo(out: Path | None) -> None:
    """The whole story in under a minute."""
    from conformance.demo import run_demo

    finish(run_demo(out or Path("out/demo"), LANG, lambda text: click.echo(text.show(LANG))))


@cli.command(help=t("cli.serve"))
@click.option("--host", default="127.0.0.1", show_default=True, help=t("cli.serve.host"))
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help=t("cli.serve.port"))
@click.option("--db", help=t("cli.serve.db"))
@click.option("--settings", "settings_file", type=click.Path(path_type=Path), help=t("cli.serve.settings"))
@click.option("--faults", "faults_file", type=click.Path(path_type=Path), help=t("cli.serve.faults"))
@click.option("--token", default="", envvar="YIDI_TOKEN", help=t("cli.serve.token"))
@click.option(
    "--role",
    type=click.Choice(["all", "province", "hub"]),
    default="all",
    show_default=True,
    help=t("cli.serve.role"),
)
@click.option("--admdvs", default="", help=t("cli.serve.admdvs"))
@click.option("--hub", default="", help=t("cli.serve.hub"))
@click.option("--provinces", multiple=True, help=t("cli.serve.provinces"))
@click.option("--key", default="", envvar="YIDI_KEY", help=t("cli.serve.key"))
@interface_option
def serve(
    host: str,
    port: int,
    db: str | None,
    settings_file: Path | None,
    faults_file: Path | None,
    token: str,
    role: Role,
    admdvs: str,
    hub: str,
    provinces: tuple[str, ...],
    key: str,
    interface_name: str,
) -> None:
    """The reference platforms as a server to develop against."""
    from sim.service.launch import Cast, launch

    launch(
        Cast(role, admdvs, hub, provinces, key),
        host=host,
        port=port,
        db=db,
        settings_file=settings_file,
        faults_file=faults_file,
        token=token,
        interface_name=interface_name,
    )


@cli.command(help=t("cli.simulate"))
@existing("plan")
@click.option("--engine", type=click.Choice(["simpy", "compiled"]), default="simpy", show_default=True)
@click.option("--seed", type=int, help=t("cli.simulate.seed"))
@click.option(
    "--replications", type=click.IntRange(1), default=1, show_default=True, help=t("cli.simulate.replications")
)
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help=t("cli.workers"))
@click.option("--record", type=click.Path(path_type=Path, file_okay=False), help=t("cli.simulate.record"))
@click.option("--db", default="", help=t("cli.simulate.db"))
@out_option()
def simulate(
    plan: Path,
    engine: str,
    seed: int | None,
    replications: int,
    workers: int,
    record: Path | None,
    db: str,
    out: Path | None,
) -> None:
    """Run a plan and write tables, run.json and report.html."""
    from conformance.recording import Recorder
    from sim import planning

    recorder = Recorder() if record else None
    if record:
        _fresh_pack_folder(record / "pack")
    run = planning.simulate(
        planning.read_plan(plan),
        seed,
        replications,
        engine_name=engine,
        workers=workers,
        on_exchange=recorder,
        db=db,
    )
    written = planning.write(run, out or Path("out") / plan.stem, LANG)
    rows = planning.summary(run)
    table((t("cli.figure"), t("cli.simulated")), ((r.name.show(LANG), r.value.show(LANG)) for r in rows))
    for note in written.notes:
        click.echo(note.show(LANG), err=True)
    files = [*written.files, *([recorder.save(record)] if record and recorder else [])]
    for path in files:
        click.echo(t("cli.wrote", path=path), err=True)
    if record and recorder:
        _pack_from(recorder.exchanges, record / "pack", None, record.resolve().name)


@cli.group(help=t("cli.certify"))
def certify() -> None:
    """Certify a platform or a hospital system."""


def seal_options(function: Any) -> Any:
    """How the evidence is sealed: with whose key, by which algorithms."""
    key = click.option("--key", type=click.Path(path_type=Path), help=t("cli.key"))
    return key(click.option("--sm", is_flag=True, help=t("cli.sm"))(function))


def certify_options(function: Any) -> Any:
    """What both sides of certification share."""
    for option in (
        click.option("--profile", "profile_file", type=click.Path(path_type=Path), help=t("cli.profile")),
        click.option("--pack", "packs", multiple=True, help=t("cli.pack")),
        click.option("--scenario", "only", multiple=True, help=t("cli.scenario")),
        click.option("--strict", is_flag=True, help=t("cli.strict")),
        seal_options,
        out_option(),
    ):
        function = option(function)
    return function


@certify.command("platform", help=t("cli.certify.platform"))
@click.option("--target", default="", help=t("cli.target"))
@click.option("--workers", type=click.IntRange(1, 64), default=8, show_default=True, help=t("cli.workers"))
@certify_options
def certify_platform(
    target: str,
    profile_file: Path | None,
    packs: tuple[str, ...],
    only: tuple[str, ...],
    workers: int,
    strict: bool,
    key: Path | None,
    sm: bool,
    out: Path | None,
) -> None:
    """Drive a platform under test and judge it."""
    from conformance.pack import load_pack
    from conformance.pack import packs as names
    from conformance.run import certify_platform as run
    from conformance.stopping import interruptible

    profile = _profile(profile_file)
    chosen = [load_pack(name) for name in packs or names("platform", profile.interface)]
    with interruptible() as stopped, progress(sum(len(p.scenarios) for p in chosen)) as step:
        result = run(
            target or profile.url,
            profile,
            chosen,
            only=only,
            workers=workers,
            on_progress=step,
            stopped=stopped,
            command=("yidi", *sys.argv[1:]),
            strict=strict,
        )
    report(result, out, sealed(key, sm))


def _profile(file: Path | None) -> Profile:
    from conformance.profile import Profile, read_profile

    return read_profile(file) if file else Profile()


def sealed(key: Path | None, sm: bool) -> Seal:
    """The seal that the options ask for."""
    from conformance.evidence import Seal

    return Seal("sm3", "sm2", key) if sm else Seal(key=key)


def report(result: RunResult, out: Path | None, seal: Seal | None = None) -> NoReturn:
    """Write and show a result, and end with its exit code."""
    from conformance.report import write
    from conformance.report.console import show

    paths = write(result, out, LANG, seal=seal) if out else ()
    show(result, console(), LANG, paths)
    finish(result.exit_code)


@contextmanager
def progress(total: int) -> Iterator[Callable[[object], None]]:
    """A bar on a terminal, nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import Progress

    with Progress(console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda _: bar.advance(task)


@certify.command("hospital", help=t("cli.certify.hospital"))
@click.option("--listen", default="127.0.0.1:0", show_default=True, help=t("cli.hospital.listen"))
@click.option("--url", default="", help=t("cli.hospital.url"))
@click.option("--drive", default="", help=t("cli.hospital.drive"))
@click.option("--drive-url", default="", help=t("cli.hospital.drive_url"))
@click.option("--manual", is_flag=True, help=t("cli.hospital.manual"))
@click.option("--patience", type=click.FloatRange(0.1), default=60, show_default=True, help=t("cli.hospital.patience"))
@certify_options
def certify_hospital(
    listen: str,
    url: str,
    drive: str,
    drive_url: str,
    manual: bool,
    patience: float,
    profile_file: Path | None,
    packs: tuple[str, ...],
    only: tuple[str, ...],
    strict: bool,
    key: Path | None,
    sm: bool,
    out: Path | None,
) -> None:
    """Play the platform for a hospital system under test and judge it."""
    from conformance.drive import driver_for
    from conformance.drive.certify import certify_hospital as run
    from conformance.pack import load_pack
    from conformance.pack import packs as names
    from conformance.stopping import interruptible

    driver = driver_for(drive, drive_url, manual=manual, lang=LANG)
    chosen = [load_pack(name) for name in packs or names("hospital")]
    with interruptible(at_once=manual) as stopped, progress(sum(len(p.scenarios) for p in chosen)) as step:
        result = run(
            listen,
            driver,
            _profile(profile_file),
            chosen,
            only=only,
            url=url,
            answer_seconds=patience,
            on_progress=step,
            stopped=stopped,
            command=("yidi", *sys.argv[1:]),
            strict=strict,
        )
    report(result, out, sealed(key, sm))


@cli.command(help=t("cli.judge"))
@existing("file")
@click.option("--profile", "profile_file", type=click.Path(path_type=Path), help=t("cli.profile"))
@click.option("--pack", "packs", multiple=True, help=t("cli.pack"))
@seal_options
@out_option()
def judge(
    file: Path, profile_file: Path | None, packs: tuple[str, ...], key: Path | None, sm: bool, out: Path | None
) -> None:
    """Judge a recorded conversation."""
    from conformance.judging import judge_file
    from conformance.pack import load_pack

    chosen = [load_pack(name) for name in packs]
    result = judge_file(file, _profile(profile_file), chosen, command=("yidi", *sys.argv[1:]))
    report(result, out, sealed(key, sm))


@cli.command(help=t("cli.tap"))
@click.option("--listen", required=True, help=t("cli.tap.listen"))
@click.option("--upstream", required=True, help=t("cli.tap.upstream"))
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help=t("cli.tap.out"))
def tap(listen: str, upstream: str, out: Path) -> None:
    """Sit between two real parties and record."""
    from conformance.tap import tap as run

    recorded = run(listen, upstream, out)
    click.echo(t("cli.tap.done", exchanges=recorded, path=out), err=True)


@cli.command(help=t("cli.verify"))
@existing("folder")
def verify(folder: Path) -> None:
    """Judge an evidence bundle again."""
    from conformance.evidence import verify as run

    done = run(folder)
    for problem in done.problems:
        place = f"{problem.file} #{problem.seq}" if problem.seq else problem.file
        click.echo(f"{place}: {problem.text.show(LANG)}")
    for note in done.notes:
        click.echo(note.show(LANG))
    click.echo(t("cli.verify.same" if done.same else "cli.verify.different", exchanges=done.exchanges), err=True)
    finish(done.exit_code)


@cli.command(help=t("cli.settle"))
@existing("bill")
@click.option("--policy", "policy_id", help=t("cli.settle.policy"))
@click.option("--on", "day", help=t("cli.settle.on"))
@click.option("--explain-difference", "reply", type=click.Path(path_type=Path), help=t("cli.settle.difference"))
@click.option("--out", "page", type=click.Path(path_type=Path, dir_okay=False), help=t("cli.settle.out"))
@json_option
def settle(
    bill: Path, policy_id: str | None, day: str | None, reply: Path | None, page: Path | None, machine: bool
) -> None:
    """One settlement, step by step."""
    from sim.benefits import difference, explain

    if reply is not None and page is not None:
        raise InputError(say("cli.settle.either"))
    if reply is not None:
        finding = difference.explain_files(bill, reply, policy_id, _day(day))
        if machine:
            as_json(difference.as_data(finding))
        else:
            click.echo(difference.as_text(finding, LANG))
        finish(FINDINGS if finding.differing else OK)
    done = explain.settle_bill(bill, policy_id, _day(day))
    if page is not None:
        from sim.drawing import write_page

        write_page(done, page, LANG)
        click.echo(t("cli.settle.written", path=page), err=True)
    if machine:
        as_json(explain.as_data(done))
    else:
        click.echo(explain.as_text(done, LANG))


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(say("cli.bad_date", value=text)) from None


@cli.command(help=t("cli.clearing"))
@click.option("--month", required=True, help=t("cli.clearing.month"))
@click.option("--db", "urls", multiple=True, required=True, help=t("cli.clearing.db"))
@click.option("--run-until", "until", help=t("cli.clearing.until"))
@click.option("--regime", default="", help=t("cli.clearing.regime"))
@out_option()
@json_option
def clearing(
    month: str, urls: tuple[str, ...], until: str | None, regime: str, out: Path | None, machine: bool
) -> None:
    """A month's clearing between provinces."""
    from sim.service import china_time
    from sim.service.clearing import show_month

    shown = show_month(month, urls, today=china_time().date(), until=_day(until), regime=regime, out=out)
    if machine:
        as_json(shown.data)
    else:
        for fact in shown.facts:
            click.echo(fact.show(LANG))
        for each in shown.tables:
            click.echo(f"\n{each.title.show(LANG)}")
            cells = ([cell.show(LANG) if isinstance(cell, Text) else cell for cell in row] for row in each.rows)
            table([head.show(LANG) for head in each.heads], cells, right=each.right)
            click.echo(each.source.show(LANG))
    for path in shown.files:
        click.echo(t("cli.wrote", path=path), err=True)


@cli.group("interface", help=t("cli.interface.group"))
def interface_group() -> None:
    """The interface dictionary."""


@interface_group.command("list", help=t("cli.interface.list"))
@interface_option
@click.option("--group", help=t("cli.interface.only_group"))
@json_option
def interface_list(interface_name: str, group: str | None, machine: bool) -> None:
    """All transactions."""
    from sim.interface import interface, query

    rows = query.listing(interface(interface_name), group)
    if machine:
        as_json([{"infno": r.infno, **r.name.both(), "group": r.group, "kind": r.kind, "sure": r.sure} for r in rows])
        return
    heads = (
        "infno",
        t("cli.name"),
        t("cli.group"),
        t("cli.kind"),
        t("cli.sure"),
        t("cli.fields_in"),
        t("cli.fields_out"),
    )
    table(
        heads, ((r.infno, r.name.show(LANG), r.group, r.kind, r.sure, r.inputs, r.outputs) for r in rows), right=(5, 6)
    )


@interface_group.command("show", help=t("cli.interface.show"))
@click.argument("infno")
@interface_option
@json_option
@click.option("--schema", type=click.Choice(["request", "reply"]), help=t("cli.interface.schema"))
def interface_show(infno: str, interface_name: str, machine: bool, schema: str | None) -> None:
    """One transaction, field by field."""
    from sim import interface as room

    iface = room.interface(interface_name)
    found = room.transaction(iface, infno)
    if schema is not None:
        as_json(room.schema(iface, infno, "request" if schema == "request" else "reply"))
        return
    from sim.interface import query

    rows = query.show(iface, infno)
    if machine:
        as_json([_plain_row(r) for r in rows])
        return
    click.echo(f"{found.infno}  {found.name.show('zh')}  {found.name.show('en')}")
    heads = (
        "",
        t("cli.node"),
        t("cli.field"),
        t("cli.label"),
        t("cli.value"),
        t("cli.required"),
        t("cli.origin"),
        t("cli.sure"),
    )
    table(
        heads,
        (
            (r.direction, r.node, r.name, r.zh, r.expected.show(LANG), r.required.show(LANG), r.origin, r.sure)
            for r in rows
        ),
    )


def _plain_row(row: Any) -> dict[str, Any]:
    from attrs import asdict

    return {k: v.both() if isinstance(v, Text) else v for k, v in asdict(row, recurse=False).items()}


@interface_group.command("check", help=t("cli.interface.check"))
@existing("file")
@click.option("--infno", help=t("cli.interface.infno"))
@click.option("--numbers", type=click.Choice(["number", "string", "either"]), default="number", show_default=True)
@interface_option
@json_option
def interface_check(file: Path, infno: str | None, numbers: Any, interface_name: str, machine: bool) -> None:
    """Validate one message or a JSONL of them."""
    from sim.interface import interface
    from sim.interface.checking import check_file

    checked = check_file(interface(interface_name), file, infno, numbers)
    if machine:
        found = [
            {"file": f.place.file, "line": f.place.line, "infno": f.infno, **_problem(f.problem)} for f in checked.found
        ]
        as_json({"messages": checked.messages, "problems": found})
    else:
        for one in checked.found:
            click.echo(one.text().show(LANG))
        click.echo(t("cli.interface.checked", messages=checked.messages, problems=len(checked.found)), err=True)
    finish(FINDINGS if checked.found else OK if checked.messages else NOTHING)


def _problem(problem: Any) -> dict[str, Any]:
    shown = problem.text().both()
    return {"path": problem.path, "label": problem.label, "rule": problem.rule, "actual": problem.actual, "text": shown}


@interface_group.command("diff", help=t("cli.interface.diff"))
@click.argument("old")
@click.argument("new")
@json_option
def interface_diff(old: str, new: str, machine: bool) -> None:
    """Two interfaces, field by field."""
    from sim.interface import interface, query

    rows = query.diff(interface(old), interface(new))
    if machine:
        as_json([_plain_row(r) for r in rows])
        return
    heads = (t("cli.place"), t("cli.change"), t("cli.attribute"), old, new)
    table(heads, ((r.place, r.change, r.attribute, _blank(r.old), _blank(r.new)) for r in rows))


def _blank(value: Any) -> object:
    return "" if value is None else value


@cli.group(help=t("cli.pack.group"))
def pack() -> None:
    """Scenario packs."""


@pack.command("list", help=t("cli.pack.list"))
@json_option
def pack_list(machine: bool) -> None:
    """All packs that come with yidi."""
    from conformance import pack as packs

    found = [packs.load_pack(name) for name in packs.packs()]
    if machine:
        as_json(
            [
                {"name": p.name, "version": p.version, "title": p.title.both(), "scenarios": len(p.scenarios)}
                for p in found
            ]
        )
        return
    heads = (t("cli.name"), t("cli.version"), t("cli.scenarios"), t("cli.title"))
    table(heads, ((p.name, p.version, len(p.scenarios), p.title.show(LANG)) for p in found), right=(2,))


@pack.command("show", help=t("cli.pack.show"))
@click.argument("name")
def pack_show(name: str) -> None:
    """A pack, or one scenario by its id."""
    from conformance.describe import describe

    for line in describe(name, LANG):
        click.echo(line)


@pack.command("check", help=t("cli.pack.check"))
@existing("path")
def pack_check(path: Path) -> None:
    """Check a pack folder or one scenario file."""
    from conformance.describe import check_path

    click.echo(t("cli.pack.checked", scenarios=check_path(path)))


@pack.command("from-conversation", help=t("cli.pack.from"))
@existing("file")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help=t("cli.pack.from.out"))
@click.option("--profile", "profile_file", type=click.Path(path_type=Path), help=t("cli.profile"))
@click.option("--name", default="", help=t("cli.pack.from.name"))
def pack_from_conversation(file: Path, out: Path, profile_file: Path | None, name: str) -> None:
    """A recorded conversation as a scenario pack."""
    from conformance.judging import read_file

    _pack_from(read_file(file), out, _profile(profile_file), name)


def _fresh_pack_folder(folder: Path) -> None:
    """Say before the work begins that there is a pack already."""
    from conformance.pack import MANIFEST

    if (folder / MANIFEST).exists():
        raise InputError(say("recorded.pack_exists", folder=str(folder)))


def _pack_from(exchanges: Iterable[Exchange], folder: Path, profile: Profile | None, name: str) -> None:
    """Write the pack, and say what it does not have."""
    from conformance.from_conversation import LEFT_OUT, pack_from

    made = pack_from(exchanges, folder, profile=profile, name=name)
    click.echo(
        t(
            "cli.pack.made",
            path=folder,
            scenarios=len(made.scenarios),
            steps=made.steps,
            left=len(made.left_out),
            remarks=len(made.remarks),
            file=LEFT_OUT,
        ),
        err=True,
    )


@cli.group(help=t("cli.people"))
def people() -> None:
    """Test persons, institutions and items that scenarios need."""


@people.command("list", help=t("cli.people.list"))
@click.option("--profile", "profile_file", type=click.Path(path_type=Path), help=t("cli.profile"))
def people_list(profile_file: Path | None) -> None:
    """The people, masked."""
    from conformance.setup_data import overview

    heads = ("", "insuplc_admdvs", "insutype", "psn_type", "balc", t("cli.people.filings"), t("cli.people.marks"))
    table(heads, overview(_profile(profile_file), LANG), right=(0, 4))


@people.command("export", help=t("cli.people.export"))
@click.option("--profile", "profile_file", type=click.Path(path_type=Path), help=t("cli.profile"))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help=t("cli.people.out"))
def people_export(profile_file: Path | None, out: Path) -> None:
    """Set-up data for a target."""
    from conformance.setup_data import export

    for path in export(_profile(profile_file), out):
        click.echo(t("cli.wrote", path=path), err=True)


@cli.command(help=t("cli.explore"))
@click.option("--target", default="", help=t("cli.target"))
@click.option("--profile", "profile_file", type=click.Path(path_type=Path), help=t("cli.profile"))
@click.option("--examples", type=click.IntRange(1), default=300, show_default=True, help=t("cli.explore.examples"))
@click.option("--seed", type=int, default=0, show_default=True, help=t("cli.explore.seed"))
@click.option("--drive", default="", help=t("cli.hospital.drive"))
@click.option("--drive-url", default="", help=t("cli.hospital.drive_url"))
@out_option("cli.explore.out")
def explore(
    target: str,
    profile_file: Path | None,
    examples: int,
    seed: int,
    drive: str,
    drive_url: str,
    out: Path | None,
) -> None:
    """Generated conversations against a platform, or days for a hospital system."""
    from conformance.explore.sides import explore as run

    profile, out = _profile(profile_file), out or Path("explored")
    with progress(examples) as step:
        found = run(
            target,
            drive,
            drive_url,
            profile,
            examples=examples,
            seed=seed,
            on_progress=lambda: step(None),
            command=("yidi", *sys.argv[1:]),
        )
    click.echo(t("cli.explore.done", conversations=found.conversations, messages=found.messages), err=True)
    if not found.failed:
        finish(found.result.exit_code)
    pack = found.write(out)
    told = "cli.explore.found" if found.pack.role == "platform" else "hospital.explore.found"
    click.echo(t(told, pack=pack, steps=found.steps), err=True)
    report(found.result, out)


@cli.command(help=t("cli.mutants"))
@click.option("--all", "whole", is_flag=True, help=t("cli.mutants.all"))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help=t("cli.mutants.out"))
def mutants(whole: bool, out: Path | None) -> None:
    """Who catches which known-bad implementation."""
    from conformance.mutants import hunt
    from conformance.mutants import mutants as known
    from conformance.mutants.hospital_hunt import hospital_packs, hunt_hospitals
    from conformance.mutants.hospitals import hospital_mutants
    from conformance.pack import load_pack
    from conformance.pack import packs as names

    with progress(len(known()) + len(hospital_mutants())) as step:
        chosen = [load_pack(name) for name in names("platform", "national")]
        rows = hunt(chosen, known(), on_progress=step, whole=whole)
        rows += hunt_hospitals(hospital_packs(), hospital_mutants(), on_progress=step, whole=whole)
    table(
        (t("cli.mutant"), t("cli.title"), t("cli.caught_by")),
        ((r.mutant.id, r.mutant.title.show(LANG), ", ".join(r.by) or t("cli.survived")) for r in rows),
    )
    if out:
        data = [{"id": r.mutant.id, "title": r.mutant.title.both(), "caught_by": dict(r.by)} for r in rows]
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        click.echo(t("cli.wrote", path=out), err=True)
    finish(FINDINGS if any(r.survived for r in rows) else OK)


def _guarded(run: Callable[[], object]) -> Callable[[], int]:
    """Every way a command can end, as one exit code and one readable message."""

    @wraps(run)
    def guarded() -> int:
        try:
            run()
        except SystemExit as end:
            return int(end.code or 0)
        except InputError as error:
            click.echo(f"yidi: {error.show(LANG)}", err=True)
            return USAGE
        except click.exceptions.Exit as end:
            return end.exit_code
        except click.ClickException as error:
            error.show()
            return USAGE
        except (KeyboardInterrupt, click.Abort):
            click.echo(t("cli.interrupted"), err=True)
            return INTERRUPTED
        except BrokenPipeError:
            # The reader went away (``| head``); point stdout elsewhere so that closing it stays quiet.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return OK
        except HarnessError as error:
            click.echo(t("cli.harness", problem=error.show(LANG)), err=True)
            return HARNESS
        except Exception as error:  # a fault of ours: say so, and keep what is needed to mend it
            traceback.print_exc()
            click.echo(t("cli.harness", problem=f"{type(error).__name__}: {error}"), err=True)
            return HARNESS
        return OK

    return guarded


def main() -> NoReturn:
    """Entry point of the console script."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")  # Chinese texts also where the locale says C or a code page
    sys.exit(_guarded(lambda: cli.main(prog_name="yidi", standalone_mode=False))())


if __name__ == "__main__":
    main()
