"""The redline of rendered texts: what is marked, that each side reads as it did, and that it stays quick."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qmsdocs.site.markdown import Target, render
from qmsdocs.site.redline import Change, compare, redline

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

INLINE = {
    "a",
    "abbr",
    "b",
    "code",
    "del",
    "em",
    "i",
    "ins",
    "kbd",
    "label",
    "mark",
    "s",
    "span",
    "strong",
    "sub",
    "sup",
}


class Reader(HTMLParser):
    """The words of a text as one side of a redline shows them, the ids in it, and whether its elements are well nested."""

    def __init__(self, hidden: str) -> None:
        super().__init__()
        self.hidden, self.open, self.parts, self.ids = hidden, list[str](), list[str](), list[str]()
        self.marks = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.marks += tag in ("ins", "del")
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag not in ("br", "hr", "img", "input", "wbr"):
            self.open.append(tag)
        if tag not in INLINE:
            self.parts.append(" ")
        if self.hidden not in self.open:
            if tag == "img":
                self.parts.append(f"<{named['alt']} {named['src']}>")
            elif tag == "input":
                self.parts.append("<done>" if "checked" in named else "<to do>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """`<path/>` of an icon."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag not in INLINE:
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if self.hidden not in self.open:
            self.parts.append(data)


def read(html: str, hidden: str = "none") -> Reader:
    reader = Reader(hidden)
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


def words(html: str, hidden: str = "none") -> str:
    return " ".join("".join(read(html, hidden).parts).split())


def shown(markdown: str) -> str:
    return render(markdown, lambda path: Target(f"{path}.html")).html


def changes(before: str, after: str) -> tuple[Change, ...]:
    return compare(shown(before), shown(after)).changes


def told(before: str, after: str) -> list[tuple[str, str]]:
    return [(change.removed, change.added) for change in changes(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("The quick fox jumps.", "The slow fox jumps.", [("quick", "slow")]),
        ("Torque it to 40 Nm.", "Torque it to 45 Nm.", [("40", "45")]),
        ("End.", "End of it.", [("", "of it")]),
        ("one\n\ntwo\n\nthree", "one\n\nthree", [("two", "")]),
        ("one two three", "one two three\n\nfour", [("", "four")]),
        ("Was so", "Quite other", [("Was so", "Quite other")]),
        ("# Scope of it", "# Scope of this", [("it", "this")]),
        ("a\n\n---\n\nb", "a\n\nb", [("", "")]),
        ("- one\n- two\n", "- one\n- two\n- three\n", [("", "three")]),
        ("a ![flow](a.svg) b", "a ![flow](b.svg) b", [("[picture: flow]", "[picture: flow]")]),
        ("- [ ] lock it\n", "- [x] lock it\n", [("☐", "☑")]),
        ("Term\n: Old words here\n", "Term\n: New words here\n", [("Old", "New")]),
        ("> said so once\n", "> said so twice\n", [("once", "twice")]),
        ("x[^1]\n\n[^1]: old note here", "x[^1]\n\n[^1]: new note here", [("old", "new")]),
        ("a b", "ab", [("a b", "ab")]),
        ("line one\nline two", "line one line two", []),
    ],
)
def test_what_changed_is_told(before: str, after: str, expected: list[tuple[str, str]]) -> None:
    assert told(before, after) == expected


def test_words_that_stay_stand_once_and_a_link_stays_whole() -> None:
    marked = redline(shown("See [the old list](a.md) of it."), shown("See [the new list](a.md) of it."))
    assert marked == ('<p>See <a href="a.md.html">the <del id="change-1">old</del><ins>new</ins> list</a> of it.</p>\n')


def test_formatting_alone_is_marked_as_such() -> None:
    marked = redline(shown("press it hard now"), shown("press it **hard** now"))
    assert '<del class="format" id="change-1">hard</del><strong><ins class="format">hard</ins></strong>' in marked
    assert told("go [there](a.md)", "go [there](b.md)") == [("there", "there")]


def test_the_level_of_a_heading_and_the_kind_of_an_alert_are_changes() -> None:
    assert told("# A\n\n## Scope\n\n## B", "# A\n\n# Scope\n\n## B") == [("Scope", "Scope")]
    assert told("> [!NOTE]\n> Hot.", "> [!CAUTION]\n> Hot.") == [("Note Hot.", "Caution Hot.")]


