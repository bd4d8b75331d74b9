"""The index of the search: what goes in can be found again."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from qmsdocs.site.documents import script_safe
from qmsdocs.site.search import Card, folded, read_text, search_index, words


def index(*cards: Card, **texts: list[list[str]]) -> dict[str, Any]:
    scripts = {name: f"qmsText({script_safe(json.dumps([name, parts]))})\n" for name, parts in texts.items()}
    script = search_index(cards, scripts)
    data: dict[str, Any] = json.loads(script.removeprefix("const qmsIndex = ").removesuffix(";\n"))
    return data


def found(data: dict[str, Any], word: str) -> list[tuple[str, str, int]]:
    """Where a word stands: document, anchor, weight; unpacked by hand, as the browser does it."""
    listed = data["words"].split(" ")
    if word not in listed:
        return []
    result, unit = [], 0
    for part in data["postings"].split("\n")[listed.index(word)].split(" "):
        step, _, weight = part.partition(".")
        unit += int(step, 36)
        number, anchor, _ = data["units"][unit]
        result.append((data["documents"][number][0], anchor, int(weight or 1)))
    return result


CARDS = (
    Card("QP-001", "Control of documents", "a", "Effective", True),
    Card("QP-002", "Purchasing", "b", "Draft", False),
)


def test_titles_weigh_more_than_headings_and_these_more_than_text() -> None:
    data = index(*CARDS, a=[["s1", "Scope", "All documents we keep"], ["s2", "Purchasing", "See there"]])
    assert found(data, "documents") == [("QP-001", "", 3), ("QP-001", "s1", 1)]
    assert found(data, "purchasing") == [("QP-001", "s2", 2), ("QP-002", "", 3)]


def test_an_id_is_found_whole_and_in_pieces() -> None:
    data = index(*CARDS)
    assert found(data, "qp-001") == [("QP-001", "", 3)]
    assert [document for document, _, _ in found(data, "qp")] == ["QP-001", "QP-002"]


def test_case_and_accents_make_no_difference() -> None:
    assert words("Müller CAFÉ") == {"muller", "cafe"}
    assert folded("ÅNGSTRÖM") == "angstrom"


def test_nothing_ends_the_script() -> None:
    card = Card("A", "</script><script>alert(1)</script>\u2028", "a", "Draft", False)
    script = search_index([card], {})
    assert "</script" not in script
    assert "\u2028" not in script
    assert index(card)["documents"][0][1] == card.title


def test_a_file_that_is_no_text_of_ours_has_no_parts() -> None:
    assert read_text("alert(1)") == []


@given(st.lists(st.text("abc ", min_size=1), min_size=1, max_size=60))
def test_each_word_of_each_part_is_found_where_it_stands(parts: list[str]) -> None:
    card = Card("Z-9", "", "a", "Effective", True)
    data = index(card, a=[[f"p{at}", "", text] for at, text in enumerate(parts)])
    for at, text in enumerate(parts):
        for word in text.split():
            assert ("Z-9", f"p{at}", 1) in found(data, word)
