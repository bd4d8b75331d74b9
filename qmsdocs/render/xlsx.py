"""The register as a workbook: real dates, filters, frozen heads, ready to print; same register, same bytes."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Generic, TypeVar

import xlsxwriter

from qmsdocs.model import Condition, Finding, Severity, Status
from qmsdocs.register import Approver, DocumentRow, RecordRow, Register
from qmsdocs.render.printable import counted, day_text, place, printable, short
from qmsdocs.render.sections import sections, severity_counts, sorted_findings, status_counts

Cell = str | int | date | None
Row = TypeVar("Row")

_LONGEST_CELL = 32_767  # characters; a limit of the format
_LONGEST_NAME_IN_HEADER = 80  # the format allows 255 characters for all three parts together
_FIRST_DAY = date(1900, 3, 1)  # before it, day numbers differ between spreadsheets
_A4 = 9

_INK, _QUIET, _HEAD, _LINE = "#1b1f24", "#57606a", "#eef1f4", "#c9d1d9"
_STATUS_INK = {
    Status.EFFECTIVE: "#1a6334",
    Status.APPROVED: "#0b5394",
    Status.IN_REVIEW: "#7a4d00",
    Status.DRAFT: "#57606a",
    Status.SUSPENDED: "#a4262c",
    Status.CANCELLED: "#6e4a4a",
    Status.SUPERSEDED: "#57606a",
    Status.OBSOLETE: "#57606a",
}
_SEVERITY_INK = {Severity.ERROR: "#a4262c", Severity.WARNING: "#7a4d00", Severity.NOTE: "#57606a"}
_ALARMS = {Condition.OVERDUE, Condition.APPROVAL_BROKEN, Condition.REJECTED}


@dataclass(frozen=True)
class _Column(Generic[Row]):
    """A column: its head, its width in characters, its cell for a row, and the colour of that cell if not the usual."""

    head: str
    width: int
    cell: Callable[[Row], Cell]
    ink: Callable[[Row], str] | None = None


def register_xlsx(register: Register) -> bytes:
    """The register as an Excel workbook."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties(_properties(register))
    parts, sheets = sections(register), _Sheets(book, register)
    sheets.table("Documents", _DOCUMENT, parts.documents)
    sheets.table("External documents", _EXTERNAL, parts.external)
    sheets.table("Records", _RECORD, parts.records)
    sheets.table("Obsolete", _OBSOLETE, parts.obsolete)
    sheets.table("Findings", _FINDING, sorted_findings(register.findings))
    sheets.about()
    book.close()
    return out.getvalue()


