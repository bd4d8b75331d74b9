"""The history as git streams it, and what landed when."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qmsdocs.history import (
    LOG_OPTIONS,
    Change,
    Commit,
    landing_times,
    landings,
    mainline,
    named_authors,
    parse_identity,
    parse_log,
)
from qmsdocs.model import CannotDetermine, Identity

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

DAY = 86_400
NOBODY = Identity("", "")
HOSTILE_PATH = b"a\nb:\xff \xe2\x80\xa8\"'\\.md"
COLON_PATH = b":100644 100644 x y M"


class Store:
    """Git objects written raw, so that a name, a subject or a time can be as bad as git lets them be."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "--quiet", "--initial-branch=main")
        self.blob = self.git("hash-object", "-w", "--stdin", data=b"text").decode().strip()
        self.empty = self.tree()

    def git(self, *arguments: str, data: bytes = b"") -> bytes:
        quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "LC_ALL": "C"}
        done = subprocess.run(
            ["git", "-C", self.folder, *arguments],
            input=data,
            capture_output=True,
            check=True,
            env={**os.environ, **quiet},
        )
        return done.stdout

    def tree(self, *paths: bytes, mode: bytes = b"100644") -> str:
        entries = b"".join(b"%s blob %s\t%s\0" % (mode, self.blob.encode(), path) for path in sorted(paths))
        return self.git("mktree", "-z", data=entries).decode().strip()

    def commit(
        self,
        tree: str,
        *parents: str,
        author: bytes = b"Jane <j@example.com>",
        message: bytes = b"subject\n",
        when: bytes = b"1700000000 +0000",
        more: bytes = b"",
    ) -> str:
        lines = [b"tree " + tree.encode(), *(b"parent " + parent.encode() for parent in parents)]
        lines += [b"author " + author + b" " + when, b"committer C <c@example.com> " + when]
        raw = b"\n".join(lines) + b"\n" + more + b"\n" + message
        return self.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", data=raw).decode().strip()

    def stream(self, head: str, *configuration: str) -> bytes:
        settings = [part for setting in configuration for part in ("-c", setting)]
        return self.git(*settings, "log", *LOG_OPTIONS, head, "--")

    def log(self, head: str, *configuration: str) -> list[Commit]:
        return list(parse_log([self.stream(head, *configuration)]))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_hostile_names_subjects_and_paths_stay_where_they_belong(store: Store) -> None:
    message = (
        b":100644 000000 subject\xff\nsecond line\n\n\x01body\n\n"
        b"co-authored-by: Bob\xe2\x80\xa8Ray <b@example.com>\r\nCo-Authored-By: :000000 <>\nSigned-off-by: X <x@y>\n"
    )
    root = store.commit(
        store.tree(HOSTILE_PATH, COLON_PATH), author=b":100644 A\xffB\xe2\x80\xa8\x1b <a@b>", message=message
    )
    (commit,) = store.log(root)
    assert commit.author == Identity(":100644 A�B\u2028\x1b", "a@b")
    assert commit.subject == ":100644 000000 subject� second line"
    assert commit.coauthors == (Identity("Bob\u2028Ray", "b@example.com"), Identity(":000000", ""))
    paths = [COLON_PATH.decode(), HOSTILE_PATH.decode("utf-8", "surrogateescape")]
    assert commit.changes == tuple(Change(path, None, store.blob) for path in paths)


def test_a_message_ends_at_its_nul(store: Store) -> None:
    (commit,) = store.log(store.commit(store.tree(b"a"), message=b"one\0:100644 two\0\0"))
    assert (commit.subject, len(commit.changes)) == ("one", 1)


@pytest.mark.parametrize(
    ("when", "seconds"),
    [(b"99999999999999 +0000", 99_999_999_999_999), (b"-5 +0000", 0), (b"", 0), (b"x", 0), (b"7 +9999", 7)],
)
def test_odd_times(store: Store, when: bytes, seconds: int) -> None:
    assert [commit.committed for commit in store.log(store.commit(store.empty, when=when))] == [seconds]


@pytest.mark.parametrize("author", [b" <>", b"<>", b"no brackets", b""])
def test_odd_authors(store: Store, author: bytes) -> None:
    assert [commit.author.email for commit in store.log(store.commit(store.empty, author=author))] == [""]


