"""The workbook, read back with another library."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from openpyxl import load_workbook

from qmsdocs.register import Register
from qmsdocs.render.xlsx import register_xlsx

from .sample import document, record


def book(register: Register) -> Any:
    """The workbook as openpyxl reads it."""
    return load_workbook(io.BytesIO(register_xlsx(register)))


def cells(sheet: Any) -> list[dict[str, Any]]:
    """Rows of a sheet by the heads of its columns."""
    heads, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(heads, row, strict=True)) for row in rows]


def test_sheets(register: Register) -> None:
    found = book(register)
    assert found.sheetnames == ["Documents", "External documents", "Records", "Obsolete", "Findings", "About"]
    assert [row["Id"] for row in cells(found["Obsolete"])] == ["QP-100"]
    assert "QP-100" not in [row["Id"] for row in cells(found["Documents"])]
    assert [row["Code"] for row in cells(found["Findings"])] == ["NB002", "LC201", "RE301"]


def test_values_have_their_types(register: Register) -> None:
    row = cells(book(register)["Documents"])[1]
    assert row["Revision"] == "3"
    assert row["In force from"] == datetime(2024, 2, 1)
    assert row["Days left"] == 70
    assert row["In progress"] == "4, in review; missing: owner, 2 of engineer"
    assert row["Last review"] is None


def test_formulas_and_links_stay_text(register: Register) -> None:
    found = book(register)
    title = next(cell for cell in found["Documents"]["B"] if cell.value == "=1+1")
    assert title.data_type == "s"
    source = found["External documents"]["F2"]
    assert (source.value, source.hyperlink) == ("https://www.iso.org/standard/62085.html", None)


@pytest.mark.parametrize("char", ["\x00", "\x0b", "\x1b", "\ufffe", "\uffff", "\udcff", "_x0041_"])
def test_what_xml_cannot_hold_does_not_break_it(register: Register, char: str) -> None:
    found = book(replace(register, documents=(document("QP-1", f"a{char}b"),), organisation=f"&{char}" * 200))
    title = cells(found["Documents"])[0]["Title"]
    assert title.startswith("a")
    assert title.endswith("b")


def test_very_long_and_very_old_values(register: Register) -> None:
    found = book(replace(register, records=(record("R-1", "x" * 40_000, date=date(1850, 1, 1)),)))
    row = cells(found["Records"])[0]
    assert len(row["Title"]) == 32_767
    assert row["Date"] == "1850-01-01"


def test_ready_to_read_and_to_print(register: Register) -> None:
    sheet = book(register)["Documents"]
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == "A1:T14"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.oddHeader.left.text == "Tarn Valves && Fittings Ltd"
    assert "Uncontrolled when printed" in sheet.oddFooter.center.text


def test_the_same_register_gives_the_same_bytes(register: Register) -> None:
    first, second = register_xlsx(register), register_xlsx(register)
    assert first == second
    core = zipfile.ZipFile(io.BytesIO(first)).read("docProps/core.xml").decode()
    assert "2026-11-23T00:00:00Z" in core


def test_an_empty_register(register: Register) -> None:
    found = book(replace(register, documents=(), external=(), records=(), findings=()))
    assert cells(found["Documents"]) == []
