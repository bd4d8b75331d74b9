"""What the audit says, as its JSON has it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from firm import Said, say
from kit import Qms


class Audited:
    """One audit: exit code and JSON."""

    def __init__(self, said: Said) -> None:
        assert said.out, said.err
        self.code, self.data = said.code, json.loads(said.out)

    def names(self, part: str = "violations") -> list[str]:
        """Rules of the violations or warnings, in the order told."""
        return [one["rule"] for one in self.data[part]]

    def one(self, rule: str, part: str = "violations") -> dict[str, Any]:
        """The only violation (or warning) of a rule."""
        found: list[dict[str, Any]] = [one for one in self.data[part] if one["rule"] == rule]
        assert len(found) == 1, self.names(part)
        return found[0]

    def document(self, identifier: str = "QP-001") -> dict[str, Any]:
        """The verdict on one document."""
        found: dict[str, Any] = next(d for d in self.data["documents"] if d["id"] == identifier)
        return found


def audited(qms: Qms, monkeypatch: pytest.MonkeyPatch, *arguments: str, now: str = "2026-12-01") -> Audited:
    """The audit of a repository of the kit."""
    monkeypatch.setenv("QMSDOCS_NOW", f"{now}T12:00:00+00:00")
    return Audited(say(monkeypatch, "audit", "--repo", str(qms.save()), "--format", "json", *arguments))
