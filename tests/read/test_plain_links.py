"""The links of plain texts are those that the Markdown parser finds, or none are told and the parser is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qmsdocs.document import body_of
from qmsdocs.links.markdown import links
from qmsdocs.links.plain import plain_links

ROOT = Path(__file__).parents[2]
PIECES = [
    "[a](b.md)", "[a](c.md#d)", "[a](../e/f.md)", "[a]( g.md)", "[a](h.md 'x')", "[a [b](i.md)", "[a](j.md)](k.md)", "see", "  ",
    "\n", "\n\n", "- ", "1. ", "> ", "# ", "| x | y |\n| --- | --- |\n", "    ", "\t", "`", "*", "**", "_", "![i](l.svg)", "[m]: n.md",
    "[o][m]", "<p>", "\\", "[^1]", "~~~", "```", "[p](mailto:q)", "[r](https://s.example)", "[t](#u)", "[](v.md)", "[w]()", "---", "===",
    "(", ")", "[", "]", "b.md", "[a](b.md#)", "[x](y.md?z)", "[a](//b.md)", "[a](/b.md)", "[*a*](n.md)", "  - ", "&amp;", "x[a](w.md)y",
]  # fmt: skip


def same(body: str) -> bool:
    """Compares where the fast way answers; says whether it did."""
    plain = plain_links(body)
    if plain is None:
        return False
    assert [(link.target, link.anchor, link.line, link.embeds) for link in links(body, 0)] == [
        (*one, False) for one in plain
    ]
    return True


@settings(max_examples=3000, derandomize=True, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_random_texts(body: str) -> None:
    same(body)


@pytest.mark.parametrize("one", PIECES)
def test_every_pair_of_pieces(one: str) -> None:
    assert [same(f"{before}{one}{after}") for before in PIECES for after in PIECES]


def test_the_documents_of_the_sample() -> None:
    files = sorted((ROOT / "sample-qms").rglob("*.md")) + sorted((ROOT / "templates").rglob("*.md"))
    answered = [same(body_of(file.read_bytes())) for file in files]
    assert sum(answered) > len(files) / 3
