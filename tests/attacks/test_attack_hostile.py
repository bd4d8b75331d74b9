"""A repository from a stranger: reading it runs none of its code, follows no link out of it, and writes nothing beside it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from firm import Firm, procedure

Trap = Callable[[Firm, str], None]
PATH = "documents/procedures/QP-001.md"
READING = (
    ("check",),
    ("check", "--at", "main"),
    ("register", "--format", "json"),
    ("history", "QP-001"),
    ("diff", "QP-001", "1"),
    ("status",),
)


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A file that only code of the repository would make."""
    return tmp_path / "canary"


def read_all(firm: Firm) -> list[int]:
    """The exit codes of every verb that reads."""
    return [firm.say(*arguments).code for arguments in READING]


def stock(firm: Firm, *arguments: str) -> None:
    """Git as anybody runs it, whatever comes of it."""
    subprocess.run(["git", *arguments], cwd=firm.root, check=False, capture_output=True)


def executable(firm: Firm, path: str, command: str) -> None:
    """A script at a path."""
    firm.write(path, f"#!/bin/sh\n{command}\n")
    (firm.root / path).chmod(0o755)


def hooks(firm: Firm, command: str) -> None:
    for name in ("post-checkout", "pre-commit", "post-index-change", "fsmonitor-watchman", "reference-transaction"):
        executable(firm, f".git/hooks/{name}", command)
    executable(firm, "hooks/post-index-change", command)
    firm.git("config", "core.hooksPath", "hooks")


def filters(firm: Firm, command: str) -> None:
    for part in ("clean", "smudge", "process"):
        firm.git("config", f"filter.evil.{part}", command)
    firm.git("config", "filter.evil.required", "true")
    firm.write(".gitattributes", "* filter=evil\n")


def diffs(firm: Firm, command: str) -> None:
    firm.git("config", "diff.external", command)
    firm.git("config", "diff.evil.textconv", command)
    firm.git("config", "diff.evil.command", command)
    firm.git("config", "merge.evil.driver", command)
    firm.write(".git/info/attributes", "* diff=evil merge=evil\n")


def monitors(firm: Firm, command: str) -> None:
    firm.git("config", "core.fsmonitor", command)
    firm.git("config", "core.untrackedCache", "true")


def aliases(firm: Firm, command: str) -> None:
    for name in ("log", "rev-parse", "cat-file", "ls-tree", "symbolic-ref", "var", "config"):
        firm.git("config", f"alias.{name}", f"!{command}")


def programs(firm: Firm, command: str) -> None:
    for name in ("core.pager", "pager.log", "core.editor", "core.askPass", "core.alternateRefsCommand", "gpg.program",
                 "gpg.ssh.program", "gpg.ssh.defaultKeyCommand", "credential.helper", "interactive.diffFilter",
                 "uploadpack.packObjectsHook", "sequence.editor", "core.gitProxy", "man.viewer"):  # fmt: skip
        firm.git("config", name, command)
    firm.git("config", "log.showSignature", "true")
    firm.git("config", "commit.gpgSign", "false")


def included(firm: Firm, command: str) -> None:
    firm.write("evil.config", f"[core]\n\tfsmonitor = {command}\n[diff]\n\texternal = {command}\n")
    firm.git("config", "include.path", "../evil.config")
    firm.git("config", "includeIf.gitdir:**.path", "../evil.config")


@pytest.mark.parametrize(
    ("trap", "springs"),
    [
        (hooks, "checkout -q --detach"),
        (filters, "add -A"),
        (diffs, "diff"),
        (monitors, "status"),
        (included, "diff"),
        (programs, "var GIT_EDITOR"),
        (aliases, "config --list"),
    ],
)
def test_code_that_waits_for_a_reader(firm: Firm, canary: Path, trap: Trap, springs: str) -> None:
    """The attacker wants his command run on the machine of whoever looks at his repository; stock git runs most of it."""
    firm.procedure()
    for person in ("cat", "bob"):
        firm.sign("approve", "QP-001", person)
    firm.write(PATH, procedure("QP-001", "Not committed."))
    script = canary.with_name("evil.sh")
    script.write_text(f"#!/bin/sh\ntouch {canary}\ncat\n")
    script.chmod(0o755)
    trap(firm, str(script))
    assert read_all(firm) == [1, 0, 0, 0, 0, 0]
    assert not canary.exists()
    stock(firm, *springs.split())
    assert canary.exists() is (trap not in (programs, aliases))  # these wait for a terminal, or for another verb