def test_empty_root_and_merge_commits(store: Store) -> None:
    root = store.commit(store.tree(b"a"), message=b"")
    left = store.commit(store.tree(b"a", b"l"), root)
    right = store.commit(store.tree(b"a", b"r"), root)
    merge = store.commit(store.tree(b"a", b"l", b"r", b"evil"), left, right)
    empty = store.commit(store.tree(b"a", b"l", b"r", b"evil"), merge)
    gone = store.commit(store.empty, empty)
    found = {commit.id: commit for commit in store.log(gone)}
    changed = {name: [change.path for change in found[name].changes] for name in found}
    assert changed == {
        root: ["a"], left: ["l"], right: ["r"], merge: ["evil", "r"], empty: [], gone: ["a", "evil", "l", "r"]
    }  # fmt: skip
    assert found[merge].parents == (left, right)
    assert found[root].subject == ""
    assert all((change.old, change.new) == (store.blob, None) for change in found[gone].changes)
    order = list(found)
    assert (order[0], order[-1]) == (root, gone)


def test_modes(store: Store) -> None:
    link = store.commit(store.tree(b"a", mode=b"120000"))
    file = store.commit(store.tree(b"a"), link)
    run = store.commit(store.tree(b"a", mode=b"100755"), file)
    changes = [commit.changes[0] for commit in store.log(run)]
    assert [(change.mode, change.is_file) for change in changes] == [
        ("120000", False),
        ("100644", True),
        ("100755", True),
    ]


@pytest.mark.parametrize(
    "setting",
    ["log.showRoot=false", "i18n.logOutputEncoding=ISO-8859-1", "diff.renames=copies", "log.diffMerges=off",
     "core.quotePath=true", "diff.relative=true", "log.showSignature=true", "color.ui=always", "format.pretty=oneline"],
)  # fmt: skip
def test_no_setting_of_git_changes_what_is_read(store: Store, setting: str) -> None:
    root = store.commit(store.tree(b"a\xc3\xa9"), author="Jürg <j@b>".encode())
    side = store.commit(store.tree(b"c"), root)
    merge = store.commit(store.tree(b"d"), root, side, author=b"J\xfcrg <j@b>", more=b"encoding ISO-8859-1\n")
    assert store.log(merge, setting) == store.log(merge)
    assert [commit.author.name for commit in store.log(merge)] == ["Jürg", "Jane", "Jürg"]
    assert store.log(merge)[0].changes[0].path == "aé"


def test_a_stream_may_come_in_pieces_and_must_not_break_off(store: Store) -> None:
    root = store.commit(store.tree(b"a"))
    head = store.commit(store.tree(b"b\nc", HOSTILE_PATH), root)
    stream, whole = store.stream(head), store.log(head)
    assert len(whole) == 2
    assert list(parse_log(stream[n : n + 1] for n in range(len(stream)))) == whole
    assert list(parse_log([])) == []
    for end in range(len(stream)):
        try:
            cut = list(parse_log([stream[:end]]))
        except CannotDetermine:
            continue
        assert stream[end - 1 : end] in (b"\0", b"\n", b"")
        assert [commit.id for commit in cut] == [commit.id for commit in whole][: len(cut)]


@given(
    st.lists(st.sampled_from([b"\0", b":", b"\n", b"a" * 40, b"1", b" ", b"\xff", b":1 2 3 4 A"]), max_size=40).map(
        b"".join
    )
)
def test_a_garbled_stream_is_read_or_refused(stream: bytes) -> None:
    try:
        commits = list(parse_log([stream]))
    except CannotDetermine:
        return
    assert stream.count(b"\0") >= 7 * len(commits)


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        ("Jane Doe <jane@example.com>", Identity("Jane Doe", "jane@example.com")),
        ("Jane Doe <jane@example.com> 1700000000 +0000", Identity("Jane Doe", "jane@example.com")),
        (" <jane@example.com>\r", Identity("", "jane@example.com")),
        ("Jane Doe", Identity("Jane Doe", "")),
        ("Jane < jane@x ", Identity("Jane", "jane@x")),
        ("", NOBODY),
    ],
)
def test_identities(text: str, identity: Identity) -> None:
    assert parse_identity(text) == identity


# --- what landed -----------------------------------------------------------------------------------------------------


def line_of(*commits: tuple[str, str]) -> dict[str, Commit]:
    """Commits by their one-letter ids: ("c", "ab") has the parents a and b."""
    return {
        name: Commit(name, tuple(parents), number, NOBODY, (), "", ()) for number, (name, parents) in enumerate(commits)
    }


def test_a_landing_brings_what_the_mainline_did_not_have() -> None:
    commits = line_of(("a", ""), ("b", "a"), ("x", "a"), ("y", "x"), ("m", "by"), ("z", "y"), ("n", "mz"), ("o", "n"))
    assert [commit.id for commit in mainline(commits, "o")] == ["a", "b", "m", "n", "o"]
    brought = [[commit.id for commit in landing.brought] for landing in landings(commits, "o")]
    assert brought == [["a"], ["b"], ["x", "y", "m"], ["z", "n"], ["o"]]


