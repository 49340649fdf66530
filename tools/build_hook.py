"""Puts ``fixtures/`` and ``scenarios/`` into a built wheel; an editable install reads them from the checkout."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DataHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the data folders under ``sim/_data``, where `sim.resources` looks first."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it builds."""
        if version != "editable":
            build_data["force_include"].update({name: f"sim/_data/{name}" for name in ("fixtures", "scenarios")})