TRANSPORTS = {
    "ext": ("ext::touch {}", {}),
    "ssh": ("ssh://example.invalid/x", {"core.sshCommand": "touch {};"}),
    "upload-pack": (".", {"remote.origin.uploadpack": "touch {};"}),
    "helper": ("touch {}", {"remote.origin.vcs": "ext"}),
}


@pytest.mark.parametrize("way", TRANSPORTS)
def test_an_object_to_be_fetched_by_the_strangers_command(firm: Firm, canary: Path, way: str) -> None:
    """The attacker leaves an object out and says where it is to be had: by a command of his."""
    path = firm.procedure()
    blob = firm.git("rev-parse", f"HEAD:{path}").strip()
    (firm.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    url, settings = TRANSPORTS[way]
    settings = settings | {
        "core.repositoryFormatVersion": "1", "extensions.partialClone": "origin", "remote.origin.promisor": "true",
        "protocol.allow": "always", "protocol.ext.allow": "always", "remote.origin.url": url,
    }  # fmt: skip
    for name, value in settings.items():
        firm.git("config", name, value.format(canary))
    assert [firm.say(*arguments).code for arguments in READING[1:4]] == [3, 3, 3]
    assert not canary.exists()
    stock(firm, "cat-file", "-e", blob)
    assert canary.exists()


def test_settings_that_hide_changes(firm: Firm) -> None:
    """The attacker sets git to show less in its log, so that the reader's history is another one."""
    firm.procedure()
    for person in ("cat", "bob"):
        firm.sign("approve", "QP-001", person)
    before = firm.say("register", "--format", "json").out
    settings = {
        "log.showRoot": "false", "log.follow": "true", "log.diffMerges": "off", "diff.renames": "copies", "log.mailmap": "true",
        "diff.orderFile": "missing", "diff.relative": "true", "diff.noprefix": "true", "diff.ignoreSubmodules": "all",
        "core.abbrev": "7", "color.ui": "always", "format.pretty": "oneline", "log.date": "relative", "log.decorate": "full",
        "core.quotePath": "true", "i18n.logOutputEncoding": "UTF-16", "core.bigFileThreshold": "1", "core.ignoreCase": "true",
    }  # fmt: skip
    for name, value in settings.items():
        firm.git("config", name, value)
    firm.write(".mailmap", "Cat Clark <cat@test.example> <ann@test.example>\n")
    assert firm.say("register", "--format", "json").out == before


@pytest.mark.parametrize("link", ["documents", "documents/procedures", "signatures", "qms.toml", PATH])
def test_a_link_out_of_the_tree(firm: Firm, tmp_path: Path, link: str) -> None:
    """The attacker wants a file of the reader's machine read as if it were the repository's, and shown."""
    firm.procedure()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.md").write_text(procedure("QP-666", "Secret."))
    (outside / "secret.yaml").write_text("secret: TOP-SECRET\n")
    (outside / "file").write_text("TOP-SECRET = [\n")
    place = firm.root / link
    place.parent.mkdir(exist_ok=True, parents=True)
    subprocess.run(["rm", "-rf", str(place)], check=True)
    place.symlink_to(outside / "file" if place.suffix else outside)
    said = [firm.say(*arguments) for arguments in READING]
    assert not any(word in s.out + s.err for s in said for word in ("SECRET", "QP-666"))
    assert place.name != "qms.toml" or "the policy's file is gone" in said[0].out


def test_a_folder_of_the_policy_behind_a_link(firm: Firm, tmp_path: Path) -> None:
    """The attacker's policy names a folder whose parent is a link out of the tree."""
    (tmp_path / "outside/deep").mkdir(parents=True)
    (tmp_path / "outside/deep/secret.md").write_text(procedure("QP-666", "Secret."))
    (firm.root / "a").symlink_to(tmp_path / "outside")
    text = (
        (firm.root / "qms.toml").read_text().replace('mainline = "main"', 'mainline = "main"\ndocuments = ["a/deep"]')
    )
    firm.write("qms.toml", text)
    assert "QP-666" not in firm.say("check").out


def test_a_template_behind_a_link(firm: Firm, tmp_path: Path) -> None:
    """The attacker wants a file of the writer's machine copied into a document that will be pushed."""
    (tmp_path / "secret").write_text("TOP-SECRET")
    (firm.root / "templates").mkdir()
    (firm.root / "templates/procedure.md").symlink_to(tmp_path / "secret")
    assert firm.say("new", "procedure", "Testing").code == 0
    assert "SECRET" not in next((firm.root / "documents").rglob("QP-*.md")).read_text()


@pytest.mark.parametrize("title", ["../../../evil", "/evil", "..\\evil", "\x1b]0;evil\x07", ".", "con\n.git/hooks/x"])
def test_a_title_with_path_parts(firm: Firm, tmp_path: Path, title: str) -> None:
    """The attacker wants a file written elsewhere, by the title of a document."""
    before = {path for path in tmp_path.rglob("*") if firm.root not in path.parents}
    firm.say("new", "procedure", title)
    made = set(firm.root.glob("documents/**/*.md"))
    assert {path for path in tmp_path.rglob("*") if firm.root not in path.parents} == before
    assert {path.parent for path in made} <= {firm.root / "documents/procedures"}


def test_a_link_where_a_report_is_written_first(firm: Firm, tmp_path: Path) -> None:
    """The attacker lays a link where the report is written before it gets its name, so that another file is overwritten."""
    mine = tmp_path / "mine"
    mine.write_text("precious")
    firm.procedure()
    (firm.root / ".register.html.part").symlink_to(mine)
    (firm.root / "documents/procedures/.QP-001.md.part").symlink_to(mine)
    assert firm.say("register", "--format", "html", "-o", "register.html").code == 0
    for person in ("cat", "bob"):
        firm.sign("approve", "QP-001", person)
    assert firm.say("revise", "QP-001", "--change", "More.").code == 0
    assert mine.read_text() == "precious"
    assert not (firm.root / "register.html").is_symlink()


def test_a_report_stays_in_its_file(firm: Firm, tmp_path: Path) -> None:
    """The attacker puts path parts into every field that a report shows; the report goes to its file, and nowhere else."""
    front = (
        procedure("QP-001").replace("title: How to do QP-001", "title: ../../evil").replace("First issue.", "/etc/evil")
    )
    firm.write(PATH, front)
    firm.commit()
    before = set(tmp_path.rglob("*"))
    output = tmp_path / "out.html"
    assert firm.say("register", "--format", "html", "-o", str(output)).code == 0
    after = {path for path in tmp_path.rglob("*") if ".git" not in path.parts}
    assert after - before == {output}


def test_a_fifo_and_a_device_among_the_documents(firm: Firm) -> None:
    """The attacker wants the reader to wait for ever for a file that never ends."""
    (firm.root / "documents/procedures").mkdir(parents=True)
    os.mkfifo(firm.root / "documents/procedures/QP-009.md")
    assert firm.say("check").code == 0


def test_a_work_tree_elsewhere(firm: Firm, tmp_path: Path) -> None:
    """The attacker's .git/config says that the files are in the reader's home."""
    (tmp_path / "outside/documents").mkdir(parents=True)
    (tmp_path / "outside/documents/secret.md").write_text(procedure("QP-666", "Secret."))
    firm.procedure()
    firm.git("config", "core.worktree", str(tmp_path / "outside"))
    assert all("QP-666" not in firm.say(*arguments).out for arguments in READING)
