"""Editing front matter."""

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qmsdocs.document import KeyNames, Value, read_document
from qmsdocs.document.scalars import yaml_text
from qmsdocs.editing import edit_keys

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

OURS = KeyNames()
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
VALUES = st.one_of(st.none(), TEXTS, st.lists(TEXTS, max_size=3).map(tuple))
LINES = {
    "id": ["id: QP-001", 'id: "QP-001"   # ours', "id:\n  QP-001", "'id': QP-001"],
    "title": ["title: Buying  # short", "title: 'Buying'", "title: One\n  and two", "title: |\n  One\n\n  two\n", "title:", "title:  # none"],
    "clauses": [
        "clauses: [8.4, 8.5] # two", "clauses: [\n  8.4,  # first\n  8.5\n]", "clauses:\n  - 8.4  # first\n\n  - 8.5\n# after",
        "clauses:\n- 8.4\n- 8.5", "clauses: []", "clauses: # why\n  - 8.4", "clauses:\n  - >-\n    8.4\n    8.5\n\n  -",
    ],
    "change": ["change: >\n  Folded\n  text.\n\n\n# after", "change: |2-\n    Indented", 'change: "a\n\n  b"'],
    "x-note": ["# about the note\nx-note: kept", "x-note: 'a # b'", "\nx-note: a#b\n", "? x-note\n: odd"],
}  # fmt: skip


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    keys = draw(st.permutations(list(LINES)).map(lambda order: order[: draw(st.integers(0, len(order)))]))
    front = "".join(draw(st.sampled_from(LINES[key])) + "\n" for key in keys)
    text = f"---\n{front}---\n# Body\n\nid: not this\n"
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + text.encode()


def edit(front: str, **changes: Value | None) -> str:
    return edit_keys(f"---\n{front}\n---\nBody\n".encode(), changes, OURS).decode()[4:-10]


@given(TEXTS, st.booleans())
@example("a: b", False)
@example("a, b", True)
@example("null", True)
@example("\ufeff\x85\u2028\x00\U0001f600", True)
def test_yaml_text_reads_back_on_one_line(value: str, flow: bool) -> None:
    text = yaml_text(value, flow)
    assert "\n" not in text
    assert yaml.load(f"a: [{text}]\n" if flow else f"a: {text}\n", Loader=yaml.BaseLoader) == {
        "a": [value] if flow else value
    }
    assert read_document(f"---\na: [x, {text}]\n---\n".encode(), OURS).front == {"a": ("x", value)} or not flow


@pytest.mark.parametrize(
    "text", ["Buying", "2026-12-01", "Adds (and removes) the register, and more", "24 months", "Über uns"]
)
def test_plain_texts_stay_plain(text: str) -> None:
    assert yaml_text(text) == text


@given(
    documents(),
    st.dictionaries(
        st.sampled_from(["id", "title", "clauses", "change", "effective_date", "owner"]), VALUES, min_size=1, max_size=3
    ),
)
def test_an_edit_reads_back_and_leaves_the_rest(data: bytes, changes: dict[str, Value | None]) -> None:
    before = read_document(data, OURS)
    edited = edit_keys(data, changes, OURS)
    after = read_document(edited, OURS)
    assert after.front == {key: value for key, value in {**before.front, **changes}.items() if value is not None}
    assert after.body_digest == before.body_digest
    assert edited.startswith(b"\xef\xbb\xbf") == data.startswith(b"\xef\xbb\xbf")
    assert (b"\r\n" in edited) == (b"\r\n" in data)
    assert edited.count(b"\n") == edited.count(b"\r\n") or b"\r\n" not in data
    for comment in (b"# about the note", b"# after", b"# ours", b"# short"):
        assert (comment in edited) == (comment in data) or (
            None in changes.values() and comment in (b"# ours", b"# short")
        )


