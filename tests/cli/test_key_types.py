"""People sign with the keys they have: each type that ssh-keygen makes works from approval to the auditor's own commands."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from firm import Firm

from qmsdocs.signing import SigningKey


@pytest.mark.parametrize(("kind", "bits"), [("rsa", "3072"), ("ecdsa", "256"), ("ecdsa", "384"), ("ecdsa", "521")])
def test_a_key_of_another_type_signs_and_is_confirmed(firm: Firm, tmp_path: Path, kind: str, bits: str) -> None:
    file = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-b", bits, "-N", "", "-C", "", "-f", str(file)], check=True)
    public = file.with_suffix(".pub").read_text().strip()
    policy = (firm.root / "qms.toml").read_text()
    firm.write("qms.toml", policy.replace(firm.keys["cat"].public, public))
    firm.git("commit", "-q", "-a", "--amend", "--no-edit", by="bob")
    firm.keys["cat"] = SigningKey(public, file)
    firm.procedure()
    for person in ("cat", "bob"):
        said = firm.sign("approve", "QP-001", person)
        assert said.code == 0, said.err
    assert firm.say("audit").code == 0
    script = firm.say("audit", "--explain", "QP-001").out
    (tmp_path / "fresh").mkdir()
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "fresh"), "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["sh", "-eu"], input=script, cwd=tmp_path / "fresh", env=env, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("QP-001 revision 1: content and 2 approvals confirmed\n")
