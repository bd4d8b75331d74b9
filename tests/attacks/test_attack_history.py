"""History rewritten, cut short, dated falsely, or told differently from what its objects say."""

from __future__ import annotations

import os
import subprocess
import zlib
from pathlib import Path

import pytest
from attacks.told import LATE, ONE, approved, checked, messages, revised
from firm import Firm, Said, say
from kit import ADA, BOB, DOC, JANE, QUINN, Qms, doc, policy

from qmsdocs.model import Condition, Meaning

GONE = "qmsdocs: The commit"


def git(root: Path, *arguments: str) -> str:
    """Run git as a stranger."""
    who = {f"GIT_{role}_{key}": "x@example.com" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
    done = subprocess.run(["git", *arguments], cwd=root, env=os.environ | who, capture_output=True, check=True)
    return done.stdout.decode().strip()


def register(qms: Qms, monkeypatch: pytest.MonkeyPatch, *more: str, root: Path | None = None) -> Said:
    """`qmsdocs register` as CSV on the last day of the year."""
    monkeypatch.setenv("QMSDOCS_NOW", f"{LATE}T12:00:00+00:00")
    return say(monkeypatch, "register", "--repo", str(root or qms.save()), "--format", "json", *more)


def test_a_force_push_that_drops_a_revision(qms: Qms) -> None:
    """The attacker drops an approved revision from the mainline, with its record; a later record remembers."""
    approved(qms)
    before = qms.branches["main"]
    dropped = qms.write(ADA, doc(2), "2026-02-01")
    record = qms.record(JANE, "quality-manager", Meaning.ACKNOWLEDGE, text=doc(1), witness=dropped, signed="2026-03-01")
    qms.branches["main"] = before
    qms.commit(BOB, record, "2026-03-02")
    assert messages(qms, "IN705") == [f"Its witness {dropped[:12]} is not in this history"]


def test_a_foxtrot_merge(qms: Qms) -> None:
    """The attacker merges the mainline into his branch and pushes that: what had landed is now only merged."""
    approved(qms)
    qms.branch("mine")
    qms.commit(BOB, {"notes.txt": "mine"}, "2026-01-20", on="mine")
    seen = qms.write(ADA, doc(2), "2026-02-01")
    qms.sign(JANE, "quality-manager", at="2026-02-02", witness=seen)
    qms.merge("main", BOB, "2026-02-03", into="mine")
    qms.branches["main"] = qms.branches["mine"]
    assert messages(qms, "IN705") == [f"Its witness {seen[:12]} is in this history, but no longer on the mainline"]
    assert qms.status(LATE) == "2 Effective"


def test_a_foxtrot_merge_that_leaves_a_revocation_out(qms: Qms) -> None:
    """The attacker merges the mainline into his branch so that the revocation on it does not come along."""
    approved(qms)
    qms.branch("mine")
    qms.commit(BOB, {"notes.txt": "mine"}, "2026-01-20", on="mine")
    record = qms.sign(JANE, "quality-manager", Meaning.REVOKE, "2026-02-01")
    qms.merge("main", BOB, "2026-02-03", into="mine", files={record: None, f"{record}.sig": None})
    qms.branches["main"] = qms.branches["mine"]
    assert messages(qms, "IN709") == [f"The signed record {record} was on what this merge brought, and did not land"]


def test_an_honest_branch_has_the_mainline_as_its_witness(qms: Qms) -> None:
    """No attack: approved on a branch, seen from the branch, merged later, witness further on than the fork."""
    qms.start(policy(approve=ONE))
    qms.branch("topic")
    qms.write(ADA, doc(1), "2026-01-05", on="topic")
    seen = qms.commit(BOB, {"notes.txt": "meanwhile"}, "2026-01-06")
    qms.sign(JANE, "quality-manager", at="2026-01-07", on="topic", witness=seen)
    qms.merge("topic", QUINN, "2026-01-08")
    assert [messages(qms, code) for code in ("IN705", "IN708", "IN709", "IN710")] == [[], [], [], []]
    assert qms.status(LATE) == "1 Effective"


def test_an_honest_approval_on_a_branch_of_a_clone(firm: Firm) -> None:
    """No attack: the same by the command line, where the fork is behind the mainline."""
    firm.git("checkout", "-q", "-b", "topic")
    firm.procedure()
    firm.git("checkout", "-q", "main")
    firm.write("notes.txt", "meanwhile")
    firm.commit()
    firm.git("checkout", "-q", "topic")
    assert firm.sign("approve", "QP-001", "cat").code == 0
    assert "IN705" not in firm.say("check", "--format", "json").out


def test_a_record_deleted_and_restored(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attacker removes an approval for a while, and puts it back before the audit."""
    record = approved(qms)
    data = qms.files()[record]
    qms.delete(BOB, record, "2026-02-01")
    assert Condition.APPROVAL_BROKEN in qms.standing("2026-02-01").conditions
    qms.commit(BOB, {record: data}, "2026-02-02")
    assert messages(qms, "IN702") == [f"The landed file {record} was removed"]
    said = checked(qms, monkeypatch)
    assert (said.code, "by Bob Gray" in said.out) == (1, True)


def test_a_signature_deleted(qms: Qms) -> None:
    """The attacker removes the signature alone, so that nobody can check the record again."""
    record = approved(qms)
    qms.delete(BOB, f"{record}.sig", "2026-02-01")
    assert messages(qms, "AP406") == ["the approval of revision 1 by jane is gone or altered"]


def test_a_revocation_removed(qms: Qms) -> None:
    """The attacker wants a revoked revision back in force, and removes the revocation."""
    approved(qms)
    record = qms.sign(JANE, "quality-manager", Meaning.REVOKE, "2026-02-01")
    qms.commit(BOB, {record: None, f"{record}.sig": None}, "2026-02-02")
    assert qms.status(LATE) == "1 Suspended"
    assert len(messages(qms, "IN702")) == 2


def test_the_file_of_a_document_in_force_deleted(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attacker wants a document forgotten."""
    approved(qms)
    qms.delete(BOB, DOC, "2026-02-01")
    assert messages(qms, "IN703") == ["QP-001 is effective (revision 1), and its file is gone"]
    assert (qms.status(LATE), checked(qms, monkeypatch).code) == ("1 Effective", 1)


def test_a_commit_dated_back(qms: Qms) -> None:
    """The attacker dates the landing of revision 2 to before an accident."""
    revised(qms)
    qms.sign(JANE, "quality-manager", signed="2026-01-07", at="2026-01-07")
    assert str(qms.dossier().revisions[1].effective_on) == "2026-02-01"
    assert messages(qms, "IN706") == ["Its committer's clock contradicts the commits around it"]
    assert qms.status("2026-01-31") == "1 Effective"


@pytest.mark.parametrize("ahead", [1, 2, 3])
def test_commits_dated_far_ahead_hide_nothing(qms: Qms, ahead: int) -> None:
    """The attacker dates up to three commits years ahead, so that a revocation after them seems not to have landed."""
    approved(qms)
    for number in range(ahead):
        qms.commit(BOB, {"notes.txt": f"{number}"}, f"203{number}-01-01")
    qms.sign(JANE, "quality-manager", Meaning.REVOKE, "2026-02-01")
    for number in range(2):
        qms.commit(ADA, {"notes.txt": f"later {number}"}, f"2026-02-0{number + 2}")
    assert qms.status("2026-02-05") == "1 Suspended"
    assert len(messages(qms, "IN706")) == ahead


def test_a_commit_dated_ahead_is_told_on_the_day(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attacker dates the newest commits ahead, where nothing after them can say otherwise yet."""
    approved(qms)
    tip = qms.commit(BOB, {"notes.txt": "ahead"}, "2036-01-01")
    qms.sign(JANE, "quality-manager", Meaning.REVOKE, "2036-01-02")
    said = register(qms, monkeypatch)
    assert f"2 of the newest commits are left out, because commit {tip[:12]} by Bob Gray" in said.err
    told = say(monkeypatch, "check", "--repo", str(qms.save()))
    assert told.out.count("IN706") == 2


def test_three_backdated_commits_on_top(qms: Qms) -> None:
    """The attacker backdates three commits on top of an approval and its revocation, so that they seem to be dated ahead."""
    revised(qms)
    qms.sign(JANE, "quality-manager", at="2026-02-10")
    qms.sign(QUINN, "quality-manager", Meaning.REVOKE, at="2026-02-20")
    for number in range(3):
        qms.commit(BOB, {"notes.txt": f"{number}"}, "2026-02-02")
    assert str(qms.dossier().revisions[1].effective_on) == "2026-02-10"
    assert (qms.status(LATE), len(messages(qms, "IN706"))) == ("2 Suspended", 2)


def test_a_replace_ref(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attacker has git show another text in place of the approved one, by refs/replace."""
    approved(qms)
    digest = qms.dossier().revisions[0].content.digest
    root = qms.save()
    blob = git(root, "rev-parse", f"main:{DOC}")
    (root / "other").write_text(doc(1, "Skip the test."))
    git(root, "replace", blob, git(root, "hash-object", "-w", "other"))
    assert "Skip the test." in git(root, "show", f"main:{DOC}")
    said = register(qms, monkeypatch)
    assert (said.code, digest in said.out) == (0, True)


def test_a_graft(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attacker cuts the history short by .git/info/grafts, so that all seems to have come with the newest commit."""
    root_commit = qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(JANE, "quality-manager", at="2026-01-06")
    tip = qms.commit(BOB, {"notes.txt": "x"}, "2026-02-02")
    root = qms.save()
    (root / ".git/info").mkdir(exist_ok=True)
    (root / ".git/info/grafts").write_text(f"{tip} {root_commit}\n")
    assert git(root, "rev-list", "--count", "main") == "2"
    assert '"effective_on": "2026-01-06"' in register(qms, monkeypatch).out


def test_a_commit_graph_that_lies(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attacker hands over a .git whose commit-graph names other parents than the commits do."""
    approved(qms)
    record = qms.sign(JANE, "quality-manager", Meaning.REVOKE, "2026-02-01")
    root = qms.save()
    git(root, "commit-graph", "write", "--reachable")
    graph = root / ".git/objects/info/commit-graph"
    graph.chmod(0o644)
    data = bytearray(graph.read_bytes())
    count = 4
    entries = data.index(bytes.fromhex(git(root, "rev-parse", "main^{tree}")))
    data[entries + 20 : entries + 24] = (0x70000000).to_bytes(4)  # GRAPH_PARENT_NONE: the tip has no parent
    graph.write_bytes(bytes(data))
    assert (git(root, "rev-list", "--count", "main"), count) == ("1", len(qms.library().landings))
    assert record in qms.files()
    assert '"status": "Suspended"' in register(qms, monkeypatch).out


def test_an_object_whose_bytes_are_others(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attacker hands over a .git in which the approved text's object holds other words."""
    approved(qms)
    root = qms.save()
    blob = git(root, "rev-parse", f"main:{DOC}")
    text = doc(1, "Do it badly.").encode()
    file = root / ".git/objects" / blob[:2] / blob[2:]
    file.write_bytes(zlib.compress(b"blob %d\0" % len(text) + text))
    said = register(qms, monkeypatch)
    assert (said.code, said.err) == (
        3,
        f"qmsdocs: The object {blob} is damaged; run 'git fsck' to see the damage, and fetch it again from another clone.\n",
    )


def test_a_commit_whose_bytes_are_others(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attacker hands over a .git in which a commit's object names another author, under the same id."""
    approved(qms)
    root = qms.save()
    head = git(root, "rev-parse", "main^")
    file = root / ".git/objects" / head[:2] / head[2:]
    commit = zlib.decompress(file.read_bytes()).replace(b"author Ada Stone", b"author Tom Stone")
    file.write_bytes(zlib.compress(commit))
    assert "Tom Stone" in git(root, "log", "--format=%an")
    monkeypatch.setenv("QMSDOCS_NOW", f"{LATE}T12:00:00+00:00")
    said = say(monkeypatch, "audit", "--repo", str(root))
    assert (said.code, "This repository is damaged" in said.err, head in said.err) == (3, True, True)


def test_an_object_that_breaks_off(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attacker wants the reader to wait for ever for the rest of a blob that git streams."""
    approved(qms)
    root = qms.save()
    blob = git(root, "rev-parse", f"main:{DOC}")
    file = root / ".git/objects" / blob[:2] / blob[2:]
    packed = zlib.compress(b"blob 9000000\0" + os.urandom(9_000_000), 0)
    file.write_bytes(packed[: len(packed) // 2])
    git(root, "config", "core.bigFileThreshold", "1")
    said = register(qms, monkeypatch)
    assert (said.code, said.err.startswith(f"qmsdocs: The object {blob} is damaged")) == (3, True)


def test_a_shallow_clone(qms: Qms, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The attacker hands over a shallow clone, in which everything was added by one commit."""
    approved(qms)
    clone = tmp_path / "clone"
    git(qms.save(), "clone", "-q", "--depth", "1", f"file://{qms.root}", str(clone))
    said = register(qms, monkeypatch, root=clone)
    assert (said.code, said.err.startswith("qmsdocs: This clone is shallow")) == (3, True)


def test_a_partial_clone(qms: Qms, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The attacker hands over a clone without old texts, and waits for it to be completed from his own server."""
    revised(qms)
    root, clone = qms.save(), tmp_path / "clone"
    git(root, "config", "uploadpack.allowFilter", "true")
    git(root, "clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{root}", str(clone))
    said = register(qms, monkeypatch, root=clone)
    assert (said.code, "cannot be read in this clone (partial, or damaged)" in said.err) == (3, True)


def test_a_history_cut_off_at_a_missing_commit(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attacker removes a commit's object, so that the line ends early."""
    approved(qms)
    root = qms.save()
    parent = git(root, "rev-parse", "main^")
    (root / ".git/objects" / parent[:2] / parent[2:]).unlink()
    said = register(qms, monkeypatch, root=root)
    assert (said.code, said.err.startswith("qmsdocs: Git cannot read this history")) == (3, True)
