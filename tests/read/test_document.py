"""Documents as text: front matter, body, digest."""

import time

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qmsdocs.document import MAX_DOCUMENT, MAX_FRONT_MATTER, DocumentText, KeyNames, body_of, read_document, same_id
from qmsdocs.model import Problem

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

OURS = KeyNames()
THEIRS = KeyNames((("doc_no", "id"), ("rev", "revision")), frozenset({"status"}))
BASE = b"---\nid: QP-001\ntitle: Purchasing\nrevision: 3\nowner: buyer\nclauses: [8.4.1, 8.4.2]\n---\n# Purchasing\n\nBuy.\n"
PLAIN = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 ./-]{0,20}[A-Za-z0-9]", fullmatch=True)
QUOTED = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp", "Co", "Cn"]), max_size=20)
KEYS = st.from_regex(r"[a-z][a-z_]{0,12}", fullmatch=True)
SCRAPS = st.sampled_from(
    ["---", "...", "\n", "\r", "\r\n", "id: A", "id:", "  ", "\t", "- x", "[", "]", "{", "}", "&a", "*a", "!!x", "|", ">",
     "'", '"', "#", "%YAML 1.1", "? ", ": ", "\ufeff", "\0", "\u2028", "\x85", "\x07", "é", "\\ud800", "<<: ", ", ", "@", "`"]
)  # fmt: skip


def read(front: str, body: str = "Text.\n", names: KeyNames = OURS) -> DocumentText:
    return read_document(f"---\n{front}\n---\n{body}".encode(), names)


def problem(front: str, names: KeyNames = OURS) -> Problem:
    (only,) = read(front, names=names).problems
    return only


def digest(data: bytes, names: KeyNames = OURS, **attachments: str) -> str:
    text = read_document(data, names)
    assert text.readable
    return text.content(attachments)


# --- reading ---------------------------------------------------------------------------------------------------------


def test_values_stay_what_was_typed_and_keys_keep_their_lines() -> None:
    text = read(
        "id: QP-001\n# a comment\nrevision: 1.10\nowner: 010\nwithdrawn: no\nclauses: [7.5, 'a, b']\ntags:\n  - on\n  - 1e3"
    )
    assert text.front == {
        "id": "QP-001", "revision": "1.10", "owner": "010", "withdrawn": "no", "clauses": ("7.5", "a, b"), "tags": ("on", "1e3"),
    }  # fmt: skip
    assert text.lines == {"id": 2, "revision": 4, "owner": 5, "withdrawn": 6, "clauses": 7, "tags": 8}
    assert (text.problems, text.readable, text.body_line) == ((), True, 12)


@given(st.dictionaries(KEYS, st.one_of(PLAIN, QUOTED, st.lists(QUOTED, max_size=3)), max_size=6))
def test_flat_front_matter_reads_as_yaml_reads_it(values: dict[str, str | list[str]]) -> None:
    front = yaml.safe_dump(values, allow_unicode=True, width=30, sort_keys=False)
    text = read(front)
    expected = yaml.load(front, Loader=yaml.BaseLoader)
    assert text.readable
    assert {k: list(v) if isinstance(v, tuple) else v for k, v in text.front.items()} == expected == values


@given(st.one_of(st.binary(max_size=100), st.lists(SCRAPS, max_size=25).map(lambda parts: "".join(parts).encode())))
@example(b"\xff\xfe-\0-\0-\0")
@example(b"---\r---\r")
def test_reading_never_fails(data: bytes) -> None:
    for whole in (data, b"---\n" + data, b"---\n" + data + b"\n---\n", b"---\nid: " + data + b"\n---\n"):
        text = read_document(whole, OURS)
        assert text.readable or text.problems
        assert all(1 <= found.line <= whole.count(b"\n") + whole.count(b"\r") + 1 for found in text.problems)
        assert text.content({}).startswith("qmsdocs-1:sha256:")
        assert isinstance(body_of(whole), str)