TABLE = "| Part | Torque |\n|---|---|\n| A1 | 40 |\n| B2 | 50 |\n| C3 | 60 |\n"


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (TABLE.replace("50", "55"), [("50", "55")]),
        (TABLE.replace("| B2 | 50 |\n", ""), [("B2 50", "")]),
        (TABLE + "| D4 | 70 |\n", [("", "D4 70")]),
        (TABLE.replace("Torque", "Moment"), [("Torque", "Moment")]),
        ("| Part | Size | Torque |\n|---|---|---|\n| A1 | S | 40 |\n| B2 | M | 50 |\n| C3 | L | 60 |\n",
         [("", "Size"), ("", "S"), ("", "M"), ("", "L")]),
        ("| Part |\n|---|\n| A1 |\n| B2 |\n| C3 |\n", [("Torque", ""), ("40", ""), ("50", ""), ("60", "")]),
    ],
)  # fmt: skip
def test_tables_are_compared_cell_by_cell(after: str, expected: list[tuple[str, str]]) -> None:
    assert told(TABLE, after) == expected


def test_every_row_has_a_cell_for_every_column() -> None:
    marked = redline(shown(TABLE), shown("| Part | Size | Torque |\n|---|---|---|\n| A1 | S | 40 |\n| D4 | M | 50 |\n"))
    rows = marked.split("<tr")[1:]
    assert [row.count("</td>") + row.count("</th>") for row in rows] == [3, 3, 3, 3]


def test_steps_keep_the_numbers_of_the_new_revision() -> None:
    marked = redline(shown("3. cut\n4. weld it\n5. paint\n"), shown("3. cut\n4. paint\n5. dry it well\n"))
    assert '<li class="removed"><del id="change-1">weld it</del></li>' in marked
    assert '<li value="4">paint</li>' in marked
    assert told("1. cut\n2. weld\n", "2. cut\n3. weld\n") == [("cut weld", "cut weld")]
    assert told("1. cut\n2. weld\n3. dry\n", "2. cut\n3. weld\n4. paint\n") == [("dry", "paint")]


def test_code_is_compared_line_by_line() -> None:
    before, after = "```python\na = 1\nb = 2\nc = 3\n```", "```python\na = 1\nb = 4\nc = 3\n```"
    marked = redline(shown(before), shown(after))
    assert '<del id="change-1">b = 2\n</del><ins>b = 4\n</ins>' in marked
    assert told(before, after) == [("b = 2", "b = 4")]
    assert len(told("```\nx\n  y\n```", "```\nx\n    y\n```")) == 1


def test_a_picture_that_changed_under_its_name_is_seen_by_its_digest() -> None:
    old = render("![f](f.svg)", lambda _: Target("f.svg", content="a1")).html
    new = render("![f](f.svg)", lambda _: Target("f.svg", content="b2")).html
    assert len(compare(old, new).changes) == 1


def test_what_is_removed_brings_no_id_twice_and_links_to_no_lost_place() -> None:
    before = "# A\n\ntext[^1] [to b](#b)\n\n## B\n\n| t | u |\n|---|---|\n| 1 | 2 |\n\n[^1]: note"
    for after in ("# A\n\nother", "## B\n\n| t |\n|---|\n| 1 |\n", "# C\n\n[x](#c) text[^1] [^2]\n\n[^1]: m\n[^2]: n"):
        marked = redline(shown(before), shown(after))
        ids = read(marked).ids
        assert len(ids) == len(set(ids))
        links = [part.split('"')[0] for part in marked.split('href="#')[1:]]
        assert set(links) <= set(ids)
        names = [part.split('"')[0] for part in marked.split('role="region" tabindex="0" aria-label="')[1:]]
        assert len(names) == len(set(names))


def test_anchors_count_up_and_each_change_has_one() -> None:
    found = compare(shown("a b c\n\nd e f\n\ng h i"), shown("a x c\n\nd y f\n\ng z i"))
    assert [change.anchor for change in found.changes] == ["change-1", "change-2", "change-3"]
    assert [i for i in read(found.html).ids if i.startswith("change-")] == ["change-1", "change-2", "change-3"]


def test_the_same_text_has_no_marks() -> None:
    text = shown("# A\n\n" + TABLE + "\n```python\nx = 1\n```\n\n- [ ] a\n\nx[^1]\n\n[^1]: n")
    assert compare(text, text).changes == ()
    assert compare(text, text.replace("Table 1", "Table 9")).changes == ()
    assert redline(text, text) == text


def test_a_list_that_became_loose_is_not_changed() -> None:
    assert changes("- alpha\n- beta\n", "- alpha\n\n- beta\n") == ()


