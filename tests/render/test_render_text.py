"""The terminal's tables and findings."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from rich.cells import cell_len

from qmsdocs.model import Finding, Severity, Source
from qmsdocs.register import Register
from qmsdocs.render.text import findings_text, register_text

from .sample import document

FINDINGS = """\
repository: note NB002 note-rule
    the mainline has no remote
    → None needed
    basis: your own policy

documents/procedures/QP-001.md:31: warning LC201 broken-link
    QP-001: the link to WI-404 leads nowhere
    → Name a document that exists
    basis: your own policy

documents/procedures/QP-008.md:5: error RE301 changed-without-revision
    QP-008: the text changed since revision 3 was approved
      · commit 1a2b3c4d5e by Tom Reed, 2026-11-02
      · approved content qmsdocs-1:sha256:5f2c\\x1b]0;x\\x07
    → Run: qmsdocs revise QP-008
    basis: ISO 9001:2015, 7.5.3.2 c

1 error, 1 warning, 1 note in 2 files
"""

SMALL = """\
Tarn Valves & Fittings Ltd
Register as of 2026-11-23, commit 9f3c2ab1d0

Documents (2)
Id      Rev  Status       Title                          In force    Review by
────────────────────────────────────────────────────────────────────────────────
QP-001  3    ● Effective  Control of documented          2024-02-01  2027-02-01
                          information
                          · change pending
                          ◐ 4 in review, missing owner,
                          2 of engineer
QP-006  3    ▲ Suspended  Release of product             2024-02-01  –
                          ! approval broken
                          ! rejected

2 documents: 1 effective, 1 suspended; 0 external documents; 0 records; no
findings
"""


def test_findings_read_like_a_compilers(register: Register) -> None:
    assert findings_text(register.findings, colour=False) == FINDINGS


def test_a_findings_commit_is_named_where_no_evidence_names_it() -> None:
    found = Finding("A1", "r", Severity.ERROR, Source("a.md", 1, "f" * 40), None, "m", "do", "b")
    assert "      · commit ffffffffff\n" in findings_text([found], colour=False)


def test_no_findings() -> None:
    assert findings_text((), colour=False) == "no findings\n"


def test_a_small_register_exactly(register: Register) -> None:
    rows = tuple(row for row in register.documents if row.id in ("QP-001", "QP-006"))
    small = replace(register, documents=rows, external=(), records=(), findings=())
    assert register_text(small, 80, colour=False) == SMALL


@pytest.mark.parametrize("width", [40, 80, 100, 120, 200])
def test_no_line_is_wider_than_the_terminal(register: Register, width: int) -> None:
    long = document("X" * 64, "One-word-" * 20, revision="123.456", type_name="A type with a long name")
    text = register_text(replace(register, documents=(*register.documents, long)), width, colour=False)
    assert max(cell_len(line) for line in text.splitlines()) <= width


def test_more_columns_when_wide(register: Register) -> None:
    assert "Owner" not in register_text(register, 80, colour=False)
    wide = register_text(register, 120, colour=False)
    assert "Owner" in wide
    assert "12 d late" in wide


@pytest.mark.parametrize("colour", [True, False])
def test_control_characters_of_documents_never_come_out(register: Register, colour: bool) -> None:
    text = register_text(register, 100, colour) + findings_text(register.findings, colour)
    text.encode()
    left = re.sub(r"\x1b\[[\d;]*m", "", text) if colour else text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", left)


def test_colour_only_where_asked_for(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "30")
    assert "\x1b" not in register_text(register, 80, colour=False)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" in register_text(register, 80, colour=True)
    assert "\x1b[1;31m" in findings_text(register.findings, colour=True)


def test_the_obsolete_stand_apart(register: Register) -> None:
    documents, obsolete = register_text(register, 80, colour=False).split("Obsolete (1)")
    assert "QP-100" not in documents
    assert "Merged into QP-001." in obsolete
