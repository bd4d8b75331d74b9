"""What `check` tells: findings, and what they were found in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from qmsdocs.cli.console import EXIT_CLEAN, EXIT_FINDINGS, tell
from qmsdocs.cli.judged import Judged
from qmsdocs.cli.proposed import Proposal, proposed_staged
from qmsdocs.model import Finding, QmsError, Severity
from qmsdocs.plumbing import here
from qmsdocs.policy import POLICY_PATH
from qmsdocs.rules import policy_findings
from qmsdocs.session import Session


@dataclass(frozen=True)
class Told:
    """What is reported; `judged` is None where no policy can be read, `proposal` where all that stands was judged."""

    findings: Sequence[Finding]
    judged: Judged[Any] | None = None
    proposal: Proposal | None = None


def told_staged(repo: Path, as_of: date | None, session: Session | None = None) -> Told:
    """What the next commit would bring; a session that is open already is used."""
    try:
        proposal = proposed_staged(repo, as_of, session)
        return Told(proposal.findings, proposal.after, proposal)
    except QmsError as error:
        staged = _staged_policy(repo) if error.exit_code == 2 else b""
        if staged is None:
            tell(
                f"qmsdocs: There is no policy ({POLICY_PATH}) yet, so nothing is controlled; 'qmsdocs init' writes one."
            )
            return Told(())
        return told_policy(staged, error)


def told_policy(data: bytes, error: QmsError) -> Told:
    """What is wrong with a policy that never was usable: without one, nothing else can be judged. Raises the error where that
    is not what is wrong.
    """
    broken = policy_findings(data) if data else ()
    if not broken:
        raise error
    tell(f"qmsdocs: nothing else can be checked before {POLICY_PATH} can be read.")
    return Told(broken)


def exit_code(told: Told, staged: bool) -> int:
    """The exit code: 1 where there is an error."""
    if not any(finding.severity is Severity.ERROR for finding in told.findings):
        return EXIT_CLEAN
    if staged:
        tell("qmsdocs: Nothing was committed. Mend what is marked as an error, 'git add' it, and commit again.")
    return EXIT_FINDINGS


def _staged_policy(repo: Path) -> bytes | None:
    """The policy that a commit brings; empty where it brings none, None where there is none at all either."""
    repository = here(repo)
    found = [c.new for c in repository.staged(repository.head()) if c.path == POLICY_PATH and c.new]
    if found:
        return dict(repository.blobs(found))[found[0]]
    return b"" if repository.staged_file(POLICY_PATH) is not None else None
