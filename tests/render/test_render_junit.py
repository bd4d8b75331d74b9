"""JUnit XML: one case a document, and XML whatever stands in the documents."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as Xml

from qmsdocs.model import Finding, Severity, Source
from qmsdocs.render.junit import findings_junit

from .sample import document, record
from .test_render_sarif import FOUND

WARNING = replace(FOUND, severity=Severity.WARNING, code="RD501", rule="review-overdue", message="too late")


def suite(*findings: Finding, rows: tuple[str, ...] = ("QP-001", "QP-002")) -> Xml.Element:
    made = findings_junit(findings, [document(row, f"Title of {row}") for row in rows])
    root = Xml.fromstring(made)
    assert root.tag == "testsuites"
    assert [child.tag for child in root] == ["testsuite"]
    return root[0]


def case(found: Xml.Element, name: str) -> Xml.Element:
    return next(case for case in found if case.get("name") == name)


def test_each_document_is_a_case_and_an_error_fails_it() -> None:
    found = suite(FOUND)
    assert {key: found.get(key) for key in ("name", "tests", "failures", "errors", "skipped")} == {
        "name": "qmsdocs", "tests": "2", "failures": "1", "errors": "0", "skipped": "0",
    }  # fmt: skip
    failed, passed = found
    assert failed.attrib == {"classname": "qmsdocs.procedure", "name": "QP-001 Title of QP-001", "time": "0"}
    assert [child.tag for child in failed] == ["failure"]
    assert failed[0].attrib == {"type": "RE301", "message": f"RE301 {FOUND.message}"}
    assert (failed[0].text or "").startswith(
        "documents/QP-001.md:5 @ 9f3c2ab1d0: error RE301 changed-without-revision\n"
    )
    assert 'qmsdocs revise QP-001 --change "…"' in (failed[0].text or "")
    assert list(passed) == []


def test_a_warning_is_told_and_fails_nothing() -> None:
    found = suite(WARNING)
    assert found.get("failures") == "0"
    assert [child.tag for child in found[0]] == ["system-out"]
    assert "too late" in (found[0][0].text or "")


def test_a_case_has_one_failure_however_many_errors() -> None:
    found = suite(FOUND, replace(FOUND, code="RE302", message="second"), replace(FOUND, code="RE303"), WARNING)
    assert found.get("failures") == "1"
    assert [child.tag for child in found[0]] == ["failure", "system-out"]
    assert (found[0][0].get("message") or "").endswith("(and 2 more errors)")
    assert "second" in (found[0][0].text or "")


def test_what_belongs_to_no_document_is_a_case_by_file() -> None:
    lost = replace(FOUND, document=None, source=Source("documents/lost.md", 1))
    nowhere = replace(FOUND, document="QP-404", source=Source())
    found = suite(lost, replace(lost, code="ID101"), nowhere)
    assert (found.get("tests"), found.get("failures")) == ("4", "2")
    assert case(found, "documents/lost.md").get("classname") == "qmsdocs.file"
    assert [child.tag for child in case(found, "QP-404")] == ["failure"]


def test_a_record_is_a_case_too() -> None:
    made = Xml.fromstring(findings_junit([], [record("IA-2026-01", "Internal audit")]))
    assert made[0][0].get("classname") == "qmsdocs.internal-audit"


def test_nothing_that_xml_cannot_hold_gets_into_it() -> None:
    harm = "]]> <b> & \" ' \x00\x0b\x1b[2J \ud800 \ufffe\nnext"
    made = findings_junit(
        [replace(FOUND, message=harm, evidence=(harm,), remedy=harm), replace(WARNING, message=harm)],
        [document("QP-001", harm)],
    )
    found = Xml.fromstring(made)[0][0]
    assert "\\x00\\x0b\\x1b[2J \\ud800 \\ufffe next" in (found.get("name") or "")
    assert "]]> <b> & \" '" in (found[0].text or "")


def test_no_documents_and_no_findings_are_an_empty_suite() -> None:
    assert suite(rows=()).get("tests") == "0"
