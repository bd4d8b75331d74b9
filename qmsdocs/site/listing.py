"""The lists: the register with its data for search and filter, external documents, records."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from qmsdocs.model import Kind, Status
from qmsdocs.register import DocumentRow, RecordRow, natural
from qmsdocs.site.batches import Batch, file_batch, page_batch
from qmsdocs.site.catalogue import UNTITLED, Catalogue
from qmsdocs.site.documents import script_safe
from qmsdocs.site.engine import Engine

PER_PAGE = 100  # rows that a page shows before it asks for more: within 100 kB, whatever the titles
RECORDS_PER_PAGE = 200
DATA = "register-data.js"


Day = date  # a class below has a field named `date`


@dataclass(frozen=True, slots=True)
class Row:
    """A document on a list."""

    id: str
    address: str
    title: str
    type: str
    revision: str
    status: str
    conditions: tuple[str, ...]
    effective_on: date | None
    review_by: date | None
    owner: str
    clauses: tuple[str, ...]
    change: str
    draft: str
    external: bool = False
    issuer: str = ""
    edition: str = ""
    checked: date | None = None


@dataclass(frozen=True, slots=True)
class RecordLine:
    """A record on its list."""

    id: str
    address: str
    title: str
    type: str
    date: Day | None
    form: str
    retain_until: Day | None
    closed_on: Day | None


def list_batches(catalogue: Catalogue, engine: Engine) -> Iterator[Batch]:
    """The register page by page, its data, external documents, records."""
    register = catalogue.material.register
    rows = tuple(_row(row, catalogue) for row in (*register.documents, *register.external))
    rows = tuple(sorted(rows, key=lambda row: natural(row.id)))
    choices = _choices(rows)
    yield from _register_pages(rows, choices, catalogue, engine)
    yield file_batch(DATA, lambda: register_data(rows), rows)
    yield page_batch(
        engine, "external.html", "external.html.j2", rows=tuple(r for r in rows if r.external), day=register.as_of
    )
    yield from _record_pages(tuple(_record(row, catalogue) for row in register.records), engine, register.as_of)


def _register_pages(
    rows: tuple[Row, ...], choices: Mapping[str, tuple[str, ...]], catalogue: Catalogue, engine: Engine
) -> Iterator[Batch]:
    register = catalogue.material.register
    pages = max(-(-len(rows) // PER_PAGE), 1)
    names = tuple("register.html" if at == 0 else f"register-{at + 1}.html" for at in range(pages))
    for at, name in enumerate(names):
        yield page_batch(
            engine,
            name,
            "register.html.j2",
            "register.html",
            rows=rows[at * PER_PAGE : (at + 1) * PER_PAGE],
            total=len(rows),
            names=names,
            choices=choices,
            day=register.as_of,
            commit=register.commit,
        )


def _record_pages(records: tuple[RecordLine, ...], engine: Engine, day: date) -> Iterator[Batch]:
    ordered = [record for _, group in _by_type(records) for record in group]
    pages = max(-(-len(ordered) // RECORDS_PER_PAGE), 1)
    names = tuple("records.html" if at == 0 else f"records-{at + 1}.html" for at in range(pages))
    for at, name in enumerate(names):
        groups = _by_type(ordered[at * RECORDS_PER_PAGE : (at + 1) * RECORDS_PER_PAGE])
        yield page_batch(
            engine, name, "records.html.j2", "records.html", groups=groups, count=len(records), names=names, day=day
        )


def register_data(rows: Iterable[Row]) -> str:
    """The rows as a plain script: what repeats is listed once and named by its place."""
    tables: dict[str, dict[str, int]] = {name: {} for name in ("type", "status", "owner")}

    def place(name: str, value: str) -> int:
        return tables[name].setdefault(value, len(tables[name]))

    data = [
        [
            row.id,
            row.address,
            row.title,
            place("type", row.type),
            row.revision,
            place("status", row.status),
            "|".join(row.conditions),
            _iso(row.effective_on),
            _iso(row.review_by),
            place("owner", row.owner),
            "|".join(row.clauses),
            row.change,
            row.draft,
        ]
        for row in rows
    ]
    whole = {"tables": {name: list(values) for name, values in tables.items()}, "rows": data}
    return f"const qmsRegister = {script_safe(json.dumps(whole, ensure_ascii=False, separators=(',', ':')))};\n"


def _row(row: DocumentRow, catalogue: Catalogue) -> Row:
    draft = row.draft
    coming = (
        f"{f'Revision {draft.revision}' if draft.revision else 'A new text'} {draft.status.lower()}" if draft else ""
    )
    return Row(
        id=row.id,
        address=catalogue.entries[row.id].address,
        title=row.title or UNTITLED,
        type=row.type_name or row.type or "",
        revision=row.revision or "",
        status=row.status.value,
        conditions=tuple(condition.value for condition in row.conditions),
        effective_on=row.effective_on,
        review_by=row.review_by,
        owner=row.owner_name or row.owner or "",
        clauses=row.clauses,
        change=(row.withdrawn if row.status is Status.OBSOLETE else row.change) or "",
        draft=coming if draft and draft.status != row.status else "",
        external=catalogue.entries[row.id].kind is Kind.EXTERNAL,
        issuer=row.issuer or "",
        edition=row.edition or "",
        checked=row.checked,
    )


def _record(row: RecordRow, catalogue: Catalogue) -> RecordLine:
    form = f"{row.form} rev. {row.form_revision}" if row.form and row.form_revision else row.form or ""
    return RecordLine(
        row.id,
        catalogue.entries[row.id].address,
        row.title or UNTITLED,
        row.type_name or row.type or "",
        row.date,
        form,
        row.retain_until,
        row.closed_on,
    )


def _by_type(records: Iterable[RecordLine]) -> tuple[tuple[str, tuple[RecordLine, ...]], ...]:
    """Records of each type together, the newest first."""
    groups: dict[str, list[RecordLine]] = {}
    for record in records:
        groups.setdefault(record.type, []).append(record)
    return tuple(
        (name, tuple(sorted(group, key=lambda record: record.date or date.min, reverse=True)))
        for name, group in sorted(groups.items())
    )


def _choices(rows: Iterable[Row]) -> Mapping[str, tuple[str, ...]]:
    """What each of the filters offers: only what occurs."""
    known = list(rows)
    return {
        "type": _distinct(row.type for row in known),
        "status": tuple(status.value for status in Status if any(row.status == status.value for row in known)),
        "owner": _distinct(row.owner for row in known),
        "clause": _distinct(clause for row in known for clause in row.clauses),
    }


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({name for name in names if name}, key=lambda name: natural(name.casefold())))


def _iso(day: date | None) -> Any:
    return day.isoformat() if day else ""
