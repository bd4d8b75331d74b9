"""The site of the sample, built once as its people would; a small firm of one's own; a browser."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from firm import PEOPLE, POLICY, Firm
from playwright.sync_api import Browser, sync_playwright

from qmsdocs.demo import make_keys

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CLEAN = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "LC_ALL": "C"}
STORY_ENDS = "2026-11-20T12:00:00+00:00"


def qmsdocs(*arguments: str, now: str = STORY_ENDS) -> str:
    """Run qmsdocs in a process of its own; what it tells."""
    command = [sys.executable, "-m", "qmsdocs", *arguments]
    environment = os.environ | CLEAN | {"QMSDOCS_NOW": now}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture(scope="session")
def run() -> Callable[..., str]:
    """The function above, for tests."""
    return qmsdocs


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample QMS."""
    root = tmp_path_factory.mktemp("sample") / "demo-qms"
    qmsdocs("demo", str(root))
    return root


@pytest.fixture(scope="session")
def site(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its site on the last day of the story."""
    output = tmp_path_factory.mktemp("site") / "site"
    qmsdocs("site", "--repo", str(sample), "--output", str(output))
    return output


@pytest.fixture
def firm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Firm:
    """A firm on its first day: the policy has landed."""
    for name, value in (CLEAN | {"HOME": str(tmp_path)}).items():
        monkeypatch.setenv(name, value)
    root = tmp_path / "qms"
    root.mkdir()
    found = Firm(root, make_keys("tests", PEOPLE, tmp_path / "keys"), monkeypatch)
    found.git("init", "-q", "-b", "main")
    people = "".join(
        f'\n[people.{person}]\nname = "{name}"\nemails = ["{person}@test.example"]\n'
        f'roles = {roles!r}\nkeys = ["{found.keys[person].public}"]\n'
        for person, (name, roles) in PEOPLE.items()
    )
    found.write("qms.toml", POLICY + people)
    found.commit("Start")
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    if not CHROMIUM.exists():
        pytest.skip("needs Debian's chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield started
        started.close()
