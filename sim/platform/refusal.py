"""A refusal: the reason, in words, under a key that stays the same."""

from __future__ import annotations

from typing import Any

from sim.lang import Text, say


class Refused(Exception):  # noqa: N818 - the interface's own word for it
    """The message is refused; ``text`` becomes ``err_msg``.

    ``passing``: the refusal holds for now only (no answer from elsewhere, another message in progress), so the same
    message may be sent again and is then tried again. ``keep``: what the handler wrote stays, although it refuses.
    """

    def __init__(self, text: Text, *, passing: bool = False, keep: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.passing = passing
        self.keep = keep

    @property
    def reason(self) -> str:
        """The key of the text."""
        return self.text.key

    def __str__(self) -> str:
        return self.text.show("en")


def refuse(key: str, /, *, passing: bool = False, keep: bool = False, **args: Any) -> Refused:
    """``raise refuse("visit.unknown", mdtrt_id=...)``: the key stands under ``platform.`` in the texts."""
    return Refused(say(f"platform.{key}", **args), passing=passing, keep=keep)