class _Sheets:
    """The sheets of one workbook, with the formats they share."""

    def __init__(self, book: Any, register: Register) -> None:
        self.book, self.register = book, register
        self.formats: dict[tuple[str, bool], Any] = {}
        base = {"font_name": "Calibri", "font_size": 10, "valign": "top", "text_wrap": True}
        self.base = base
        self.head = book.add_format(base | {"bold": True, "bg_color": _HEAD, "bottom": 1, "bottom_color": _QUIET})
        self.title = book.add_format(base | {"bold": True, "font_size": 16, "text_wrap": False, "font_color": _INK})

    def format(self, ink: str = _INK, is_date: bool = False) -> Any:
        """The format of a cell; equal ones are made once."""
        if (ink, is_date) not in self.formats:
            look = self.base | {"font_color": ink, "bottom": 4, "bottom_color": _LINE, "align": "left"}
            self.formats[ink, is_date] = self.book.add_format(look | ({"num_format": "yyyy-mm-dd"} if is_date else {}))
        return self.formats[ink, is_date]

    def table(self, name: str, columns: Sequence[_Column[Row]], rows: Sequence[Row]) -> None:
        """One sheet: a head that stays in sight, a filter, a row for each."""
        sheet = self.book.add_worksheet(name)
        for at, column in enumerate(columns):
            sheet.set_column(at, at, column.width)
            sheet.write_string(0, at, column.head, self.head)
        for line, row in enumerate(rows, start=1):
            for at, column in enumerate(columns):
                self.write(sheet, line, at, column.cell(row), column.ink(row) if column.ink else _INK)
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, max(len(rows), 1), len(columns) - 1)
        sheet.repeat_rows(0)
        self.print_setup(sheet, name)

    def write(self, sheet: Any, line: int, at: int, cell: Cell, ink: str = _INK) -> None:
        """One cell, typed by its value and never by what its text looks like."""
        if isinstance(cell, date) and cell >= _FIRST_DAY:
            sheet.write_datetime(line, at, datetime.combine(cell, time()), self.format(ink, is_date=True))
        elif isinstance(cell, int):
            sheet.write_number(line, at, cell, self.format(ink))
        elif cell is None or cell == "":
            sheet.write_blank(line, at, None, self.format(ink))
        else:
            sheet.write_string(line, at, _fitting(printable(str(cell))), self.format(ink))

    def about(self) -> None:
        """What the workbook is, and how it was made."""
        sheet = self.book.add_worksheet("About")
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 96)
        sheet.write_string(0, 0, "Controlled document register", self.title)
        for line, (what, value) in enumerate(_facts(self.register), start=2):
            sheet.write_string(line, 0, what, self.head)
            self.write(sheet, line, 1, value)
        self.print_setup(sheet, "About")

    def print_setup(self, sheet: Any, name: str) -> None:
        """Landscape A4, as wide as the page, with the identity of the register on every page."""
        register = self.register
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.set_margins(left=0.4, right=0.4, top=0.75, bottom=0.75)
        sheet.fit_to_pages(1, 0)
        organisation = printable(register.organisation)[:_LONGEST_NAME_IN_HEADER].replace("&", "&&")
        sheet.set_header(f"&L{organisation}&C{name}&RAs of {register.as_of.isoformat()}")
        sheet.set_footer(f"&LCommit {short(register.commit)}&CUncontrolled when printed&RPage &P of &N")


def _properties(register: Register) -> dict[str, Any]:
    return {
        "title": "Controlled document register",
        "subject": f"As of {register.as_of.isoformat()}",
        "company": printable(register.organisation),
        "comments": f"Commit {printable(register.commit)}",
        "created": datetime.combine(register.as_of, time()),
    }


def _facts(register: Register) -> Iterable[tuple[str, Cell]]:
    yield "Organisation", register.organisation
    yield "As of", register.as_of
    yield "Commit", register.commit
    yield "Trust root", register.root
    for name, rows in (("Documents", register.documents), ("External documents", register.external)):
        counts = ", ".join(f"{count} {status.value.lower()}" for status, count in status_counts(rows).items())
        yield name, f"{len(rows)}: {counts}" if rows else "none"
    yield "Records", len(register.records)
    counts = ", ".join(counted(count, severity.value) for severity, count in severity_counts(register.findings).items())
    yield "Findings", counts
    yield (
        "How it was made",
        (
            "Every cell was derived from the git history and the signed records; nothing was typed. "
            "The same commit and day give this very file again."
        ),
    )
    yield "Printed or copied", "This copy is uncontrolled. The register in the repository is the one that counts."


def _fitting(text: str) -> str:
    return text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 1] + "…"


def _list(items: Iterable[str]) -> str:
    return "; ".join(items)


def _approval(approver: Approver) -> str:
    day = day_text(approver.signed.date())
    return f"{approver.name} ({approver.meaning} as {approver.role}, {day}, {approver.assurance})"


def _draft(row: DocumentRow) -> str | None:
    if row.draft is None:
        return None
    missing = f"; missing: {', '.join(row.draft.missing)}" if row.draft.missing else ""
    return f"{row.draft.revision or 'no label'}, {row.draft.status.value.lower()}{missing}"


def _condition_ink(row: DocumentRow) -> str:
    return _SEVERITY_INK[Severity.ERROR if _ALARMS & set(row.conditions) else Severity.WARNING]


