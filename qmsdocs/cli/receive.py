"""`check --pre-receive`: what a push would bring, judged by the server before it is taken (githooks(5), "pre-receive").

Git runs the hook in the bare repository with what was pushed in quarantine; each line on standard input has the old commit,
the new commit and the ref. Where the hook fails, nothing of the push is taken.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from qmsdocs.cli.common import EXIT_CLEAN, EXIT_FINDINGS, tell
from qmsdocs.cli.proposed import NOTHING, proposed_push
from qmsdocs.library import is_signed_path
from qmsdocs.load import named_mainline, policy_at
from qmsdocs.model import Finding, QmsError, Severity
from qmsdocs.plumbing import Plumbing, here
from qmsdocs.policy import Policy
from qmsdocs.render.text import findings_text

_HEADS = "refs/heads/"


@dataclass(frozen=True, slots=True)
class Update:
    """One ref of a push; `old` is None where it is new, `new` None where it is deleted."""

    old: str | None
    new: str | None
    ref: str

    @property
    def branch(self) -> str | None:
        """The branch's name, None for a tag and its like."""
        return self.ref.removeprefix(_HEADS) if self.ref.startswith(_HEADS) else None


def receive(repo: Path) -> int:
    """Judge the push on standard input; returns the exit code."""
    updates = list(_updates(sys.stdin.buffer.read().decode("utf-8", "surrogateescape").splitlines()))
    repository = here(repo)
    refused = [update for update in updates if update.branch is not None and not _passes(repository, update, updates)]
    if not refused:
        return EXIT_CLEAN
    names = ", ".join(update.ref for update in refused)
    tell(f"qmsdocs: The push was refused because of {names}; mend it in your clone, commit, and push again.")
    return EXIT_FINDINGS


def _updates(lines: Iterable[str]) -> Iterator[Update]:
    for line in lines:
        parts = line.split(" ", 2)
        if len(parts) != 3:
            raise QmsError("Standard input is not that of a pre-receive hook; each line is 'OLD NEW REF'.")
        old, new, ref = parts
        yield Update(None if old in NOTHING else old, None if new in NOTHING else new, ref)


def _passes(repository: Plumbing, update: Update, updates: list[Update]) -> bool:
    mainline = _mainline(repository, updates)
    if update.branch == mainline and update.old is not None:
        why = _why_not(repository, update)
        if why:
            tell(f"qmsdocs: {why}")
            return False
    if update.new is None:
        return True
    start = (
        update.old if update.branch == mainline else named_mainline(repository, mainline) or _pushed(mainline, updates)
    )
    try:
        proposal = proposed_push(repository, start, update.new, str(update.branch))
    except QmsError as error:
        if start is None and policy_at(repository, update.new) is None:
            return True  # nothing is controlled yet
        tell(f"qmsdocs: {update.ref}: {error}")
        return False
    return _tell(update, proposal.findings, start is None)


def _mainline(repository: Plumbing, updates: list[Update]) -> str:
    """The mainline that the policy names: the one at the server's HEAD, else the first one pushed."""
    head = repository.head()
    commits = [head] if head else [update.new for update in updates if update.new and update.branch]
    policies = (policy_at(repository, commit) for commit in commits)
    found: Policy | None = next((policy for policy in policies if policy), None)
    return found.mainline if found else "main"


def _why_not(repository: Plumbing, update: Update) -> str | None:
    """Why the mainline may not be moved like this, whatever it holds."""
    if update.new is None:
        return f"{update.ref} is the mainline and cannot be deleted: what was in force is read from its history."
    if repository.merge_base(str(update.old), update.new) != update.old:
        return (
            f"{update.ref} is the mainline and only grows: this push would drop commits that landed there "
            f"(now {str(update.old)[:12]}). Fetch, merge 'origin/{update.branch}', and push without --force."
        )
    return None


def _pushed(mainline: str, updates: list[Update]) -> str | None:
    """The mainline's commit in the same push, for a repository that had none."""
    return next((update.new for update in updates if update.branch == mainline), None)


def _tell(update: Update, findings: tuple[Finding, ...], first: bool) -> bool:
    """Tell what a push brings; returns whether it passes. In the first push of a QMS, nobody can mend what was signed long ago."""
    shown = [finding for finding in findings if finding.severity is not Severity.NOTE]
    if shown:
        tell(f"{update.ref}:\n{findings_text(shown, colour=False).rstrip()}")
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    return all(first and is_signed_path(finding.source.path or "") for finding in errors)
