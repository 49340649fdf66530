"""How bodies are signed and encrypted on the way to a target: what its profile says, and the keys behind it.

The words are those of the platform's settings file (`sim.service.settings`). For a platform under test they are seen
from the other side of the wire: the private keys are the hospitals', the public key is the platform's. For a hospital
system under test the suite plays the platform: the private key is the platform's, the public keys are the hospitals'.
Private keys and the key of the cipher are read from environment variables when they are needed and stand in no file, no
report and no conversation. What a run recorded is judged again without them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import field, frozen

from sim.errors import InputError, Place
from sim.files import Document
from sim.interface import crypto
from sim.interface.crypto import Encoding, Mode, Sm4
from sim.interface.protection import ANYBODY, Protection, Signature
from sim.lang import say
from sim.platform.people import institutions, pharmacies

NEEDS = {"plain_refused": "sm4"}
"""The key of the section that a promise is about; the others are about the signature."""
ONLY = (
    ("signature", "promises", "platform"),
    ("signature", "window_seconds", "hospital"),
    ("protection", "promises", "platform"),
    ("protection", "public_key", "platform"),
    ("protection", "public_keys", "hospital"),
)
"""Keys that only a profile of one side has."""


@frozen
class Sealing:
    """The section ``protection`` of a profile.

    ``private_key_env``: the names of the environment variables that hold private keys, by institution or
    ``"default"``; ``key_env``: of the one that holds the SM4 key, empty where nothing is encrypted. ``public_key`` is
    the platform's; without one its SM2 signatures are not judged. ``public_keys`` are the hospitals', by institution or
    ``"default"``, where a hospital system is under test. ``promises``: what the target promises to refuse.
    ``places``: where the profile names each of these.
    """

    signature: Signature = "none"
    private_key_env: Mapping[str, str] = field(factory=dict, hash=False)
    public_key: str = ""
    encoding: Encoding = "der"
    key_env: str = ""
    mode: Mode = "ecb"
    iv: str = ""
    promises: frozenset[str] = frozenset()
    public_keys: Mapping[str, str] = field(factory=dict, hash=False)
    places: Mapping[str, Place] = field(factory=dict, eq=False, repr=False)

    @property
    def encrypts(self) -> bool:
        """Whether ``input`` and ``output`` are encrypted."""
        return bool(self.key_env)

    @property
    def signs_replies(self) -> bool:
        """Whether the signature of a reply can be judged."""
        return self.signature == "sm3-input" or (self.signature != "none" and bool(self.public_key))

    def shown(self) -> str:
        """The section for a report: no secret, and enough of the public key to know it again."""
        parts: list[str] = [self.signature] if self.signature != "none" else []
        parts += [f"public_key {self.public_key[:16]}…"] if self.public_key else []
        parts += [f"public_keys {code} {key[:16]}…" for code, key in sorted(self.public_keys.items())]
        parts += [f"sm4-{self.mode}"] if self.encrypts else []
        return ", ".join((*parts, *sorted(self.promises)))

    @property
    def at_hand(self) -> bool:
        """Whether there is a key to open with, right or wrong; who judges what others recorded may have none."""
        return self.encrypts and bool(os.environ.get(self.key_env))

    def cipher(self) -> Sm4 | None:
        """What encrypts, if anything does. Raises InputError for a key that is missing or ill-formed."""
        if not self.encrypts:
            return None
        cipher = Sm4(self._secret(self.key_env, 16, "sm4"), self.mode, self.iv)
        cipher.encrypt(b"")
        return cipher

    def protections(self) -> Mapping[str, Protection]:
        """What seals the messages of each institution, or of any. Raises InputError, before anything is sent: a secret
        that is missing or ill-formed, a public key that is none, software that is not installed."""
        cipher = self.cipher()
        if self.signature in ("none", "sm3-input"):
            return {ANYBODY: Protection(self.signature, cipher=cipher)}
        keys = {code: self._private(name) for code, name in self.private_key_env.items()}
        if self.public_key and not crypto.is_public_key(self.public_key):
            raise InputError(say("sealing.no_point"), self.places.get("public_key"))
        return {
            code: Protection(self.signature, private_key=key, encoding=self.encoding, cipher=cipher)
            for code, key in keys.items()
        }

    def public_key_of(self, code: str) -> str:
        """An institution's public key; empty where there is none."""
        return self.public_keys.get(code) or self.public_keys.get(ANYBODY, "")

    def played(self) -> Protection:
        """What a platform that is played checks, opens, signs and encrypts with. Raises InputError as above."""
        cipher = self.cipher()
        if self.signature in ("none", "sm3-input"):
            return Protection(self.signature, cipher=cipher)
        if not self.public_keys:
            raise InputError(say("sealing.no_public_keys"), self.places.get("protection"))
        key = self._private(self.private_key_env[ANYBODY])
        for code, public in self.public_keys.items():
            if not crypto.is_public_key(public):
                raise InputError(say("sealing.no_point"), self.places.get(f"public_keys.{code}"))
        return Protection(self.signature, self.public_keys, key, self.encoding, cipher)

    def _private(self, name: str) -> str:
        key = self._secret(name, 32, "private_key")
        try:
            crypto.public_key(key)  # also told here, not with the first message: that the software is not installed
        except InputError as error:
            told = say("sealing.out_of_range", name=name) if error.text.key == "crypto.out_of_range" else error.text
            raise InputError(told, self.places.get(name)) from None
        return key

    def _secret(self, name: str, length: int, what: str) -> str:
        place, secret = self.places.get(name), os.environ.get(name, "").strip()
        if not secret:
            raise InputError(say("sealing.no_secret", name=name, what=what, digits=2 * length), place)
        try:
            crypto.hex_bytes(secret, length)
        except InputError:
            raise InputError(say("sealing.bad_secret", name=name, what=what, digits=2 * length), place) from None
        return secret