@pytest.mark.parametrize(
    "data",
    [
        BASE,
        b"\xef\xbb\xbf" + BASE,
        BASE.replace(b"\n", b"\r\n"),
        BASE.replace(b"---\n", b"---  \n"),
        BASE.replace(b"---\n", b"-----\n"),
    ],
)
def test_the_ways_front_matter_may_be_fenced(data: bytes) -> None:
    text = read_document(data, OURS)
    assert (text.id, text.problems, text.body_line) == ("QP-001", (), 8)
    assert body_of(data) == "# Purchasing\n\nBuy.\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "there is no front matter"),
        (b"# A title\n", "there is no front matter"),
        (b"\n---\nid: A\n---\n", "there is no front matter"),
        (b" ---\nid: A\n---\n", "there is no front matter"),
        (b"--- id: A\n---\n", "there is no front matter"),
        (b"\xef\xbb\xbf\xef\xbb\xbf---\nid: A\n---\n", "there is no front matter"),
        (b"---\nid: A\n", "the front matter has no end"),
        (b"---", "the front matter has no end"),
        (b"---\nid: A\n ---\n", "the front matter has no end"),
        (b"---\nid: A\n...\n", "the front matter has no end"),
    ],
)
def test_a_file_without_front_matter(data: bytes, message: str) -> None:
    text = read_document(data, OURS)
    assert (text.readable, text.front) == (False, {})
    assert [(found.rule, found.line, found.message) for found in text.problems] == [("no-metadata", 1, message)]


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"---\nid: A\n---\nCaf\xe9\n", 4, "byte 0xe9 is not UTF-8"),
        (b"\x89PNG\r\n\x1a\n\0\0", 1, "this is a binary file"),
        (b"---\nid: A\n---\n\0", 1, "this is a binary file"),
        ("---\nid: A\n---\n".encode("utf-16"), 1, "this is a binary file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", 1, "a Git LFS pointer"),
        (b"---\nid: A\n---\n" + b"x" * MAX_DOCUMENT, 1, "more than a document may have"),
        (b"---\nid: " + b"x" * MAX_FRONT_MATTER + b"\n---\n", 1, "the front matter has 65541 characters"),
    ],
)
def test_a_file_that_is_no_text(data: bytes, line: int, message: str) -> None:
    (found,) = read_document(data, OURS).problems
    assert (found.rule, found.line) == ("unreadable-metadata", line)
    assert message in found.message
    assert body_of(data) == "" or "front matter" in message


@pytest.mark.parametrize(
    ("front", "line", "message"),
    [
        ("id: A\ntitle: &x B", 3, "'&x' is a YAML anchor"),
        ("id: A\ntitle: *x", 3, "'*x' is a YAML alias"),
        ("id: A\ntitle: !!str B", 3, "is a YAML tag"),
        ("id: A\ntitle: ! B", 3, "'!' is a YAML tag"),
        ("!!map\nid: A", 2, "is a YAML tag"),
        ("id: A\ntitle: {a: b}", 3, "the value of 'title' is nested"),
        ("id: A\ntitle:\n  a: b", 4, "the value of 'title' is nested"),
        ("id: A\ntags: [a, [b]]", 3, "an item of 'tags' is nested"),
        ("<<: {id: A}", 2, "the value of '<<' is nested"),
        ("? [a]\n: b", 2, "a key is nested"),
        ("id: A\n--- {x: y}", 3, "a second YAML document"),
        ("id: A\n...\nowner: x", 4, "the YAML cannot be read"),
        ("- a\n- b", 2, "is not a list of 'key: value' lines"),
        ("just text", 2, "is not a list of 'key: value' lines"),
        ("id: A\n\ttitle: B", 3, "the YAML cannot be read"),
        ("id: A\ntitle: B: C", 3, "the YAML cannot be read"),
        ('id: A\ntitle: "B', 3, "the YAML cannot be read"),
        ('id: A\ntitle: "\\ud800"', 3, "the YAML cannot be read"),
        ('id: A\ntitle: "\\UFFFFFFFF"', 3, "the YAML cannot be read"),
        ("id: A\ntitle: a\x07b", 2, "the YAML cannot be read"),
        ("id: A\ntitle: a\rowner: b", 3, "the character U+000D starts a new line"),
        ("id: A\ntitle: a\u2028owner: b", 3, "the character U+2028 starts a new line"),
        ("id: A\ntitle: a\u2029owner: b", 3, "the character U+2029 starts a new line"),
        ("id: A\ntitle: a\x85owner: b", 3, "the character U+0085 starts a new line"),
    ],
)
def test_yaml_beyond_flat_keys_is_refused(front: str, line: int, message: str) -> None:
    found = problem(front)
    assert (found.rule, found.line) == ("unreadable-metadata", line)
    assert message in found.message
    assert not read(front).readable


