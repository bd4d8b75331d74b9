"""Reads the sections of the policy on the management system as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from qmsdocs.policy.settings import Settings
from qmsdocs.policy.system import Certificate, ManagementSystem, NotApplicable, Process
from qmsdocs.policy.tables import shown

SECTIONS = ("certificate", "not_applicable", "programme", "processes")
_CERTIFICATE_DAYS = ("stage_1", "stage_2", "issued", "expires")
_CERTIFICATE_TEXTS = ("body", "scope", "number")
_MOST_YEARS, _LAST_YEAR = 10, 9900
_NUMBER = re.compile(r"(?:[A-Z]\.)?\d+(?:\.\d+)*")


def read_system(settings: Settings) -> ManagementSystem:
    """The sections on the system as a whole; problems are left with `settings`."""
    settings.only(("programme",), "internal_audits management_reviews")
    return ManagementSystem(
        certificates=tuple(_certificates(settings)),
        not_applicable=tuple(_not_applicable(settings)),
        internal_audits=settings.interval("programme", "internal_audits"),
        management_reviews=settings.interval("programme", "management_reviews"),
        processes={key: _process(settings, key, value) for key, value in settings.table("processes").items()},
    )


# --- certificates ---------------------------------------------------------------------------------------------------


def _certificates(settings: Settings) -> Iterator[Certificate]:
    value = settings.tables.get("certificate", [])
    for table in value if isinstance(value, list) else [value]:
        if isinstance(table, dict):
            yield _certificate(settings, table)
        else:
            settings.wrong(("certificate",), "'certificate' is not a table", "Write [certificate]")


def _certificate(settings: Settings, table: dict[str, Any]) -> Certificate:
    path = ("certificate",)
    known = (*_CERTIFICATE_TEXTS, "standards", *_CERTIFICATE_DAYS, "surveillance", "recertification")
    for key in table:
        if key not in known:
            remedy = f"Remove it; the settings are {', '.join(known)}"
            settings.wrong((*path, key), f"'{key}' is not a setting of [certificate]", remedy)
    days = {key: settings.day((*path, key), table, key) for key in (*_CERTIFICATE_DAYS, "recertification")}
    ordered = [day for key in _CERTIFICATE_DAYS if (day := days[key])]
    if ordered != sorted(ordered):
        message = "the days of the certificate are not in their order: stage_1, stage_2, issued, expires"
        settings.wrong(path, message, "Correct the one that is wrong")
    elif ordered and (ordered[-1].year > _LAST_YEAR or ordered[-1].year - ordered[0].year > _MOST_YEARS):
        message = f"the certificate reaches from {ordered[0]} to {ordered[-1]}, longer than any is valid"
        settings.wrong(path, message, "Correct the day that is wrong")
    return Certificate(
        body=_text(settings, table, "body"),
        scope=_text(settings, table, "scope"),
        number=_text(settings, table, "number"),
        standards=_texts(settings, table, "standards"),
        stage_1=days["stage_1"],
        stage_2=days["stage_2"],
        issued=days["issued"],
        expires=days["expires"],
        surveillance=tuple(_days(settings, table, "surveillance")),
        recertification=days["recertification"],
        line=settings.lines.of(*path),
    )


def _text(settings: Settings, table: dict[str, Any], key: str) -> str:
    value = table.get(key, "")
    if isinstance(value, str):
        return value.strip()
    settings.wrong(("certificate", key), f"'{key}' is {shown(value)}, a text was expected", f'Write {key} = "…"')
    return ""


def _texts(settings: Settings, table: dict[str, Any], key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    settings.wrong(
        ("certificate", key), f"'{key}' is {shown(value)}, a list of texts was expected", f'Write {key} = ["…"]'
    )
    return ()


def _days(settings: Settings, table: dict[str, Any], key: str) -> list[date]:
    value = table.get(key, [])
    if not isinstance(value, list):
        settings.wrong(("certificate", key), f"'{key}' is no list of days", f"Write {key} = [2026-11-30]")
        return []
    found = (settings.day(("certificate", key), {key: item}, key) for item in value)
    return sorted(day for day in found if day)


# --- what does not apply --------------------------------------------------------------------------------------------


def _not_applicable(settings: Settings) -> Iterator[NotApplicable]:
    """`"8.3" = "why"`, or tables named by a standard that hold such lines. An unquoted 8.3 is a nested table for TOML."""
    for key, value in _flat(settings.table("not_applicable")):
        if _NUMBER.fullmatch(key):
            yield from _reasoned(settings, None, key, value)
        elif isinstance(value, dict):
            for clause, reason in _flat(value):
                yield from _reasoned(settings, key, clause, reason)
        else:
            settings.wrong(("not_applicable", key), f"'{key}' is no clause", 'Write "8.3" = "why it does not apply"')


def _flat(table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict) and _NUMBER.fullmatch(key):
            yield from ((f"{key}.{rest}", inner) for rest, inner in _flat(value))
        else:
            yield key, value


def _reasoned(settings: Settings, standard: str | None, clause: str, reason: Any) -> Iterator[NotApplicable]:
    path = ("not_applicable", *([standard] if standard else []), clause)
    if not _NUMBER.fullmatch(clause):
        settings.wrong(path, f"'{clause}' is no clause", 'Write "8.3" = "why it does not apply"')
    elif not isinstance(reason, str) or not reason.strip():
        remedy = f'Write "{clause}" = "why it does not apply" (ISO 9001:2015, 4.3)'
        settings.wrong(path, f"nothing says why {clause} does not apply", remedy)
    else:
        yield NotApplicable(standard, clause, reason.strip(), settings.lines.of(*path))


# --- processes ------------------------------------------------------------------------------------------------------


def _process(settings: Settings, key: str, value: Any) -> Process:
    path = ("processes", key)
    if isinstance(value, str) and value.strip():
        return Process(key, value.strip(), key if key in settings.roles else None, (), settings.lines.of(*path))
    if not isinstance(value, dict):
        remedy = f'Write {key} = "Name" or {key} = {{name = "Name", owner = "ROLE", documents = ["QP-001"]}}'
        settings.wrong(path, f"the process '{key}' is {shown(value)}", remedy)
        return Process(key, key, None, (), settings.lines.of(*path))
    settings.only(path, "name owner documents")
    owner = settings.text(*path, "owner", default=key if key in settings.roles else "")
    if owner and owner not in settings.roles and owner not in settings.table("people"):
        remedy = "Name one of [roles] or [people]"
        settings.wrong(
            path, f"the owner '{owner}' of the process is neither a role nor a person", remedy, "unknown-role"
        )
    name = settings.text(*path, "name", default=key)
    return Process(key, name, owner or None, settings.texts(*path, "documents"), settings.lines.of(*path))
