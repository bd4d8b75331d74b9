"""Settings of the policy by their kind: a text, a list, a day, roles."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from qmsdocs.dates import Interval, parse_interval
from qmsdocs.model import Problem
from qmsdocs.policy.tables import Lines, shown
from qmsdocs.policy.values import OWNER, Requirement

_REQUIREMENT = re.compile(r"(?:(\d{1,2}) of )?(\S+)")
_MAX_NAMED = 20  # roles


class Settings:
    """Reads the tables one by one; each wrong value leaves a problem and a harmless stand-in."""

    def __init__(self, tables: dict[str, Any], lines: Lines) -> None:
        self.tables, self.lines = tables, lines
        self.problems: list[Problem] = []
        self.roles: dict[str, str] = {}
        self.people_ids: set[str] = set()

    def wrong(self, path: tuple[str, ...], message: str, remedy: str, rule: str = "invalid-policy") -> None:
        self.problems.append(Problem(rule, self.lines.of(*path), message, remedy))

    # --- values -----------------------------------------------------------------------------------------------

    def table(self, *path: str) -> dict[str, Any]:
        found: Any = self.tables
        for part in path:
            found = found.get(part, {}) if isinstance(found, dict) else {}
        if not isinstance(found, dict):
            self.wrong(path, f"'{'.'.join(path)}' is not a table", f"Write [{'.'.join(path)}]")
            return {}
        return found

    def only(self, path: tuple[str, ...], allowed: str) -> None:
        for key in self.table(*path):
            if key not in allowed.split():
                self.wrong(
                    (*path, key),
                    f"'{key}' is not a setting of [{'.'.join(path)}]",
                    f"Remove it; the settings are {', '.join(allowed.split())}",
                )

    def text(self, *path: str, default: str | None = None) -> str:
        value = self.table(*path[:-1]).get(path[-1], default)
        if path[-1] == "revision" and isinstance(value, int) and not isinstance(value, bool):
            value = shown(value)
        if isinstance(value, str) and (value.strip() or default is not None):
            return value.strip()
        what = "is missing" if value is None else f"is {shown(value)}, a text was expected"
        self.wrong(path, f"'{'.'.join(path)}' {what}", f'Write {path[-1]} = "…" under [{".".join(path[:-1])}]')
        return default or ""

    def texts(self, *path: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        value = self.table(*path[:-1]).get(path[-1])
        if value is None:
            return default
        if isinstance(value, str):
            value = [value]
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        self.wrong(
            path, f"'{'.'.join(path)}' is {shown(value)}, a list of texts was expected", f'Write {path[-1]} = ["…"]'
        )
        return default

    def choice(self, *path: str, options: tuple[str, ...]) -> str:
        value = self.text(*path, default=options[0])
        if value in options:
            return value
        self.wrong(path, f"'{'.'.join(path)}' is '{value}'", f"Write one of {', '.join(options)}")
        return options[0]

    def flag(self, *path: str, default: bool) -> bool:
        value = self.table(*path[:-1]).get(path[-1], default)
        if isinstance(value, bool):
            return value
        self.wrong(path, f"'{'.'.join(path)}' is {shown(value)}", f"Write {path[-1]} = true or false, without quotes")
        return default

    def interval(self, *path: str) -> Interval | None:
        value = self.table(*path[:-1]).get(path[-1])
        if value is None:
            return None
        try:
            return parse_interval(value if isinstance(value, str) else shown(value))
        except ValueError as error:
            self.wrong(path, f"'{'.'.join(path)}': {error}", "Write for example '24 months'")
            return None

    def day(self, path: tuple[str, ...], table: dict[str, Any], key: str) -> date | None:
        value = table.get(key)
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        self.wrong(path, f"'{key}' is {shown(value)}, a day was expected", "Write it without quotes: 2026-11-30")
        return None

    # --- roles ------------------------------------------------------------------------------------------------

    def known_role(self, path: tuple[str, ...], role: str) -> bool:
        if role == OWNER or role in self.roles:
            return True
        known = ", ".join(list(self.roles)[:_MAX_NAMED]) or "none yet"
        self.wrong(
            path, f"the role '{role}' is not defined", f"Add it under [roles], or use one of: {known}", "unknown-role"
        )
        return False

    def requirements(self, *path: str) -> tuple[Requirement, ...]:
        found: dict[str, Requirement] = {}
        for text in self.texts(*path):
            match = _REQUIREMENT.fullmatch(text.strip())
            if not match or int(match[1] or 1) < 1:
                self.wrong(path, f"'{text}' is not a requirement", 'Write a role, "owner", or "2 of ROLE"')
            elif self.known_role(path, match[2]):
                count = max(int(match[1] or 1), found[match[2]].count if match[2] in found else 0)
                found[match[2]] = Requirement(match[2], count)
        return tuple(found.values())

    def role_list(self, *path: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        return tuple(role for role in self.texts(*path, default=default) if self.known_role(path, role))
