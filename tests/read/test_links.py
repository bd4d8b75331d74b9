"""Links and embedded files of a Markdown text."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qmsdocs.links import Link, read_links

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

PIECES = [
    "[a](b.md)",
    "![x](y.png)",
    "[r]: z.md",
    "\r",
    "\n",
    "\r\n",
    "`",
    "|",
    "<img src=q.png>",
    "> ",
    "- ",
    "Ü",
    "\\",
]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("See [it](WI-004.md#steps).", Link("WI-004.md", "steps", 10, False)),
        ("![flow](flow.svg 'Flow')", Link("flow.svg", "", 10, True)),
        ("\n\nSee [it][x].\n\n[x]: ../a/b.md\n", Link("../a/b.md", "", 12, False)),
        ("| a | b |\n|---|---|\n| 1 | [x](y.md) |\n", Link("y.md", "", 12, False)),
        ("- one\n- [two](two.md)\n", Link("two.md", "", 11, False)),
        ("> quoted\n> [two](two.md)\n", Link("two.md", "", 11, False)),
        ("first\nsecond [x](Übersicht%20neu.md)", Link("Übersicht neu.md", "", 11, False)),
        ("first\nsecond [x](Übersicht.md)", Link("Übersicht.md", "", 11, False)),
        ("first\nsecond [x](<a b.md>)", Link("a b.md", "", 11, False)),
        ("a\rb\r[x](Ü.md)", Link("Ü.md", "", 12, False)),
    ],
)
def test_a_link_to_a_file_has_its_target_and_line(body: str, expected: Link) -> None:
    assert read_links(body, 10) == (expected,)


@pytest.mark.parametrize(
    "body",
    [
        "[x](https://example.com/a.md)",
        "[x](mailto:a@example.com)",
        "[x](//example.com/a.md)",
        "[x](#anchor)",
        "[x]()",
        "<https://example.com>",
        "`[x](y.md)`",
        "```\n[x](y.md)\n```",
        "    [x](y.md)",
        "\\[x](y.md)",
        "<!-- [x](y.md) -->",
        "[x](http://[bad)",
        "plain text",
    ],
)
def test_what_is_no_link_to_a_file_is_left_out(body: str) -> None:
    assert read_links(body, 1) == ()


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=20).map("".join))
def test_reading_links_never_fails(body: str) -> None:
    lines = body.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    assert all(5 <= link.line < 5 + lines for link in read_links(body, 5))


@pytest.mark.parametrize("piece", ["[", "![", ">", "- ", "`", "[a](b", "<a", "\\[", "[a]: b\n", "a [b][c]\n", "[^a]"])
def test_a_bomb_takes_no_long_time(piece: str) -> None:
    start = time.process_time()
    read_links(piece * 5000 + "](x", 1)
    assert time.process_time() - start < 3


def test_raw_html_is_read_too() -> None:
    body = 'See <a href="QP-002.md">it</a>.\n\n<p>\n<img alt="x" src="flow.svg"/>\n</p>\n\n`<img src="code.svg">`\n'
    assert read_links(body, 1) == (Link("QP-002.md", "", 1, False), Link("flow.svg", "", 4, True))
