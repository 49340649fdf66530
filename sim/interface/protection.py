"""How two sides protect the content of bodies, and the members of a message that sign it.

One vocabulary for both: a platform's settings file and the profile of a target say the same words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import field, frozen

from sim.interface import crypto
from sim.interface.crypto import Encoding, Sm4

Signature = Literal["none", "sm2-input", "sm2-fields", "sm3-input"]
ANYBODY = "default"
"""The name under which a key counts for every institution that has none of its own."""


@frozen
class Protection:
    """Signature and encryption of the body.

    ``signature``: ``sm2-input`` signs the text of ``input`` as it stands in the body, ``sm2-fields`` the other fields
    sorted by name, ``sm3-input`` is a digest of that text; a reply is signed alike over its ``output``.
    ``public_keys``: by institution, or ``"default"``; ``private_key`` is one's own. ``cipher`` encrypts ``input`` and
    ``output``.
    """

    signature: Signature = "none"
    public_keys: Mapping[str, str] = field(factory=dict, hash=False)
    private_key: str = field(default="", repr=False)
    encoding: Encoding = "der"
    cipher: Sm4 | None = None


def signed(protection: Protection, content: bytes, message: Mapping[str, Any]) -> dict[str, str]:
    """The members that sign a message; none where nothing is signed. ``content``: the text of its input or output."""
    if protection.signature == "sm3-input":
        return {"signtype": "SM3", "cainfo": crypto.sm3(content)}
    if protection.signature == "none" or not protection.private_key:
        return {}
    data = content if protection.signature == "sm2-input" else crypto.fields_text(message)
    return {"signtype": "SM2", "cainfo": crypto.sm2_sign(data, protection.private_key, protection.encoding)}


def fits(kind: Signature, given: str, content: bytes, message: Mapping[str, Any], public_key: str) -> bool:
    """Whether ``cainfo`` signs a message. ``public_key`` is not looked at where the signature is a digest."""
    if kind == "sm3-input":
        return crypto.sm3(content) == given.lower()
    data = content if kind == "sm2-input" else crypto.fields_text(message)
    return crypto.sm2_verify(data, given, public_key)