@pytest.mark.parametrize(
    "value",
    ["[" * 60_000, "{a: " * 15_000, "\n  " + "- " * 30_000, "? " * 30_000, "'" * 60_001, "&a " * 20_000, "!" * 60_000],
)
def test_a_bomb_is_refused_at_once(value: str) -> None:
    start = time.process_time()
    assert not read(f"id: {value}").readable
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", ""),
        ("''", ""),
        ("~", "~"),
        ("a\n  b", "a b"),
        ("a\n\n  b", "a\nb"),
        ("|\n  a\n  b\n", "a\nb\n"),
        (">-\n  a\n  b", "a b"),
        ("|+\n  a\n\n", "a\n\n\n"),
        ("'it''s'", "it's"),
        ('"a\\tb\\u00e9"', "a\tbé"),
        ("a # not this", "a"),
        ("a#b", "a#b"),
        ("a\n...", "a"),
    ],
)
def test_unusual_scalars(value: str, expected: str) -> None:
    assert read(f"change: {value}").front == {"change": expected}


def test_a_key_that_stands_twice_is_refused_and_the_id_is_still_known() -> None:
    text = read("id: QP-001\ntitle: A\n'title': B")
    assert text.problems[0].rule == "duplicate-key"
    assert (text.problems[0].line, text.readable, text.id, text.lines) == (4, False, "QP-001", {"id": 2})


@pytest.mark.parametrize("line", ["id: QP-001", "id:   'QP-001'  # ours", 'id : "QP-001"'])
def test_the_id_is_salvaged_from_broken_front_matter(line: str) -> None:
    assert (read(f"title: [\n{line}").id, read(f"title: [\n{line}").line("id")) == ("QP-001", 3)


# --- types -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("front", "rule"),
    [
        ("effective_date: 1 May", "wrong-type"),
        ("effective_date: 2026-02-30", "wrong-type"),
        ("review_every: often", "wrong-type"),
        ("title: [a]", "wrong-type"),
        ("effective_date: [2026-01-01]", "wrong-type"),
        ("id: a b", "invalid-id"),
        ("id: ../x", "invalid-id"),
        ("id: a..b", "invalid-id"),
        ("id: " + "a" * 65, "invalid-id"),
        ("status: Approved", "typed-claim"),
        ("approved_by: me", "typed-claim"),
        ("ownr: x", "unknown-key"),
        ("own:id: x", "unknown-key"),
    ],
)
def test_a_wrong_key_is_a_problem_with_its_line(front: str, rule: str) -> None:
    found = problem(f"# first\n{front}")
    assert (found.rule, found.line) == (rule, 3)


def test_typed_values() -> None:
    text = read(
        "id: a b\neffective_date: 2026-12-01\nreview_every: 2 Years\nretain: x\nclauses: 7.5, 8.4,\ntitle: ' '\nwithdrawn: No"
    )
    assert (str(text.day("effective_date")), str(text.interval("review_every"))) == ("2026-12-01", "2 years")
    assert (text.id, text.interval("retain"), text.day("checked"), text.text("title")) == (None, None, None, None)
    assert (text.items("clauses"), text.withdrawn) == (("7.5", "8.4"), None)
    assert (text.line("title"), text.line("checked")) == (7, 1)


def test_the_organisations_own_names() -> None:
    text = read("doc_no: QP-001\nrev: 2\nstatus: live\nx-plant: 4", names=THEIRS)
    assert (text.front, text.problems) == ({"id": "QP-001", "revision": "2", "status": "live", "x-plant": "4"}, ())
    assert "'doc_no'" in problem("doc_no: [a]", THEIRS).message
    assert read("doc_no: [\n", names=THEIRS).id is None
    assert read("x: [\ndoc_no: QP-001", names=THEIRS).id == "QP-001"


