"""What stops a commit, and what does not: real commits by several people, through the hooks that git runs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from firm import Firm, procedure

PATH = "documents/procedures/QP-001.md"


def approved(firm: Firm, identifier: str = "QP-001", more: str = "") -> str:
    """A procedure in force; returns its path."""
    path = f"documents/procedures/{identifier}.md"
    firm.write(path, procedure(identifier, more=more))
    firm.commit(f"Draft {identifier}")
    for person in ("cat", "bob"):
        assert firm.sign("approve", identifier, person).code == 0
    return path


def refused(firm: Firm, *words: str, by: str = "ann") -> None:
    """Committing what stands is refused, in these words, and nothing is committed."""
    firm.git("add", "--all", by=by)
    head = firm.git("rev-parse", "HEAD")
    said = firm.attempt("commit", "-q", "-m", "Change", by=by)
    assert said.code != 0
    assert [word for word in words if word not in said.out + said.err] == [], said.out + said.err
    assert "Nothing was committed" in said.err
    assert firm.git("rev-parse", "HEAD") == head


def taken(firm: Firm, by: str = "ann") -> str:
    """Committing what stands is taken; returns what was said."""
    firm.git("add", "--all", by=by)
    said = firm.attempt("commit", "-q", "-m", "Change", by=by)
    assert said.code == 0, said.out + said.err
    return said.out + said.err


def edit(firm: Firm, old: str, new: str, path: str = PATH) -> None:
    text = (firm.root / path).read_text()
    assert old in text
    firm.write(path, text.replace(old, new))


def test_a_draft_commits_freely_and_a_note_says_who_can_approve(gated: Firm) -> None:
    gated.write(PATH, procedure("QP-001"))
    said = taken(gated)
    assert "note AP401" in said
    assert "it waits for engineer: Cat Clark; quality-manager: Bob Baker" in said


def test_approved_content_changed_without_its_next_revision(gated: Firm) -> None:
    approved(gated)
    edit(gated, "Do it well.", "Do it badly.")
    refused(gated, "error RE301", f"{PATH}:5", "revision 1 is approved", "qmsdocs revise QP-001")


@pytest.mark.parametrize(("label", "code"), [("3", "RE302"), ("0", "RE303"), ("1", "RE301")])
def test_a_revision_that_is_skipped_lowered_or_used_again(gated: Firm, label: str, code: str) -> None:
    approved(gated)
    gated.write(PATH, procedure("QP-001", "Do it better.", label))
    refused(gated, f"error {code}")


def test_a_lowered_revision(gated: Firm) -> None:
    approved(gated)
    gated.write(PATH, procedure("QP-001", "Do it better.", "2"))
    taken(gated)
    for person in ("cat", "bob"):
        assert gated.sign("approve", "QP-001", person).code == 0
    gated.write(PATH, procedure("QP-001", "Do it as before.", "1"))
    refused(gated, "error RE301")


def test_the_next_revision_passes_and_its_change_must_be_told(gated: Firm) -> None:
    approved(gated)
    gated.write(PATH, procedure("QP-001", "Do it better.", "2").replace("change: First issue.\n", ""))
    refused(gated, "error", "change")
    gated.write(PATH, procedure("QP-001", "Do it better.", "2"))
    taken(gated)


def test_a_landed_record_changed_or_removed(gated: Firm) -> None:
    approved(gated)
    record = next((gated.root / "signatures").rglob("*-approve-cat.yaml"))
    before = record.read_text()
    record.write_text(before.replace("role: engineer", "role: quality-manager"))
    refused(gated, "error IN701")
    record.unlink()
    refused(gated, "error IN702")
    record.write_text(before)
    gated.write(PATH.replace("001", "002"), procedure("QP-002"))
    taken(gated)


def test_who_puts_back_a_record_that_was_altered_is_not_stopped_by_the_past(gated: Firm) -> None:
    approved(gated)
    record = next((gated.root / "signatures").rglob("*-approve-cat.yaml"))
    before = record.read_text()
    record.write_text(before.replace("role: engineer", "role: quality-manager"))
    gated.git("commit", "-q", "--no-verify", "-am", "Tamper", by="dan")
    gated.write(PATH.replace("001", "002"), procedure("QP-002"))
    taken(gated)
    record.write_text(before)
    taken(gated)


def test_a_record_that_counts_for_nothing(gated: Firm) -> None:
    gated.procedure()
    assert gated.sign("approve", "QP-001", "cat", "--no-commit").code == 0
    gated.git("commit", "-q", "--amend", "--no-edit", "--author=Cat Clark <cat@test.example>", "--only")
    refused(gated, "error AP404", "cat is an author of this content", "Remove the file before you commit")


def test_a_signed_record_that_does_not_verify(gated: Firm) -> None:
    gated.procedure()
    assert gated.sign("approve", "QP-001", "cat").code == 0
    record = next((gated.root / "signatures").rglob("*-approve-cat.yaml"))
    copy = record.with_name(record.name.replace("cat", "bob"))
    copy.write_text(
        record.read_text()
        .replace("person: cat", "person: bob")
        .replace("Cat Clark", "Bob Baker")
        .replace("engineer", "quality-manager")
    )
    copy.with_name(f"{copy.name}.sig").write_bytes(record.with_name(f"{record.name}.sig").read_bytes())
    refused(gated, "error AP404", "the signature")


def test_a_document_in_force_is_not_deleted(gated: Firm) -> None:
    approved(gated)
    (gated.root / PATH).unlink()
    refused(gated, "error IN703", "QP-001 is effective (revision 1), and its file is gone", f"-- {PATH}")


def test_a_draft_may_be_deleted_and_a_document_moved(gated: Firm) -> None:
    approved(gated)
    gated.procedure("QP-002")
    gated.git("rm", "-q", "documents/procedures/QP-002.md")
    (gated.root / "documents/core").mkdir()
    gated.git("mv", PATH, "documents/core/QP-001.md")
    taken(gated)


def test_a_record_is_not_deleted_before_its_retention_ends(gated: Firm) -> None:
    path = "records/internal-audits/IA-2026-01.md"
    gated.write(path, "---\nid: IA-2026-01\ntitle: Audit\ntype: internal-audit\ndate: 2026-03-01\n---\nDone.\n")
    taken(gated)
    (gated.root / path).unlink()
    refused(gated, "error IN704", "must be kept until 2032-03-01")


def test_two_documents_with_one_id(gated: Firm) -> None:
    approved(gated)
    gated.write("documents/procedures/copy.md", procedure("QP-001"))
    refused(gated, "error ID104", "the id 'QP-001' stands in")


def test_metadata_that_cannot_be_read(gated: Firm) -> None:
    gated.write(PATH, "---\nid: QP-001\ntitle: [a\n---\nText\n")
    refused(gated, "error MD201", f"{PATH}:4")


def test_a_link_to_nothing_and_to_an_obsolete_document(gated: Firm) -> None:
    approved(gated, "QP-002")
    said = gated.say("withdraw", "QP-002", "--reason", "No longer made")
    assert said.code == 0, said.err
    gated.commit("Withdraw QP-002")
    for person in ("cat", "bob"):
        assert gated.sign("approve", "QP-002", person).code == 0
    gated.write(PATH, procedure("QP-001", "See [this](QP-404.md)."))
    refused(gated, "error RF601", "'QP-404.md' leads to nothing")
    gated.write(PATH, procedure("QP-001", "See [that](QP-002.md)."))
    refused(gated, "error RF602", "QP-002 is obsolete")


def test_what_is_wrong_elsewhere_stops_nobody(gated: Firm) -> None:
    approved(gated)
    gated.write("documents/procedures/QP-003.md", procedure("QP-003", "See [this](QP-404.md)."))
    gated.git("add", "--all")
    gated.git("commit", "-q", "--no-verify", "-m", "Broken")
    gated.now = "2029-03-02T09:00:00+00:00"  # QP-001 is overdue for review
    gated.write("documents/procedures/QP-002.md", procedure("QP-002"))
    said = taken(gated)
    assert "QP-001" not in said
    assert "QP-003" not in said


def test_an_unapproved_edit_of_the_policy_is_told_and_has_no_effect(gated: Firm) -> None:
    edit(gated, 'name = "Test Works"', 'name = "Other Works"', "qms.toml")
    refused(gated, "qms.toml")


def test_adopting_a_repository_is_not_stopped_by_what_stood_there(firm: Firm, tmp_path: Path) -> None:
    other = Firm(tmp_path / "legacy", firm.keys, firm.monkeypatch)
    other.root.mkdir()
    other.git("init", "-q", "-b", "main")
    other.write(PATH, "---\nid: QP-001\ntitle: Old\n---\n\nSee [this](nothing.md).\n")
    other.commit("Twenty years of work")
    assert other.say("hooks", "install").code == 0
    other.write("qms.toml", (firm.root / "qms.toml").read_text())
    taken(other)
    edit(other, "See", "Look at")
    said = taken(other)
    assert "warning RF601" in said
    edit(other, "[this]", "[that](nothing-else.md) and [this]")
    refused(other, "error RF601", "'nothing-else.md' leads to nothing")


def test_a_commit_is_refused_even_if_nobody_reads_why(gated: Firm) -> None:
    approved(gated)
    edit(gated, "Do it well.", "Do it badly.")
    gated.git("add", "--all")
    hook = gated.root / ".git/hooks/pre-commit"
    done = subprocess.run(["sh", "-c", f"({hook}; echo $? >&2) | :"], cwd=gated.root, capture_output=True, check=False)
    assert done.stderr.decode().splitlines()[-1] == "1"


# --- which text is judged -----------------------------------------------------------------------------------------


def test_partial_staging_judges_what_is_staged(gated: Firm) -> None:
    approved(gated)
    gated.write(PATH, procedure("QP-001", "Do it better.", "2"))
    gated.git("add", PATH)
    edit(gated, "Do it better.", "Do it worse, [x](nothing.md).")
    said = gated.attempt("commit", "-q", "-m", "Staged alone")
    assert said.code == 0, said.err
    gated.git("add", PATH)
    edit(gated, ", [x](nothing.md)", "")
    assert "RF601" in gated.attempt("commit", "-q", "-m", "Staged broken").err


def test_commit_a_judges_the_files_and_not_the_index(gated: Firm) -> None:
    approved(gated)
    edit(gated, "Do it well.", "Do it badly.")
    said = gated.attempt("commit", "-q", "-a", "-m", "All")
    assert (said.code, "RE301" in said.out + said.err) == (1, True)
    gated.write(PATH, procedure("QP-001", "Do it better.", "2"))
    assert gated.attempt("commit", "-q", "-a", "-m", "All").code == 0


def test_commit_of_one_path_judges_that_path_alone(gated: Firm) -> None:
    approved(gated)
    approved(gated, "QP-002")
    edit(gated, "Do it well.", "Do it badly.")
    gated.git("add", PATH)
    gated.write("documents/procedures/QP-002.md", procedure("QP-002", "Do it better.", "2"))
    assert gated.attempt("commit", "-q", "-m", "One", "documents/procedures/QP-002.md").code == 0
    assert "RE301" in gated.attempt("commit", "-q", "-m", "Other", PATH).err


def test_amend(gated: Firm) -> None:
    approved(gated)
    gated.write(PATH, procedure("QP-001", "Do it better.", "2"))
    taken(gated)
    edit(gated, "Do it better.", "Do it best.")
    gated.git("add", "--all")
    assert gated.attempt("commit", "-q", "--amend", "--no-edit").code == 0
    edit(gated, "revision: 2", "revision: 1")
    gated.git("add", "--all")
    assert "RE301" in gated.attempt("commit", "-q", "--amend", "--no-edit").err


def test_the_first_commit_of_a_repository(firm: Firm, tmp_path: Path) -> None:
    other = Firm(tmp_path / "other", firm.keys, firm.monkeypatch)
    other.root.mkdir()
    other.git("init", "-q", "-b", "main")
    assert other.say("hooks", "install").code == 0
    other.write("notes.txt", "No policy yet.")
    assert "nothing is controlled" in taken(other)
    other.write(
        "qms.toml", (firm.root / "qms.toml").read_text().replace('approve = ["top-management"]', 'approve = ["nobody"]')
    )
    refused(other, "error PO", "qms.toml:")
    other.write("qms.toml", (firm.root / "qms.toml").read_text())
    other.write(PATH, procedure("QP-001"))
    assert "AP401" in taken(other)


def test_a_detached_head(gated: Firm) -> None:
    approved(gated)
    gated.git("checkout", "-q", "--detach")
    edit(gated, "Do it well.", "Do it badly.")
    refused(gated, "error RE301")


def test_a_linked_worktree(gated: Firm, tmp_path: Path) -> None:
    approved(gated)
    gated.git("worktree", "add", "-q", "-b", "topic", str(tmp_path / "linked"))
    linked = Firm(tmp_path / "linked", gated.keys, gated.monkeypatch)
    edit(linked, "Do it well.", "Do it badly.")
    refused(linked, "error RE301")
    linked.write(PATH, procedure("QP-001", "Do it better.", "2"))
    taken(linked)


def test_from_a_folder_below(gated: Firm) -> None:
    approved(gated)
    edit(gated, "Do it well.", "Do it badly.")
    said = gated.attempt("-C", "documents/procedures", "commit", "-q", "-am", "Below")
    assert (said.code, "RE301" in said.err) == (1, True)


def test_git_dir_and_work_tree_somewhere_else(gated: Firm, tmp_path: Path) -> None:
    approved(gated)
    (gated.root / ".git").rename(tmp_path / "store.git")
    edit(gated, "Do it well.", "Do it badly.")
    where = (f"--git-dir={tmp_path / 'store.git'}", f"--work-tree={gated.root}")
    said = gated.attempt(*where, "commit", "-q", "-am", "Elsewhere")
    assert (said.code, "RE301" in said.out + said.err) == (1, True)


# --- merges -------------------------------------------------------------------------------------------------------


def test_a_merge_that_makes_a_label_stand_for_two_texts(gated: Firm) -> None:
    approved(gated)
    gated.git("checkout", "-q", "-b", "topic")
    gated.write(PATH, procedure("QP-001", "Do it slowly.", "2"))
    taken(gated, by="dan")
    gated.git("checkout", "-q", "main")
    gated.write(PATH, procedure("QP-001", "Do it quickly.", "2"))
    taken(gated)
    for person in ("cat", "bob"):
        assert gated.sign("approve", "QP-001", person).code == 0
    gated.attempt("merge", "-q", "--no-ff", "topic")
    gated.write(PATH, procedure("QP-001", "Do it slowly.", "2"))
    refused(gated, "error RE301", "revision 2 is approved")
    gated.write(PATH, procedure("QP-001", "Do it slowly.", "3"))
    taken(gated)


def test_a_clean_merge_of_a_draft_passes(gated: Firm) -> None:
    approved(gated)
    gated.git("checkout", "-q", "-b", "topic")
    gated.write(PATH, procedure("QP-001", "Do it slowly.", "2"))
    taken(gated, by="dan")
    gated.git("checkout", "-q", "main")
    gated.procedure("QP-002")
    said = gated.attempt("merge", "--no-ff", "-m", "Merge", "topic")
    assert said.code == 0, said.out + said.err


def test_a_clean_merge_that_takes_a_document_in_force_away(gated: Firm) -> None:
    approved(gated)
    gated.git("checkout", "-q", "-b", "topic")
    gated.git("rm", "-q", PATH)
    gated.git("commit", "-q", "--no-verify", "-m", "Gone", by="dan")
    gated.git("checkout", "-q", "main")
    gated.procedure("QP-002")
    said = gated.attempt("merge", "--no-ff", "-m", "Merge", "topic")
    assert (said.code != 0, "IN703" in said.out + said.err) == (True, True), said.out + said.err


def test_drafts_on_branches_alone(gated: Firm) -> None:
    edit(gated, 'mainline = "main"', 'mainline = "main"\ndrafts = "branches"', "qms.toml")
    edit(gated, "revision = 1", "revision = 2", "qms.toml")
    gated.git("commit", "-q", "--no-verify", "-am", "Drafts on branches")
    assert gated.sign("approve", "QMS-001", "cat").code == 0
    gated.write(PATH, procedure("QP-001"))
    refused(gated, "error AP410", "git switch -c qp-001")
    gated.git("checkout", "-q", "-b", "qp-001")
    taken(gated)
    for person in ("cat", "bob"):
        assert gated.sign("approve", "QP-001", person).code == 0
    gated.git("checkout", "-q", "main")
    said = gated.attempt("merge", "--no-ff", "-m", "Merge", "qp-001")
    assert said.code == 0, said.out + said.err
    assert gated.say("check").code == 0


# --- trailers -----------------------------------------------------------------------------------------------------


def message(firm: Firm) -> str:
    return firm.git("log", "-1", "--format=%B").strip()


def test_trailers_name_documents_and_revisions(gated: Firm) -> None:
    approved(gated)
    gated.write(PATH, procedure("QP-001", "Do it better.", "2"))
    gated.write("documents/procedures/QP-002.md", procedure("QP-002"))
    gated.git("add", "--all")
    assert (
        gated.attempt(
            "commit", "-q", "-m", "Better\n\nFor the new line.\n\nCo-authored-by: Dan Dale <dan@test.example>"
        ).code
        == 0
    )
    assert message(gated) == (
        "Better\n\nFor the new line.\n\nCo-authored-by: Dan Dale <dan@test.example>\n"
        "Document: QP-001 rev 2\nDocument: QP-002 rev 1"
    )
    assert gated.attempt("commit", "-q", "--amend", "--no-edit", "--allow-empty").code == 0
    assert message(gated).count("Document: QP-001") == 1


def test_an_approval_names_its_document(gated: Firm) -> None:
    approved(gated)
    assert message(gated).endswith("Document: QP-001 rev 1")


def test_a_message_left_empty_still_stops_the_commit(gated: Firm) -> None:
    gated.write(PATH, procedure("QP-001"))
    gated.git("add", "--all")
    gated.monkeypatch.setenv("GIT_EDITOR", "true")
    assert gated.attempt("commit", "-q").code != 0


# --- hooks --------------------------------------------------------------------------------------------------------


def test_a_hook_that_was_there_is_called_first_and_comes_back(firm: Firm) -> None:
    hook = firm.root / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\necho mine >&2\ntest ! -e forbidden\n")
    hook.chmod(0o755)
    said = firm.say("hooks", "install")
    assert "Called first, as before: pre-commit" in said.err
    firm.write(PATH, procedure("QP-001"))
    assert "mine" in taken(firm)
    firm.write("forbidden", "")
    firm.git("add", "--all")
    assert firm.attempt("commit", "-q", "-m", "No").code != 0
    assert firm.say("hooks", "install").code == 0
    assert firm.say("hooks", "uninstall").code == 0
    assert hook.read_text().startswith("#!/bin/sh\necho mine")
    assert sorted(p.name for p in hook.parent.iterdir() if not p.name.endswith(".sample")) == ["pre-commit"]


def test_core_hooks_path(firm: Firm, tmp_path: Path) -> None:
    firm.git("config", "core.hooksPath", str(tmp_path / "shared"))
    assert firm.say("hooks", "install").code == 0
    assert (tmp_path / "shared/pre-commit").is_file()
    firm.write(PATH, "---\nid: QP-001\ntitle: [a\n---\nText\n")
    refused(firm, "error MD")
    other = Firm(tmp_path / "other", firm.keys, firm.monkeypatch)
    other.root.mkdir()
    other.git("init", "-q", "-b", "main")
    other.git("config", "core.hooksPath", str(tmp_path / "shared"))
    other.write("notes.txt", "No QMS here.")
    assert taken(other) == ""


def test_where_qmsdocs_is_gone_the_hook_says_so(gated: Firm) -> None:
    hook = gated.root / ".git/hooks/pre-commit"
    hook.write_text(
        "\n".join(
            "qmsdocs=/nowhere/qmsdocs" if line.startswith("qmsdocs=") else line
            for line in hook.read_text().splitlines()
        )
    )
    gated.monkeypatch.setenv("PATH", "/usr/bin:/bin")
    gated.write(PATH, procedure("QP-001"))
    gated.git("add", "--all")
    said = gated.attempt("commit", "-q", "-m", "No")
    assert (said.code != 0, "nothing can be checked" in said.err) == (True, True)


def test_outside_a_repository(firm: Firm, tmp_path: Path) -> None:
    said = firm.say("check", "--staged", "--repo", str(tmp_path))
    assert (said.code, "There is no git repository at" in said.err) == (2, True)


def test_a_shallow_clone_cannot_tell(firm: Firm, tmp_path: Path) -> None:
    firm.procedure()
    firm.git("clone", "-q", "--depth=1", f"file://{firm.root}", str(tmp_path / "shallow"))
    said = firm.say("check", "--staged", "--repo", str(tmp_path / "shallow"))
    assert (said.code, "shallow" in said.err) == (3, True)
