"""`audit --explain`: the script it prints runs with stock tools, and stops where something was tampered with."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from firm import Firm, procedure, say
from kit import ADA, BOB, DOC, JANE, OWEN, POLICY, QUINN, TOM, Qms, Someone, doc, policy, public_line

ONE = '["quality-manager"]'
ODD = 'documents/it\'s $(touch canary) `touch canary` "%s" -é\x1b\n.md'


def explained(qms: Qms, monkeypatch: pytest.MonkeyPatch, document: str = "QP-001") -> str:
    said = say(monkeypatch, "audit", "--repo", str(qms.save()), "--explain", document)
    assert said.out, said.err
    return said.out


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script as an auditor does: `sh -eu` in a fresh folder, without our code in reach."""
    folder.mkdir()
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(["sh", "-eu"], input=script, cwd=folder, env=env, capture_output=True, text=True, check=False)


def one_byte_altered(script: str) -> str:
    """The script with one byte of the first record altered after it was read."""
    spoil = "sed 's/^name: J/name: j/' record-1.yaml > spoilt; cmp -s spoilt record-1.yaml && exit 9; cp spoilt record-1.yaml"
    return re.sub(r"(?m)^(ssh-keygen .*)$", lambda found: f"{spoil}\n{found[1]}", script, count=1)


@pytest.fixture
def record(qms: Qms) -> str:
    qms.start(policy(approve=ONE))
    qms.write(ADA, doc(1), "2026-01-05")
    return qms.sign(JANE, "quality-manager", at="2026-01-06")


