"""Reads a standard from TOML: those that come with qmsdocs, and an organisation's own in `standards/` of its repository."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Any

from qmsdocs.model import QmsError
from qmsdocs.standards.values import Information, Keep, Standard, parse_reference

FOLDER = "standards"
MAX_STANDARD = 1024 * 1024  # bytes
_KEYS = ("standard", "title", "aliases", "may_not_apply", "clauses", "activities", "information", "contents")
_INFORMATION_KEYS = ("at", "keep", "what", "condition", "records")


@cache
def shipped_standards() -> tuple[Standard, ...]:
    """The standards that come with qmsdocs."""
    from importlib import resources  # late: most verbs need no standard

    files = sorted(resources.files(__package__).iterdir(), key=lambda file: file.name)
    return tuple(parse_standard(file.read_bytes(), file.name) for file in files if file.name.endswith(".toml"))


def parse_standard(data: bytes, path: str) -> Standard:
    """A standard from the bytes of its file. Raises QmsError that names the file and what is wrong in it."""
    return _Reader(_tables(data, path), path).standard()


def _tables(data: bytes, path: str) -> dict[str, Any]:
    if len(data) > MAX_STANDARD:
        raise QmsError(f"{path} has {len(data)} bytes, more than a list of clauses needs; shorten it.")
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise QmsError(f"{path} is not UTF-8; save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else data.count(b"\n") + 1
        raise QmsError(f"{path}:{line}: the TOML cannot be read: {error}; mend that line.") from None
    except (ValueError, RecursionError) as error:  # a number that Python will not read, tables without end
        raise QmsError(f"{path}: the TOML cannot be read: {error}; shorten the value.") from None


class _Reader:
    def __init__(self, tables: Mapping[str, Any], path: str) -> None:
        self.tables, self.path = tables, path

    def wrong(self, what: str, remedy: str) -> QmsError:
        return QmsError(f"{self.path}: {what}; {remedy}.")

    def standard(self) -> Standard:
        unknown = [key for key in self.tables if key not in _KEYS]
        if unknown:
            raise self.wrong(f"'{unknown[0]}' is no key of a standard", f"the keys are {', '.join(_KEYS)}")
        clauses = self.titles(self.tables.get("clauses"), "clauses")
        if not clauses:
            raise self.wrong("there are no clauses", 'list them under [clauses]: "4.1" = "Title"')
        found = Standard(
            name=self.text(self.tables, "standard", "the file"),
            title=self.text(self.tables, "title", "the file", ""),
            aliases=self.texts(self.tables, "aliases", "the file"),
            clauses=clauses,
            information=tuple(self.information(entry) for entry in self.list("information")),
            activities={k: self.reference(v, f"activities.{k}") for k, v in self.table("activities").items()},
            contents={k: self.titles(v, f"contents.{k}") for k, v in self.table("contents").items()},
            may_not_apply=tuple(
                self.reference(v, "may_not_apply") for v in self.texts(self.tables, "may_not_apply", "")
            ),
        )
        self.require_clauses(found)
        return found

    def require_clauses(self, standard: Standard) -> None:
        named = [item.at for item in standard.information] + list(standard.activities.values())
        named += [reference for items in standard.contents.values() for reference in items]
        for reference in named:
            if not standard.knows(reference):
                raise self.wrong(
                    f"'{reference}' is of a clause that [clauses] does not have", "add it there, or correct it"
                )

    def titles(self, value: Any, where: str) -> dict[str, str]:
        if not isinstance(value, dict):
            raise self.wrong(f"[{where}] is missing or is no table", f"write [{where}]")
        found = {}
        for number, title in value.items():
            if not isinstance(title, str) or not title.strip():
                hint = f'write "{number}…" = "Title" (a number with dots stands in quotes)'
                raise self.wrong(f"'{number}' in [{where}] has no title", hint)
            found[self.reference(number, where)] = title.strip()
        return found

    def information(self, entry: Any) -> Information:
        if not isinstance(entry, dict) or not set(entry) <= set(_INFORMATION_KEYS):
            raise self.wrong(
                "an entry of [[information]] has other keys", f"the keys are {', '.join(_INFORMATION_KEYS)}"
            )
        at = self.reference(self.text(entry, "at", "[[information]]"), "information")
        where = f"the information at {at}"
        keep = self.text(entry, "keep", where)
        if keep not in tuple(Keep):
            raise self.wrong(f"{where} says keep = '{keep}'", f"write one of {', '.join(Keep)}")
        condition = self.text(entry, "condition", where, "") or None
        records = self.texts(entry, "records", where)
        return Information(at, Keep(keep), self.text(entry, "what", where), condition, records)

    def reference(self, value: Any, where: str) -> str:
        try:
            return parse_reference(value if isinstance(value, str) else repr(value))
        except ValueError as error:
            raise self.wrong(f"in '{where}' {error}", "correct it") from None

    def table(self, key: str) -> dict[str, Any]:
        value = self.tables.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(f"'{key}' is no table", f"write [{key}]")
        return value

    def list(self, key: str) -> list[Any]:
        value = self.tables.get(key, [])
        if not isinstance(value, list):
            raise self.wrong(f"'{key}' is no list of tables", f"write [[{key}]]")
        return value

    def text(self, table: Mapping[str, Any], key: str, where: str, default: str | None = None) -> str:
        value = table.get(key, default)
        if not isinstance(value, str) or (not value.strip() and default is None):
            raise self.wrong(f"{where} has no text '{key}'", f'write {key} = "…"')
        return value.strip()

    def texts(self, table: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(f"'{key}' of {where or 'the file'} is no list of texts", f'write {key} = ["…"]')
        return tuple(value)
