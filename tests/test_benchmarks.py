"""The histories that benchmarks are run on: the same from the same seed, and clean by our own rules."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from firm import say

from benchmarks import generate as generating
from benchmarks.firm import Firm, public_line
from benchmarks.generate import generate, git, pack
from benchmarks.loops import write_signed, write_texts
from benchmarks.measure import (
    Command,
    Measurement,
    Outcome,
    Sample,
    Side,
    alternate,
    as_json,
    run_command,
    run_side,
    table,
)
from benchmarks.measurements import MEASUREMENTS, by_ssh_keygen, stand_on
from benchmarks.story import Size
from qmsdocs.policy import read_policy
from qmsdocs.sshsig import read_signature, verify

SMALL = Size(documents=25, commits=400)


@dataclass(frozen=True)
class Made:
    """A small history, and what the generator says of it."""

    root: Path
    told: dict[str, object]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    root = tmp_path_factory.mktemp("bench") / "qms"
    told = generate(root, SMALL, "test")
    pack(root)
    return Made(root, told)


def test_the_same_seed_gives_the_same_history(made: Made, tmp_path: Path) -> None:
    again = generate(tmp_path / "again", SMALL, "test", bare=True)
    other = generate(tmp_path / "other", SMALL, "another", bare=True)
    assert again == made.told
    assert other["head"] != made.told["head"]


def test_it_has_as_many_commits_and_documents_as_asked(made: Made) -> None:
    assert int(git(made.root, "rev-list", "--all", "--count")) == SMALL.commits
    assert made.told["documents"] == SMALL.documents
    assert git(made.root, "rev-parse", "main").strip() == made.told["head"]
    assert git(made.root, "status", "--porcelain") == ""


def test_it_is_a_history_as_people_make_it(made: Made) -> None:
    subjects = git(made.root, "log", "--format=%s").splitlines()
    for beginning in (
        "Merge branch",
        "Draft",
        "Rework",
        "Review",
        "Approve",
        "Reject",
        "Periodic review",
        "Close",
        "Policy",
    ):
        assert [subject for subject in subjects if subject.startswith(beginning)], beginning
    assert "Co-authored-by:" in git(made.root, "log", "--format=%b")


def test_check_finds_no_error_and_the_audit_holds(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    audit = json.loads(say(monkeypatch, "audit", "--repo", str(made.root), "--format", "json").out)
    assert (audit["verdict"], audit["warnings"]) == ("holds", [])
    assert audit["signatures"]["records"] == audit["signatures"]["hold"] > SMALL.documents * 3
    register = json.loads(say(monkeypatch, "register", "--repo", str(made.root), "--format", "json").out)
    assert {finding["severity"] for finding in register["findings"]} <= {"note", "warning"}
    assert sum(row["status"] == "Effective" for row in register["documents"]) > SMALL.documents * 0.7


def test_the_keys_are_ed25519_and_sign_as_ssh_keygen_does() -> None:
    firm = Firm("test")
    person = firm.people[0]
    firm.new_key(person)
    person.in_use = 1
    signature = read_signature(person.sign(b"some bytes"))
    verify(signature, b"some bytes")
    read = read_policy(firm.policy())
    assert read.policy is not None
    assert len(read.policy.people) == 50
    assert [key.key for key in read.policy.people[person.id].keys] == [public_line(k, person.id) for k in person.keys]


def test_stock_ssh_keygen_confirms_the_records(made: Made, tmp_path: Path) -> None:
    names = write_signed(tmp_path / "signed", made.root, 5)
    assert len(names) == 5
    for name in names:
        command = by_ssh_keygen(tmp_path / "signed", name)
        run_command(command)
        (tmp_path / "signed" / name).write_bytes(b"something else")
        with pytest.raises(click.ClickException, match="ssh-keygen"):
            run_command(command)


def test_every_measurement_runs_on_a_small_history(made: Made, tmp_path: Path) -> None:
    for name, prepare in MEASUREMENTS.items():
        (tmp_path / name).mkdir()
        measurement = prepare(stand_on(made.root, tmp_path / name))
        if measurement is None:
            continue
        for side in measurement.sides:
            few = Side(side.name, side.commands[:2], side.items)
            sample = run_side(few)
            assert sample.peak_kib > 0
    assert git(made.root, "status", "--porcelain") == ""


def test_sides_take_turns_and_the_first_turn_does_not_count(tmp_path: Path) -> None:
    log = tmp_path / "log"
    ours, theirs = (Side(name, (_writing(log, name),), 2) for name in ("ours", "theirs"))
    outcomes = alternate(Measurement("a name", "item", ours, (theirs,)), 3)
    assert log.read_text() == "ours theirs " * 4
    assert [len(outcome.samples) for outcome in outcomes] == [3, 3]


def test_the_table_has_medians_ratios_and_peaks() -> None:
    ours, theirs = Side("ours", ()), Side("theirs", ())
    measurement = Measurement("a name", "item", ours, (theirs,))
    fast = tuple(Sample(seconds, 0.5, 1024) for seconds in (1.0, 9.0, 2.0))
    slow = tuple(Sample(seconds, 0.25, 4096) for seconds in (4.0, 4.5, 3.0))
    outcomes = [Outcome(ours, fast), Outcome(theirs, slow)]
    assert table(measurement, outcomes).splitlines() == [
        "| a name | ours | 2.00 s | 1.00 s |  | 500.0 ms |  | 1 MiB |",
        "| a name | theirs | 4.00 s | 3.00 s | 0.50 | 250.0 ms | 2.00 | 4 MiB |",
    ]
    written = as_json(measurement, outcomes)
    assert [side["ours_to_this"] for side in written["sides"]] == [1.0, 0.5]
    assert written["sides"][1]["seconds"] == [4.0, 4.5, 3.0]


def test_a_failing_command_is_told() -> None:
    with pytest.raises(click.ClickException, match=r"failed with 3: .*no luck"):
        run_command(Command((sys.executable, "-c", "import sys; sys.stderr.write('no luck'); sys.exit(3)")))


def test_the_texts_that_are_read_are_the_documents(made: Made, tmp_path: Path) -> None:
    names = write_texts(tmp_path / "texts", made.root, 7)
    assert len(names) == 7
    assert all((tmp_path / "texts" / name).read_bytes().startswith(b"---\nid: ") for name in names)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    said = CliRunner().invoke(generating.main, ["--size", "S", str(tmp_path)])
    assert said.exit_code == 2
    assert "is there already" in said.output


def _writing(log: Path, word: str) -> Command:
    return Command((sys.executable, "-c", f"open({str(log)!r}, 'a').write('{word} ')"))
