"""Annotations of GitHub Actions: nothing in a document can end a command or start another."""

from __future__ import annotations

from dataclasses import replace

from qmsdocs.model import Severity, Source
from qmsdocs.render.github import findings_github

from .test_render_sarif import FOUND


def test_an_annotation_in_full() -> None:
    assert findings_github([FOUND]).splitlines() == [
        "::error file=documents/QP-001.md,line=5,title=RE301 changed-without-revision::"
        "QP-001: revision 3 is approved, and this is not the text that was approved%0A· changed by Eve%0A"
        '→ qmsdocs revise QP-001 --change "…"%0Abasis: ISO 9001 7.5.3.2 c',
        "qmsdocs: 1 error, 0 warnings, 0 notes",
    ]


def test_errors_come_first_and_notes_are_notices() -> None:
    found = [replace(FOUND, severity=weight) for weight in (Severity.NOTE, Severity.WARNING, Severity.ERROR)]
    lines = findings_github(found).splitlines()
    assert [line.split(" ")[0] for line in lines[:3]] == ["::error", "::warning", "::notice"]


def test_properties_and_message_are_escaped_by_the_rules_of_each() -> None:
    odd = replace(
        FOUND, source=Source("documents/a,b:c%\r\n.md", 2), message="50 %, a:b\r\n::error::forged", evidence=()
    )
    line = findings_github([odd]).splitlines()[0]
    assert line.startswith("::error file=documents/a%2Cb%3Ac%25 .md,line=2,title=")
    assert "QP-001: 50 %25, a:b ::error::forged%0A→" in line


def test_one_line_a_finding_whatever_it_says() -> None:
    harm = "x\n::add-mask::a\r::stop-commands::b\x85::c\u2028::d\x0c::e"
    told = findings_github([replace(FOUND, message=harm, remedy=harm, evidence=(harm,), document=harm)])
    assert len(told.splitlines()) == 2


def test_what_has_no_place_names_none() -> None:
    assert findings_github([replace(FOUND, source=Source(None, 3))]).startswith("::error title=RE301 changed-")
    assert findings_github([replace(FOUND, source=Source("qms.toml"))]).startswith("::error file=qms.toml,title=")


def test_no_findings() -> None:
    assert findings_github([]) == "qmsdocs: no findings\n"
