"""Verifying a bundle offline: nothing changed since it was written, and judged again it comes to the same."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import jsonschema_rs
from attrs import field, frozen

from conformance.conversation import Conversation, Exchange, parse
from conformance.evidence import bundle
from conformance.evidence.digests import digest, link
from conformance.evidence.keys import fits
from conformance.evidence.rejudging import rejudge
from conformance.evidence.shapes import MANIFEST_SCHEMA, RUN_SCHEMA, VERDICT_SCHEMA
from conformance.evidence.tool import tool
from conformance.result import Verdict
from sim.errors import InputError, Place
from sim.lang import Text, say

LARGEST = 1024 * 1024 * 1024
"""The largest file of a bundle that is read, in bytes."""
MOST = 10_000
"""The most files of a bundle that are looked at."""


@frozen
class Problem:
    """Something that is not as it was written, or does not come out again. ``file`` is its name in the bundle, ``seq``
    the exchange concerned (0: none)."""

    file: str
    text: Text
    seq: int = 0


@frozen
class Verified:
    """What came of a verification.

    ``problems``: empty when all is the same. ``notes``: what the reader should know besides, such as another version.
    ``recorded`` and ``reached`` are the verdict in the bundle and the one reached now, None where it could not be read
    or reached. ``same_tool``: the program, its code and its rules are those that wrote the bundle. ``public_key`` is
    the one that signed (hexadecimal).
    """

    folder: Path
    problems: tuple[Problem, ...]
    notes: tuple[Text, ...] = ()
    recorded: Verdict | None = None
    reached: Verdict | None = None
    exchanges: int = 0
    same_tool: bool = False
    public_key: str = ""
    made_by: Mapping[str, str] = field(factory=dict)

    @property
    def same(self) -> bool:
        """Whether nothing differs and the same verdict was reached."""
        return not self.problems

    @property
    def exit_code(self) -> int:
        """0 the same, 1 different; a folder that is no bundle raises InputError (2) before there is one of these."""
        return 0 if self.same else 1


def verify(folder: Path) -> Verified:
    """Check a bundle, given as its own folder or the one that ``--out`` named.

    Checks every digest, the chain, the signature and, where the reports lie beside it, that they are the ones written
    with it; then judges the conversation again. Raises InputError when the folder is no bundle.
    """
    inside = folder / "evidence"
    root = folder if (folder / bundle.MANIFEST).is_file() or not (inside / bundle.MANIFEST).is_file() else inside
    if not (root / bundle.MANIFEST).is_file():
        raise InputError(say("evidence.not_a_bundle", folder=str(folder)))
    return _Verification(root).run()


class _Verification:
    """One pass over a bundle, gathering what it finds."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.problems: list[Problem] = []
        self.notes: list[Text] = []

    def run(self) -> Verified:
        """Everything that can be checked, whatever else is broken."""
        raw = self._file(bundle.MANIFEST)
        manifest = self._json(bundle.MANIFEST, raw, MANIFEST_SCHEMA) if raw is not None else None
        if raw is None or manifest is None:
            return Verified(self.root, tuple(self.problems))
        self._signature(manifest["signature"], raw)
        algorithm = manifest["digest"]
        contents = dict(self._contents(manifest["files"], algorithm))
        self._strangers(manifest["files"])
        self._reports(manifest["reports"], algorithm)
        conversation = self._conversation(contents, manifest)
        same_tool = self._tool(manifest["tool"])
        run = self._json(bundle.RUN, contents.get(bundle.RUN), RUN_SCHEMA)
        recorded = self._json(bundle.VERDICT, contents.get(bundle.VERDICT), VERDICT_SCHEMA)
        reached = self._again(run, recorded, conversation, same_tool)
        return Verified(
            self.root,
            tuple(self.problems),
            tuple(self.notes),
            recorded["verdict"] if recorded else None,
            reached,
            manifest["chain"]["exchanges"],
            same_tool,
            manifest["signature"]["public_key"],
            manifest["tool"],
        )

    def _found(self, file: str, text: Text, seq: int = 0) -> None:
        self.problems.append(Problem(file, text, seq))

    def _file(self, name: str) -> bytes | None:
        """A file's bytes; a link, which could lead anywhere, is not followed."""
        file = self.root / name
        way = [file, *list(file.parents)[: len(PurePosixPath(name).parts) - 1]]
        if any(part.is_symlink() for part in way):
            self._found(name, say("evidence.link", file=name))
            return None
        try:
            if file.stat().st_size > LARGEST:
                self._found(name, say("pack.file_too_large", limit=LARGEST))
                return None
            return file.read_bytes()
        except OSError:
            self._found(name, say("evidence.missing", file=name))
            return None

    def _json(self, name: str, raw: bytes | None, schema: Mapping[str, Any]) -> Any:
        if raw is None:
            return None
        try:
            data = json.loads(raw)
            jsonschema_rs.validator_for(dict(schema)).validate(data)
        except (ValueError, RecursionError) as error:  # jsonschema_rs.ValidationError is a ValueError
            self._found(name, say("evidence.unreadable", file=name, problem=str(error).splitlines()[0][:200]))
            return None
        return data

    def _signature(self, told: Mapping[str, str], manifest: bytes) -> None:
        signature = self._file(bundle.SIGNATURE)
        if signature is not None and not fits(told["scheme"], told["public_key"], manifest, signature):
            self._found(bundle.SIGNATURE, say("evidence.bad_signature", manifest=bundle.MANIFEST))

    def _contents(self, files: Mapping[str, str], algorithm: str) -> Iterator[tuple[str, bytes]]:
        for name, expected in files.items():
            raw = self._file(name)
            if raw is None:
                continue
            yield name, raw
            if digest(raw, algorithm) != expected:
                self._found(name, say("evidence.changed", file=name))

    def _strangers(self, files: Mapping[str, str]) -> None:
        known = {*files, bundle.MANIFEST, bundle.SIGNATURE}
        for number, entry in enumerate(sorted(self.root.rglob("*"))):
            if number > MOST:
                self._found("", say("evidence.too_many_files", most=MOST))
                return
            name = entry.relative_to(self.root).as_posix()
            if (entry.is_symlink() or not entry.is_dir()) and name not in known:
                self._found(name, say("evidence.stranger", file=name))

    def _reports(self, reports: Mapping[str, str], algorithm: str) -> None:
        """The reports lie beside the bundle; that one was taken away is no fault, that it differs is."""
        for name, expected in reports.items():
            file = self.root.parent / name
            if file.is_symlink() or not file.is_file() or file.stat().st_size > LARGEST:
                self.notes.append(say("evidence.report_absent", file=name))
            elif digest(file.read_bytes(), algorithm) != expected:
                self._found(f"../{name}", say("evidence.changed", file=name))

    def _conversation(self, contents: Mapping[str, bytes], manifest: Mapping[str, Any]) -> Conversation | None:
        """The exchanges, each line held against its link; None when a line cannot be read at all."""
        raw = contents.get(bundle.CONVERSATION)
        if raw is None:
            return None
        lines = io.BytesIO(raw).readlines()  # ends at line feeds only, as they were written
        links = self._links(contents.get(bundle.CHAIN, b""))
        exchanges: list[Exchange] = []
        whole, before = True, ""
        for number, line in enumerate(lines, 1):
            at = Place(bundle.CONVERSATION, number)
            told_seq, told = links[number - 1] if number <= len(links) else (0, "")
            try:
                exchange = parse(line, at)
                exchanges.append(exchange)
                seq = exchange.seq
            except InputError as error:
                whole, seq = False, told_seq
                self._found(bundle.CONVERSATION, error.text, seq)
            if told != link(before, line, manifest["digest"]) or told_seq != seq:
                told_or_read = told_seq or seq  # the number in the line may be what was changed
                self._found(
                    bundle.CONVERSATION, say("evidence.link_broken", line=number, seq=told_or_read), told_or_read
                )
            before = told
        counts = {len(lines), len(links), manifest["chain"]["exchanges"]}
        head = links[-1][1] if links else ""
        if len(counts) > 1 or head != manifest["chain"]["head"]:
            self._found(bundle.CHAIN, say("evidence.chain_end", exchanges=manifest["chain"]["exchanges"]))
        return Conversation(tuple(exchanges)) if whole else None

    def _links(self, raw: bytes) -> list[tuple[int, str]]:
        found: list[tuple[int, str]] = []
        for row in raw.decode("ascii", "replace").splitlines():
            seq, _, value = row.partition(" ")
            found.append((int(seq) if seq.isdecimal() and len(seq) < 16 else 0, value))
        return found

    def _tool(self, made_by: Mapping[str, str]) -> bool:
        here = tool()
        other = [name for name in sorted({*here, *made_by}) if name != "python" and here.get(name) != made_by.get(name)]
        if other:
            text = say("evidence.other_tool", made=made_by.get("yidi", ""), here=here["yidi"], parts=", ".join(other))
            self.notes.append(text)
        return not other

    def _again(self, run: Any, recorded: Any, conversation: Conversation | None, same_tool: bool) -> Verdict | None:
        """Judge again and compare with what is recorded."""
        if run is None or recorded is None or conversation is None:
            self._found(bundle.VERDICT, say("evidence.not_judged_again"))
            return None
        try:
            result = rejudge(self.root, run, conversation)
        except InputError as error:
            self._found(bundle.RUN, say("evidence.cannot_judge", problem=error.text))
            return None
        reached = bundle.verdict_data(result)
        for part in ("verdict", "exit_code", "observations", "findings"):
            if reached[part] != recorded[part]:
                key = "evidence.differs" if same_tool else "evidence.differs_other_tool"
                seq = _first_difference(reached["findings"], recorded["findings"]) if part == "findings" else 0
                text = say(key, part=part, recorded=_short(recorded[part], part), reached=_short(reached[part], part))
                self._found(bundle.VERDICT, text, seq)
        return result.verdict


def _short(value: Any, part: str) -> str:
    if part == "observations":
        return f"{value['count']} ({value['sha256'][:12]})"
    return str(len(value)) if part == "findings" else str(value)


def _first_difference(reached: list[Any], recorded: list[Any]) -> int:
    """The exchange of the first finding that is not in both."""
    for one, other in zip(reached, recorded, strict=False):
        if one != other:
            return int(one["seq"])
    rest = (reached[len(recorded) :] or recorded[len(reached) :])[:1]
    return int(rest[0]["seq"]) if rest else 0
