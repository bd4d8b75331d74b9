"""Findings as JUnit XML, which Jenkins, GitLab and most other CI servers show: one test case a document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as Xml

from qmsdocs.model import Finding, Severity
from qmsdocs.register import DocumentRow, RecordRow
from qmsdocs.render.printable import counted, place, printable

_NAME = "qmsdocs"


@dataclass(frozen=True, slots=True)
class _Case:
    """What is counted as one test: a document or record, or a file that belongs to none."""

    kind: str
    name: str


def findings_junit(findings: Iterable[Finding], rows: Iterable[DocumentRow | RecordRow] = ()) -> bytes:
    """A test case for each row of the register that was checked: failed where it has an error, else passed.

    What concerns no row has a case of its own, by file. Warnings and notes stand in the output of their case. One `failure`
    a case, since GitLab reads only one; no other attributes than Jenkins knows (junit-10.xsd of its xUnit plugin).
    """
    documents = {row.id: _row_case(row) for row in rows}
    found_in: dict[_Case, list[Finding]] = {case: [] for case in documents.values()}
    for finding in findings:
        found_in.setdefault(documents.get(finding.document or "") or _file_case(finding), []).append(finding)
    failures = sum(any(map(_is_error, found)) for found in found_in.values())
    counts = {"name": _NAME, "tests": str(len(found_in)), "failures": str(failures), "errors": "0", "time": "0"}
    root = Xml.Element("testsuites", counts)
    suite = Xml.SubElement(root, "testsuite", counts | {"skipped": "0"})
    for case, found in found_in.items():
        shown = {"classname": f"{_NAME}.{case.kind}", "name": case.name, "time": "0"}
        _fill(Xml.SubElement(suite, "testcase", shown), found)
    Xml.indent(root)
    return bytes(Xml.tostring(root, "utf-8", xml_declaration=True)) + b"\n"


def finding_lines(finding: Finding) -> Iterator[str]:
    """A finding in plain lines that are safe to show, without its place and its rule."""
    document = f"{printable(finding.document)}: " if finding.document else ""
    yield f"{document}{printable(finding.message)}"
    yield from (f"· {printable(evidence)}" for evidence in finding.evidence)
    yield f"→ {printable(finding.remedy)}"
    yield f"basis: {printable(finding.basis)}"


def _row_case(row: DocumentRow | RecordRow) -> _Case:
    return _Case(printable(row.type or "document"), printable(f"{row.id} {row.title}" if row.title else row.id))


def _file_case(finding: Finding) -> _Case:
    return _Case("file", printable(finding.source.path or finding.document or "repository"))


def _fill(element: Xml.Element, found: Sequence[Finding]) -> None:
    errors = [finding for finding in found if _is_error(finding)]
    others = [finding for finding in found if not _is_error(finding)]
    if errors:
        first = f"{errors[0].code} {printable(errors[0].message)}"
        message = first if len(errors) == 1 else f"{first} (and {counted(len(errors) - 1, 'more error')})"
        Xml.SubElement(element, "failure", {"type": errors[0].code, "message": message}).text = _told(errors)
    if others:
        Xml.SubElement(element, "system-out").text = _told(others)


def _told(findings: Iterable[Finding]) -> str:
    return "\n\n".join("\n".join((_head(finding), *finding_lines(finding))) for finding in findings)


def _head(finding: Finding) -> str:
    where = f"{place(finding.source)}: " if finding.source.path else ""
    return f"{where}{finding.severity.value} {finding.code} {printable(finding.rule)}"


def _is_error(finding: Finding) -> bool:
    return finding.severity is Severity.ERROR
