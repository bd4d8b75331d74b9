"""Findings as annotations of GitHub Actions: workflow commands on standard output.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Iterable

from qmsdocs.model import Finding, Severity
from qmsdocs.render.junit import finding_lines
from qmsdocs.render.printable import counted, printable
from qmsdocs.render.sections import severity_counts

_COMMAND = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_WEIGHT = tuple(Severity)
_IN_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTY = _IN_DATA | str.maketrans({":": "%3A", ",": "%2C"})


def findings_github(findings: Iterable[Finding]) -> str:
    """One annotation a finding and a summary; errors first, since GitHub shows ten of each kind for a step."""
    found = sorted(findings, key=lambda finding: _WEIGHT.index(finding.severity))
    counts = ", ".join(counted(count, weight.value) for weight, count in severity_counts(found).items())
    return "".join(f"{line}\n" for line in (*map(_annotation, found), f"qmsdocs: {counts if found else 'no findings'}"))


def _annotation(finding: Finding) -> str:
    source = finding.source
    properties = {"file": printable(source.path)} if source.path else {}
    if source.path and source.line:
        properties["line"] = str(source.line)
    properties["title"] = f"{finding.code} {printable(finding.rule)}"
    shown = ",".join(f"{key}={value.translate(_IN_PROPERTY)}" for key, value in properties.items())
    message = "\n".join(finding_lines(finding)).translate(_IN_DATA)
    return f"::{_COMMAND[finding.severity]} {shown}::{message}"
