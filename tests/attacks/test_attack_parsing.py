"""Files made to break the reader: each is read in bounded time and memory, and becomes a finding with a line."""

from __future__ import annotations

import subprocess
import tracemalloc
from pathlib import Path

import pytest
from attacks.told import LATE, ONE, approved, checked, messages, refusals, revised
from firm import Firm, procedure, say
from kit import ADA, BOB, DOC, JANE, POLICY, Qms, armored, doc, policy

from qmsdocs.document import KeyNames, read_document
from qmsdocs.model import Problem
from qmsdocs.policy import read_policy
from qmsdocs.signature import read_record
from qmsdocs.sshsig import BadSignature, read_signature

DEEP = 100_000
LAUGHS = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
BIG = 200 * 1024 * 1024  # bytes


@pytest.mark.parametrize(
    ("front", "message"),
    [
        (LAUGHS, "'&a' is a YAML anchor"),
        ("a: *x\n", "'*x' is a YAML alias"),
        (
            "a: !!python/object/apply:os.system [id]\n",
            "'tag:yaml.org,2002:python/object/apply:os.system' is a YAML tag",
        ),
        ("a: " + "[" * 60_000 + "\n", "an item of 'a' is nested"),
        ("- " * 30_000 + "\n", "the front matter is not a list of 'key: value' lines"),
        ("a: " + "{b: " * 15_000 + "\n", "the value of 'a' is nested"),
        ("a: " + "[" * DEEP + "\n", "the front matter has 100004 characters, more than 65536"),
        ("id: QP-001\nid: QP-002\n", "the key 'id' stands here again (first on line 2)"),
        ("? [a, b]\n: c\n", "a key is nested"),
        ("id: QP-001\n--- \nid: QP-002\n", None),
        ("id: QP-001\u2028approved: yes\n", "the character U+2028 starts a new line for YAML, and for no editor"),
    ],
)
def test_front_matter_that_is_a_trap(front: str, message: str | None) -> None:
    """The attacker wants the reader to hang, to crash, to run code, or to take one key for another."""
    text = read_document(f"---\n{front}---\nBody\n".encode(), KeyNames())
    found = [problem.message for problem in text.problems if problem.rule != "unknown-key"]
    if message and message.endswith("nested") and found == ["a value is nested"]:
        return  # a libyaml that counts depth says so before we see the first value
    assert found == ([message] if message else [])
    assert text.text("approved") is None


