"""The summary of a change, in Markdown as GitHub, GitLab and Forgejo show it: for a pull request or the page of a CI run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from qmsdocs.changes import ChangedDocument, GivenSignature, MissingSignature, What
from qmsdocs.forge import Links
from qmsdocs.model import Assurance, Condition, Finding, Kind, Meaning, Severity, Status
from qmsdocs.render.printable import counted, place, printable, short
from qmsdocs.render.sections import severity_counts, sorted_findings
from qmsdocs.status import Task

MARK = "<!-- qmsdocs: summary of a change -->"
_ROWS = 50  # of each table: a forge cuts off what is too long (GitHub: 1 MiB a run's page, 65,536 characters a comment)
_LONGEST = 300  # characters of a text that somebody typed
_PEOPLE = 4
_WEIGHT = tuple(Severity)
# What Markdown or HTML could take for its own, as entities, which never make up a structure (CommonMark 0.31, 2.5); and a
# forge would write to whoever stands behind an @
_ENTITIES = str.maketrans({char: f"&#{ord(char)};" for char in "\\`*_[]<>|~$&"} | {"@": "&#64;&#8203;"})
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class ChangeSummary:
    """What is told of a change: from commit `base` to commit `head`, judged on the day `as_of`.

    `findings` are those that the change brings, `reviews` the periodic reviews that fall due (of all documents). Where `base`
    is None no change is told of, but all that stands in `head`.
    """

    organisation: str
    base: str | None
    head: str
    as_of: date
    documents: tuple[ChangedDocument, ...]
    findings: tuple[Finding, ...]
    reviews: tuple[Task, ...] = ()


def summary_markdown(summary: ChangeSummary, links: Links | None = None) -> str:
    """The summary; `links` are templates of the forge's addresses, where it is known."""
    changed = [document for document in summary.documents if document.kind is not Kind.RECORD]
    records = [document for document in summary.documents if document.kind is Kind.RECORD]
    base = f" on top of {short(summary.base)}" if summary.base else ""
    blocks = [
        MARK,
        f"## Document control: {_outcome(summary, changed)}",
        *_document_table(changed, summary, links),
        *_record_list(records, summary, links),
        *_finding_table(summary, links),
        *_review_table(summary),
        f"<sub>{_text(summary.organisation)}, judged as of {summary.as_of}: commit {short(summary.head)}{base}.</sub>",
    ]
    return "\n\n".join(blocks) + "\n"


def _outcome(summary: ChangeSummary, changed: Sequence[ChangedDocument]) -> str:
    waits = sum(not document.complete for document in changed)
    counts = severity_counts(summary.findings)
    found = [counted(counts[severity], severity.value) for severity in (Severity.ERROR, Severity.WARNING)]
    parts = [counted(len(changed), "document changes", "documents change")] if summary.base else []
    parts += [f"{waits} {'waits' if waits == 1 else 'wait'} for signatures"] if waits else []
    return ", ".join((*parts, *found))


# --- documents ----------------------------------------------------------------------------------------------------


def _document_table(changed: Sequence[ChangedDocument], summary: ChangeSummary, links: Links | None) -> Iterator[str]:
    def row(document: ChangedDocument) -> tuple[str, ...]:
        return (
            _document(document, summary, links),
            _revisions(document, summary, links),
            _status(document, summary.as_of),
            _lines(_given(signature) for signature in document.given) or "nobody",
            _lines(_waits_for(document)) or "–",
        )

    if changed:
        yield _table(("Document", "Revision", "Once merged", "Signed", "Waits for"), changed, row, "documents")
    if any(document.missing for document in changed):
        yield (
            "Until all have signed, the revision before stays in force. Sign on this branch: "
            "`qmsdocs approve ID` (or `qmsdocs review ID`), then push."
        )


def _document(document: ChangedDocument, summary: ChangeSummary, links: Links | None) -> str:
    words = [what.value for what in document.what if what not in (What.TEXT, What.SIGNATURE)]
    about = ", ".join([*(_text(part) for part in (document.type,) if part), *words])
    title = f" {_text(document.title)}" if document.title else ""
    change = f"*{_text(document.change)}*" if document.change and _text_changes(document) else ""
    return _lines((f"{_linked(document, summary, links)}{title}", about, change))


def _text_changes(document: ChangedDocument) -> bool:
    return not {What.NEW, What.TEXT, What.WITHDRAWAL}.isdisjoint(document.what)


def _linked(document: ChangedDocument, summary: ChangeSummary, links: Links | None) -> str:
    name = f"**{_text(document.id)}**"
    gone = What.REMOVAL in document.what
    return name if links is None or gone else f"[{name}]({links.to_file(summary.head, document.path)})"


def _revisions(document: ChangedDocument, summary: ChangeSummary, links: Links | None) -> str:
    before, after = (_text(label) if label else "none" for label in (document.before, document.after))
    shown = after if document.before == document.after else f"{before} → **{after}**"
    if links is None or document.before_commit is None or not _text_changes(document):
        return shown
    address = links.to_redline(document.before_commit, summary.head, document.path)
    return _lines((shown, f"[redline]({address})"))


