"""Findings for machines that follow them from commit to commit: SARIF 2.1.0, and GitLab's Code Quality report.

SARIF: https://docs.oasis-open.org/sarif/sarif/v2.1.0/; Code Quality: https://docs.gitlab.com/ci/testing/code_quality/.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from qmsdocs import __version__
from qmsdocs.model import Finding, Severity
from qmsdocs.policy import POLICY_PATH
from qmsdocs.render.junit import finding_lines
from qmsdocs.render.printable import encodable, printable
from qmsdocs.rules import Rule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "qmsdocsFinding/v1"
_WEIGHT = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info"}
# What a message says of the day it was written on, and not of what was found
_TODAY = re.compile(r"\b(?:in \d+ days?|\d+ days? ago|today)\b")
_SAMPLE = re.compile(r"(?m)^(Bad|Good):\n")


def findings_sarif(findings: Iterable[Finding], rules: Sequence[Rule], commit: str | None = None) -> str:
    """Findings as one SARIF run. `rules` are all that were applied; `commit` is the one judged, None for the work tree."""
    found = tuple(findings)
    places = {rule.code: place for place, rule in enumerate(rules)}
    driver = {"name": "qmsdocs", "version": __version__, "rules": [_rule(rule) for rule in rules]}
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, mark, places) for finding, mark in zip(found, fingerprints(found), strict=True)],
    }
    if commit:
        run["properties"] = {"commit": commit}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=True) + "\n"


def findings_codequality(findings: Iterable[Finding]) -> str:
    """Findings as GitLab shows them in a merge request."""
    found = tuple(findings)
    report = [
        {
            "description": printable(f"{finding.message} → {finding.remedy}"),
            "check_name": f"{finding.code} {finding.rule}",
            "fingerprint": mark,
            "severity": _WEIGHT[finding.severity],
            "location": {
                "path": encodable(finding.source.path or POLICY_PATH),
                "lines": {"begin": finding.source.line or 1},
            },
        }
        for finding, mark in zip(found, fingerprints(found), strict=True)
    ]
    return json.dumps(report, indent=2, ensure_ascii=True) + "\n"


def fingerprints(findings: Sequence[Finding]) -> tuple[str, ...]:
    """What tells each finding from all others (hex), the same tomorrow, on another line, and in a file that moved.

    Findings that differ in nothing else are told apart by their order.
    """
    seen: Counter[str] = Counter()
    marks = []
    for finding in findings:
        subject = finding.document or finding.source.path or ""
        parts = (finding.code, subject, _TODAY.sub("", finding.message))
        name = "\0".join(parts)
        numbered = f"{name}\0{seen[name]}".encode("utf-8", "surrogatepass")
        seen[name] += 1
        marks.append(hashlib.sha256(numbered).hexdigest())
    return tuple(marks)


def _rule(rule: Rule) -> dict[str, Any]:
    manual = rule.manual
    summary = " ".join(manual.partition("\n\n")[0].split())
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": f"{summary.partition('. ')[0].rstrip('.')}."},
        "fullDescription": {"text": summary},
        "help": {"text": manual, "markdown": _SAMPLE.sub(r"**\1**\n\n", manual)},
        "defaultConfiguration": {"level": rule.severity.value},
        "properties": {"basis": rule.basis},
    }


def _result(finding: Finding, mark: str, places: Mapping[str, int]) -> dict[str, Any]:
    result = {
        "ruleId": finding.code,
        "level": finding.severity.value,
        "message": {"text": "\n".join(finding_lines(finding)).replace("](", "] (")},  # else a link (SARIF 3.11.6)
        "locations": [_location(finding)],
        "partialFingerprints": {FINGERPRINT: mark},
        "properties": {
            "document": finding.document,
            "commit": finding.source.commit,
            "remedy": printable(finding.remedy),
            "basis": finding.basis,
            "evidence": [printable(evidence) for evidence in finding.evidence],
        },
    }
    return result | ({"ruleIndex": places[finding.code]} if finding.code in places else {})


def _location(finding: Finding) -> dict[str, Any]:
    """The file and line. What concerns no file is shown at the policy: GitHub refuses a result without a file."""
    uri = quote(finding.source.path or POLICY_PATH, errors="surrogateescape")
    place: dict[str, Any] = {"artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"}}
    if finding.source.path and finding.source.line:
        place["region"] = {"startLine": max(finding.source.line, 1)}
    named = [{"fullyQualifiedName": printable(finding.document), "kind": "document"}] if finding.document else []
    return {"physicalLocation": place} | ({"logicalLocations": named} if named else {})
