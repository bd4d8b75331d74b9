"""`approve` and its like: what is signed is shown, what would not count is refused, and nothing is ever half done."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from firm import Firm, procedure
from git import Git

from qmsdocs.cli import signed
from qmsdocs.git import Repository
from qmsdocs.signing import write_files


def row(firm: Firm, document: str, *more: str) -> dict[str, object]:
    data = json.loads(firm.say("register", "--format", "json", *more).out)
    return next(row for row in data["documents"] if row["id"] == document)


def untouched(firm: Firm, head: str) -> bool:
    return (
        firm.git("rev-parse", "HEAD") == head
        and firm.git("status", "--porcelain") == ""
        and not (firm.root / "signatures").exists()
    )


def test_a_document_comes_into_force(firm: Firm) -> None:
    firm.procedure()
    first = firm.sign("approve", "QP-001", "cat")
    assert "as Cat Clark (engineer)" in first.out
    assert "Still missing: quality-manager." in first.err
    assert row(firm, "QP-001")["status"] == "In review"
    firm.now = "2026-03-05T09:00:00+00:00"
    assert "in force from 2026-03-05" in firm.sign("approve", "QP-001", "bob").err
    found = row(firm, "QP-001")
    assert (found["status"], found["effective_on"], found["review_by"]) == ("Effective", "2026-03-05", "2028-03-05")
    assert [(a["person"], a["role"], a["assurance"]) for a in found["approved_by"]] == [  # type: ignore[attr-defined]
        ("cat", "engineer", "signed"),
        ("bob", "quality-manager", "signed"),
    ]
    assert row(firm, "QP-001", "--as-of", "2026-03-04")["status"] == "In review"


def test_the_signature_holds_for_ssh_keygen_alone(firm: Firm) -> None:
    firm.procedure()
    firm.sign("approve", "QP-001", "cat", "--comment", 'Fine: "good" – ü')
    record = next((firm.root / "signatures").rglob("*.yaml"))
    allowed = firm.root.parent / "allowed"
    allowed.write_text(f"cat {firm.keys['cat'].public}\n")
    command = ["ssh-keygen", "-Y", "verify", "-f", str(allowed), "-I", "cat", "-n", "qmsdocs", "-s", f"{record}.sig"]
    done = subprocess.run(command, input=record.read_bytes(), capture_output=True, check=False)
    assert done.returncode == 0
    assert b'comment: "Fine: \\"good\\" \xe2\x80\x93 \xc3\xbc"' in record.read_bytes()


def test_the_redline_is_shown_before_signing(firm: Firm) -> None:
    path = firm.procedure(text="Tighten to 8 Nm.\n\nThen mark it.")
    for person in ("cat", "bob"):
        firm.sign("approve", "QP-001", person)
    firm.say("revise", "QP-001", "--change", "More torque")
    text = (firm.root / path).read_text()
    (firm.root / path).write_text(text.replace("8 Nm", "9 Nm\x1b[31m"))
    firm.commit()
    said = firm.sign("approve", "QP-001", "cat")
    assert "Changes against revision 1" in said.out
    assert "revision: [-1-] {+2+}" in said.out
    assert "Tighten to [-8-]{+9+} Nm" in said.out
    assert "\x1b" not in said.out


REFUSALS = {
    "own work": ("approve", "ann", "is an author of revision 1 of QP-001"),
    "no such role": ("approve", "dan", "who can: engineer: Cat Clark; quality-manager: Bob Baker"),
    "no review needed": ("review", "cat", "The policy would not count 'review'"),
    "nothing in force": ("periodic-review", "bob", "only what is in force"),
    "no right to reject": ("reject", "dan", "Only those who could sign may reject"),
}


@pytest.mark.parametrize("case", REFUSALS, ids=str)
def test_what_the_policy_would_not_count_is_refused(firm: Firm, case: str) -> None:
    verb, person, words = REFUSALS[case]
    firm.procedure()
    head = firm.git("rev-parse", "HEAD")
    more = {"reject": ("--comment", "No"), "periodic-review": ("--verdict", "keep")}.get(verb, ())
    said = firm.sign(verb, "QP-001", person, *more)
    assert said.code == 2
    assert words in said.err
    assert untouched(firm, head)


def test_nobody_signs_twice(firm: Firm) -> None:
    firm.procedure()
    firm.sign("approve", "QP-001", "cat")
    said = firm.sign("approve", "QP-001", "cat")
    assert said.code == 2
    assert "has signed revision 1 of QP-001 already; still missing: quality-manager: Bob Baker" in said.err


def test_stale_content_is_refused(firm: Firm) -> None:
    path = firm.procedure()
    head = firm.git("rev-parse", "HEAD")
    original = (firm.root / path).read_text()
    firm.write(path, original + "More.\n")
    said = firm.sign("approve", "QP-001", "cat")
    assert said.code == 2
    assert "changes that are not committed" in said.err
    firm.write(path, original)
    assert untouched(firm, head)


def test_a_revision_out_of_order_is_refused(firm: Firm) -> None:
    path = firm.procedure()
    for person in ("cat", "bob"):
        firm.sign("approve", "QP-001", person)
    firm.write(path, procedure("QP-001", "New.", revision="3"))
    firm.commit()
    assert "Revision 3 of QP-001 does not follow revision 1; write 2" in firm.sign("approve", "QP-001", "cat").err
    firm.write(path, procedure("QP-001", "New.", revision="1"))
    firm.commit()
    assert "is approved with another text" in firm.sign("approve", "QP-001", "cat").err


def test_other_work_stays_as_it_was_staged(firm: Firm) -> None:
    firm.procedure()
    firm.write("documents/procedures/QP-002.md", procedure("QP-002"))
    firm.git("add", "documents/procedures/QP-002.md")
    firm.write("notes.txt", "mine")
    assert firm.sign("approve", "QP-001", "cat").code == 0
    assert firm.git("status", "--porcelain") == "A  documents/procedures/QP-002.md\n?? notes.txt\n"
    changed = firm.git("show", "--name-only", "--format=", "HEAD").split()
    assert [Path(path).suffix for path in changed] == [".yaml", ".sig"]


def test_no_commit_only_writes(firm: Firm) -> None:
    firm.procedure()
    head = firm.git("rev-parse", "HEAD")
    said = firm.sign("approve", "QP-001", "cat", "--no-commit")
    assert firm.git("rev-parse", "HEAD") == head
    assert [Path(line).suffix for line in said.out.splitlines()[-2:]] == [".yaml", ".sig"]
    firm.commit("By hand", by="cat")
    assert row(firm, "QP-001")["status"] == "In review"


def test_without_a_terminal_somebody_must_have_said_yes(firm: Firm) -> None:
    firm.procedure()
    head = firm.git("rev-parse", "HEAD")
    said = firm.say("approve", "QP-001", "--key", firm.key("cat"))
    assert said.code == 2
    assert "add '--yes'" in said.err
    assert untouched(firm, head)


def test_a_hook_that_refuses_leaves_nothing_behind(firm: Firm) -> None:
    firm.procedure()
    hook = firm.root / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho not on a Friday >&2\nexit 1\n")
    hook.chmod(0o755)
    head = firm.git("rev-parse", "HEAD")
    said = firm.sign("approve", "QP-001", "cat")
    assert said.code == 2
    assert "not on a Friday" in said.err
    assert untouched(firm, head)


@pytest.mark.parametrize("place", ["sign", "write_signed", "commit_files"])
def test_ctrl_c_leaves_nothing_behind(firm: Firm, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    firm.procedure()
    head = firm.git("rev-parse", "HEAD")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Repository if place == "commit_files" else signed, place, interrupted)
    said = firm.sign("approve", "QP-001", "cat")
    assert said.code == 130
    assert "Stopped; nothing was changed." in said.err
    assert untouched(firm, head)


def test_ctrl_c_when_git_had_committed_already_keeps_it_whole(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    firm.procedure()
    execute = Git.execute

    def interrupted(self: Git, command: list[str], **more: Any) -> Any:
        done = execute(self, command, **more)
        if "commit" in command[:2]:
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(Git, "execute", interrupted)
    assert firm.sign("approve", "QP-001", "cat").code == 0
    monkeypatch.undo()
    assert (
        subprocess.run(["git", "status", "--porcelain"], cwd=firm.root, capture_output=True, check=True).stdout == b""
    )


def test_another_repository_in_the_environment_is_left_alone(firm: Firm, tmp_path: Path) -> None:
    firm.procedure()
    other = tmp_path / "other"
    subprocess.run(["git", "init", "-q", str(other)], check=True)
    firm.monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    firm.monkeypatch.setenv("GIT_WORK_TREE", str(other))
    assert firm.sign("approve", "QP-001", "cat").code == 0
    assert row(firm, "QP-001")["status"] == "In review"
    assert sorted(path.name for path in other.iterdir()) == [".git"]


def test_a_full_disk_leaves_nothing_behind(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    firm.procedure()
    head = firm.git("rev-parse", "HEAD")
    opened = Path.open

    def full(path: Path, *how: Any, **more: Any) -> Any:
        if path.name.endswith(".sig.part"):
            raise OSError(28, "No space left on device", str(path))
        return opened(path, *how, **more)

    monkeypatch.setattr(Path, "open", full)
    said = firm.sign("approve", "QP-001", "cat")
    assert said.code == 2
    assert "No space left on device" in said.err
    assert untouched(firm, head)


def test_no_key_at_hand(firm: Firm) -> None:
    firm.procedure()
    assert "No SSH key of yours is known to the policy" in firm.say("approve", "QP-001", "--yes").err
    assert "There is no key at /nowhere/id" in firm.say("approve", "QP-001", "--yes", "--key", "/nowhere/id").err
    stranger = firm.root.parent / "stranger"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(stranger)], check=True)
    assert "belongs to nobody in the policy" in firm.say("approve", "QP-001", "--yes", "--key", str(stranger)).err
    stranger.write_text("not a key")
    (firm.root.parent / "stranger.pub").unlink()
    assert "cannot be used as a key" in firm.say("approve", "QP-001", "--yes", "--key", str(stranger)).err


def test_a_wrong_passphrase_is_said_in_one_sentence(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    firm.procedure()
    head = firm.git("rev-parse", "HEAD")
    subprocess.run(
        ["ssh-keygen", "-q", "-p", "-N", "secret", "-f", firm.key("cat")], check=True, stdout=subprocess.DEVNULL
    )
    monkeypatch.setenv("SSH_ASKPASS", "/bin/false")
    monkeypatch.setenv("SSH_ASKPASS_REQUIRE", "force")
    said = firm.sign("approve", "QP-001", "cat")
    assert said.code == 2
    assert "ssh-keygen did not sign" in said.err
    assert "Traceback" not in said.err
    assert untouched(firm, head)


@pytest.mark.skipif(not shutil.which("ssh-agent"), reason="ssh-agent is not installed")
def test_an_agent_signs_and_a_locked_one_says_so(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    firm.procedure()
    socket = str(firm.root.parent / "a")
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL)
    try:
        monkeypatch.setenv("SSH_AUTH_SOCK", socket)
        while not Path(socket).exists():
            assert agent.poll() is None
        subprocess.run(["ssh-add", "-q", firm.key("cat")], check=True)
        assert "as Cat Clark (engineer)" in firm.say("approve", "QP-001", "--yes", by="cat").out
        monkeypatch.setenv("SSH_ASKPASS_REQUIRE", "force")
        secret = firm.root.parent / "secret"
        secret.write_text("#!/bin/sh\necho secret\n")
        secret.chmod(0o755)
        monkeypatch.setenv("SSH_ASKPASS", str(secret))
        subprocess.run(["ssh-add", "-q", "-x"], check=True, stdin=subprocess.DEVNULL)
        said = firm.say("approve", "QP-001", "--yes", by="cat")
        assert said.code == 2
        assert "'ssh-add -X' unlocks it" in said.err
    finally:
        agent.terminate()
        agent.wait()


def test_reject_says_why_and_stands(firm: Firm) -> None:
    path = firm.procedure()
    assert "Say why it cannot be approved" in firm.sign("reject", "QP-001", "bob").err
    assert firm.sign("reject", "QP-001", "bob", "--comment", "No torque given").code == 0
    assert row(firm, "QP-001")["conditions"] == ["rejected"]
    assert "No torque given" in firm.say("status").out
    firm.write(path, procedure("QP-001", "Tighten to 8 Nm."))
    firm.commit("Rework")
    for person in ("cat", "bob"):
        assert firm.sign("approve", "QP-001", person).code == 0
    assert row(firm, "QP-001")["status"] == "Effective"


def test_revoke_suspends_and_the_periodic_review_moves_the_date(firm: Firm) -> None:
    firm.procedure()
    for person in ("cat", "bob"):
        firm.sign("approve", "QP-001", person)
    firm.now = "2026-08-31T09:00:00+00:00"
    assert firm.sign("periodic-review", "QP-001", "bob", "--verdict", "keep").code == 0
    assert row(firm, "QP-001")["review_by"] == "2028-08-31"
    firm.now = "2026-09-01T09:00:00+00:00"
    assert firm.sign("revoke", "QP-001", "bob", "--comment", "Wrong torque").code == 0
    assert row(firm, "QP-001")["status"] == "Suspended"
    assert row(firm, "QP-001", "--as-of", "2026-08-31")["status"] == "Effective"


def test_acknowledge(firm: Firm) -> None:
    firm.procedure()
    for person in ("cat", "bob"):
        firm.sign("approve", "QP-001", person)
    assert firm.sign("acknowledge", "QP-001", "dan").code == 0
    acts = json.loads(firm.say("history", "QP-001", "--format", "json").out)["acts"]
    assert [(act["meaning"], act["counts"]) for act in acts] == [
        ("approve", True),
        ("approve", True),
        ("acknowledge", True),
    ]


def test_attributed_mode_takes_the_committer_for_the_person(firm: Firm) -> None:
    text = (firm.root / "qms.toml").read_text()
    firm.write(
        "qms.toml",
        text.replace('mainline = "main"', 'mainline = "main"\nsignatures = "attributed"').replace(
            "revision = 1", "revision = 2", 1
        ),
    )
    firm.commit("No keys yet", by="ann")
    assert firm.sign("approve", "QMS-001", "cat").code == 0
    firm.procedure()
    for person in ("cat", "bob"):
        assert firm.say("approve", "QP-001", "--yes", by=person).code == 0
    approvals = row(firm, "QP-001")["approved_by"]
    assert [(a["person"], a["assurance"]) for a in approvals] == [("cat", "attributed"), ("bob", "attributed")]  # type: ignore[attr-defined]
    firm.monkeypatch.setenv("COLUMNS", "400")
    assert "Cat Clark (attributed), Bob Baker (attributed)" in " ".join(firm.say("register").out.split())


def test_on_a_branch_it_takes_effect_when_it_lands(firm: Firm) -> None:
    firm.git("switch", "-q", "-c", "new-procedure")
    firm.procedure()
    firm.sign("approve", "QP-001", "cat")
    assert "once it lands on main" in firm.sign("approve", "QP-001", "bob").err
    assert [r["id"] for r in json.loads(firm.say("register", "--format", "json").out)["documents"]] == ["QMS-001"]
    assert "has commits that have not landed" in firm.say("status").err
    firm.now = "2026-03-09T09:00:00+00:00"
    firm.git("switch", "-q", "main")
    firm.git("merge", "-q", "--no-ff", "-m", "Merge", "new-procedure", by="bob")
    assert row(firm, "QP-001")["effective_on"] == "2026-03-09"


def test_write_files_is_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        write_files(tmp_path, {"a/b/c.yaml": b"x", "a/b/c.yaml.sig": b"y"})
    assert not (tmp_path / "a").exists()


ERRORS = {
    "effective_date: 01.12.2026\n": "is not a date",
    "attachments: [no.svg]\n": "'no.svg' is not there",
    "attachments: [lfs.svg]\n": "Git LFS pointer",
    "review_every: sometimes\n": "is not an interval",
}


@pytest.mark.parametrize("more", ERRORS, ids=str)
def test_what_has_an_error_is_not_signed(firm: Firm, more: str) -> None:
    firm.write("documents/procedures/lfs.svg", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n")
    firm.write("documents/procedures/QP-001.md", procedure("QP-001", more=more))
    firm.commit()
    head = firm.git("rev-parse", "HEAD")
    said = firm.sign("approve", "QP-001", "cat")
    assert said.code == 2
    assert ERRORS[more] in said.err
    assert "documents/procedures/QP-001.md:8" in said.err
    assert untouched(firm, head)


def test_whoever_rejected_can_approve_after_all(firm: Firm) -> None:
    firm.procedure()
    firm.sign("reject", "QP-001", "bob", "--comment", "Too early")
    firm.sign("approve", "QP-001", "cat")
    assert firm.sign("approve", "QP-001", "bob").code == 0
    assert row(firm, "QP-001")["status"] == "Effective"


def test_a_first_revision_is_the_first(firm: Firm) -> None:
    firm.write("documents/procedures/QP-001.md", procedure("QP-001", revision="7"))
    firm.commit()
    assert "write 1 or 0 and commit" in firm.sign("approve", "QP-001", "cat").err


def test_nothing_is_signed_by_a_policy_that_is_not_in_force_yet(firm: Firm) -> None:
    firm.git("switch", "-q", "-c", "new-policy")
    text = (firm.root / "qms.toml").read_text()
    firm.write(
        "qms.toml", text.replace("['operator']", "['operator', 'engineer']").replace("revision = 1", "revision = 2", 1)
    )
    firm.commit()
    assert firm.sign("approve", "QMS-001", "cat").code == 0
    firm.procedure()
    assert "land the policy on main first" in firm.sign("approve", "QP-001", "dan").err


def test_authors_listed_in_a_squashed_message_do_not_approve(firm: Firm) -> None:
    firm.git("switch", "-q", "-c", "draft")
    firm.procedure(by="cat")
    firm.git("switch", "-q", "main")
    firm.git("merge", "-q", "--squash", "draft")
    firm.git("commit", "-q", "--no-edit", by="ann")
    assert "is an author" in firm.sign("approve", "QP-001", "cat").err


def test_a_clone_without_the_mainline_cannot_tell(firm: Firm, tmp_path: Path) -> None:
    firm.procedure()
    firm.git("switch", "-q", "-c", "draft")
    firm.commit_nothing()
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--single-branch", "-b", "draft", str(firm.root), str(clone)], check=True)
    for verb in (("register",), ("check",), ("status",), ("approve", "QP-001", "--yes")):
        said = firm.say(*verb, "--repo", str(clone))
        assert (said.code, "git fetch origin main:main" in said.err) == (3, True)
    assert firm.say("register", "--repo", str(clone), "--at", "HEAD").code == 0


def test_a_review_that_wants_a_change_is_a_change_pending(firm: Firm) -> None:
    firm.procedure()
    for person in ("cat", "bob"):
        firm.sign("approve", "QP-001", person)
    assert firm.sign("periodic-review", "QP-001", "bob", "--verdict", "revise").code == 0
    assert row(firm, "QP-001")["conditions"] == ["change pending"]
    assert row(firm, "QP-001")["review_by"] == "2028-03-02"
