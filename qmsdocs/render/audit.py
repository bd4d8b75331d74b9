"""The audit for a reader and as JSON. Nothing from the repository can steer a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from qmsdocs.audit import Audit, Observation, Period, Verdict
from qmsdocs.render.printable import counted, encodable, place, printable, short

HOLDS, DOES_NOT_HOLD = "holds", "does not hold"


def audit_text(audit: Audit) -> str:
    """The verdict, then what it rests on. Where the trust root is not the one pinned, the first line says so."""
    first = [f"TRUST ROOT MISMATCH: {audit.root_violation.message}"] if audit.root_violation else []
    lines = [*first, _summary(audit), "", *_root(audit), *_policies(audit), *_signatures(audit), *_checkpoint(audit)]
    lines += ["", f"Documents ({len(audit.documents)})", *_documents(audit)]
    for title, found in (("Violations", audit.violations), ("Warnings", audit.warnings)):
        lines += ["", f"{title} ({len(found)})", *(line for one in found for line in _observation(one))]
    return "\n".join(printable(line) for line in lines) + "\n"


def audit_json(audit: Audit) -> str:
    """The same as JSON (docs/trust.md): ASCII, dates ISO 8601, absent values null. Keys are only ever added."""
    root, checkpoint = audit.root, audit.checkpoint
    data = {
        "commit": audit.commit,
        "as_of": audit.as_of.isoformat(),
        "organisation": audit.organisation,
        "verdict": _verdict(audit.holds),
        "root": {
            "digest": root.digest,
            "commit": root.commit,
            "by": str(root.by),
            "pinned": root.pinned,
            "matches": root.matches,
        }
        if root
        else None,
        "checkpoint": {"commit": checkpoint.commit, "as_of": checkpoint.as_of.isoformat()} if checkpoint else None,
        "policies": [_policy(period) for period in audit.policies],
        "signatures": {
            "records": audit.signatures.records,
            "checked": audit.signatures.checked,
            "hold": audit.signatures.hold,
            "attributed": audit.signatures.attributed,
            "count": audit.signatures.count,
            "for_nothing": audit.signatures.for_nothing,
        },
        "documents": [_document(document) for document in audit.documents],
        "violations": [_observed(one) for one in audit.violations],
        "warnings": [_observed(one) for one in audit.warnings],
    }
    return json.dumps(_encodable(data), indent=2).replace("\x7f", "\\u007f") + "\n"


# --- text -----------------------------------------------------------------------------------------------------------


def _summary(audit: Audit) -> str:
    violations = f": {counted(len(audit.violations), 'violation')}" if audit.violations else ""
    warnings = f"; {counted(len(audit.warnings), 'warning')}" if audit.warnings else ""
    return f"{audit.organisation}, {audit.as_of}, commit {audit.commit}: {_verdict(audit.holds)}{violations}{warnings}"


def _root(audit: Audit) -> Iterator[str]:
    if audit.root is None:
        yield "Trust root   none had landed by that day"
        return
    pinned = "" if audit.root.pinned is None else ", as pinned" if audit.root.matches else ", NOT the one pinned"
    yield f"Trust root   {audit.root.digest}"
    yield f"             brought by commit {audit.root.commit} of {audit.root.by}{pinned}"


def _policies(audit: Audit) -> Iterator[str]:
    for number, period in enumerate(audit.policies):
        until = f"until {period.until} (when the next took over)" if period.until else "and still"
        head = "Policy       " if number == 0 else " " * 13
        yield f"{head}revision {period.revision} in force from {period.start} {until}, commit {short(period.commit)}"


def _signatures(audit: Audit) -> Iterator[str]:
    found = audit.signatures
    attributed = f", {found.attributed} attributed without a signature" if found.attributed else ""
    yield (
        f"Signatures   {found.checked} checked, {found.hold} hold; of {counted(found.records, 'record')}, {found.count} "
        f"{'counts' if found.count == 1 else 'count'}{attributed} and {found.for_nothing} "
        f"{'counts' if found.for_nothing == 1 else 'count'} for nothing"
    )


def _checkpoint(audit: Audit) -> Iterator[str]:
    if audit.checkpoint:
        broken = any(v.rule in ("history-rewritten", "checkpoint-mismatch") for v in audit.violations)
        said = "NOT what this history says" if broken else "nothing published then was rewritten since"
        yield f"Checkpoint   register of {audit.checkpoint.as_of} at commit {short(audit.checkpoint.commit)}: {said}"


def _documents(audit: Audit) -> Iterator[str]:
    width = max((len(document.id) for document in audit.documents), default=0)
    for document in audit.documents:
        why = f": {', '.join(document.why)}" if document.why else ""
        label = f"revision {document.revision}" if document.revision else "no revision"
        yield (
            f"  {document.id:<{min(width, 20)}}  {document.status:<10}  {label}; {_approvals(document)}; "
            f"{_verdict(document.holds)}{why}"
        )


def _approvals(document: Verdict) -> str:
    if document.approvals:
        return ", ".join(f"{a.meaning} by {a.name} ({a.role}, {a.assurance})" for a in document.approvals)
    if document.root:
        return "the trust root"
    return "not approved" if document.approved_on is None else "nobody's approval demanded"


def _observation(one: Observation) -> Iterator[str]:
    where = place(one.source) if one.source.path is not None else ""
    yield "  " + "  ".join(part for part in (one.name, one.document or "", where) if part)
    yield f"    {one.message}"
    if one.commit:
        yield f"    commit {one.commit} by {one.by}"


# --- JSON -----------------------------------------------------------------------------------------------------------


def _verdict(holds: bool) -> str:
    return HOLDS if holds else DOES_NOT_HOLD


def _policy(period: Period) -> dict[str, Any]:
    return {
        "revision": period.revision,
        "from": period.start.isoformat(),
        "until": _day(period.until),
        "content": period.content,
        "commit": period.commit,
    }


def _document(document: Verdict) -> dict[str, Any]:
    return {
        "id": document.id,
        "status": document.status.value,
        "revision": document.revision,
        "approved_on": _day(document.approved_on),
        "effective_on": _day(document.effective_on),
        "approvals": [
            {
                "person": a.person,
                "name": a.name,
                "role": a.role,
                "meaning": a.meaning.value,
                "signed": a.signed.isoformat(),
                "assurance": a.assurance.value,
                "path": a.source.path,
                "commit": a.source.commit,
            }
            for a in document.approvals
        ],
        "root": document.root,
        "content": document.content,
        "verdict": _verdict(document.holds),
        "why": list(document.why),
    }


def _observed(one: Observation) -> dict[str, Any]:
    return {
        "code": one.code,
        "rule": one.rule,
        "document": one.document,
        "path": one.source.path,
        "line": one.source.line,
        "commit": one.commit,
        "by": {"name": one.by.name, "email": one.by.email} if one.by else None,
        "message": one.message,
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _encodable(data: Any) -> Any:
    if isinstance(data, str):
        return encodable(data)
    if isinstance(data, Mapping):
        return {key: _encodable(value) for key, value in data.items()}
    return [_encodable(item) for item in data] if isinstance(data, list) else data
