"""Marks: comments that readers do not see."""

from __future__ import annotations

from pathlib import Path

import pytest

from qmsdocs.document import body_of
from qmsdocs.readiness.marks import Mark, is_blank, read_marks
from qmsdocs.shipped import shipped
from qmsdocs.standards import shipped_standards


def test_a_mark_has_its_line_and_its_heading() -> None:
    body = "# One\n\nText\n\n## Two <!-- clauses: 7.5.3, 8.6 -->\n\nText\nmore <!-- records: 8.6 -->\n"
    assert read_marks(body, 10) == (
        Mark("clauses", ("7.5.3", "8.6"), 14, "Two", True),
        Mark("records", ("8.6",), 17, "Two", True),
    )


def test_a_mark_may_stand_alone_in_a_table_and_over_lines() -> None:
    body = "<!--\nclauses:\n  4.1\n  4.2\n-->\n\n| a | b |\n| - | - |\n| x <!-- Answers: Cause --> | |\n"
    assert [(m.word, m.items, m.line, m.heading) for m in read_marks(body, 1)] == [
        ("clauses", ("4.1", "4.2"), 1, ""),
        ("answers", ("Cause",), 9, ""),
    ]


@pytest.mark.parametrize(
    "body",
    [
        "```\n<!-- clauses: 1 -->\n```\n",
        "    <!-- clauses: 1 -->\n",
        "`<!-- clauses: 1 -->`\n",
        "<!-- clause: 1 -->",
        "clauses: 1",
        "",
    ],
)
def test_what_is_no_mark(body: str) -> None:
    assert read_marks(body, 1) == ()


@pytest.mark.parametrize(
    ("section", "filled"),
    [
        ("Prose.", True),
        ("", False),
        ("<!-- guidance\nover lines -->", False),
        ("| Source | This period |\n| --- | --- |\n| Complaints | |", False),
        ("| Source | This period |\n| --- | --- |\n| Complaints | 3 |", True),
        ("| Entry |\n| --- |\n| |", False),
        ("| Entry |\n| --- |\n| done |", True),
        ("### Deeper\n\nProse.", True),
        ("### Deeper", False),
        ("## Next\n\nProse.", False),
    ],
)
def test_a_section_is_filled_when_it_says_something(section: str, filled: bool) -> None:
    [mark] = read_marks(f"## Here <!-- answers: cause -->\n\n{section}\n", 1)
    assert mark.filled is filled


@pytest.mark.parametrize(
    "template", sorted((shipped("templates") / "records").glob("*.md")), ids=lambda path: path.stem
)
def test_a_record_that_is_still_its_template_is_blank(template: Path) -> None:
    assert is_blank(body_of(template.read_bytes()))


def test_every_record_of_the_sample_is_filled_in() -> None:
    records = list((shipped("sample-qms") / "files" / "records").rglob("*.md"))
    assert records
    assert not [path.name for path in records if is_blank(body_of(path.read_bytes()))]


def test_a_text_without_tables_is_not_blank() -> None:
    assert not is_blank("Done.")
    assert not is_blank("")


def test_the_template_of_a_review_marks_every_input_and_output() -> None:
    [iso] = [standard for standard in shipped_standards() if standard.name == "ISO 9001:2015"]
    body = body_of((shipped("templates") / "records" / "management-review.md").read_bytes())
    marks = read_marks(body, 1)
    assert [item for mark in marks for item in mark.items] == list(iso.contents["management-review"])
    assert not any(mark.filled for mark in marks)


@pytest.mark.parametrize(
    ("name", "keys"),
    [("finding", ["correction", "cause", "corrective_action", "evidence", "effectiveness"]),
     ("nonconformity", ["correction", "cause", "corrective_action", "effectiveness"])],
)  # fmt: skip
def test_templates_mark_the_answers(name: str, keys: list[str]) -> None:
    marks = read_marks(body_of((shipped("templates") / "records" / f"{name}.md").read_bytes()), 1)
    assert [item for mark in marks if mark.word == "answers" for item in mark.items] == keys
    assert not any(mark.filled for mark in marks)
