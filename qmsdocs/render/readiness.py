"""Readiness for people at a terminal, for a page, and as JSON."""

from __future__ import annotations

import html
import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from enum import Enum
from typing import Any

from markdown_it import MarkdownIt

from qmsdocs.readiness import ClauseRow, Cover, FindingRow, Gap, Kept, Milestone, ReaderRow, Readiness, Weight
from qmsdocs.render.printable import counted, place, printable
from qmsdocs.standards import Keep, section_of

_WIDTH = 110
_CLAUSES_SHOWN = 6
_STAGES = {1: "Stage 1: is it written down?", 2: "Stage 2: is it answered, and alive?"}
_WEIGHTS = {
    Weight.MAJOR: "Major gaps",
    Weight.MINOR: "Minor gaps",
    Weight.UNCLEAR: "Cannot be told from here: have the evidence to hand",
}
_STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b}
table{border-collapse:collapse;width:100%;margin:1rem 0}th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;
border-bottom:1px solid #d5d5d5}th{background:#f3f3f3}code{background:#f3f3f3;padding:0 .2rem}
@media print{body{margin:0;max-width:none;font-size:11px}tr{break-inside:avoid}}"""


# --- terminal -------------------------------------------------------------------------------------------------------


def readiness_text(report: Readiness) -> str:
    """The report for a terminal: the gaps first, for they are what is to be done."""
    lines = [f"{report.organisation}, {report.as_of}, {_STAGES[report.stage]}", _summary(report)]
    for weight, title in _WEIGHTS.items():
        gaps = [gap for gap in report.gaps if gap.weight is weight]
        lines += _section(f"{title} ({len(gaps)})", (line for gap in gaps for line in _gap_lines(gap, report)))
    lines += _section("Findings", (_finding_line(row) for row in report.findings))
    if report.stage == 2:
        lines += _section("Read and acknowledged", (_reader_line(row) for row in report.readers))
    lines += _section("Certificate", (_step_line(step) for step in report.cycle))
    for standard in report.standards:
        if report.stage == 1:
            rows = (line for row in standard.rows for line in (*_row_lines(row), *_information_lines(row)))
            lines += _section(f"{standard.name}, clause by clause", rows)
        else:
            found = (line for row in standard.rows for line in _information_lines(row))
            lines += _section(f"{standard.name}, documented information", found)
    return "\n".join(printable(line) for line in lines) + "\n"


def _summary(report: Readiness) -> str:
    counts = [counted(report.count(weight), weight.value) for weight in (Weight.MAJOR, Weight.MINOR)]
    counts = [text.replace("majors", "major").replace("minors", "minor") for text in counts]
    left = f"{report.count(Weight.UNCLEAR)} that cannot be told from here"
    names = ", ".join(standard.name for standard in report.standards) or "no standard"
    return f"{names}: {', '.join(counts)} gaps, {left}." if report.gaps else f"{names}: no gap."


def _section(title: str, lines: Iterator[str]) -> list[str]:
    found = list(lines)
    return ["", title, *found] if found else []


def _gap_lines(gap: Gap, report: Readiness) -> Iterator[str]:
    clauses = _clauses(gap, report)
    yield from _wrapped(f"{clauses}  {gap.message}" if clauses else gap.message, "  ", "      ")
    if gap.source and (where := place(gap.source)):
        yield f"      {where}"
    yield from _wrapped(f"→ {gap.remedy}", "      ", "        ")


def _clauses(gap: Gap, report: Readiness) -> str:
    several = len(report.standards) > 1 and gap.standard is not None
    many = len(gap.clauses) > _CLAUSES_SHOWN
    clauses = dict.fromkeys(section_of(clause) for clause in gap.clauses) if many else gap.clauses
    return " ".join(part for part in (gap.standard if several else "", ", ".join(clauses)) if part)


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        printable(text),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _row_lines(row: ClauseRow) -> Iterator[str]:
    by = _answers(row)
    yield from _wrapped(f"{row.clause:8} {row.title:42} {row.cover.value}{f': {by}' if by else ''}", "  ", " " * 13)


def _information_lines(row: ClauseRow) -> Iterator[str]:
    for info in row.information:
        found = info.information
        where = f": {', '.join(info.where)}" if info.where else ""
        newest = f", newest of {info.newest}" if info.newest else ""
        told = f"{found.at:9} to {found.keep.value}: {info.kept.value}{where}{newest}"
        yield from _wrapped(told, " " * 11, " " * 15)


def _answers(row: ClauseRow) -> str:
    if row.reason:
        return row.reason
    best = {
        a.document: a
        for a in row.answers
        if a.cover is row.cover or (row.cover is Cover.IN_FORCE and a.cover is Cover.FORM)
    }
    return "; ".join(f"{a.document} rev {a.revision}{f', {a.heading}' if a.heading else ''}" for a in best.values())


def _finding_line(row: FindingRow) -> str:
    due = f", due {row.due}" if row.due and not row.closed_on else ""
    closed = f" by {row.closed_by} on {row.closed_on}" if row.closed_on else ""
    late = ", overdue" if row.overdue else ""
    return f"  {row.id}  {row.grade or 'no grade'}  {row.state.value}{closed}{due}{late}  {row.title}"


def _reader_line(row: ReaderRow) -> str:
    left = f"outstanding: {', '.join(row.outstanding)}" if row.outstanding else "all"
    return f"  {row.role}: {row.name}, {_read(row)}, {left}"


def _step_line(step: Milestone) -> str:
    return f"  {step.name:24} {step.told}"


# --- page -----------------------------------------------------------------------------------------------------------


def readiness_markdown(report: Readiness) -> str:
    """The report as Markdown, to paste into a review or an issue."""
    lines = [f"# Readiness, {_md(_STAGES[report.stage])}", ""]
    lines += [f"{_md(report.organisation)}, {report.as_of}, commit `{report.commit[:12]}`.", "", _md(_summary(report))]
    for weight, title in _WEIGHTS.items():
        gaps = [gap for gap in report.gaps if gap.weight is weight]
        cells = [_gap_cells(gap, report) for gap in gaps]
        lines += _table(f"{title} ({len(gaps)})", ("Clause", "Gap", "What closes it", "Where"), cells)
    findings = [_finding_cells(row) for row in report.findings]
    lines += _table("Findings", ("Finding", "Grade", "State", "Due", "Title"), findings)
    if report.stage == 2:
        readers = [(r.role, r.name, _read(r), ", ".join(r.outstanding)) for r in report.readers]
        lines += _table("Read and acknowledged", ("Role", "Person", "Read", "Outstanding"), readers)
    steps = [(s.name, str(s.on or ""), str(s.by or ""), "late" if s.late else s.reached.value) for s in report.cycle]
    lines += _table("Certificate", ("Step", "On", "By", "State"), steps)
    for standard in report.standards:
        rows = [(row.clause, row.title, row.cover.value, _answers(row), _information(row)) for row in standard.rows]
        lines += _table(standard.name, ("Clause", "Title", "Answered", "By", "Documented information"), rows)
    return "\n".join(lines) + "\n"


def readiness_html(report: Readiness) -> str:
    """The same as a page that stands alone."""
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(readiness_markdown(report))
    title = html.escape(printable(f"Readiness of {report.organisation}, {report.as_of}"))
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_STYLE}</style></head>\n<body>\n{body}</body></html>\n"
    )


def _gap_cells(gap: Gap, report: Readiness) -> tuple[str, ...]:
    return _clauses(gap, report), gap.message, gap.remedy, place(gap.source) if gap.source else ""


def _read(row: ReaderRow) -> str:
    return f"{row.required - len(row.outstanding)} of {row.required}"


def _finding_cells(row: FindingRow) -> tuple[str, ...]:
    state = f"{row.state.value}{', overdue' if row.overdue else ''}{f' {row.closed_on} by {row.closed_by}' if row.closed_on else ''}"
    return row.id, row.grade or "", state, str(row.due or ""), row.title


def _information(row: ClauseRow) -> str:
    return "; ".join(
        f"{info.information.at} {info.kept.value}{f': {chr(44).join(info.where)}' if info.where else ''}"
        for info in row.information
        if info.information.keep is Keep.RETAIN or info.kept is Kept.MISSING
    )


def _table(title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    if not rows:
        return []
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    return ["", f"## {_md(title)}", "", *lines, *(f"| {' | '.join(_md(cell) for cell in row)} |" for row in rows)]


def _md(text: str) -> str:
    """Text that means nothing to Markdown but itself."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]<>#|~&!" else char for char in printable(text))


# --- JSON -----------------------------------------------------------------------------------------------------------


def readiness_json(report: Readiness) -> str:
    """The report as docs/formats.md describes it."""
    data = _plain(asdict(report))
    data["counts"] = {weight.value: report.count(weight) for weight in Weight}
    for step, milestone in zip(data["cycle"], report.cycle, strict=True):
        step["late"] = milestone.late
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value
