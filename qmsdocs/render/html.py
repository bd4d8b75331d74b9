"""The register as one HTML file that needs nothing else: no network, no server, and no script to be read or printed."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from qmsdocs.model import Assurance, Condition, Severity, Source, Status
from qmsdocs.register import DocumentRow, RecordRow, Register, natural
from qmsdocs.render.printable import counted, day_text, month_text, place, printable, short
from qmsdocs.render.sections import SEVERITIES, Sections, sections, severity_counts, sorted_findings, status_counts

_ANCHOR = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)  # ids of our own begin with '_'
_MONTHS_AHEAD = 12
_CELL_NAMES = {
    "id": "id",
    "approved_on": "approved on",
    "approved_by": "approved by",
    "effective_on": "in force from",
    "last_review": "last review",
    "review_by": "review by",
    "replaced_by": "replaced by",
    "form_revision": "form revision",
    "closed_on": "closed on",
    "withdrawn": "reason",
}
_DERIVED_TWICE = {"days_left", "commit"}  # stand where their twins stand: review_by, content


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a picture: its words, its number, and where it stands (per cent of the picture's width)."""

    name: str
    kind: str
    count: int
    start: float
    size: float
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """A file of one commit, and which cells came from which of its lines."""

    path: str
    commit: str | None
    cells: tuple[str, ...]


def register_html(register: Register) -> str:
    """The register as a page to sort, filter, open up and print."""
    environment = _environment()
    style = environment.get_template("register.css.j2").render().strip()
    script = environment.get_template("register.js.j2").render().strip()
    parts = sections(register)
    return environment.get_template("register.html.j2").render(
        register=register,
        parts=parts,
        findings=sorted(sorted_findings(register.findings), key=lambda found: SEVERITIES.index(found.severity)),
        choices=_choices(parts),
        pictures={
            "status": _shares(register.documents),
            "reviews": _reviews((*parts.documents, *parts.external), register.as_of),
            "conditions": _conditions((*parts.documents, *parts.external)),
            "findings": _severities(register),
        },
        style=Markup(style),
        script=Markup(script),
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("qmsdocs", "render"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters.update(
        day=day_text,
        place=place,
        short=short,
        counted=counted,
        moment=_moment,
        anchor=_anchor,
        origins=_origins,
        web=_web,
    )
    environment.tests["alarm"] = lambda condition: condition in _ALARMS
    environment.globals.update(Status=Status, Assurance=Assurance)
    return environment


_ALARMS = {Condition.OVERDUE, Condition.APPROVAL_BROKEN, Condition.REJECTED}


def _shown(value: Any) -> Any:
    """What a page shows of a value: nothing of None, and no character that acts. Autoescape comes after it."""
    if value is None:
        return ""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _hash(text: str) -> str:
    """The name by which the content security policy lets this one style or script in."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def _moment(moment: datetime) -> str:
    return f"{day_text(moment.date())}, {moment:%H:%M} {moment.tzname() or ''}".rstrip()


def _anchor(text: str) -> str | None:
    return text if _ANCHOR.fullmatch(text) else None


def _web(text: str | None) -> bool:
    """Whether a text may be made a link."""
    return bool(text) and re.fullmatch(r"https?://[^\s\x00-\x1f<>\"']+", text or "") is not None


def _origins(sources: Mapping[str, Source]) -> list[Origin]:
    """The sources of a row, grouped by file and commit."""
    groups: dict[tuple[str, str | None], list[str]] = {}
    for cell, source in sources.items():
        if cell not in _DERIVED_TWICE:
            line = f" (line {source.line})" if source.line is not None else ""
            groups.setdefault((source.path or "", source.commit), []).append(f"{_CELL_NAMES.get(cell, cell)}{line}")
    return [Origin(path, commit, tuple(cells)) for (path, commit), cells in groups.items()]


# --- filters ------------------------------------------------------------------------------------------------------


def _choices(parts: Sections) -> dict[str, list[str]]:
    """What each of the filters offers: only what occurs."""
    documents = (*parts.documents, *parts.external, *parts.obsolete)
    rows: tuple[DocumentRow | RecordRow, ...] = (*documents, *parts.records)
    return {
        "type": _sorted(row.type_name or row.type for row in rows),
        "status": [status.value for status in status_counts(documents)],
        "owner": _sorted(row.owner_name or row.owner for row in documents),
        "condition": [c.value for c in Condition if any(c in row.conditions for row in documents)],
    }


def _sorted(names: Iterable[str | None]) -> list[str]:
    return sorted({printable(name) for name in names if name}, key=lambda name: natural(name.casefold()))


# --- pictures -----------------------------------------------------------------------------------------------------


def _shares(rows: tuple[DocumentRow, ...]) -> list[Part]:
    """The statuses of documents as parts of a bar."""
    found, start = [], 0.0
    for status, count in status_counts(rows).items():
        size = 100 * count / len(rows)
        kind = status.value.lower().replace(" ", "-")
        found.append(Part(status.value, kind, count, round(start, 3), round(size, 3), f"status={status.value}"))
        start += size
    return found


def _reviews(rows: tuple[DocumentRow, ...], today: date) -> list[Part]:
    """The reviews that are late, and those due in this month and the eleven after it, as columns."""
    late = sum(1 for row in rows if row.review_by and row.review_by < today)
    months = Counter(_month(row.review_by) for row in rows if row.review_by and row.review_by >= today)
    first = _month(today)
    heads = [date((first + ahead) // 12, (first + ahead) % 12 + 1, 1) for ahead in range(_MONTHS_AHEAD)]
    columns = [("Late", "late", late)]
    columns += [(f"{month_text(head)} {head.year}", "month", months[_month(head)]) for head in heads]
    return _scaled(columns)


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _conditions(rows: tuple[DocumentRow, ...]) -> list[Part]:
    """How many documents each condition concerns, as bars."""
    counts = Counter(condition for row in rows for condition in row.conditions)
    bars = [(c.value, "alarm" if c in _ALARMS else "notice", counts[c]) for c in Condition if counts[c]]
    return _scaled(bars, "condition={}")


def _severities(register: Register) -> list[Part]:
    counts = severity_counts(register.findings)
    return _scaled([(_plural(severity, count), severity.value, count) for severity, count in counts.items() if count])


def _plural(severity: Severity, count: int) -> str:
    return counted(count, severity.value).split()[-1]


def _scaled(bars: Iterable[tuple[str, str, int]], link: str | None = None) -> list[Part]:
    """Bars beside each other, the longest of them full."""
    found = list(bars)
    most = max((count for _, _, count in found), default=0) or 1
    return [
        Part(name, kind, count, float(at), round(100 * count / most, 3), link.format(name) if link else None)
        for at, (name, kind, count) in enumerate(found)
    ]