def test_a_missing_parent_cannot_be_determined() -> None:
    with pytest.raises(CannotDetermine, match="unshallow"):
        mainline(line_of(("b", "a")), "b")


@st.composite
def histories(draw: st.DrawFn) -> dict[str, Commit]:
    names = [chr(ord("a") + n) for n in range(draw(st.integers(1, 12)))]
    parents = [
        draw(st.lists(st.sampled_from(names[:n]), unique=True, max_size=3, min_size=1)) if n else []
        for n in range(len(names))
    ]
    return line_of(*((name, "".join(some)) for name, some in zip(names, parents, strict=True)))


@given(histories())
def test_every_commit_lands_once_and_after_its_parents(commits: dict[str, Commit]) -> None:
    head = list(commits)[-1]
    order = [commit.id for landing in landings(commits, head) for commit in landing.brought]
    assert len(order) == len(set(order))
    assert all(order.index(parent) < order.index(name) for name in order for parent in commits[name].parents)
    assert set(order) >= {head, *commits[head].parents}


CLOCKS = st.lists(st.one_of(st.integers(0, 20).map(lambda day: day * DAY), st.integers(0, 20 * DAY)), max_size=12)


@given(CLOCKS)
def test_landing_never_goes_back(times: list[int]) -> None:
    landed, wrong = landing_times(times)
    assert len(landed) == len(wrong) == len(times)
    assert landed == sorted(landed)
    assert all(bad for bad, time, clock in zip(wrong, landed, times, strict=True) if time != clock)


@given(CLOCKS, CLOCKS)
def test_what_is_added_changes_nothing_but_the_last_five(times: list[int], more: list[int]) -> None:
    settled = max(len(times) - 5, 0)
    assert landing_times(times + more)[0][:settled] == landing_times(times)[0][:settled]


@given(CLOCKS, CLOCKS)
def test_what_is_added_later_in_time_changes_nothing(times: list[int], more: list[int]) -> None:
    later = [max(times, default=0) + time for time in more]
    assert landing_times(times + later)[0][: len(times)] == landing_times(times)[0]


@pytest.mark.parametrize(
    ("days", "landed", "wrong"),
    [
        ([1, 2, 3], [1, 2, 3], []),
        ([5, 3, 6], [5, 5, 6], [1]),
        ([1, 90, 2, 3, 4], [1, 1, 2, 3, 4], [1]),
        ([1, 90, 2, 3], [1, 90, 90, 90], [2, 3]),
        ([1, 90, 80, 2, 3, 4], [1, 1, 1, 2, 3, 4], [1, 2]),
        ([90, 1, 2, 3], [1, 1, 2, 3], [0]),
        ([90, 80, 2, 3, 4], [2, 2, 2, 3, 4], [0, 1]),
        ([5, 90, 4, 6, 7], [5, 90, 90, 90, 90], [2, 3, 4]),
        ([1, 3, 2, 2, 2], [1, 3, 3, 3, 3], [2, 3, 4]),
        ([1, 90, 91, 2, 3, 4], [1, 1, 1, 2, 3, 4], [1, 2]),
        ([1, 90, 91, 92, 2, 3, 4], [1, 1, 1, 1, 2, 3, 4], [1, 2, 3]),
        ([90, 91, 92, 2, 3, 4], [2, 2, 2, 2, 3, 4], [0, 1, 2]),
        ([1, 90, 5, 91, 6, 7, 8], [1, 1, 5, 5, 6, 7, 8], [1, 3]),
        ([1, 90, 91, 92, 93, 2, 3, 4], [1, 90, 91, 92, 93, 93, 93, 93], [5, 6, 7]),
    ],
)
def test_a_clock_far_ahead_is_healed(days: list[int], landed: list[int], wrong: list[int]) -> None:
    times, flags = landing_times([day * DAY for day in days])
    assert [time // DAY for time in times] == landed
    assert [place for place, flag in enumerate(flags) if flag] == wrong


def test_authors_named_anywhere_in_a_message() -> None:
    body = (
        "Squashed commit of the following:\n\ncommit 1234\nAuthor: Jane Doe <jane@example.com>\nDate:   Mon Mar 2\n\n    Draft\n\n"
        "* Second\n\nCo-authored-by: Tom Reed <tom@example.com>\n\nCO-AUTHORED-BY: Ann <ann@example.com>\n\nThe author: unknown\n"
    )
    assert [identity.email for identity in named_authors(body)] == [
        "jane@example.com",
        "tom@example.com",
        "ann@example.com",
    ]
