"""The register and findings for a terminal. Colour only where it is asked for; nothing from a document can steer it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from qmsdocs.model import Assurance, Condition, Finding, Meaning, Severity, Status
from qmsdocs.render.printable import counted, place, printable, short
from qmsdocs.render.sections import sections, severity_counts, sorted_findings, status_counts

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from qmsdocs.register import Approver, DocumentRow, RecordRow, Register

WIDE = 120
NARROWEST = 40
_WIDEST_FIXED = 16  # an id may have 64 characters: it folds rather than squeeze the title

SHAPES = {
    Status.DRAFT: "○",
    Status.IN_REVIEW: "◐",
    Status.APPROVED: "◎",
    Status.EFFECTIVE: "●",
    Status.SUPERSEDED: "–",
    Status.SUSPENDED: "▲",
    Status.CANCELLED: "×",
    Status.OBSOLETE: "□",
}
_STATUS_STYLE = {
    Status.EFFECTIVE: "green",
    Status.APPROVED: "cyan",
    Status.IN_REVIEW: "yellow",
    Status.SUSPENDED: "red",
    Status.CANCELLED: "red",
}
_ALARMS = {Condition.OVERDUE, Condition.APPROVAL_BROKEN, Condition.REJECTED}
_SEVERITY_CODE = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.NOTE: "1;36"}

Row = TypeVar("Row")
Column = tuple[str, int, Callable[[Row], "str | Text"]]  # head, share of the width (0: as narrow as it can be), cell


def register_text(register: Register, width: int, colour: bool) -> str:
    """The register as tables no wider than `width`, with more columns from 120 on."""
    from rich.console import Console  # not for `check`, which must start fast

    out = io.StringIO()
    console = Console(
        file=out,
        width=max(width, NARROWEST),
        force_terminal=colour,
        color_system="standard" if colour else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        _environ={},
    )
    _heading(console, register)
    parts, wide = sections(register), width >= WIDE
    _table(console, "Documents", _document_columns(wide), parts.documents)
    _table(console, "External documents", _external_columns(wide), parts.external)
    _table(console, "Records", _record_columns(wide), parts.records)
    _table(console, "Obsolete", _obsolete_columns(wide), parts.obsolete)
    _line(console, _totals(register), "bold")
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().split("\n")[:-1])


def findings_text(findings: Iterable[Finding], colour: bool) -> str:
    """Findings as a compiler would print them, grouped by file, with a summary as the last line."""
    found = sorted_findings(findings)
    blocks = []
    for _, group in groupby(found, key=lambda finding: finding.source.path):
        blocks += ["\n".join(_finding_lines(finding, colour)) for finding in group]
    return "\n\n".join([*blocks, _summary(found, colour)]) + "\n"


# --- findings -----------------------------------------------------------------------------------------------------


def _finding_lines(finding: Finding, colour: bool) -> Iterator[str]:
    source = finding.source
    where = place(replace(source, commit=None)) or printable(finding.document or "repository")
    name = _paint(f"{finding.severity.value} {finding.code}", _SEVERITY_CODE[finding.severity], colour)
    yield f"{_paint(where, '1', colour)}: {name} {printable(finding.rule)}"
    document = f"{printable(finding.document)}: " if finding.document else ""
    yield f"    {document}{printable(finding.message)}"
    for evidence in _evidence(finding):
        yield _paint(f"      · {printable(evidence)}", "2", colour)
    yield f"    {_paint('→', '32', colour)} {printable(finding.remedy)}"
    yield _paint(f"    basis: {printable(finding.basis)}", "2", colour)


def _evidence(finding: Finding) -> Iterator[str]:
    commit = finding.source.commit
    if commit and not any(short(commit) in evidence for evidence in finding.evidence):
        yield f"commit {short(commit)}"
    yield from finding.evidence


def _summary(found: Sequence[Finding], colour: bool) -> str:
    if not found:
        return _paint("no findings", "32", colour)
    counts = severity_counts(found)
    parts = [
        _paint(counted(count, severity.value), _SEVERITY_CODE[severity] if count else "2", colour)
        for severity, count in counts.items()
    ]
    files = len({finding.source.path for finding in found if finding.source.path is not None})
    return ", ".join(parts) + (f" in {counted(files, 'file')}" if files else "")


def _paint(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text


# --- the register -------------------------------------------------------------------------------------------------


def _heading(console: Console, register: Register) -> None:
    _line(console, register.organisation, "bold")
    _line(console, f"Register as of {register.as_of.isoformat()}, commit {short(register.commit)}", "dim")
    console.print()


def _line(console: Console, text: str, style: str) -> None:
    from rich.text import Text

    console.print(Text(printable(text), style=style))


def _table(console: Console, title: str, columns: Sequence[Column[Row]], rows: Sequence[Row]) -> None:
    from rich import box
    from rich.table import Table

    if not rows:
        return
    _line(console, f"{title} ({len(rows)})", "bold")
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), expand=True, show_edge=False, header_style="dim")
    for head, share, _ in columns:
        table.add_column(head, overflow="fold", ratio=share or None, max_width=None if share else _WIDEST_FIXED)
    for row in rows:
        table.add_row(*(_cell(cell(row)) for _, _, cell in columns))
    console.print(table)
    console.print()


def _cell(value: str | Text) -> Text:
    from rich.text import Text

    return Text(printable(value)) if isinstance(value, str) else value


def _totals(register: Register) -> str:
    parts = [counted(len(register.documents), "document")]
    parts += [f"{count} {status.value.lower()}" for status, count in status_counts(register.documents).items()]
    text = ", ".join(parts) if len(parts) == 1 else f"{parts[0]}: {', '.join(parts[1:])}"
    others = (counted(len(register.external), "external document"), counted(len(register.records), "record"))
    counts = severity_counts(register.findings)
    found = ", ".join(counted(count, severity.value) for severity, count in counts.items() if count)
    return "; ".join((text, *others, found or "no findings"))


def _status(row: DocumentRow) -> Text:
    from rich.text import Text

    return Text(f"{SHAPES[row.status]} {row.status.value}", style=_STATUS_STYLE.get(row.status, ""))


def _narrow_title(row: DocumentRow) -> Text:
    """The title where there is no column for those who approved: a baseline must be told from an approval there too."""
    text = _title(row)
    if any(approver.meaning is Meaning.BASELINE for approver in row.approved_by):
        text.append("\n· baseline", style="dim")
    return text


def _title(row: DocumentRow) -> Text:
    from rich.text import Text

    text = Text(printable(row.title or "–"))
    for condition in row.conditions:
        alarm = condition in _ALARMS
        text.append(f"\n{'!' if alarm else '·'} {condition.value}", style="red" if alarm else "yellow")
    if row.draft is not None:
        missing = f", missing {', '.join(row.draft.missing)}" if row.draft.missing else ""
        progress = f"{row.draft.revision or 'no label'} {row.draft.status.value.lower()}{missing}"
        text.append(f"\n{SHAPES[row.draft.status]} {printable(progress)}", style="dim")
    return text


def _day(day: date | None) -> str:
    return day.isoformat() if day else "–"


def _days_left(row: DocumentRow) -> str:
    if row.days_left is None:
        return "–"
    return f"{row.days_left} d" if row.days_left >= 0 else f"{-row.days_left} d late"


def _approved_by(row: DocumentRow) -> str:
    return ", ".join(dict.fromkeys(_approver(approver) for approver in row.approved_by)) or "–"


def _approver(approver: Approver) -> str:
    """A name, and what makes it less than a signed approval."""
    notes = ["baseline"] if approver.meaning is Meaning.BASELINE else []
    notes += ["attributed"] if approver.assurance is Assurance.ATTRIBUTED else []
    return f"{approver.name} ({', '.join(notes)})" if notes else approver.name


def _document_columns(wide: bool) -> tuple[Column[DocumentRow], ...]:
    more: tuple[Column[DocumentRow], ...] = (
        ("Type", 2, lambda row: row.type_name or row.type or "–"),
        ("Owner", 2, lambda row: row.owner_name or row.owner or "–"),
        ("Approved by", 2, _approved_by),
    )
    left: tuple[Column[DocumentRow], ...] = (("Left", 0, _days_left),)
    return (
        ("Id", 0, lambda row: row.id),
        ("Rev", 0, lambda row: row.revision or "–"),
        ("Status", 0, _status),
        ("Title", 4, _title if wide else _narrow_title),
        *(more if wide else ()),
        ("In force", 0, lambda row: _day(row.effective_on)),
        ("Review by", 0, lambda row: _day(row.review_by)),
        *(left if wide else ()),
    )


def _external_columns(wide: bool) -> tuple[Column[DocumentRow], ...]:
    more: tuple[Column[DocumentRow], ...] = (
        ("Source", 2, lambda row: row.source or "–"),
        ("Owner", 2, lambda row: row.owner_name or row.owner or "–"),
    )
    return (
        ("Id", 0, lambda row: row.id),
        ("Status", 0, _status),
        ("Title", 4, _narrow_title),
        ("Issuer", 2, lambda row: row.issuer or "–"),
        ("Edition", 0, lambda row: row.edition or "–"),
        *(more if wide else ()),
        ("Checked", 0, lambda row: _day(row.checked)),
    )


def _record_columns(wide: bool) -> tuple[Column[RecordRow], ...]:
    more: tuple[Column[RecordRow], ...] = (
        ("Type", 2, lambda row: row.type_name or row.type or "–"),
        ("Form", 0, lambda row: " rev ".join(part for part in (row.form, row.form_revision) if part) or "–"),
    )
    return (
        ("Id", 0, lambda row: row.id),
        ("Title", 4, lambda row: row.title or "–"),
        *(more if wide else ()),
        ("Date", 0, lambda row: _day(row.date)),
        ("Keep until", 0, lambda row: _day(row.retain_until)),
        ("Closed on", 0, lambda row: _day(row.closed_on)),
    )


def _obsolete_columns(wide: bool) -> tuple[Column[DocumentRow], ...]:
    more: tuple[Column[DocumentRow], ...] = (("Type", 2, lambda row: row.type_name or row.type or "–"),)
    return (
        ("Id", 0, lambda row: row.id),
        ("Rev", 0, lambda row: row.revision or "–"),
        ("Title", 3, lambda row: row.title or "–"),
        *(more if wide else ()),
        ("Reason", 4, lambda row: row.withdrawn or "–"),
        ("Replaced by", 0, lambda row: row.replaced_by or "–"),
        ("Obsolete from", 0, lambda row: _day(row.effective_on)),
    )