def test_a_nul_in_a_document(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attacker wants the text to end early for one reader and not for another."""
    approved(qms)
    qms.write(BOB, doc(1, "Do it well.\0 Or not."), "2026-02-01")
    assert messages(qms, "MD201") == ["this is a binary file, not Markdown"]
    assert (qms.status(LATE), checked(qms, monkeypatch).code) == ("1 Effective", 1)


def test_a_key_of_sixty_thousand_characters(qms: Qms) -> None:
    """The attacker wants a report that nobody can read."""
    approved(qms)
    qms.write(BOB, doc(1, **{"k" * 60_000: "x"}), "2026-02-01")
    assert [len(message) < 61_000 for message in messages(qms, "MD205") or messages(qms, "MD201")] == [True]
    assert qms.status(LATE) == "1 Effective"


@pytest.mark.parametrize(
    "toml",
    [
        "a = " + "[" * DEEP + "\n",
        "a" + ".a" * DEEP + " = 1\n",
        "a = " + "{a = " * DEEP + "\n",
        "a = " + "9" * DEEP + "\n",
        "[" * DEEP + "\n",
        "[document]\nid = 'A'\nid = 'B'\n",
        "a = 1\n" * DEEP,
        "# " + "\0" * 100 + "\n",
        "x" * (5 * 1024 * 1024),
    ],
    ids=["deep lists", "dots", "deep tables", "a number", "headers", "twice", "many times", "NUL", "5 MB"],
)
def test_a_policy_that_is_a_trap(qms: Qms, toml: str) -> None:
    """The attacker wants the policy's reader to crash, so that nothing is checked at all."""
    approved(qms)
    qms.commit(BOB, {POLICY: toml}, "2026-02-01")
    assert len(messages(qms, "PO001")) == 1
    assert (qms.state().policy.revision, qms.status(LATE)) == ("1", "1 Effective")
    assert read_policy(toml.encode()).policy is None


@pytest.mark.parametrize(
    "old_new",
    [
        (b"document: QP-001", b"document: ../../QP-001"),
        (b"revision: 2", b"revision: 2/../../x"),
        (b"person: jane", b"person: ../jane"),
        (b"role: ", b"approved: yes\nrole: "),
        (b"role: ", b"role: x\nrole: "),
        (b"name: Jane Doe", b'name: "\\x00"'),
        (b"name: Jane Doe", b"name: " + b"x" * 20_000),
        (b"name: Jane Doe", b"name: *a"),
        (b"signed: 2026", b"signed: 0000"),
        (b"qmsdocs: 1", b"qmsdocs: 2"),
        (b"meaning: approve", b"meaning: approve\r"),
    ],
)
def test_a_record_that_says_too_much(qms: Qms, old_new: tuple[bytes, bytes]) -> None:
    """The attacker, with a key, signs a record with path parts, other keys, or a text that two readers read apart."""
    revised(qms)
    record = next(iter(qms.record(JANE, "quality-manager", signed="2026-02-10").values()))
    assert old_new[0] in record
    data = record.replace(*old_new)
    path = "signatures/QP/QP-001/2/x.yaml"
    qms.commit(BOB, {path: data, f"{path}.sig": armored(data, "jane")}, "2026-02-11")
    assert qms.status(LATE) == "1 Effective"
    told = messages(qms, "AP405") or refusals(qms)
    assert len(told) == 1
    assert isinstance(read_record(data), Problem) or "it names" in told[0]


@pytest.mark.parametrize(
    "armor",
    [
        b"-----BEGIN SSH SIGNATURE-----\n" + b"A" * 70_000 + b"\n-----END SSH SIGNATURE-----\n",
        b"-----BEGIN SSH SIGNATURE-----\n" + b"U1NIU0lH" + b"/" * 400 + b"\n-----END SSH SIGNATURE-----\n",
        b"-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAf////8=\n-----END SSH SIGNATURE-----\n",
        b"\0" * 1000,
        b"",
    ],
    ids=["long", "lengths", "a length of 4 GB", "NUL", "empty"],
)
def test_a_signature_that_is_a_trap(qms: Qms, armor: bytes) -> None:
    """The attacker wants the signature's reader to crash, or to take a broken one for a good one."""
    revised(qms)
    (path, data), _ = qms.record(JANE, "quality-manager", signed="2026-02-10").items()
    qms.commit(BOB, {path: data, f"{path}.sig": armor}, "2026-02-11")
    assert refusals(qms)[0].startswith("the signature is ")
    assert qms.status(LATE) == "1 Effective"
    with pytest.raises(BadSignature):
        read_signature(armor)


def big_file(path: str) -> bytes:
    """A stream for git fast-import: one file of 200 MB of blanks on top of the mainline (git-fast-import(1))."""
    head = f"commit refs/heads/main\ncommitter X <x@example.com> 1770000000 +0000\ndata 0\nfrom refs/heads/main^0\nM 100644 inline {path}\n"
    return f"{head}data {BIG}\n".encode()


@pytest.mark.parametrize("path", ["documents/big.md", "signatures/big.yaml", "documents/flow.svg"])
def test_a_file_of_200_megabytes(qms: Qms, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """The attacker wants the reader to run out of memory."""
    qms.start(policy(approve=ONE))
    qms.commit(ADA, {DOC: doc(1, attachments="[flow.svg]"), "documents/flow.svg": "<svg/>"}, "2026-01-05")
    root = qms.save()
    importer = subprocess.Popen(["git", "fast-import", "--quiet"], cwd=root, stdin=subprocess.PIPE)
    assert importer.stdin
    importer.stdin.write(big_file(path))
    for _ in range(BIG >> 20):
        importer.stdin.write(b" " * (1 << 20))
    importer.stdin.close()
    assert importer.wait() == 0
    monkeypatch.setenv("QMSDOCS_NOW", f"{LATE}T12:00:00+00:00")
    tracemalloc.start()
    said = say(monkeypatch, "check", "--repo", str(root), "--at", "main")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert said.code in (0, 1)
    assert peak < 150 * 1024 * 1024
    expected = {"documents/big.md": "MD201", "signatures/big.yaml": "AP405", "documents/flow.svg": "AP401"}
    assert expected[path] in said.out


def test_a_file_of_200_megabytes_in_the_work_tree(firm: Firm) -> None:
    """The attacker wants the same of whoever has checked it out; a large attachment is still known for what it is."""
    firm.write("documents/procedures/flow.svg", "x" * (40 * 1024 * 1024))
    firm.write("documents/procedures/QP-001.md", procedure("QP-001", more="attachments: [flow.svg]\n"))
    firm.commit()
    for name in ("big.md", "big.svg"):
        with (firm.root / "documents/procedures" / name).open("wb") as file:
            file.truncate(BIG)
    tracemalloc.start()
    said = firm.say("check")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (said.code, "more than a document may have" in said.out) == (1, True)
    assert peak < 200 * 1024 * 1024
    assert "flow.svg" not in said.out


def test_a_path_that_is_no_text(qms: Qms, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The attacker wants a report that steers the terminal, by a path with an escape sequence and a line end."""
    qms.start(policy(approve=ONE))
    evil = "documents/\x1b[2J\x1b[31mQP\n-001.md"
    qms.write(ADA, doc(1, title="\x1b[2JTitle"), "2026-01-05", path=evil)
    for form in ("text", "csv", "html"):
        said = say(monkeypatch, "register", "--repo", str(qms.save()), "--as-of", LATE, "--format", form)
        assert (said.code, "\x1b" in said.out + said.err) == (0, False)
    assert "\x1b" not in checked(qms, monkeypatch).out
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".git", "home"]