def sealing_of(document: Document, data: Mapping[str, Any]) -> Sealing | None:
    """The section of a profile; None where it is absent or protects nothing. `problems` had nothing to say."""
    given = data.get("protection", {})
    if given.get("signature", "none") == "none" and "sm4" not in given:
        return None
    named, sm4 = given.get("private_key_env", {}), given.get("sm4", {})
    keys: dict[str, str] = {ANYBODY: named} if isinstance(named, str) else dict(named)
    places = {"public_key": document.place("protection", "public_key"), "protection": document.place("protection")}
    places |= {f"public_keys.{code}": document.place("protection", "public_keys", code) for code in _public(given)}
    for code, name in keys.items():
        at = () if isinstance(named, str) else (code,)
        places[name] = document.place("protection", "private_key_env", *at)
    if sm4:
        places[sm4["key_env"]] = document.place("protection", "sm4", "key_env")
    told = {name: given[name] for name in ("signature", "public_key", "public_keys", "encoding") if name in given}
    told |= {name: sm4[name] for name in ("key_env", "mode", "iv") if name in sm4}
    return Sealing(private_key_env=keys, promises=frozenset(given.get("promises", ())), places=places, **told)


def problems(document: Document, data: Mapping[str, Any], played: Iterable[str]) -> Iterator[InputError]:
    """What the schema cannot say: keys of the wrong length, a role that has no such wire, promises about nothing,
    institutions without a key. ``played``: the codes of the institutions that the profile declares."""
    given = data.get("protection", {})
    role = data.get("role", "platform")
    yield from _other_role(document, data, role)
    declared = [*played] or [place.fixmedins_code for place in (*institutions(), *pharmacies())]
    named = given.get("private_key_env", ANYBODY)
    if role == "hospital" and not isinstance(named, str):
        yield document.error(say("sealing.one_key"), "protection", "private_key_env")
    elif not isinstance(named, str):
        yield from _without_key(document, named, declared, "private_key_env")
    if role == "hospital" and str(given.get("signature")).startswith("sm2"):
        if _public(given):
            yield from _without_key(document, _public(given), declared, "public_keys")
        else:
            yield document.error(say("sealing.no_public_keys"), "protection")
    for code, key in _public(given).items():
        yield from _ill_formed(document, key, "public_keys", code)
    if "public_key" in given:
        yield from _ill_formed(document, given["public_key"], "public_key")
    if given.get("sm4", {}).get("mode") == "cbc":
        yield from _ill_formed(document, given["sm4"].get("iv", ""), "sm4", "iv")
    for number, promise in enumerate(given.get("promises", ())):
        needed = NEEDS.get(promise, "signature")
        if given.get(needed, "none") == "none":
            text = say("sealing.empty_promise", promise=promise, key=f"protection.{needed}")
            yield document.error(text, "protection", "promises", number)


def _public(given: Mapping[str, Any]) -> Mapping[str, str]:
    found: Mapping[str, str] = given.get("public_keys", {})
    return found


def _without_key(
    document: Document, keys: Mapping[str, str], declared: Iterable[str], key: str
) -> Iterator[InputError]:
    """Institutions that are played and have no key, where there is none for all."""
    text = "sealing.no_key_for" if key == "private_key_env" else "sealing.no_public_key_for"
    for code in declared:
        if code not in keys and ANYBODY not in keys:
            yield document.error(say(text, code=code), "protection", key)


def _other_role(document: Document, data: Mapping[str, Any], role: str) -> Iterator[InputError]:
    """What is said of the side that is not under test would be passed over in silence."""
    for section, key, wanted in ONLY:
        given = data.get(section)
        if role != wanted and isinstance(given, Mapping) and key in given:
            side = say(f"hospital.role.{wanted}")
            yield document.error(say("sealing.other_role", key=key, side=side, role=wanted), section, key)


def _ill_formed(document: Document, value: str, *path: str) -> Iterator[InputError]:
    try:
        crypto.point(value) if path[0].startswith("public_key") else crypto.hex_bytes(value, crypto.BLOCK)
    except InputError as error:
        yield document.error(error.text, "protection", *path)
