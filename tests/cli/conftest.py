"""The firm on its first day, on a machine that knows nobody."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from firm import PEOPLE, POLICY, Firm

from qmsdocs.demo import make_keys


@pytest.fixture(autouse=True)
def _clean_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the person who runs the tests: no configuration, no keys, no agent."""
    home = tmp_path / "home"
    home.mkdir()
    for name, value in {
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "LC_ALL": "C",
        "COLUMNS": "120",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("SSH_AUTH_SOCK", "GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "EMAIL", "QMSDOCS_NOW"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def firm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Firm:
    """A firm on its first day: the policy has landed."""
    root = tmp_path / "qms"
    root.mkdir()
    firm = Firm(root, make_keys("tests", PEOPLE, tmp_path / "keys"), monkeypatch)
    firm.git("init", "-q", "-b", "main")
    people = "".join(
        f'\n[people.{person}]\nname = "{name}"\nemails = ["{person}@test.example"]\n'
        f'roles = {roles!r}\nkeys = ["{firm.keys[person].public}"]\n'
        for person, (name, roles) in PEOPLE.items()
    )
    firm.write("qms.toml", POLICY + people)
    firm.commit("Start the QMS", by="bob")
    return firm