_ID: _Column[DocumentRow] = _Column("Id", 13, lambda row: row.id)
_TITLE: _Column[DocumentRow] = _Column("Title", 38, lambda row: row.title)
_TYPE: _Column[DocumentRow] = _Column("Type", 16, lambda row: row.type_name or row.type)
_REVISION: _Column[DocumentRow] = _Column("Revision", 9, lambda row: row.revision)
_STATUS: _Column[DocumentRow] = _Column("Status", 12, lambda row: row.status.value, lambda row: _STATUS_INK[row.status])
_CONDITIONS: _Column[DocumentRow] = _Column(
    "Conditions", 18, lambda row: _list(c.value for c in row.conditions), _condition_ink
)
_OWNER: _Column[DocumentRow] = _Column("Owner", 20, lambda row: row.owner_name or row.owner)
_APPROVED: tuple[_Column[DocumentRow], ...] = (
    _Column("Approved on", 11, lambda row: row.approved_on),
    _Column("Approved by", 40, lambda row: _list(map(_approval, row.approved_by))),
    _Column("In force from", 12, lambda row: row.effective_on),
)
_REVIEW: tuple[_Column[DocumentRow], ...] = (
    _Column("Last review", 11, lambda row: row.last_review),
    _Column("Review by", 11, lambda row: row.review_by),
    _Column("Days left", 9, lambda row: row.days_left),
)
_TRACE: tuple[_Column[DocumentRow], ...] = (
    _Column("Change", 40, lambda row: row.change),
    _Column("Clauses", 14, lambda row: _list(row.clauses)),
    _Column("Path", 40, lambda row: row.path),
    _Column("Content", 30, lambda row: row.content),
    _Column("Commit", 30, lambda row: row.commit),
)
_PROGRESS: tuple[_Column[DocumentRow], ...] = (
    _Column("In progress", 26, _draft),
    _Column("Yet to acknowledge", 24, lambda row: _list(row.outstanding)),
)
_DOCUMENT = (
    *(_ID, _TITLE, _TYPE, _REVISION, _STATUS, _CONDITIONS, _OWNER),
    *(*_APPROVED, *_REVIEW, *_PROGRESS, *_TRACE),
)
_EXTERNAL = (
    *(_ID, _TITLE, _TYPE),
    _Column[DocumentRow]("Issuer", 18, lambda row: row.issuer),
    _Column[DocumentRow]("Edition", 12, lambda row: row.edition),
    _Column[DocumentRow]("Source", 30, lambda row: row.source),
    _Column[DocumentRow]("Checked", 11, lambda row: row.checked),
    *(_REVISION, _STATUS, _CONDITIONS, _OWNER, *_APPROVED, *_REVIEW, *_PROGRESS, *_TRACE),
)
_OBSOLETE = (
    *(_ID, _TITLE, _TYPE, _REVISION, _STATUS),
    _Column[DocumentRow]("Obsolete from", 12, lambda row: row.effective_on),
    _Column[DocumentRow]("Reason", 44, lambda row: row.withdrawn),
    _Column[DocumentRow]("Replaced by", 12, lambda row: row.replaced_by),
    *(_OWNER, *_APPROVED[:2], *_TRACE),
)
_RECORD: tuple[_Column[RecordRow], ...] = (
    _Column("Id", 14, lambda row: row.id),
    _Column("Title", 44, lambda row: row.title),
    _Column("Type", 20, lambda row: row.type_name or row.type),
    _Column("Date", 11, lambda row: row.date),
    _Column("Form", 12, lambda row: row.form),
    _Column("Form revision", 9, lambda row: row.form_revision),
    _Column("Keep until", 11, lambda row: row.retain_until),
    _Column("Closed on", 11, lambda row: row.closed_on),
    _Column("Clauses", 14, lambda row: _list(row.clauses)),
    _Column("Path", 44, lambda row: row.path),
    _Column("Commit", 30, lambda row: row.commit),
)
_FINDING: tuple[_Column[Finding], ...] = (
    _Column("Code", 8, lambda found: found.code),
    _Column("Severity", 10, lambda found: found.severity.value, lambda found: _SEVERITY_INK[found.severity]),
    _Column("Rule", 24, lambda found: found.rule),
    _Column("Document", 13, lambda found: found.document),
    _Column("Where", 36, lambda found: place(found.source)),
    _Column("Finding", 50, lambda found: found.message),
    _Column("Evidence", 40, lambda found: _list(found.evidence)),
    _Column("Remedy", 44, lambda found: found.remedy),
    _Column("Basis", 26, lambda found: found.basis),
)
