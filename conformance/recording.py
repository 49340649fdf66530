"""Recording: exchanges that a simulation tells of, kept as a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.conversation import Exchange, Raw, write
from sim.errors import InputError
from sim.interface import wire
from sim.lang import say
from sim.world.transport import Times


class Recorder:
    """Takes exchanges as they happen (it is an ``on_exchange``); `save` writes them as JSON Lines."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []

    def __call__(self, request: Mapping[str, Any], reply: Mapping[str, Any] | None, times: Times) -> None:
        """Note one exchange; the reply is None when none came in time."""
        self.exchanges.append(
            Exchange(
                seq=len(self.exchanges) + 1,
                sender=str(request.get("fixmedins_code", "hospital")),
                receiver="platform",
                sent_at=times.sent.isoformat(timespec="milliseconds"),
                answered_at=None if reply is None else times.answered.isoformat(timespec="milliseconds"),
                outcome="timeout" if reply is None else "answered",
                request=Raw(wire.encode(dict(request))),
                reply=None if reply is None else Raw(wire.encode(dict(reply)), status=200),
            )
        )

    def save(self, folder: Path) -> Path:
        """Write ``conversation.jsonl`` into a folder, which is made if need be. Raises InputError when it cannot be."""
        file = folder / "conversation.jsonl"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write(self.exchanges, file)
        except OSError as error:
            raise InputError(say("file.cannot_write", file=str(file), problem=str(error.strerror))) from None
        return file
