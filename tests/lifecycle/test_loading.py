"""From a repository to a Library: what cannot be told is said, and files as they stand are one more landing."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path

import pytest
from kit import ADA, BOB, DOC, JANE, POLICY, Qms, doc, policy

from qmsdocs.git import open_repository
from qmsdocs.lifecycle import State, replay
from qmsdocs.load import load, load_worktree, mainline_head
from qmsdocs.model import CannotDetermine, QmsError, Status

NOW = 1_800_000_000.0  # January 2027


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True)


def checked_out(qms: Qms, branch: str = "main") -> Path:
    """The repository with the files of a branch, and a person configured."""
    root = qms.save()
    git(root, "config", "user.name", BOB.name)
    git(root, "config", "user.email", BOB.identity.email)
    git(root, "checkout", "--force", branch)
    return root


def as_it_stands(root: Path) -> State:
    return replay(load_worktree(open_repository(root), NOW), date(2027, 12, 31))


def approved(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05")
    qms.approve("2026-01-06")


def test_a_shallow_clone_cannot_tell(qms: Qms, tmp_path: Path) -> None:
    approved(qms)
    git(tmp_path, "clone", "--depth", "1", f"file://{qms.save()}", "shallow")
    repository = open_repository(tmp_path / "shallow")
    with pytest.raises(CannotDetermine, match="shallow"):
        load(repository, mainline_head(repository))


def test_a_missing_object_cannot_be_told(qms: Qms) -> None:
    approved(qms)
    root = qms.save()
    blob = qms.memory().landings[1].commit.changes[0].new
    assert blob
    (root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(CannotDetermine, match="cannot be read in this clone"):
        load(open_repository(root), qms.branches["main"])


def test_a_missing_commit_cannot_be_told(qms: Qms) -> None:
    approved(qms)
    root = qms.save()
    commit = qms.memory().landings[0].commit.id
    (root / ".git/objects" / commit[:2] / commit[2:]).unlink()
    with pytest.raises(CannotDetermine, match="cannot read this history"):
        load(open_repository(root), qms.branches["main"])


def test_the_mainline_is_judged_whatever_is_checked_out(qms: Qms) -> None:
    approved(qms)
    qms.branch("topic")
    qms.write(ADA, doc(2), on="topic")
    root = checked_out(qms, "topic")
    assert mainline_head(open_repository(root)) == qms.branches["main"]
    with pytest.raises(QmsError, match="names no commit"):
        mainline_head(open_repository(root), "nowhere")


def test_files_as_committed_add_nothing(qms: Qms) -> None:
    approved(qms)
    root = checked_out(qms)
    assert load_worktree(open_repository(root), NOW).landings == qms.library().landings


def test_an_edit_in_the_work_tree_is_a_draft_by_whoever_works_there(qms: Qms) -> None:
    approved(qms)
    root = checked_out(qms)
    (root / DOC).write_text(doc(2))
    draft = as_it_stands(root).dossiers["QP-001"].draft
    assert draft
    assert (draft.content.label, draft.content.commit, set(draft.authors)) == ("2", "worktree", {"bob"})


def test_line_ends_of_a_checkout_change_nothing(qms: Qms) -> None:
    approved(qms)
    root = checked_out(qms)
    for path in (DOC, POLICY):
        (root / path).write_bytes((root / path).read_bytes().replace(b"\n", b"\r\n"))
    assert load_worktree(open_repository(root), NOW).landings == qms.library().landings


def test_a_record_in_the_work_tree_counts_as_if_it_landed_now(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05")
    root = checked_out(qms)
    qms.approve("2026-01-06")
    for path, data in qms.files().items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    revision = as_it_stands(root).dossiers["QP-001"].revisions[0]
    assert (str(revision.approved_on), str(revision.effective_on)) == ("2026-01-06", "2027-01-15")


def test_a_branch_is_judged_as_if_it_were_merged_now(qms: Qms) -> None:
    approved(qms)
    qms.branch("topic")
    qms.write(ADA, doc(2, "First."), on="topic")
    qms.write(JANE, doc(2, "Second."), on="topic")
    qms.commit(BOB, {"notes.txt": "meanwhile"})
    root = checked_out(qms, "topic")
    draft = as_it_stands(root).dossiers["QP-001"].draft
    assert draft
    assert (draft.status, set(draft.authors)) == (Status.DRAFT, {"ada", "jane"})


def test_a_deleted_file_and_a_link_in_its_place_are_no_document(qms: Qms) -> None:
    approved(qms)
    root = checked_out(qms)
    (root / DOC).unlink()
    assert as_it_stands(root).dossiers["QP-001"].path is None
    (root / "elsewhere.md").write_text(doc(1))
    (root / DOC).symlink_to("../elsewhere.md")
    assert as_it_stands(root).dossiers["QP-001"].path is None


def test_the_first_policy_may_stand_uncommitted(qms: Qms) -> None:
    qms.write(ADA, doc(1), "2026-01-05")
    root = checked_out(qms)
    (root / POLICY).write_text(policy())
    state = as_it_stands(root)
    assert state.policy.revision == "1"
    assert state.dossiers["QP-001"].draft is not None
