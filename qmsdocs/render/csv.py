"""The register as one table of comma-separated values (RFC 4180) that a spreadsheet can open without harm."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date

from qmsdocs.model import Kind
from qmsdocs.register import Approver, DocumentRow, RecordRow, Register
from qmsdocs.render.printable import printable

COLUMNS = (
    "kind",
    "id",
    "title",
    "type",
    "path",
    "owner",
    "status",
    "revision",
    "approved_on",
    "approved_by",
    "effective_on",
    "last_review",
    "review_by",
    "days_left",
    "days_overdue",
    "conditions",
    "change",
    "clauses",
    "draft_revision",
    "draft_status",
    "draft_missing",
    "issuer",
    "edition",
    "source",
    "checked",
    "date",
    "form",
    "form_revision",
    "retain_until",
    "closed_on",
    "replaced_by",
    "withdrawn",
    "outstanding",
    "content",
    "commit",
)

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

Cell = str | int | date | None


def register_csv(register: Register) -> str:
    """Documents, external documents and records, told apart by `kind`; a list in a cell is parted by `; `.

    The days to a review are never negative, so that no number needs the guard against formulas:
    past the day they stand under `days_overdue`.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    for row in _rows(register):
        writer.writerow({name: _text(cell) for name, cell in row.items()})
    return out.getvalue()


def _rows(register: Register) -> Iterator[dict[str, Cell]]:
    yield from (_document(row, Kind.DOCUMENT) for row in register.documents)
    yield from (_document(row, Kind.EXTERNAL) for row in register.external)
    yield from (_record(row) for row in register.records)


def _text(cell: Cell) -> str:
    if not isinstance(cell, str):
        return "" if cell is None else str(cell)
    formula = cell.startswith(_FORMULA_STARTS) or cell.lstrip().startswith(_FORMULA_STARTS)
    return f"'{printable(cell)}" if formula else printable(cell)


def _document(row: DocumentRow, kind: Kind) -> dict[str, Cell]:
    days = row.days_left
    return {
        "kind": kind.value,
        "id": row.id,
        "title": row.title,
        "type": row.type,
        "path": row.path,
        "owner": row.owner,
        "status": row.status.value,
        "revision": row.revision,
        "approved_on": row.approved_on,
        "approved_by": _list(_approval(approver) for approver in row.approved_by),
        "effective_on": row.effective_on,
        "last_review": row.last_review,
        "review_by": row.review_by,
        "days_left": days if days is not None and days >= 0 else None,
        "days_overdue": -days if days is not None and days < 0 else None,
        "conditions": _list(condition.value for condition in row.conditions),
        "change": row.change,
        "clauses": _list(row.clauses),
        "draft_revision": row.draft.revision if row.draft else None,
        "draft_status": row.draft.status.value if row.draft else None,
        "draft_missing": _list(row.draft.missing) if row.draft else None,
        "issuer": row.issuer,
        "edition": row.edition,
        "source": row.source,
        "checked": row.checked,
        "replaced_by": row.replaced_by,
        "withdrawn": row.withdrawn,
        "outstanding": _list(row.outstanding),
        "content": row.content,
        "commit": row.commit,
    }


def _record(row: RecordRow) -> dict[str, Cell]:
    return {
        "kind": Kind.RECORD.value,
        "id": row.id,
        "title": row.title,
        "type": row.type,
        "path": row.path,
        "clauses": _list(row.clauses),
        "date": row.date,
        "form": row.form,
        "form_revision": row.form_revision,
        "retain_until": row.retain_until,
        "closed_on": row.closed_on,
        "commit": row.commit,
    }


def _approval(approver: Approver) -> str:
    act = f"{approver.meaning}, {approver.role}, {approver.signed.isoformat()}, {approver.assurance}"
    return f"{approver.name} ({act})"


def _list(items: Iterable[str]) -> str:
    return "; ".join(items)