def _status(document: ChangedDocument, as_of: date) -> str:
    if What.REMOVAL in document.what and document.status in (Status.DRAFT, Status.IN_REVIEW):
        return "–"
    lines = [document.status.value]
    if document.status is Status.APPROVED and document.effective_on and document.effective_on > as_of:
        lines.append(f"in force from {document.effective_on}")
    if (
        document.review_by
        and What.SIGNATURE in document.what
        and document.status in (Status.EFFECTIVE, Status.APPROVED)
    ):
        lines.append(f"review by {document.review_by}")
    lines += [f"⚠ {condition.value}" for condition in document.conditions if condition is not Condition.CHANGE_PENDING]
    return _lines(lines)


def _given(signature: GivenSignature) -> str:
    notes = [_text(signature.role), str(signature.day)]
    if signature.meaning is not Meaning.APPROVE:
        notes.insert(0, signature.meaning.value)
    if signature.assurance is Assurance.ATTRIBUTED:
        notes.append("attributed, not signed")
    return f"{_text(signature.name)} ({', '.join(notes)})"


def _waits_for(document: ChangedDocument) -> Iterator[str]:
    if document.rejected:
        comment = f": {_text(document.rejected.comment)}" if document.rejected.comment else ""
        yield f"⚠ rejected by {_given(document.rejected)}{comment}"
    yield from (_missing(signature) for signature in document.missing)


def _missing(signature: MissingSignature) -> str:
    review = " (review)" if signature.meaning is Meaning.REVIEW else ""
    return f"{_text(signature.requirement)}{review}: {_names(signature.people) or '⚠ nobody is left who can'}"


def _names(people: Sequence[str]) -> str:
    named = [_text(name) for name in people[:_PEOPLE]]
    more = [f"{len(people) - _PEOPLE} more"] if len(people) > _PEOPLE else []
    return " or ".join((*named, *more))


# --- the rest -----------------------------------------------------------------------------------------------------


def _record_list(records: Sequence[ChangedDocument], summary: ChangeSummary, links: Links | None) -> Iterator[str]:
    def line(record: ChangedDocument) -> str:
        title = f" {_text(record.title)}" if record.title else ""
        signed = "; ".join(_given(signature) for signature in record.given)
        happened = ", ".join(what.value for what in record.what)
        return f"- {_linked(record, summary, links)}{title}: {happened}{f' by {signed}' if signed else ''}"

    if records:
        lines = [line(record) for record in records[:_ROWS]]
        yield "\n".join((f"### Records ({len(records)})", "", *lines, *_left_out(records, "records")))


def _finding_table(summary: ChangeSummary, links: Links | None) -> Iterator[str]:
    def row(finding: Finding) -> tuple[str, ...]:
        where = _text(place(replace(finding.source, commit=None)) or finding.document or "repository")
        if links and finding.source.path:
            line = f"#L{finding.source.line}" if finding.source.line else ""
            where = f"[{where}]({links.to_file(summary.head, finding.source.path)}{line})"
        return f"{finding.severity} {finding.code}", where, _text(finding.message), _text(finding.remedy)

    found = sorted(sorted_findings(summary.findings), key=lambda finding: _WEIGHT.index(finding.severity))
    if found:
        table = _table(("Finding", "Where", "What was found", "What clears it"), found, row, "findings")
        yield f"### Findings ({len(found)})\n\n{table}"


def _review_table(summary: ChangeSummary) -> Iterator[str]:
    def row(task: Task) -> tuple[str, ...]:
        who = _names([person.name for person in task.people]) or "nobody"
        return f"**{_text(task.document)}** {_text(task.title)}", f"{task.due or ''}", task.what, who

    if summary.reviews:
        table = _table(("Document", "Review by", "", "Who"), summary.reviews, row, "reviews")
        title = f"Periodic reviews that fall due ({len(summary.reviews)})"
        yield f"<details><summary>{title}</summary>\n\n{table}\n\n</details>"


# --- Markdown -----------------------------------------------------------------------------------------------------


def _table(heads: Sequence[str], items: Sequence[Item], row: Callable[[Item], tuple[str, ...]], what: str) -> str:
    lines = [_row(heads), _row(["---"] * len(heads)), *(_row(row(item)) for item in items[:_ROWS])]
    return "\n".join((*lines, *_left_out(items, what)))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _left_out(items: Sequence[object], what: str) -> Iterator[str]:
    if len(items) > _ROWS:
        yield from ("", f"… and {len(items) - _ROWS} more {what}; `qmsdocs check` and `qmsdocs status` tell of all.")


def _lines(parts: Iterable[str]) -> str:
    return "<br>".join(part for part in parts if part)


def _text(typed: str) -> str:
    """A text that somebody typed, as nothing but text."""
    shown = printable(typed)
    cut = shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
    return cut.translate(_ENTITIES)
