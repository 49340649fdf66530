"""A pool of the source, and what of it was used so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.policy_conversion.values import dated, early


class Pool:
    """One entry of the source on its way to a policy version; remembers which entries were used.

    ``words`` is ``convert_policies.yaml``: names in Chinese, and what no entry says.
    """

    def __init__(self, data: dict[str, Any], day: str, words: Mapping[str, Any]) -> None:
        self.data = data
        self.day = day
        self.words = words
        self.used: set[tuple[str, str]] = set()
        self.employee = data["insurance"] == "employee"

    def take(self, section: str, *names: str) -> dict[str, Any] | None:
        """The first of these entries that exists, its dated value resolved; it counts as used."""
        for name in names:
            entry = self.data.get(section, {}).get(name)
            if entry is None:
                continue
            self.used.add((section, name))
            value = entry["value"]
            if dated(value):
                held = [day for day in value if day <= self.day]
                since = max(held) if held else min(value)
                entry = {**entry, "value": value[since]}
            else:
                since = entry.get("effective_from", self.day)
            return entry if since <= self.day else early(entry, since)
        return None
