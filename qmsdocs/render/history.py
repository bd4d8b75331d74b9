"""A document's life: its revisions with their approvals, every act on it, the commits that touched it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from qmsdocs.lifecycle import Act, Dossier, Revision, State, period, revision_status, stand
from qmsdocs.lifecycle.standing import closing
from qmsdocs.model import Kind
from qmsdocs.register import kind_of
from qmsdocs.render.redline import clean


def history_json(dossier: Dossier, state: State) -> str:
    """The life as JSON; dates ISO 8601, absent values null."""
    data = {
        "id": dossier.id,
        "as_of": state.as_of.isoformat(),
        "status": stand(dossier, state).status,
        "path": dossier.path,
        "revisions": [_revision(revision, dossier, state) for revision in dossier.revisions],
        "draft": _draft(dossier),
        "acts": [_act(act, dossier) for act in dossier.acts],
        "commits": [
            {
                "commit": touch.commit,
                "what": touch.what,
                "path": touch.path,
                "author": {"name": touch.author.name, "email": touch.author.email},
                "landed_on": touch.day.isoformat(),
            }
            for touch in dossier.touches
        ],
    }
    return json.dumps(_printable(data), indent=2, ensure_ascii=False) + "\n"


def history_text(dossier: Dossier, state: State) -> str:
    """The life for a reader, newest revision first."""
    standing = stand(dossier, state)
    content = standing.shown.content if standing.shown else dossier.draft.content if dossier.draft else None
    title = content.text.text("title") if content else None
    lines = [
        f"{dossier.id}  {title or ''}".rstrip(),
        f"{_status(dossier, state)} on {state.as_of}" + (f"; file {dossier.path}" if dossier.path else "; no file"),
    ]
    if dossier.draft and not _is_record(dossier) and not dossier.revision(dossier.draft.content.label):
        draft = dossier.draft
        missing = ", ".join(str(need) for need in draft.missing) or "nothing"
        lines += [
            "",
            f"Revision {draft.content.label or '(none)'}  {draft.status}; missing: {missing}",
            *_change(draft.content.text.text("change")),
        ]
    for revision in reversed(dossier.revisions):
        lines += ["", *_revision_lines(revision, dossier, state)]
    lines += ["", "Signed records"]
    lines += [_act_line(act, dossier) for act in dossier.acts] or ["  none"]
    lines += ["", f"Commits that touched it ({len(dossier.touches)})"]
    lines += [f"  {t.day}  {t.commit[:12]}  {t.what:<10} {t.author.name}  {t.path}" for t in dossier.touches]
    return "\n".join(clean(line) for line in lines).encode("utf-8", "backslashreplace").decode() + "\n"


def _is_record(dossier: Dossier) -> bool:
    kind = kind_of(dossier)
    return kind is not None and kind.kind is Kind.RECORD


def _status(dossier: Dossier, state: State) -> str:
    """The status of a document; of a record, whether it is closed."""
    closed = closing(dossier)
    if closed is not None:
        return f"Record closed by {closed.record.name} ({closed.record.role}, {closed.assurance}) on {closed.signed_day}; as it stands"
    return "An open record as it stands" if _is_record(dossier) else str(stand(dossier, state).status)


def _revision_lines(revision: Revision, dossier: Dossier, state: State) -> list[str]:
    status = revision_status(revision, dossier.revisions, state.as_of)
    start, end = period(revision, dossier.revisions)
    span = "never in force" if start is None else f"in force from {start}" + (f" until {end}" if end else "")
    lines = [f"Revision {revision.label}  {status}; {span}", *_change(revision.content.text.text("change"))]
    if revision.root:
        lines.append("  trust root: the first policy that landed")
    for act in revision.approvals:
        record = act.record
        lines.append(
            f"  {record.meaning} by {record.name} ({record.role}), {record.signed.astimezone(state.policy.timezone):%Y-%m-%d %H:%M %Z}, {act.assurance}"
            + (f": {record.comment}" if revision.baseline and record.comment else "")
        )
    if revision.revoked:
        lines.append(
            f"  revoked by {revision.revoked.record.name} on {revision.revoked.day}: {revision.revoked.record.comment or 'no reason given'}"
        )
    lines.append(f"  content {revision.content.digest}, landed with {revision.content.commit[:12]}")
    return lines


def _change(change: str | None) -> list[str]:
    return [f"  {change}"] if change else []


def _act_line(act: Act, dossier: Dossier) -> str:
    record, why = act.record, act.refusal or dossier.refusals.get(act.blob)
    extra = f" ({record.verdict})" if record.verdict else ""
    effect = f"  counts for nothing: {why}" if why else ""
    return f"  {act.signed_day}  {record.meaning}{extra} of revision {record.revision} by {record.name} as {record.role}, {act.assurance}{effect}"


def _revision(revision: Revision, dossier: Dossier, state: State) -> Mapping[str, Any]:
    start, end = period(revision, dossier.revisions)
    return {
        "revision": revision.label,
        "status": revision_status(revision, dossier.revisions, state.as_of),
        "change": revision.content.text.text("change"),
        "approved_on": revision.approved_on.isoformat(),
        "effective_on": revision.effective_on.isoformat(),
        "in_force": {"from": start.isoformat() if start else None, "until": end.isoformat() if end else None},
        "approved_by": [_act(act, dossier) for act in revision.approvals],
        "revoked_on": revision.revoked.day.isoformat() if revision.revoked else None,
        "content": revision.content.digest,
        "commit": revision.content.commit,
        "path": revision.content.path,
    }


def _draft(dossier: Dossier) -> Mapping[str, Any] | None:
    draft = dossier.draft
    if draft is None:
        return None
    return {
        "revision": draft.content.label or None,
        "status": draft.status,
        "missing": [need.requirement.role for need in draft.missing for _ in range(need.requirement.count)],
        "content": draft.content.digest,
        "commit": draft.content.commit,
    }


def _act(act: Act, dossier: Dossier) -> Mapping[str, Any]:
    record = act.record
    return {
        "meaning": record.meaning,
        "revision": record.revision,
        "person": record.person,
        "name": record.name,
        "role": record.role,
        "signed": record.signed.isoformat(),
        "assurance": act.assurance,
        "verdict": record.verdict,
        "comment": record.comment,
        "counts": act.refusal is None and act.blob not in dossier.refusals,
        "why_not": act.refusal or dossier.refusals.get(act.blob),
        "path": act.path,
        "commit": act.commit,
    }


def _printable(data: Any) -> Any:
    """Paths that git holds in another encoding than UTF-8, made printable."""
    if isinstance(data, str):
        return data.encode("utf-8", "backslashreplace").decode()
    if isinstance(data, Mapping):
        return {key: _printable(value) for key, value in data.items()}
    return [_printable(item) for item in data] if isinstance(data, list) else data
