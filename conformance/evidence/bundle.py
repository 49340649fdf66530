"""Writing the evidence of a run: the conversation with its chain, what judged it and by what, a signed manifest."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from conformance import conversation
from conformance.evidence.digests import chain, digest, of_observations
from conformance.evidence.keys import Seal, Signer, signer
from conformance.evidence.tool import tool
from conformance.profile import Profile
from conformance.result import RunResult, Waiver

FORMAT = "yidi-evidence/1"
"""The name and version of the form; the number changes when a reader of the old one could be misled."""
MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
CONVERSATION = "conversation.jsonl"
CHAIN = "chain.txt"
RUN = "run.json"
VERDICT = "verdict.json"
PROFILE = "profile.yaml"


def write_bundle(
    result: RunResult,
    folder: Path,
    *,
    seal: Seal | None = None,
    signing: Signer | None = None,
    reports: Mapping[str, bytes] | None = None,
) -> Path:
    """Write the evidence of a run into a folder and return the manifest's path.

    ``seal`` chooses digest and key; ``signing`` is its key where the caller has opened it already. ``reports`` are the
    files beside the folder, by name; their digests go into the manifest. What an earlier bundle left in the folder is
    removed. Raises InputError for a key that cannot be used.
    """
    chosen = seal or Seal()
    key = signing or signer(chosen)
    lines = [conversation.line(exchange) for exchange in result.conversation]
    links = list(chain(lines, chosen.digest))
    contents: dict[str, bytes] = {
        CONVERSATION: b"".join(lines),
        CHAIN: _chain_file(result, links),
        RUN: as_json(run_data(result)),
        VERDICT: as_json(verdict_data(result)),
        **dict(_basis(result)),
    }
    manifest = as_json(
        {
            "format": FORMAT,
            "digest": chosen.digest,
            "files": {name: digest(content, chosen.digest) for name, content in sorted(contents.items())},
            "reports": {name: digest(content, chosen.digest) for name, content in sorted((reports or {}).items())},
            "chain": {"exchanges": len(links), "head": links[-1] if links else ""},
            "tool": dict(tool()),
            "signature": {
                "scheme": key.scheme,
                "public_key": key.public_key,
                "proves": "integrity" if key.fresh else "integrity and holder of the key",
            },
        }
    )
    _clear(folder)
    for name, content in (*contents.items(), (MANIFEST, manifest), (SIGNATURE, key.sign(manifest).encode())):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return folder / MANIFEST


def _clear(folder: Path) -> None:
    """Remove what an earlier bundle wrote here, and nothing else."""
    if not (folder / MANIFEST).is_file():
        return
    for name in (MANIFEST, SIGNATURE, CONVERSATION, CHAIN, RUN, VERDICT, PROFILE):
        (folder / name).unlink(missing_ok=True)
    packs = folder / "packs"
    if packs.is_dir() and not packs.is_symlink():
        shutil.rmtree(packs)


def as_json(data: Any) -> bytes:
    """JSON for people and programs; always the same bytes for the same data."""
    return (json.dumps(data, ensure_ascii=True, indent=1, sort_keys=True) + "\n").encode()


def _chain_file(result: RunResult, links: list[str]) -> bytes:
    rows = zip(result.conversation, links, strict=True)
    return "".join(f"{exchange.seq} {value}\n" for exchange, value in rows).encode()


def _basis(result: RunResult) -> Iterator[tuple[str, bytes]]:
    """The profile and the packs, file by file as they were read."""
    if result.basis is None:
        return
    if result.basis.profile.source:
        yield PROFILE, result.basis.profile.source
    for number, pack in enumerate(result.basis.packs, 1):
        for name, content in pack.files:
            yield f"{pack_folder(number, pack.name)}/{name}", content


def pack_folder(number: int, name: str) -> str:
    """Where the files of a pack are kept in a bundle."""
    return f"packs/{number}-{re.sub(r'[^A-Za-z0-9_-]', '_', name)}"


def run_data(result: RunResult) -> dict[str, Any]:
    """What a verdict rests on besides what was said: how each scenario went, what failed in this program, waivers."""
    return {
        "target": result.target,
        "role": result.role,
        "interface": result.interface,
        "started": result.started,
        "finished": result.finished,
        "seed": result.seed,
        "partial": result.partial,
        "strict": result.strict,
        "driven": result.driven,
        "judged": bool(result.observations),
        "command": list(result.command),
        "versions": dict(result.versions),
        "profile": {"name": result.profile.name, "digest": result.profile.digest, "kind": _profile_kind(result)},
        "packs": [
            {
                "name": pack.name,
                "version": pack.version,
                "folder": pack_folder(number, pack.name) if pack.files else "",
            }
            for number, pack in enumerate(result.basis.packs if result.basis else (), 1)
        ],
        "scenarios": [
            {
                "id": s.id,
                "pack": s.pack,
                "title": s.title.both(),
                "negative": s.negative,
                "status": s.status,
                "reason": s.reason.both() if s.reason else None,
                "milliseconds": s.milliseconds,
            }
            for s in result.scenarios
        ],
        "harness_errors": [{"text": f.text.both(), "scenario": f.scenario} for f in result.harness_errors],
        "waivers": [_waiver(waiver) for waiver in result.waivers],
    }


def _profile_kind(result: RunResult) -> str:
    """``file`` (kept in the bundle), ``default`` (none was given), or ``unknown`` (made by a program)."""
    if result.basis is None:
        return "unknown"
    if result.basis.profile.source:
        return "file"
    return "default" if result.basis.profile == Profile(role=result.basis.profile.role) else "unknown"


def _waiver(waiver: Waiver) -> dict[str, str]:
    return {"check": waiver.check, "reason": waiver.reason, "owner": waiver.owner, "until": waiver.until}


def verdict_data(result: RunResult) -> dict[str, Any]:
    """What must come out again when the bundle is judged again. It names no values of persons."""
    return {
        "verdict": result.verdict,
        "exit_code": result.exit_code,
        "observations": {
            "count": len(result.observations),
            "by_status": dict(Counter(o.status for o in result.observations)),
            "sha256": of_observations(result.observations),
        },
        "findings": [
            {
                "number": f.number,
                "severity": f.severity,
                "waived": f.waiver is not None,
                "check": f.observation.check,
                "clause": f.observation.clause,
                "seq": f.observation.seq,
                "scenario": f.observation.scenario,
                "path": f.observation.path,
            }
            for f in result.all_findings
        ],
    }
