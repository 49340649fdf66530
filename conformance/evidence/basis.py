"""What a run was judged by."""

from __future__ import annotations

from attrs import frozen

from conformance.pack import Pack
from conformance.profile import Profile


@frozen
class Basis:
    """The profile and the packs as they were read; a bundle keeps both, so that it can be judged again."""

    profile: Profile
    packs: tuple[Pack, ...] = ()