@given(documents())
def test_an_edit_to_what_is_there_changes_nothing_that_was_plain(data: bytes) -> None:
    id_ = read_document(data, OURS).front.get("id")
    edited = edit_keys(data, {"id": id_, "supersedes": None}, OURS)
    assert edited == data or edited.count(b"\n") < data.count(b"\n")


@pytest.mark.parametrize(
    ("front", "changes", "expected"),
    [
        ("id: A\nrevision: 1  # first\nowner: x", {"revision": "2"}, "id: A\nrevision: 2  # first\nowner: x"),
        ("id: 'A'\ntitle: \"B\"", {"id": "it's", "title": "C"}, "id: 'it''s'\ntitle: \"C\""),
        ("id:  A", {"id": "B: C"}, 'id:  "B: C"'),
        ("owner:   # nobody", {"owner": "x"}, "owner: x   # nobody"),
        ("id: A\nx-y: z", {"revision": "1"}, "id: A\nrevision: 1\nx-y: z"),
        ("x-y: z", {"revision": "1"}, "x-y: z\nrevision: 1"),
        ("id: A\nchange: |\n  One\n\n# Two\nx-y: z", {"change": "B"}, "id: A\nchange: B\n\n# Two\nx-y: z"),
        ("change: >\n  One\n\n# Two\nx-y: z", {"change": None}, "# Two\nx-y: z"),
        ("change: |+\n  Kept\n\nx-y: z", {"effective_date": "2026-12-01"}, "change: |+\n  Kept\n\neffective_date: 2026-12-01\nx-y: z"),
        ("id: A\n# about the title\ntitle: B\nx-y: z", {"title": None}, "id: A\n# about the title\nx-y: z"),
        ("clauses: [a,  b]  # why", {"clauses": ("a", "c, d")}, 'clauses: [a, "c, d"]  # why'),
        ("clauses:\n  - a  # why\n  - b\n# Two\nx-y: z", {"clauses": ("a", "b", "c")}, "clauses:\n  - a  # why\n  - b\n  - c\n# Two\nx-y: z"),
        ("clauses:\n- a  # why\n- b\nx-y: z", {"clauses": ("a",)}, "clauses:\n- a  # why\nx-y: z"),
        ("clauses:\n- a\n- b\nx-y: z", {"clauses": ()}, "clauses:\n []\nx-y: z"),
        ("# nothing yet", {"id": "A"}, "# nothing yet\nid: A"),
    ],
)  # fmt: skip
def test_only_the_bytes_of_the_key_change(front: str, changes: dict[str, Value | None], expected: str) -> None:
    assert edit(front, **changes) == expected


def test_the_organisations_names_are_used() -> None:
    names = KeyNames((("doc_no", "id"), ("rev", "revision")))
    assert edit_keys(b"---\ndoc_no: A\n---\n", {"revision": "2", "id": "B"}, names) == b"---\ndoc_no: B\nrev: 2\n---\n"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"---",
        b"no front matter\n",
        b"---\nid: A\n",
        b"---\nid: [\n---\n",
        b"---\nid: A\nid: B\n---\n",
        b"---\nid: " + b"[" * 5000 + b"\n---\n",
        b"---\nid: &a A\n---\n",
        b"\xff\xfe",
    ],
)
def test_what_cannot_be_read_cannot_be_edited(data: bytes) -> None:
    with pytest.raises(ValueError, match="the front matter cannot be read"):
        edit_keys(data, {"title": "B"}, OURS)


@pytest.mark.parametrize(
    ("front", "change"),
    [
        ("{id: A, title: B}", None),
        ("{id: A}", "C"),
        ("id: A", "\udc80"),
        ("id: A", "x" * 70_000),
        ("change: |+\n  A\ntitle: B\n\nid: A", None),
    ],
)
def test_what_would_not_read_back_is_refused(front: str, change: str | None) -> None:
    with pytest.raises(ValueError, match="edit it by hand"):
        edit(front, title=change)
