"""What an attack starts from, and what qmsdocs says of a repository after it."""

from __future__ import annotations

from datetime import date

import pytest
from firm import Said, say
from kit import ADA, JANE, Qms, doc, policy

from qmsdocs.git import open_repository
from qmsdocs.lifecycle import replay
from qmsdocs.load import standing_links
from qmsdocs.rules import Context, judge

ONE = '["quality-manager"]'
LATE = "2026-12-31"


def approved(qms: Qms, text: str | None = None) -> str:
    """Ada's revision 1, approved by Jane, the quality manager, on 6 January; the path of Jane's record."""
    qms.start(text or policy(approve=ONE))
    qms.write(ADA, doc(1), "2026-01-05")
    return qms.sign(JANE, "quality-manager", at="2026-01-06")


def revised(qms: Qms, text: str | None = None) -> str:
    """The same, and a revision 2 that nobody has approved; the path of Jane's record on revision 1."""
    record = approved(qms, text)
    qms.write(ADA, doc(2, "Skip the test."), "2026-02-01")
    return record


def messages(qms: Qms, code: str, as_of: str = LATE) -> list[str]:
    """What the rule with a code says."""
    library = qms.library()
    state = replay(library, date.fromisoformat(as_of))
    repository = open_repository(qms.save())
    found = judge(Context(library, state, standing_links(repository, library, state)))
    return [finding.message for finding in found if finding.code == code]


def refusals(qms: Qms) -> list[str]:
    """Why signed records count for nothing."""
    return [message.partition("counts for nothing: ")[2] for message in messages(qms, "AP404")]


def checked(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> Said:
    """`qmsdocs check` of the mainline."""
    monkeypatch.setenv("QMSDOCS_NOW", f"{LATE}T12:00:00+00:00")
    return say(monkeypatch, "check", "--repo", str(qms.save()), "--at", "main", "--quiet")