def test_a_closed_part_is_open_where_something_changed_in_it() -> None:
    before = "<details><summary>More</summary>\n\nold words here\n\n</details>"
    assert "<details open>" in redline(shown(before), shown(before.replace("old", "new")))


def test_a_mark_around_blocks_is_told_from_one_around_words() -> None:
    marked = redline(shown("keep it\n\nold words"), shown("keep that\n\n- item\n"))
    assert "<ins>that</ins>" in marked
    assert '<del class="block" id="change-2"><p>old words</p></del><ins class="block"><ul>' in marked.replace("\n", "")


BLOCKS = st.sampled_from(
    [
        "# Scope",
        "## Scope",
        "one two three",
        "one **two** three",
        "one two four, five.",
        "a [link here](a.md) and `code`",
        "a [link there](b.md) and ~~gone~~",
        "![p](a.svg) words",
        "- one\n- two",
        "- one\n- two\n  - three\n- four",
        "1. x y\n2. z",
        "1. x\n\n   more\n2. z",
        "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |",
        "| a | c | b |\n|---|---|---|\n| 1 | x | 2 |",
        "| b | a |\n|---|---|\n| 3 |  |",
        "```python\nx = 1\ny = 2\n```",
        "```python\nx = 1\ny = 3\n\n```",
        "> [!NOTE]\n> Mind it.",
        "> quoted\n> text",
        "- [ ] do\n- [x] done",
        "Term\n: Meaning\n: Other",
        "with a note[^1] and[^2]\n\n[^1]: First\n[^2]: Second",
        "---",
        "<details><summary>s</summary>\n\nin it\n\n</details>",
        "H<sub>2</sub>O &amp; <b>bold</b> <kbd>Ctrl</kbd> a<br>b",
        "<table><tr><td rowspan=2>q</td><td>r</td></tr><tr><td>s</td></tr></table>",
    ]
)
PROSE = st.lists(
    st.sampled_from(["a", "be", "**be**", "see", ",", ".", "*so it*", "`x y`", "é", "7"]), min_size=1, max_size=12
)
TEXTS = st.lists(st.one_of(BLOCKS, PROSE.map(" ".join)), max_size=7).map("\n\n".join)


@settings(max_examples=400)
@given(TEXTS, TEXTS)
def test_each_side_of_a_redline_reads_as_it_was(before: str, after: str) -> None:
    old, new = shown(before), shown(after)
    found = compare(old, new)
    assert words(found.html, hidden="del") == words(new)
    assert words(found.html, hidden="ins") == words(old)
    ids = read(found.html).ids
    assert len(ids) == len(set(ids))
    assert bool(found.changes) == (read(found.html).marks > 0)
    if words(old) != words(new):
        assert found.changes


def test_a_large_document_is_compared_without_comparing_all_with_all() -> None:
    """Work is counted, not time: what a word costs must not grow with the length of the text."""
    before = "\n\n".join(
        f"Paragraph {n} says that part {n * 7} is held at {n * 13} bar, word by word." for n in range(2500)
    )
    after = before.replace(" bar,", " kPa,").replace("Paragraph 77 ", "Passage 77 ")
    found = compare(shown(before), shown(after))
    assert len(found.changes) == 2501


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a " * 60_000 + "b", "b " + "a " * 60_000),
        (" ".join(f"w{n} x{n}" for n in range(20_000)), " ".join(f"w{n} y{n}" for n in range(20_000))),
        ("\n\n".join(["same"] * 4_000 + ["end"]), "\n\n".join(["first"] + ["same"] * 5_000)),
        ("\n\n".join(f"{n} p" for n in range(5_000)), "\n\n".join(f"{n} q" for n in range(5_000, 0, -1))),
        ("```\n" + "x\ny\n" * 20_000 + "```", "```\n" + "y\nz\nx\n" * 15_000 + "```"),
        ("> " * 60 + "deep", "> " * 50 + "deep too"),
        ("<details>" * 3_000 + "x", "<details>" * 2_000 + "y"),
        ("| a |\n|---|\n" + "| 1 |\n" * 3_000, "| b |\n|---|\n" + "| 2 |\n| 1 |\n" * 1_500),
    ],
)
def test_texts_made_to_take_long_fall_back_to_coarser_marks(before: str, after: str) -> None:
    old, new = shown(before), shown(after)
    marked = redline(old, new)
    assert words(marked, hidden="del") == words(new)
    assert words(marked, hidden="ins") == words(old)
