"""What a server takes and what it refuses: real pushes by several people, judged by the hook in its quarantine (githooks(5))."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from firm import Firm, Said, procedure

PATH = "documents/procedures/QP-001.md"
OTHER = "documents/procedures/QP-002.md"


# --- the server ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Server:
    """A repository that people push to, and the address they push to."""

    path: Path
    address: str

    def refs(self) -> dict[str, str]:
        """All refs and what they name."""
        lines = git_at(self.path, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(line.split(" ") for line in lines)

    def files(self) -> list[str]:
        """All that the repository consists of: a quarantine left behind would be seen here."""
        return sorted(str(file.relative_to(self.path)) for file in self.path.rglob("*"))


def git_at(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=True)
    return done.stdout.decode()


def new_server(firm: Firm, path: Path, *options: str, head: str = "main") -> Server:
    """An empty bare repository with the hook."""
    git_at(path.parent, "init", "-q", "--bare", "-b", head, *options, str(path))
    said = firm.say("hooks", "install", "--repo", str(path))
    assert (said.code, "pre-receive" in said.err) == (0, True), said.err
    return Server(path, str(path))


@pytest.fixture
def server(firm: Firm, tmp_path: Path) -> Server:
    """A server to which the policy was pushed, the firm's `origin`."""
    made = new_server(firm, tmp_path / "server.git")
    connect(firm, made)
    return made


def connect(firm: Firm, server: Server) -> None:
    firm.git("remote", "add", "origin", server.address)
    taken(firm, server, "-u", "origin", "main")


def taken(firm: Firm, server: Server, *what: str, by: str = "ann") -> str:
    """A push is taken, and nothing but objects and refs is left behind; returns what was said."""
    said = firm.attempt("push", *what, by=by)
    assert said.code == 0, said.err
    assert [name for name in server.files() if "incoming" in name or name.endswith(".lock")] == []
    return said.err


def refused(firm: Firm, server: Server, *what: str, words: tuple[str, ...], by: str = "ann") -> str:
    """A push is refused in these words, and the server is as it was, to the file."""
    before = server.refs(), server.files()
    said = firm.attempt("push", *what, by=by)
    assert said.code != 0, said.err
    assert [word for word in words if word not in said.err] == [], said.err
    assert "Traceback" not in said.err
    assert (server.refs(), server.files()) == before
    return said.err


def clone(firm: Firm, server: Server, name: str, *options: str) -> Firm:
    """A colleague's clone."""
    path = firm.root.parent / name
    firm.git("clone", "-q", *options, server.address, str(path))
    return Firm(path, firm.keys, firm.monkeypatch)


def approved(firm: Firm, path: str = PATH, revision: str = "1", text: str = "Do it well.") -> None:
    """A procedure, committed and approved."""
    identifier = Path(path).stem
    firm.write(path, procedure(identifier, text, revision))
    firm.commit(f"Draft {identifier}")
    sign(firm, identifier)


def sign(firm: Firm, identifier: str, *people: str) -> None:
    for person in people or ("cat", "bob"):
        said = firm.sign("approve", identifier, person)
        assert said.code == 0, said.err


def edit(firm: Firm, old: str, new: str, path: str = PATH, by: str = "ann") -> None:
    """Replace some words and commit that."""
    text = (firm.root / path).read_text()
    assert old in text
    firm.write(path, text.replace(old, new))
    firm.commit("Edit", by)


def record_of(firm: Firm, person: str) -> Path:
    return next((firm.root / "signatures").rglob(f"*-approve-{person}.yaml"))


# --- each transport -----------------------------------------------------------------------------------------------


@pytest.fixture(params=["path", "file", "http"])
def address(request: pytest.FixtureRequest, tmp_path: Path, firm: Firm) -> Iterator[str]:
    """Where a server at tmp_path/server.git is reached."""
    if request.param != "http":
        yield f"file://{tmp_path}/server.git" if request.param == "file" else str(tmp_path / "server.git")
        return
    with ThreadingHTTPServer(("127.0.0.1", 0), backend(tmp_path, firm)) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_address[1]}/server.git"
        listening.shutdown()
        thread.join()


