"""The kit itself: what it writes is a repository that the stock tools accept."""

from __future__ import annotations

import subprocess
from pathlib import Path

from kit import ADA, BOB, DOC, LINK, Qms, armored, doc, public_line


def test_git_and_memory_tell_the_same_history(qms: Qms) -> None:
    qms.start()
    qms.write(ADA, doc(1, attachments="[a.svg]"), co=[BOB])
    qms.commit(ADA, {"documents/a.svg": "<svg/>", "documents/link.md": LINK + b"QP-001.md"})
    qms.branch("topic")
    qms.write(BOB, doc(2, attachments="[a.svg]"), on="topic")
    qms.write(ADA, doc(1, id="QP-002"), path="documents/QP-002.md")
    qms.merge("topic", ADA)
    qms.move(ADA, DOC, "documents/sub/QP-001.md")
    real, memory = qms.library(), qms.memory()
    assert real.landings == memory.landings
    assert real.commits == memory.commits
    root = qms.save()
    done = subprocess.run(["git", "-C", str(root), "fsck", "--strict"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_ssh_keygen_accepts_a_signature_of_the_kit(tmp_path: Path) -> None:
    (tmp_path / "signers").write_text(f"ada {public_line('ada')}\n")
    (tmp_path / "sig").write_bytes(armored(b"words", "ada"))
    command = ["ssh-keygen", "-Y", "verify", "-f", "signers", "-I", "ada", "-n", "qmsdocs", "-s", "sig"]
    verdicts = [
        subprocess.run(command, input=data, cwd=tmp_path, capture_output=True, check=False).returncode
        for data in (b"words", b"other")
    ]
    assert verdicts[0] == 0
    assert verdicts[1] != 0
