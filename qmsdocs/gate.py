"""The gate: which findings stop a commit, a push or a merge.

It stops what is false or irreversible in what is proposed, not what was there before and not what is merely unfinished.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qmsdocs.library import Library
from qmsdocs.model import Finding, Severity


def raised(before: Iterable[Finding], after: Iterable[Finding], proposal: Library) -> tuple[Finding, ...]:
    """The findings that a proposal brings, or leaves in the files that it touches.

    What happened in the past and stays true (a record that once was altered) is not held against who puts it right.
    """
    known = {_key(finding) for finding in before}
    paths = proposal.proposed_paths()
    landed = {commit.id for landing in proposal.landed().landings for commit in landing.brought}
    return tuple(
        finding
        for finding in after
        if _key(finding) not in known or (finding.source.path in paths and finding.source.commit not in landed)
    )


def stops(findings: Sequence[Finding]) -> bool:
    """Whether any of the findings is an error."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def _key(finding: Finding) -> tuple[str, str | None, str | None, str]:
    return finding.code, finding.document, finding.source.path, finding.message
