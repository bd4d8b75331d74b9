"""The CSV table."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from qmsdocs.register import Register
from qmsdocs.render.csv import COLUMNS, register_csv

from .sample import document


def rows(register: Register) -> list[dict[str, str]]:
    """The table, read back."""
    return list(csv.DictReader(io.StringIO(register_csv(register), newline="")))


def test_one_table_of_all_kinds(register: Register) -> None:
    found = rows(register)
    assert [row["kind"] for row in found] == ["document"] * 14 + ["external"] + ["record"] * 2
    assert tuple(found[0]) == COLUMNS
    assert found[14]["edition"] == "2015"
    assert found[15]["retain_until"] == "2036-03-12"


def test_lines_end_as_rfc_4180_says(register: Register) -> None:
    text = register_csv(register)
    assert text.count("\r\n") == text.count("\n") == 18


def test_a_document_in_full(register: Register) -> None:
    row = rows(register)[1]
    assert row["approved_by"] == (
        "Tom Reed (review, owner, 2024-01-09T10:12:00+00:00, attributed); "
        "Jane Doe (approve, quality-manager, 2024-01-10T10:12:00+00:00, signed)"
    )
    assert (row["draft_revision"], row["draft_status"], row["draft_missing"]) == (
        "4",
        "In review",
        "owner; 2 of engineer",
    )
    assert (row["days_left"], row["days_overdue"]) == ("70", "")


def test_days_past_the_review_are_counted_in_a_column_of_their_own(register: Register) -> None:
    row = next(row for row in rows(register) if row["id"] == "QP-008")
    assert (row["days_left"], row["days_overdue"]) == ("", "12")


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", " =1", "＝1"])
def test_no_cell_begins_as_a_formula(register: Register, title: str) -> None:
    found = rows(replace(register, documents=(document("QP-1", title),)))
    assert found[0]["title"].startswith("'")


def test_guard_holds_for_every_cell(register: Register) -> None:
    for row in rows(register):
        assert not [cell for cell in row.values() if cell.startswith(tuple("=+-@\t\r"))]


def test_control_characters_and_surrogates_are_shown(register: Register) -> None:
    text = register_csv(register)
    text.encode()
    assert "\x1b" not in text
    assert "documents/caf\\xe9.md" in text