@given(
    st.lists(st.sampled_from(["id", "doc_no", "own:id", "own:own:id", "own:doc_no", "rev", "revision"]), unique=True)
)
def test_two_keys_of_a_file_never_become_one(keys: list[str]) -> None:
    assert len({THEIRS.canonical(key) for key in keys}) == len(keys)


def test_ids_that_look_alike_are_the_same() -> None:
    assert same_id("QP-Å") == same_id("qp-Å") == same_id("ＱＰ-å")  # decomposed, full width
    assert same_id("QP-001") != same_id("QP-0O1")


# --- content digest --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "same",
    [
        b"\xef\xbb\xbf" + BASE,
        BASE.replace(b"\n", b"\r\n"),
        BASE.replace(b"Purchasing\n", b'"Purchasing"  # a comment\n', 1),
        BASE.replace(b"[8.4.1, 8.4.2]", b"\n- '8.4.1'\n- 8.4.2"),
        BASE.replace(b"id: QP-001\n", b"").replace(b"---\n#", b"id: QP-001\n---\n#"),
        BASE.replace(b"owner", b"tags: [core]\nowner"),
        BASE.replace(b"owner", b"x-plant: 4\nowner"),
        BASE.replace(b"owner", b"# a comment\n\nowner"),
        BASE.replace(b"---\n", b"---- \n"),
    ],
)
def test_digest_does_not_see(same: bytes) -> None:
    assert digest(same) == digest(BASE)


@pytest.mark.parametrize(
    "other",
    [
        BASE.replace(b"Buy.", b"Sell."),
        BASE.replace(b"Buy.", b"Buy.  "),
        BASE.replace(b"Buy.", b"buy."),
        BASE + b"\n",
        BASE.removesuffix(b"\n"),
        BASE.replace(b"Buy.\n", b"Buy.\r\r\n"),
        BASE.replace(b"---\n#", b"---\n\n#"),
        BASE.replace(b"owner: buyer", b"owner: seller"),
        BASE.replace(b"owner: buyer\n", b""),
        BASE.replace(b"revision: 3", b"revision: 3.0"),
        BASE.replace(b"8.4.1, 8.4.2", b"8.4.2, 8.4.1"),
        BASE.replace(b"[8.4.1, 8.4.2]", b"'8.4.1, 8.4.2'"),
        BASE.replace(b"owner", b"plant: 4\nowner"),
        BASE.replace(b"owner", b"change:\nowner"),
    ],
)
def test_digest_sees(other: bytes) -> None:
    assert digest(other) != digest(BASE)


def test_digest_sees_attachments_by_name_and_bytes() -> None:
    seen = {
        digest(BASE),
        digest(BASE, a="00"),
        digest(BASE, a="01"),
        digest(BASE, b="00"),
        digest(BASE, a="00", b="00"),
    }
    assert len(seen) == 5
    assert digest(BASE, a="00", b="01") == digest(BASE, b="01", a="00")


def test_digest_is_the_same_under_the_organisations_names() -> None:
    assert digest(BASE.replace(b"id:", b"doc_no:").replace(b"revision:", b"rev:"), THEIRS) == digest(BASE)


def test_digest_of_version_1_never_changes() -> None:
    assert digest(BASE, a="00") == "qmsdocs-1:sha256:afd282138203672f879fbe53ff852b5efe6c874aea5ec1bcd921353dd6c42b0b"


@given(st.permutations(range(4)), st.lists(st.sampled_from(["'", '"', ""]), min_size=4, max_size=4))
def test_digest_survives_order_and_quotes(order: list[int], quotes: list[str]) -> None:
    keys = [f"{key}: {quote}{value}{quote}" for quote, (key, value) in zip(
        quotes, [("id", "A"), ("title", "One two"), ("revision", "1.10"), ("owner", "no")], strict=True)]  # fmt: skip
    assert read("\n".join(keys[n] for n in order)).content({}) == read(
        "id: A\ntitle: One two\nrevision: 1.10\nowner: no"
    ).content({})
