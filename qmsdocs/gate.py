"""The gate: which findings stop a commit, a push or a merge.

It stops what is false or irreversible in what is proposed, not what was there before and not what is merely unfinished.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from qmsdocs.library import Library
from qmsdocs.model import Finding, Severity


def raised(before: Callable[[], Iterable[Finding]], after: Iterable[Finding], proposal: Library) -> tuple[Finding, ...]:
    """The findings that a proposal brings, or leaves in the files that it touches; `before` gives those that were there, and is
    asked only where that makes a difference.

    What happened in the past and stays true (a record that once was altered) is not held against who puts it right. A
    link to what becomes obsolete is told, and stops nobody: its document is put right in a revision of its own.
    """
    paths = proposal.proposed_paths()
    landed = {commit.id for landing in proposal.landed().landings for commit in landing.brought}
    found = list(after)
    own = [finding.source.path in paths and finding.source.commit not in landed for finding in found]
    known = set() if all(own) else {_key(finding) for finding in before()}
    return tuple(
        finding if mine else _told(finding)
        for finding, mine in zip(found, own, strict=True)
        if mine or _key(finding) not in known
    )


def _told(finding: Finding) -> Finding:
    return replace(finding, severity=Severity.WARNING) if finding.rule == "link-to-obsolete" else finding


def _key(finding: Finding) -> tuple[str, str | None, str | None, str]:
    return finding.code, finding.document, finding.source.path, finding.message