def backend(folder: Path, firm: Firm) -> type[BaseHTTPRequestHandler]:
    """Smart HTTP, as git serves it behind any web server (git-http-backend(1))."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            asked = {
                "GIT_PROJECT_ROOT": str(folder),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "QMSDOCS_NOW": firm.now,
            }
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            done = subprocess.run(
                ["git", "http-backend"], input=body, env=os.environ | asked, capture_output=True, check=False
            )
            head, _, answer = done.stdout.partition(b"\r\n\r\n")
            fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
            self.send_response(int(fields.pop("Status", "200").split()[0]))
            for name, value in fields.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler


def test_over_each_transport(firm: Firm, tmp_path: Path, address: str) -> None:
    server = Server(new_server(firm, tmp_path / "server.git").path, address)
    git_at(server.path, "config", "http.receivepack", "true")
    connect(firm, server)
    firm.git("switch", "-q", "-c", "qp-001")
    firm.procedure()
    taken(firm, server, "origin", "qp-001")
    sign(firm, "QP-001")
    firm.git("switch", "-q", "main")
    firm.git("merge", "-q", "--no-ff", "-m", "Merge", "qp-001")
    taken(firm, server, "origin", "main")
    edit(firm, "Do it well.", "Do it badly.")
    words = ("refs/heads/main:", "error RE301", f"{PATH}:5", "qmsdocs revise QP-001", "Nothing of the push was taken")
    refused(firm, server, "origin", "main", words=words)


# --- what is false or irreversible --------------------------------------------------------------------------------


def test_signed_records_are_not_altered_removed_or_forged(firm: Firm, server: Server) -> None:
    approved(firm)
    taken(firm, server)
    record = record_of(firm, "cat")
    honest = record.read_text()
    edit(firm, "role: engineer", "role: quality-manager", str(record.relative_to(firm.root)))
    refused(firm, server, words=("error IN701",))
    firm.git("reset", "-q", "--hard", "origin/main")
    firm.git("rm", "-q", str(record))
    firm.commit("Remove")
    refused(firm, server, words=("error IN702",))
    firm.git("reset", "-q", "--hard", "origin/main")
    firm.write(PATH, procedure("QP-001", "Do it better.", "2"))
    firm.commit("Revise")
    forged = record.parent.parent / "2" / record.name
    forged.parent.mkdir()
    forged.write_text(honest.replace("revision: 1", "revision: 2"))
    forged.with_name(f"{forged.name}.sig").write_bytes(record.with_name(f"{record.name}.sig").read_bytes())
    firm.commit("Forge")
    refused(firm, server, words=("error AP404",))


def test_a_record_altered_and_put_back_in_one_push(firm: Firm, server: Server) -> None:
    approved(firm)
    taken(firm, server)
    path = str(record_of(firm, "cat").relative_to(firm.root))
    edit(firm, "role: engineer", "role: quality-manager", path)
    edit(firm, "role: quality-manager", "role: engineer", path)
    refused(firm, server, words=("error IN701",))


def test_a_document_in_force_is_not_deleted_on_the_mainline_nor_on_a_branch(firm: Firm, server: Server) -> None:
    approved(firm)
    taken(firm, server)
    firm.git("rm", "-q", PATH)
    firm.commit("Gone")
    refused(firm, server, words=("error IN703", "QP-001 is effective"))
    refused(firm, server, "origin", "HEAD:refs/heads/topic", words=("refs/heads/topic:", "error IN703"))


def test_what_was_there_before_stops_nobody(firm: Firm, server: Server) -> None:
    approved(firm)
    edit(firm, "Do it well.", "Do it badly.")
    git_at(
        firm.root, "push", "-q", "--no-verify", "--receive-pack=git -c core.hooksPath=/dev/null receive-pack", "origin"
    )
    firm.write(OTHER, procedure("QP-002"))
    firm.commit("Another")
    assert "RE301" not in taken(firm, server)


# --- refs ---------------------------------------------------------------------------------------------------------


def test_the_mainline_only_grows(firm: Firm, server: Server) -> None:
    approved(firm)
    taken(firm, server)
    refused(firm, server, "--force", "origin", "main~1:main", words=("refs/heads/main is the mainline and only grows",))
    firm.git("commit", "-q", "--amend", "-m", "Another story")
    refused(firm, server, words=("(non-fast-forward)",))
    refused(firm, server, "--force", words=("only grows", "git pull --rebase"))
    refused(firm, server, "origin", ":main", words=("refs/heads/main is the mainline and cannot be deleted",))
    refused(firm, server, "--mirror", words=("only grows",))


def test_other_branches_come_move_and_go(firm: Firm, server: Server) -> None:
    firm.git("switch", "-q", "-c", "topic")
    firm.procedure()
    taken(firm, server, "origin", "topic")
    firm.git("commit", "-q", "--amend", "-m", "Better told")
    taken(firm, server, "--force", "origin", "topic")
    taken(firm, server, "--force", "origin", "main:topic")
    taken(firm, server, "origin", ":topic")
    assert server.refs().keys() == {"refs/heads/main"}


def test_tags(firm: Firm, server: Server) -> None:
    approved(firm)
    firm.git("tag", "light")
    firm.git("tag", "-a", "-m", "Issued", "issued")
    taken(firm, server, "origin", "main", "light", "issued")
    firm.git("tag", "-f", "light", "main~1")
    firm.git("tag", "-f", "-a", "-m", "Issued", "issued", "main~1")
    refused(firm, server, "origin", "light", "issued", words=("already exists",))
    taken(firm, server, "--force", "origin", "light", "issued")
    taken(firm, server, "origin", ":light", ":issued")
    edit(firm, "Do it well.", "Do it badly.")
    firm.git("tag", "bad")
    refused(firm, server, "origin", "main", "bad", words=("refs/heads/main:", "error RE301"))


def test_a_tag_with_the_name_of_the_mainline_is_not_taken_for_it(firm: Firm, server: Server) -> None:
    approved(firm)
    taken(firm, server)
    firm.git("tag", "main", "main~2")
    taken(firm, server, "origin", "refs/tags/main")
    edit(firm, "Do it well.", "Do it badly.")
    refused(firm, server, "origin", "refs/heads/main", words=("error RE301",))


def test_of_several_refs_one_bad_one_refuses_all_and_is_named(firm: Firm, server: Server) -> None:
    approved(firm)
    firm.git("branch", "good")
    edit(firm, "Do it well.", "Do it badly.")
    firm.git("branch", "bad")
    said = refused(firm, server, "origin", "good", "bad", "good:main", words=("refs/heads/bad:", "error RE301"))
    assert "because of refs/heads/bad;" in said
    assert "refs/heads/good:" not in said


def test_a_branch_pushed_with_the_mainline_is_judged_on_top_of_it(firm: Firm, server: Server) -> None:
    approved(firm)
    firm.git("switch", "-q", "-c", "topic")
    firm.write(PATH, procedure("QP-001", "Do it better.", "2"))
    firm.commit("Revise")
    firm.git("switch", "-q", "main")
    firm.write(OTHER, procedure("QP-002", more="colour: blue\n"))
    firm.commit("With a key that nobody knows")
    firm.git("switch", "-q", "topic")
    firm.git("merge", "-q", "-m", "Merge", "main")
    said = taken(firm, server, "origin", "main", "topic")
    assert said.count("warning MD205") == 1  # told of the mainline, not of the topic again


def test_a_merge_that_makes_the_mainline_a_side_line(firm: Firm, server: Server) -> None:
    ours = clone(firm, server, "ours")
    approved(firm)
    taken(firm, server)
    ours.write(OTHER, procedure("QP-002"))
    ours.commit("Another", by="dan")
    ours.git("fetch", "-q", by="dan")
    ours.git("merge", "-q", "--no-ff", "-m", "Merge the mainline into mine", "origin/main", by="dan")
    refused(ours, server, words=("would make a side line of it", "'git rebase origin/main'"), by="dan")
    ours.git("rebase", "-q", "origin/main", by="dan")
    taken(ours, server, by="dan")
    assert "refs/heads/main" in server.refs()


def test_a_ref_of_the_server_that_stands_for_the_mainline(firm: Firm, server: Server) -> None:
    approved(firm)
    taken(firm, server)
    git_at(server.path, "symbolic-ref", "refs/heads/master", "refs/heads/main")
    words = ("refs/heads/master is the mainline and only grows",)
    refused(firm, server, "--force", "origin", "main~1:master", words=words)
    edit(firm, "Do it well.", "Do it badly.")
    refused(firm, server, "origin", "main:master", words=("error RE301",))


def test_a_branch_with_nothing_in_common(firm: Firm, server: Server) -> None:
    firm.git("switch", "-q", "--orphan", "pages")
    firm.write("index.html", "The site.")
    firm.commit("Publish")
    assert "nothing in common with 'main'" in taken(firm, server, "origin", "pages")
    words = ("refs/heads/main is the mainline and only grows",)
    refused(firm, server, "--force", "origin", "pages:main", words=words)


def test_a_head_that_names_no_branch_leaves_the_mainline_protected(firm: Firm, tmp_path: Path) -> None:
    server = new_server(firm, tmp_path / "server.git", head="master")
    connect(firm, server)
    approved(firm)
    taken(firm, server)
    firm.git("switch", "-q", "-c", "mine", "main~1")
    edit(firm, 'mainline = "main"', 'mainline = "mine"', "qms.toml", by="dan")
    refused(
        firm,
        server,
        "--force",
        "origin",
        "mine",
        "mine:main",
        words=("refs/heads/main is the mainline and only grows",),
        by="dan",
    )
    refused(firm, server, "origin", ":main", words=("cannot be deleted",))


# --- the first push -----------------------------------------------------------------------------------------------


def test_the_first_push_of_a_sound_qms(firm: Firm, tmp_path: Path) -> None:
    approved(firm)
    firm.git("branch", "topic")
    server = new_server(firm, tmp_path / "server.git")
    taken(firm, server, "--all", str(server.path))
    assert server.refs().keys() == {"refs/heads/main", "refs/heads/topic"}


def test_the_first_push_with_a_broken_file(firm: Firm, tmp_path: Path) -> None:
    firm.write(PATH, "---\nid: QP-001\ntitle: [a\n---\nText\n")
    firm.commit("Broken")
    server = new_server(firm, tmp_path / "server.git")
    refused(firm, server, str(server.path), "main", words=("error MD201", f"{PATH}:4"))


def test_the_first_push_with_a_broken_policy(firm: Firm, tmp_path: Path) -> None:
    broken = Firm(tmp_path / "broken", firm.keys, firm.monkeypatch)
    broken.root.mkdir()
    broken.git("init", "-q", "-b", "main")
    broken.write("qms.toml", "[document\n")
    broken.commit("Broken")
    server = new_server(firm, tmp_path / "server.git")
    refused(broken, server, str(server.path), "main", words=("error PO001", "qms.toml:1"))


def test_a_repository_that_is_no_qms_until_it_gets_a_policy(firm: Firm, tmp_path: Path) -> None:
    plain = Firm(tmp_path / "plain", firm.keys, firm.monkeypatch)
    plain.root.mkdir()
    plain.git("init", "-q", "-b", "main")
    server = new_server(firm, tmp_path / "server.git")
    plain.write("notes.txt", "No policy yet.")
    plain.commit("Notes")
    plain.git("remote", "add", "origin", server.address)
    for text in ("Still none.", "None to this day."):
        assert "qmsdocs" not in taken(plain, server, "origin", "main", "main:topic")
        plain.write("notes.txt", text)
        plain.commit("More notes")
    plain.write("qms.toml", (firm.root / "qms.toml").read_text())
    plain.commit("Start the QMS")
    taken(plain, server, "-u", "origin", "main")
    refused(plain, server, "origin", ":main", words=("cannot be deleted",))


def test_a_mainline_whose_policy_was_deleted_past_the_hook_is_still_judged(firm: Firm, server: Server) -> None:
    approved(firm)
    firm.git("rm", "-q", "qms.toml")
    firm.commit("No policy")
    refused(firm, server, words=("error PO004",))
    git_at(firm.root, "push", "-q", "--receive-pack=git -c core.hooksPath=/dev/null receive-pack", "origin")
    edit(firm, "Do it well.", "Do it badly.")
    refused(firm, server, words=("error RE301",))
    refused(firm, server, "origin", ":main", words=("cannot be deleted",))


# --- drafts on branches alone -------------------------------------------------------------------------------------


def test_drafts_on_branches_alone(firm: Firm, server: Server) -> None:
    text = (firm.root / "qms.toml").read_text().replace("revision = 1", "revision = 2", 1)
    firm.write("qms.toml", text.replace('mainline = "main"', 'mainline = "main"\ndrafts = "branches"'))
    firm.commit("Drafts on branches")
    sign(firm, "QMS-001", "cat")
    taken(firm, server)
    firm.procedure()
    refused(firm, server, words=("error AP410", "git switch -c qp-001"))
    firm.git("switch", "-q", "-c", "qp-001")
    firm.git("branch", "-q", "-f", "main", "origin/main")
    taken(firm, server, "origin", "qp-001")
    sign(firm, "QP-001")
    taken(firm, server, "origin", "qp-001")
    firm.git("switch", "-q", "main")
    firm.git("merge", "-q", "--no-ff", "-m", "Merge", "qp-001")
    taken(firm, server)
    approved(firm, OTHER)  # the same without a branch: draft and approvals come in one push
    taken(firm, server)


# --- several people -----------------------------------------------------------------------------------------------


def test_two_people_push_at_the_same_time(firm: Firm, server: Server) -> None:
    dans, cats = clone(firm, server, "dans"), clone(firm, server, "cats")
    for one, path, by in ((dans, PATH, "dan"), (cats, OTHER, "cat")):
        one.write(path, procedure(Path(path).stem))
        one.commit("Draft", by=by)
    pushes = [
        subprocess.Popen(["git", "push", "-q"], cwd=one.root, env=os.environ | {"QMSDOCS_NOW": firm.now}, stderr=-1)
        for one in (dans, cats)
    ]
    said = [push.communicate()[1].decode() for push in pushes]
    codes = [push.returncode for push in pushes]
    assert sorted(code != 0 for code in codes) == [False, True], said
    winner, loser = (dans, cats) if codes[0] == 0 else (cats, dans)
    assert server.refs()["refs/heads/main"] == winner.git("rev-parse", "main").strip()
    assert [name for name in server.files() if "incoming" in name or name.endswith(".lock")] == []
    loser.git("pull", "-q", "--rebase")
    taken(loser, server)


def test_a_clone_that_is_behind(firm: Firm, server: Server) -> None:
    dans = clone(firm, server, "dans")
    approved(firm)
    taken(firm, server)
    dans.write(OTHER, procedure("QP-002"))
    dans.commit("Draft", by="dan")
    refused(dans, server, words=("(fetch first)",), by="dan")
    refused(dans, server, "--force", words=("would drop commits that landed there",), by="dan")
    dans.git("pull", "-q", "--rebase", by="dan")
    taken(dans, server, by="dan")


def test_a_branch_whose_mainline_went_on(firm: Firm, server: Server) -> None:
    dans = clone(firm, server, "dans")
    approved(firm)
    taken(firm, server)
    dans.git("switch", "-q", "-c", "topic", by="dan")
    dans.write(PATH, procedure("QP-001", "Do it slowly."))
    dans.commit("My own", by="dan")
    refused(dans, server, "origin", "topic", words=("refs/heads/topic:", "error RE301"), by="dan")


def test_a_push_from_a_fork_that_shares_objects(firm: Firm, server: Server) -> None:
    fork = firm.root.parent / "fork.git"
    git_at(server.path, "clone", "-q", "--bare", "--shared", str(server.path), str(fork))
    assert firm.say("hooks", "install", "--repo", str(fork)).code == 0
    shared = Server(fork, str(fork))
    approved(firm)
    taken(firm, shared, shared.address, "main")
    firm.git("push", "-q", "origin", "main:topic")
    edit(firm, "Do it well.", "Do it badly.")
    refused(firm, shared, shared.address, "main", words=("error RE301",))


def test_a_push_from_a_shallow_clone(firm: Firm, server: Server) -> None:
    approved(firm)
    taken(firm, server)
    file = Server(server.path, f"file://{server.path}")
    thin = clone(firm, file, "thin", "--depth=1")
    thin.write(OTHER, procedure("QP-002"))
    thin.commit("Draft", by="dan")
    taken(thin, server, by="dan")
    thin.write(PATH, procedure("QP-001", "Do it badly."))
    thin.commit("Bad", by="dan")
    refused(thin, server, words=("error RE301",), by="dan")


def test_a_server_that_is_shallow_cannot_tell(firm: Firm, server: Server, tmp_path: Path) -> None:
    approved(firm)
    taken(firm, server)
    thin = Server(tmp_path / "thin.git", str(tmp_path / "thin.git"))
    git_at(tmp_path, "clone", "-q", "--bare", "--depth=1", f"file://{server.path}", str(thin.path))
    assert firm.say("hooks", "install", "--repo", str(thin.path)).code == 0
    firm.write(OTHER, procedure("QP-002"))
    firm.commit("Draft")
    refused(firm, thin, thin.address, "main", words=("This clone is shallow",))


def test_a_repository_of_sha256(firm: Firm, tmp_path: Path) -> None:
    modern = Firm(tmp_path / "modern", firm.keys, firm.monkeypatch)
    modern.root.mkdir()
    modern.git("init", "-q", "-b", "main", "--object-format=sha256")
    modern.write("qms.toml", (firm.root / "qms.toml").read_text())
    modern.commit("Start the QMS", by="bob")
    server = new_server(firm, tmp_path / "server.git", "--object-format=sha256")
    connect(modern, server)
    modern.procedure()
    taken(modern, server)
    modern.write(OTHER, procedure("QP-001"))
    modern.commit("A second of this id")
    refused(modern, server, words=("error ID104",))
    refused(modern, server, "--force", "origin", "main~2:main", words=("only grows",))


# --- attacks on the policy ----------------------------------------------------------------------------------------


def promoted(text: str) -> str:
    """Dan makes himself engineer, quality manager and top management."""
    assert "roles = ['operator']" in text
    return text.replace("roles = ['operator']", "roles = ['engineer', 'quality-manager', 'top-management']")


def test_who_promotes_themselves_has_no_say(firm: Firm, server: Server) -> None:
    approved(firm)
    taken(firm, server)
    mine = promoted((firm.root / "qms.toml").read_text())
    firm.write("qms.toml", mine)
    firm.commit("Dan is the boss", by="dan")
    refused(firm, server, words=("error PO003",), by="dan")
    firm.git("commit", "-q", "--amend", "--no-edit", "--author=Tom Top <tom@test.example>", by="dan")
    refused(firm, server, "origin", "HEAD:refs/heads/dan", words=("error PO003",), by="dan")
    firm.git("reset", "-q", "--hard", "origin/main")
    firm.write("qms.toml", mine.replace("revision = 1", "revision = 2", 1))
    firm.commit("Dan would be the boss", by="dan")
    taken(firm, server, by="dan")  # a draft of the policy: it says so, and has no effect
    firm.write(PATH, procedure("QP-001", "Do it as Dan says.", "2"))
    firm.commit("Revise", by="ann")
    said = firm.sign("approve", "QP-001", "dan")
    assert said.code != 0
    record = firm.sign("approve", "QP-001", "cat")
    assert record.code == 0
    forged = record_of(firm, "cat").parent.parent / "2"
    genuine = next(forged.glob("*-approve-cat.yaml"))
    fake = genuine.with_name(genuine.name.replace("cat", "dan"))
    fake.write_text(genuine.read_text().replace("person: cat", "person: dan").replace("Cat Clark", "Dan Dale"))
    signed = subprocess.run(
        ["ssh-keygen", "-Y", "sign", "-q", "-f", firm.key("dan"), "-n", "qmsdocs", str(fake)], check=False
    )
    assert signed.returncode == 0
    firm.commit("Approved by Dan", by="dan")
    refused(firm, server, words=("error AP404", "dan"), by="dan")


def test_a_policy_that_nobody_approved_does_not_move_the_mainline(firm: Firm, server: Server) -> None:
    approved(firm)
    text = (firm.root / "qms.toml").read_text().replace("revision = 1", "revision = 2", 1)
    firm.write("qms.toml", text.replace('mainline = "main"', 'mainline = "mine"'))
    firm.commit("Elsewhere", by="dan")
    taken(firm, server, by="dan")
    refused(firm, server, "--force", "origin", "main~1:main", words=("is the mainline and only grows",), by="dan")
    refused(firm, server, "origin", ":main", words=("cannot be deleted",), by="dan")


def test_an_approved_policy_moves_the_mainline_and_the_new_one_goes_on_from_the_old(firm: Firm, server: Server) -> None:
    approved(firm)
    text = (firm.root / "qms.toml").read_text().replace("revision = 1", "revision = 2", 1)
    firm.write("qms.toml", text.replace('mainline = "main"', 'mainline = "trunk"'))
    firm.commit("Elsewhere")
    firm.git("branch", "trunk")
    sign(firm, "QMS-001", "cat")
    taken(firm, server)
    words = ("refs/heads/trunk is the mainline and only grows",)
    refused(firm, server, "origin", "main~3:refs/heads/trunk", words=words)
    taken(firm, server, "origin", "main:refs/heads/trunk")
    refused(firm, server, "--force", "origin", "main~1:trunk", words=words)


# --- the hook itself ----------------------------------------------------------------------------------------------


def hook(server: Server, given: bytes | None, **env: str) -> Said:
    """Run the hook by hand, with some standard input; with None it is closed."""
    command = [str(server.path / "hooks/pre-receive")]
    if given is None:
        command = ["sh", "-c", f"exec '{command[0]}' <&-"]
    done = subprocess.run(
        command, cwd=server.path, input=given or b"", env=os.environ | env, capture_output=True, check=False
    )
    return Said(done.returncode, done.stdout.decode(), done.stderr.decode())


NOISE = (
    b"",
    b"\n",
    b"garbage\n",
    b"\x00\xff\xfe\n",
    b"0 0 refs/heads/main\n",
    b"a b c d\n" * 3,
    b"0" * 40 + b" HEAD main\n",
)


@pytest.mark.parametrize("given", [None, *NOISE])
def test_standard_input_that_is_no_push(server: Server, given: bytes | None) -> None:
    said = hook(server, given)
    assert (said.code, said.out) == (3, "")
    assert "what was pushed cannot be told" in said.err
    assert "Traceback" not in said.err


def test_a_commit_that_is_not_there(server: Server) -> None:
    main = server.refs()["refs/heads/main"]
    said = hook(server, f"{main} {'1' * 40} refs/heads/main\n".encode())
    assert said.code == 3
    assert "refs/heads/main: The commit 111111111111 is not here" in said.err


def test_without_a_hook_standard_input_may_be_closed_too(server: Server) -> None:
    command = f"exec '{sys.executable}' -m qmsdocs check --pre-receive <&-"
    done = subprocess.run(command, shell=True, cwd=server.path, capture_output=True, check=False)
    assert (done.returncode, done.stderr.decode().startswith("qmsdocs: Standard input is not")) == (3, True)


def test_who_hangs_up_before_the_verdict_gains_nothing(firm: Firm, server: Server) -> None:
    approved(firm)
    taken(firm, server)
    old = server.refs()["refs/heads/main"]
    edit(firm, "Do it well.", "Do it badly.")
    firm.git("push", "-q", "origin", "main:refs/kept/bad")
    line = f"{old} {server.refs()['refs/kept/bad']} refs/heads/main\n".encode()
    assert hook(server, line).code == 1
    gone, end = os.pipe()
    os.close(gone)
    done = subprocess.run(
        [str(server.path / "hooks/pre-receive")], cwd=server.path, input=line, stdout=end, stderr=end, check=False
    )
    os.close(end)
    assert done.returncode != 0


def test_another_users_repository(server: Server) -> None:
    main = server.refs()["refs/heads/main"]
    line = f"{main} {main} refs/heads/main\n".encode()
    said = hook(server, line, GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
    assert said.code != 0
    assert "belongs to another user, so git refuses to read it" in said.err
    assert hook(server, line, GIT_TEST_ASSUME_DIFFERENT_OWNER="1", GIT_DIR=".").code == 0  # as git itself calls it


def test_a_hook_that_was_there_reads_the_same_lines_and_is_called_first(firm: Firm, tmp_path: Path) -> None:
    server = Server(tmp_path / "server.git", str(tmp_path / "server.git"))
    git_at(tmp_path, "init", "-q", "--bare", "-b", "main", str(server.path))
    mine = server.path / "hooks/pre-receive"
    mine.write_text("#!/bin/sh\ncat >> seen\nif grep -q forbidden seen; then echo 'not that one' >&2; exit 7; fi\n")
    mine.chmod(0o755)
    said = firm.say("hooks", "install", "--repo", str(server.path))
    assert (said.code, "Called first, as before: pre-receive" in said.err) == (0, True)
    taken(firm, server, server.address, "main", "main:one")
    tip = server.refs()["refs/heads/main"]
    zero = "0" * 40
    assert (server.path / "seen").read_text() == f"{zero} {tip} refs/heads/main\n{zero} {tip} refs/heads/one\n"
    said = firm.attempt("push", server.address, "main:forbidden")
    assert (said.code != 0, "not that one" in said.err) == (True, True)
    assert firm.say("hooks", "uninstall", "--repo", str(server.path)).code == 0
    assert mine.read_text().startswith("#!/bin/sh\ncat >> seen")


def test_a_hook_that_was_there_and_reads_nothing(firm: Firm, tmp_path: Path) -> None:
    server = new_server(firm, tmp_path / "server.git")
    mine = server.path / "hooks/pre-receive.before-qmsdocs"
    mine.write_text("#!/bin/sh\nexit 0\n")
    mine.chmod(0o755)
    taken(firm, server, server.address, "main")


def test_a_server_with_files(firm: Firm, tmp_path: Path) -> None:
    path = tmp_path / "served"
    git_at(tmp_path, "init", "-q", "-b", "main", str(path))
    git_at(path, "config", "receive.denyCurrentBranch", "updateInstead")
    said = firm.say("hooks", "install", "--server", "--repo", str(path))
    assert (said.code, "pre-receive" in said.err, "pre-commit" in said.err) == (0, True, False)
    server = Server(path, str(path))
    approved(firm)
    firm.git("remote", "add", "origin", server.address)
    taken(firm, server, "-u", "origin", "main")
    assert (path / PATH).is_file()
    edit(firm, "Do it well.", "Do it badly.")
    refused(firm, server, words=("error RE301",))


def test_a_hooks_folder_that_several_repositories_share(firm: Firm, tmp_path: Path) -> None:
    server = new_server(firm, tmp_path / "server.git")
    (server.path / "hooks/pre-receive").unlink()
    git_at(server.path, "config", "core.hooksPath", str(tmp_path / "shared"))
    assert firm.say("hooks", "install", "--repo", str(server.path)).code == 0
    approved(firm)
    connect(firm, server)
    edit(firm, "Do it well.", "Do it badly.")
    refused(firm, server, words=("error RE301",))


def test_a_hook_that_is_killed_lets_nothing_through(firm: Firm, server: Server) -> None:
    approved(firm)
    hook_file = server.path / "hooks/pre-receive"
    started = server.path.parent / "started"
    text = hook_file.read_text().replace("#!/bin/sh\n", f"#!/bin/sh\necho $$ > '{started}'\nsleep 1\n", 1)
    hook_file.write_text(text)
    before = server.refs(), server.files()
    env = os.environ | {"QMSDOCS_NOW": firm.now}
    push = subprocess.Popen(["git", "push", "-q"], cwd=firm.root, env=env, stderr=subprocess.PIPE)
    while not (started.is_file() and started.read_text().strip()):
        time.sleep(0.02)
        assert push.poll() is None
    os.kill(int(started.read_text()), signal.SIGKILL)
    assert "pre-receive hook declined" in push.communicate()[1].decode()
    assert push.returncode != 0
    assert (server.refs(), server.files()) == before


def test_where_qmsdocs_is_gone_nothing_is_taken(firm: Firm, server: Server) -> None:
    approved(firm)
    hook_file = server.path / "hooks/pre-receive"
    lines = hook_file.read_text().splitlines()
    hook_file.write_text(
        "\n".join("qmsdocs=/nowhere/qmsdocs" if line.startswith("qmsdocs=") else line for line in lines)
    )
    firm.monkeypatch.setenv("PATH", "/usr/bin:/bin")
    refused(firm, server, words=("nothing can be checked",))
