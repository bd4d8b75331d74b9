"""The register and findings as JSON: a stable contract. Keys are only ever added, after those there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from qmsdocs.model import Finding, Severity, Source
from qmsdocs.register import Approver, DocumentRow, DraftRow, RecordRow, Register
from qmsdocs.render.printable import encodable
from qmsdocs.render.sections import severity_counts

# What json.dumps leaves as it is and a terminal or a script would act on; such characters occur only inside strings.
_ACTIVE = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def register_json(register: Register) -> str:
    """The register: dates as ISO 8601, absent values as null."""
    return _dump(
        {
            "commit": register.commit,
            "as_of": _day(register.as_of),
            "organisation": register.organisation,
            "documents": [_document(row) for row in register.documents],
            "external": [_document(row) | _external(row) for row in register.external],
            "records": [_record(row) for row in register.records],
            "findings": [_finding(finding) for finding in register.findings],
            "root": register.root,
        }
    )


def findings_json(findings: Iterable[Finding]) -> str:
    """Findings, in the order given, and how many there are of each severity."""
    found = tuple(findings)
    counts = severity_counts(found)
    return _dump(
        {
            "findings": [_finding(finding) for finding in found],
            "errors": counts[Severity.ERROR],
            "warnings": counts[Severity.WARNING],
            "notes": counts[Severity.NOTE],
        }
    )


def _document(row: DocumentRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title,
        "type": row.type,
        "path": row.path,
        "owner": row.owner,
        "status": row.status.value,
        "revision": row.revision,
        "approved_on": _day(row.approved_on),
        "approved_by": [_approver(by) for by in row.approvers],
        "effective_on": _day(row.effective_on),
        "last_review": _day(row.last_review),
        "review_by": _day(row.review_by),
        "days_left": row.days_left,
        "conditions": [condition.value for condition in row.conditions],
        "change": row.change,
        "clauses": list(row.clauses),
        "draft": _draft(row.draft) if row.draft else None,
        "content": row.content,
        "commit": row.commit,
        "reviewed_by": [_approver(by) for by in row.reviewers],
        "outstanding": list(row.outstanding),
        "replaced_by": row.replaced_by,
        "withdrawn": row.withdrawn,
        "sources": _sources(row.sources),
    }


def _external(row: DocumentRow) -> dict[str, Any]:
    return {"issuer": row.issuer, "edition": row.edition, "source": row.source, "checked": _day(row.checked)}


def _approver(approver: Approver) -> dict[str, Any]:
    return {
        "person": approver.person,
        "name": approver.name,
        "role": approver.role,
        "signed": approver.signed.isoformat(),
        "assurance": approver.assurance.value,
        "meaning": approver.meaning.value,
    }


def _draft(draft: DraftRow) -> dict[str, Any]:
    return {
        "revision": draft.revision,
        "status": draft.status.value,
        "missing": list(draft.missing_roles),
        "effective_on": _day(draft.effective_on),
    }


def _record(row: RecordRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title,
        "type": row.type,
        "path": row.path,
        "date": _day(row.date),
        "form": row.form,
        "form_revision": row.form_revision,
        "retain_until": _day(row.retain_until),
        "closed_on": _day(row.closed_on),
        "clauses": list(row.clauses),
        "commit": row.commit,
        "sources": _sources(row.sources),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "rule": finding.rule,
        "severity": finding.severity.value,
        "document": finding.document,
        "path": finding.source.path,
        "line": finding.source.line,
        "commit": finding.source.commit,
        "message": finding.message,
        "remedy": finding.remedy,
        "basis": finding.basis,
        "evidence": list(finding.evidence),
    }


def _sources(sources: Mapping[str, Source]) -> dict[str, dict[str, Any]]:
    return {cell: {"path": at.path, "line": at.line, "commit": at.commit} for cell, at in sources.items()}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _dump(value: dict[str, Any]) -> str:
    return _ACTIVE.sub(_escape, json.dumps(value, indent=2, ensure_ascii=False)) + "\n"


def _escape(found: re.Match[str]) -> str:
    shown = encodable(found[0])
    return f"\\u{ord(shown):04x}" if shown == found[0] else f"\\{shown}"
