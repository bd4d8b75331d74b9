"""The gate: which findings stop a commit, a push or a merge.

It stops what is false or irreversible in what is proposed, not what was there before and not what is merely unfinished.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import replace

from qmsdocs.library import Library
from qmsdocs.model import Finding, Severity

_OF_TEXT = ("MD", "RF")  # families of rules on what a text says


def raised(
    before: Callable[[], Iterable[Finding] | None],
    after: Iterable[Finding],
    proposal: Library,
    unapproved: Container[str],
) -> tuple[Finding, ...]:
    """The findings that a proposal brings, or leaves in the files that it touches. `before` gives those that were there (None
    where no policy had landed) and is asked only where that makes a difference; `unapproved` are documents never approved.

    What happened in the past and stays true (a record that once was altered) is not held against who puts it right. A fault that
    a text had before it was ever approved stops no work on it: it stops its approval.
    """
    paths = proposal.proposed_paths()
    landed = {commit.id for landing in proposal.landed().landings for commit in landing.brought}
    found = list(after)
    own = [finding.source.path in paths and finding.source.commit not in landed for finding in found]
    old = [_may_be_old(finding, unapproved) for finding in found]
    if all(own) and not any(old):
        return tuple(found)
    earlier = before()
    known = {_key(finding) for finding in earlier or ()}
    told = []
    for finding, mine, mild in zip(found, own, old, strict=True):
        if mine:
            told.append(_milder(finding) if mild and _key(finding) in known else finding)
        elif earlier is not None and _key(finding) not in known:
            told.append(_milder(finding) if finding.rule == "link-to-obsolete" else finding)
    return tuple(told)


def _may_be_old(finding: Finding, unapproved: Container[str]) -> bool:
    error = finding.severity is Severity.ERROR and finding.rule != "unreadable-metadata"
    return error and finding.code[:2] in _OF_TEXT and finding.document in unapproved


def _milder(finding: Finding) -> Finding:
    """A fault that is told and stops nobody: it stood there before, or its document is put right in a revision of its own."""
    return replace(finding, severity=Severity.WARNING)


def _key(finding: Finding) -> tuple[str, str | None, str | None, str]:
    return finding.code, finding.document, finding.source.path, finding.message
