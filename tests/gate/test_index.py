"""The index changes how fast a commit is judged, and nothing else: wherever it stands, the findings are those of the whole."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from firm import Firm, procedure, say

from qmsdocs.cli import proposed
from qmsdocs.cli.console import now
from qmsdocs.cli.indexing import build_index, refresh_index
from qmsdocs.cli.opened import judged_mainline
from qmsdocs.load import Unfit, load_staged
from qmsdocs.plumbing import here
from qmsdocs.session import open_session
from qmsdocs.store import VERSION, open_index

PATH = "documents/procedures/QP-001.md"
ROUNDS = 40


def index_file(root: Path) -> Path:
    return root / f".git/qmsdocs/index-{VERSION}.sqlite"


def by_part(root: Path) -> tuple[object, ...] | None:
    """The findings by the index, None where it does not fit."""
    session = open_session(root)
    assert session is not None
    with session:
        part = proposed._part(session)
        return None if isinstance(part, Unfit) else proposed._proposal(session, part.library, None, part).findings


def by_whole(root: Path) -> tuple[object, ...]:
    repository = here(root)
    return proposed._proposal(repository, load_staged(repository, now()), None).findings


def agree(root: Path, fits: bool = True) -> tuple[object, ...]:
    part, whole = by_part(root), by_whole(root)
    assert part == (whole if fits else None)
    return whole


# --- the sample ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("sample") / "qms"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        assert say(patch, "demo", str(root)).code == 0
        build_index(root)
        yield root


def git(root: Path, *arguments: str) -> str:
    env = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "LC_ALL": "C"}
    return subprocess.run(["git", *arguments], cwd=root, env=env, capture_output=True, check=True, text=True).stdout


def mischief(root: Path, chance: random.Random) -> None:
    """One change that somebody might make, honest or not."""
    files = [file for file in git(root, "ls-files").splitlines() if file.endswith(".md") and "/" in file]
    signed = git(root, "ls-files", "signatures").splitlines()
    file, other = root / chance.choice(files), chance.choice(files)
    if not file.exists():
        return
    text = file.read_text()
    what = chance.randrange(10)
    if what == 0:
        file.unlink()
    elif what == 1:
        file.rename(file.with_name(f"moved-{file.name}"))
    elif what == 2:
        file.write_text(text.replace("revision: ", "revision: 1", 1))
    elif what == 3:
        file.write_text(f"{text}\n[a]({Path(other).name}) [b](../{other}) [c](nothing.md) [d](.) `e`\n")
    elif what == 4:
        file.write_text(text.replace("title:", "references: [QP-404, WI-003, QP-001]\ntitle:", 1))
    elif what == 5:
        file.with_name("copy.md").write_text(text)
    elif what == 6:
        file.with_name("lower.md").write_text(text.lower())
    elif what == 7:
        record = root / chance.choice(signed)
        record.unlink(missing_ok=True) if chance.random() < 0.5 else record.write_text("x")
    elif what == 8:
        file.write_text("---\nid: [\n---\n")
    else:
        file.write_text(f"{text}\nMore.\n")


def test_any_change_to_the_sample_is_judged_the_same(sample: Path) -> None:
    chance = random.Random(1)
    seen = 0
    for _ in range(ROUNDS):
        for _ in range(chance.choice((1, 1, 2, 3))):
            mischief(sample, chance)
        git(sample, "add", "--all")
        seen += len(agree(sample))
        git(sample, "reset", "-q", "--hard")
    assert seen > ROUNDS


# --- where the index stands ---------------------------------------------------------------------------------------


@pytest.fixture
def indexed(gated: Firm) -> Firm:
    """A firm with a procedure in force, and an index up to there."""
    gated.procedure()
    for person in ("cat", "bob"):
        assert gated.sign("approve", "QP-001", person).code == 0
    build_index(gated.root)
    gated.monkeypatch.setenv("QMSDOCS_NOW", gated.now)
    return gated


def change(firm: Firm, text: str = "Do it badly.", revision: str = "1") -> None:
    firm.write(PATH, procedure("QP-001", text, revision))
    firm.git("add", "--all")


def codes(findings: tuple[object, ...]) -> list[str]:
    return [finding.code for finding in findings]  # type: ignore[attr-defined]


def test_at_its_commit(indexed: Firm) -> None:
    change(indexed)
    assert "RE301" in codes(agree(indexed.root))


def test_behind_the_mainline(indexed: Firm) -> None:
    change(indexed, "Do it better.", "2")
    indexed.commit()
    for person in ("cat", "bob"):
        assert indexed.sign("approve", "QP-001", person).code == 0
    change(indexed, "Do it badly.", "2")
    assert "RE301" in codes(agree(indexed.root))


def test_ahead_of_a_branch_that_forked_before(indexed: Firm) -> None:
    indexed.git("branch", "topic")
    change(indexed, "Do it better.", "2")
    indexed.commit()
    build_index(indexed.root)
    indexed.git("switch", "-q", "topic")
    change(indexed, "Do it otherwise.", "2")
    indexed.commit()
    change(indexed, "Do it another way.", "3")
    assert "RE302" in codes(agree(indexed.root))


def test_in_a_merge(indexed: Firm) -> None:
    indexed.git("switch", "-q", "-c", "topic")
    change(indexed, "Do it better.", "2")
    indexed.commit(by="dan")
    indexed.git("switch", "-q", "main")
    indexed.procedure("QP-002")
    indexed.git("merge", "-q", "--no-commit", "--no-ff", "topic")
    assert "AP401" in codes(agree(indexed.root))


def test_with_another_policy_it_does_not_fit(indexed: Firm) -> None:
    indexed.write("qms.toml", (indexed.root / "qms.toml").read_text().replace("Test Works", "Other Works"))
    indexed.git("add", "--all")
    agree(indexed.root, fits=False)


def test_with_a_mainline_that_was_rewritten_it_does_not_fit(indexed: Firm) -> None:
    indexed.git("commit", "-q", "--amend", "--no-verify", "-m", "Rewritten")
    change(indexed)
    agree(indexed.root, fits=False)


@pytest.mark.parametrize("damage", [b"", b"not sqlite", None])
def test_a_damaged_one_goes_and_the_commit_is_judged(indexed: Firm, damage: bytes | None) -> None:
    file = index_file(indexed.root)
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2] if damage is None else damage)
    change(indexed)
    said = indexed.attempt("commit", "-q", "-m", "Bad")
    assert (said.code, "RE301" in said.err) == (1, True)


def test_one_of_another_version_is_not_read(indexed: Firm) -> None:
    with sqlite3.connect(index_file(indexed.root)) as connection:
        connection.execute("UPDATE meta SET value = '0' WHERE key = 'version'")
    assert open_index(indexed.root / ".git") is None


def test_where_it_cannot_be_written_nothing_stops(indexed: Firm) -> None:
    folder = index_file(indexed.root).parent
    index_file(indexed.root).unlink()
    folder.rmdir()
    folder.write_text("in the way")
    build_index(indexed.root)
    change(indexed)
    assert indexed.attempt("commit", "-q", "-m", "Bad").code == 1


def test_it_is_written_anew_after_the_policy_changed(indexed: Firm) -> None:
    before = index_file(indexed.root).stat().st_ino
    refresh_index(judged_mainline(indexed.root, None, None))
    assert index_file(indexed.root).stat().st_ino == before
    policy = (indexed.root / "qms.toml").read_text().replace("revision = 1", "revision = 2", 1)
    indexed.write("qms.toml", policy)
    indexed.git("commit", "-q", "--no-verify", "-am", "Policy")
    assert indexed.sign("approve", "QMS-001", "cat").code == 0
    assert indexed.say("status").code == 0
    assert index_file(indexed.root).stat().st_ino != before
    change(indexed)
    agree(indexed.root)


def test_nothing_half_written_is_left_or_read(indexed: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    before = index_file(indexed.root).read_bytes()

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("qmsdocs.store._fill", stop)
    with pytest.raises(KeyboardInterrupt):
        build_index(indexed.root)
    assert [file.name for file in index_file(indexed.root).parent.iterdir()] == [index_file(indexed.root).name]
    assert index_file(indexed.root).read_bytes() == before


def test_a_hook_without_an_index_writes_one(indexed: Firm) -> None:
    index_file(indexed.root).unlink()
    change(indexed)
    assert "RE301" in indexed.attempt("commit", "-q", "-m", "Bad").err
    assert index_file(indexed.root).is_file()
    agree(indexed.root)


def test_what_broke_since_it_was_written_is_not_told_again(indexed: Firm) -> None:
    indexed.procedure("QP-003")
    indexed.procedure("QP-002", text="See [this](QP-003.md).")
    build_index(indexed.root)
    indexed.git("rm", "-q", "documents/procedures/QP-003.md")
    indexed.git("commit", "-q", "--no-verify", "-m", "Gone")
    change(indexed, "Do it better.", "2")
    assert "RF601" not in codes(agree(indexed.root))
