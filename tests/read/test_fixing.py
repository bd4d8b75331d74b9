"""Edits of `check --fix` as pure text: what must change changes, and no other byte."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qmsdocs.document import KeyNames, body_of, read_document
from qmsdocs.editing import edit_keys, edit_line_ends, edit_link
from qmsdocs.links import read_links

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

OURS = KeyNames()
HEAD = "---\nid: A\n---\n"
NAMES = st.text(st.sampled_from("ab./ äß()%&_*#?'\"\\<>[]+,"), min_size=1, max_size=8)
PIECES = st.sampled_from(
    [
        "[x](old.md)", "[x](<old.md> 'old.md')", "![x](old.md#a)", "[x](%6Fld.md \"t\")", "[x](ol\\d.md)", "[x]( old.md )",
        "`[x](old.md)`", "    [x](old.md)\n", "```\n[x](old.md)\n```\n", "\\[x](old.md)", "[x](old.md.bak)", "[x](x/old.md)",
        "<a href='old.md'>x</a>", '<img src="old.md">', "<!-- [x](old.md) -->", "[r][r]\n\n[r]: old.md 'T'\n", "| [x](old.md) |",
        "text old.md", "\n\n", "\n", "ä", "[^1]: [x](old.md)\n", "- [x](old.md)\n", "[x](http://e/old.md)", "\u2028", "  \n",
    ]
)  # fmt: skip


def links(data: bytes) -> list[tuple[str, str, bool]]:
    return [(link.target, link.anchor, link.embeds) for link in read_links(body_of(data), 1)]


@given(st.lists(PIECES, max_size=8).map("".join), st.sampled_from(["\n", "\r\n"]), st.booleans())
@example("[r] [s](old.md)\n\n[r]: old.md\n[r]: old.md\n", "\r\n", True)
def test_an_edited_link_leads_elsewhere_and_every_other_byte_stays(body: str, ends: str, marked: bool) -> None:
    data = (b"\xef\xbb\xbf" if marked else b"") + (HEAD + body).replace("\n", ends).encode()
    edited = edit_link(data, "old.md", "NEW-7.md")
    before, after = links(data), links(edited)
    assert after == [("NEW-7.md" if target == "old.md" else target, *rest) for target, *rest in before]
    moved = sum(target == "old.md" for target, *_ in before)
    assert bool(edited.count(b"NEW-7.md")) == bool(moved)
    assert edited.count(b"NEW-7.md") <= moved
    rest = edited.split(b"NEW-7.md")
    place = 0
    for part in rest:  # what stands between the new addresses stood there before, in the same order
        place = data.index(part, place) + len(part)
    assert data.startswith(rest[0])
    assert data.endswith(rest[-1])
    assert edit_link(edited, "old.md", "NEW-7.md") == edited


@given(NAMES)
def test_any_path_can_be_linked_to(path: str) -> None:
    data = f"{HEAD}[x](old.md#a 'T') <img src='old.md'>\n".encode()
    edited = edit_link(data, "old.md", path)
    assert links(edited) == [(path, "a", False), (path, "", True)] or edited == data


@pytest.mark.parametrize(
    "path", ["../Käufe (neu)/a b.md", "a&amp;b.md", "50%.md", "a#b?.md", "it's.md", "c:d.md", "*x*.md", "[x].md"]
)
def test_a_path_with_signs_is_encoded(path: str) -> None:
    data = f"{HEAD}[x](old.md)\n".encode()
    edited = edit_link(data, "old.md", path)
    assert links(edited) == [(path, "", False)]
    assert links(edit_link(edited, path, "old.md")) == [("old.md", "", False)]


@given(st.text(st.sampled_from("a\r\n\ufeff# "), max_size=12), st.sampled_from([b"\n", b"\r\n", None]))
@example("\r\r\n", b"\n")
def test_line_ends_never_change_what_is_read(body: str, newline: bytes | None) -> None:
    data = f"\ufeff---\r\nid: A\nx-b: 'c'\r\n---\n{body}".encode()
    if newline == b"\n" and "\r\r\n" in body:  # which of them is the line end?
        with pytest.raises(ValueError, match="save it again"):
            edit_line_ends(data, newline, OURS)
        return
    edited = edit_line_ends(data, newline, OURS)
    assert read_document(edited, OURS) == read_document(data, OURS)
    assert not edited.startswith(b"\xef\xbb\xbf")
    if newline is None:
        assert edited == data[3:]
    else:
        assert edited.replace(b"\r\n", b"\n") == data[3:].replace(b"\r\n", b"\n")
        assert edited.count(b"\n") == edited.count(newline)
        assert newline != b"\n" or b"\r\n" not in edited


@given(
    st.lists(st.sampled_from(["a", "'b'", '"c"', "d e"]), min_size=1, max_size=3),
    st.sampled_from([", ", " ,  ", ",\n  ", ", # why\n  ", "\n  , "]),
    st.sampled_from(["]", " ]", ",]", "\n]", ",\n]", " # last\n]", ", # last\n  ]", "\n  # last\n]"]),
    st.lists(st.sampled_from(["new", "x, y", "it's", "ü.svg"]), min_size=1, max_size=2).map(tuple),
    st.sampled_from(["\n", "\r\n"]),
)
def test_a_longer_list_keeps_every_byte_it_had(
    items: list[str], between: str, end: str, more: tuple[str, ...], ends: str
) -> None:
    opening = "[\n  " if "\n" in between else "["
    text = f"---\nid: A\nattachments: {opening}{between.join(items)}{end}  # all\nx-y: z\n---\n"
    data = text.replace("\n", ends).encode()
    before = read_document(data, OURS)
    wanted = (*before.items("attachments"), *more)
    edited = edit_keys(data, {"attachments": wanted}, OURS)
    assert read_document(edited, OURS).front["attachments"] == wanted
    left = iter(edited)
    assert all(byte in left for byte in data)  # the old bytes, in their order
    assert (b"\r\n" in edited) == (ends == "\r\n")
    assert edited.count(b"\n") == edited.count(ends.encode())