@pytest.mark.usefixtures("record")
def test_it_runs_and_a_byte_of_the_record_breaks_it(qms: Qms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = explained(qms, monkeypatch)
    done = run(script, tmp_path / "fresh")
    assert (done.returncode, done.stderr) == (0, "")
    assert 'Good "qmsdocs" signature for jane' in done.stdout
    assert done.stdout.endswith("QP-001 revision 1: content and 1 approval confirmed\n")
    spoilt = run(one_byte_altered(script), tmp_path / "spoilt")
    assert (spoilt.returncode, "DOES NOT HOLD: the signature" in spoilt.stderr) == (1, True)
    assert "confirmed" not in spoilt.stdout


def test_a_record_altered_in_the_repository_breaks_it(
    qms: Qms, record: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    qms.commit(BOB, {record: qms.files()[record].replace(b"Jane", b"jane")}, "2026-02-01")
    done = run(explained(qms, monkeypatch), tmp_path / "fresh")
    assert (done.returncode, "altered or removed" in done.stderr) == (1, True)


def test_a_record_that_moved_is_found(qms: Qms, record: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = {path: qms.files()[path] for path in (record, f"{record}.sig")}
    new = {path.replace("signatures/", "signatures/old/"): data for path, data in moved.items()}
    qms.commit(BOB, {**dict.fromkeys(moved), **new}, "2026-02-01")
    assert run(explained(qms, monkeypatch), tmp_path / "fresh").returncode == 0


def test_another_text_or_another_key_breaks_it(
    qms: Qms, record: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = explained(qms, monkeypatch)
    edits = {
        "> document\n": "> document\necho more >> document\n",
        "python3 body.py document": "sed -i s/owner/0wner/ document; sed -i s/production/pr0duction/ document; python3 body.py document",
        '"title":"Doing': '"title":"Not doing',
        "-I jane -n": "-I bob -n",
        "-n qmsdocs": "-n git",
    }
    for number, (old, new) in enumerate(edits.items()):
        assert script.count(old) >= 1, old
        assert run(script.replace(old, new), tmp_path / str(number)).returncode != 0, old
    assert record


def test_hostile_paths_are_words_and_nothing_else(qms: Qms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    qms.start(policy(approve=ONE))
    qms.commit(
        ADA,
        {ODD: doc(1, attachments='"a $(touch canary)\'s.svg"'), "documents/a $(touch canary)'s.svg": "<svg/>"},
        "2026-01-05",
    )
    qms.sign(JANE, "quality-manager", at="2026-01-06", path=ODD)
    script = explained(qms, monkeypatch)
    done = run(script, tmp_path / "fresh")
    assert (done.returncode, done.stderr) == (0, "")
    assert not list(tmp_path.rglob("canary"))
    assert "\x1b" not in script
    assert run(script.replace("> attachment-1", "| tr v w > attachment-1"), tmp_path / "other").returncode == 1


@pytest.mark.parametrize(
    "front",
    [
        "title: 'It''s done'\n",
        'title: "Tab\\tand \\u00e9"\n',
        "title: >\n  Folded\n  text\n",
        "title: Plain\n  over two lines  # said so\n",
        "clauses:\n- '7.5'\n- 8.1\ntags: [a]\nx-shelf: B4\n",
        "title: Größe\u00a0 \U0001f600\n",
    ],
)
def test_front_matter_as_people_type_it(qms: Qms, front: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"\ufeff---\nid: QP-001\ntype: procedure\nrevision: 1\nowner: production-manager\n{front}---\n\nBody\nEnd"
    qms.start(policy(approve=ONE))
    qms.write(ADA, text.replace("\n", "\r\n"), "2026-01-05")
    qms.sign(JANE, "quality-manager", at="2026-01-06")
    script = explained(qms, monkeypatch)
    done = run(script, tmp_path / "fresh")
    assert (done.returncode, "confirmed" in done.stdout) == (0, True), done.stderr
    assert script.replace("\n", "").isprintable()


def test_the_policy_is_confirmed_by_the_policy_before_it(
    qms: Qms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    qms.start()
    root = run(explained(qms, monkeypatch, "QMS-001"), tmp_path / "root")
    assert (root.returncode, "this is the trust root qmsdocs-1:sha256:" in root.stdout) == (0, True)
    qms.enforce(policy(2), "2026-02-01")
    qms.commit(BOB, {POLICY: policy(3)}, "2026-03-01")
    script = explained(qms, monkeypatch, "QMS-001")
    assert "The policy then in force was revision 1;" in script
    done = run(script, tmp_path / "fresh")
    assert (done.returncode, "QMS-001 revision 2: content and 1 approval" in done.stdout) == (0, True)


def test_the_policy_shown_is_the_approved_one(qms: Qms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unapproved qms.toml lay there when the approval landed; it must not be taken for the one in force."""
    qms.start(policy(approve=ONE))
    qms.commit(BOB, {POLICY: policy(2, approve=ONE, people=(BOB,))}, "2026-01-02")
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(JANE, "quality-manager", at="2026-01-06")
    assert run(explained(qms, monkeypatch), tmp_path / "fresh").returncode == 0


def test_what_landed_with_the_root_is_judged_by_the_root(
    qms: Qms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = policy(approve=ONE)
    qms.at("2026-01-05")
    qms.commit(BOB, {POLICY: first, DOC: doc(1), **qms.record(JANE, "quality-manager", text=doc(1))}, "2026-01-05")
    qms.enforce(policy(2, approve=ONE, people=(BOB, TOM, OWEN, QUINN)), "2026-02-01")
    script = explained(qms, monkeypatch)
    assert "The policy then in force was revision 1;" in script
    assert run(script, tmp_path / "fresh").returncode == 0


def test_keys_that_were_not_valid_then_confirm_nothing(
    qms: Qms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = f'keys = [{{key = "{public_line("jane")}", from = 2026-01-04, until = 2026-01-06, revoked = 2026-01-07}}]'
    qms.start(policy(approve=ONE, people=(Someone("jane", "Jane Doe", JANE.roles, extra=key), TOM, OWEN)))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(JANE, "quality-manager", at="2026-01-06")
    script = explained(qms, monkeypatch)
    days = "keys jane 2026-01-06 2026-01-06"
    assert days in script
    assert run(script, tmp_path / "fresh").returncode == 0
    for other in ("2026-01-06 2026-01-07", "2026-01-03 2026-01-06"):
        assert run(script.replace(days, f"keys jane {other}"), tmp_path / other).returncode == 1


def test_attributed_approvals(qms: Qms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    qms.start(policy(approve=ONE, repository='signatures = "attributed"'))
    qms.write(ADA, doc(1), "2026-01-05")
    qms.sign(JANE, "quality-manager", at="2026-01-06", key=None)
    script = explained(qms, monkeypatch)
    assert "attributed, not signed" in script
    assert run(script, tmp_path / "fresh").returncode == 0
    assert run(script.replace("= jane@", "= bob@"), tmp_path / "other").returncode == 1


def test_a_type_that_nobody_approves(qms: Qms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    qms.start(policy(approve="[]"))
    qms.write(ADA, doc(1), "2026-01-05")
    done = run(explained(qms, monkeypatch), tmp_path / "fresh")
    assert (done.returncode, "demands nobody's approval" in done.stdout) == (0, True)


def test_what_is_not_approved_cannot_be_confirmed(firm: Firm) -> None:
    firm.procedure()
    said = firm.say("audit", "--explain", "QP-001")
    assert (said.code, said.out) == (2, "")
    assert "No revision of 'QP-001' was approved by 2026-03-02" in said.err
    assert "There is no document 'QP-9'" in firm.say("audit", "--explain", "QP-9").err


def test_keys_made_by_openssh_and_code_of_the_repository(firm: Firm, tmp_path: Path) -> None:
    """Signed by ssh-keygen, read where a text conversion, an alias and a monitor wait to be run."""
    path = firm.procedure()
    for person in ("cat", "bob"):
        assert firm.sign("approve", "QP-001", person).code == 0
    script = firm.say("audit", "--explain", "QP-001").out
    firm.write(path, procedure("QP-001", "Changed."))
    firm.commit()
    canary = tmp_path / "canary"
    firm.git("config", "diff.trap.textconv", f"touch {canary}; cat")
    firm.git("config", "alias.show", f"!touch {canary}")
    (firm.root / ".git/info/attributes").write_text("* diff=trap\n")
    firm.git("config", "core.fsmonitor", f"touch {canary}")
    said = firm.say("audit", "--explain", "QP-001")
    assert (said.code, "RE301 changed-without-revision" in said.err) == (1, True)
    for number, text in enumerate((script, said.out)):
        done = run(text, tmp_path / str(number))
        assert (done.returncode, done.stdout.count("Good")) == (0, 2)
    assert not canary.exists()
