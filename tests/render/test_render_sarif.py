"""SARIF 2.1.0 and GitLab's Code Quality report: their form, and fingerprints that outlive an edit."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from qmsdocs.model import Finding, Severity, Source
from qmsdocs.render.sarif import FINGERPRINT, findings_codequality, findings_sarif, fingerprints
from qmsdocs.rules import RULES

from .sample import COMMIT

FOUND = Finding(
    code="RE301",
    rule="changed-without-revision",
    severity=Severity.ERROR,
    source=Source("documents/QP-001.md", 5, COMMIT),
    document="QP-001",
    message="revision 3 is approved, and this is not the text that was approved",
    remedy='qmsdocs revise QP-001 --change "…"',
    basis="ISO 9001 7.5.3.2 c",
    evidence=("changed by Eve",),
)


def run(*findings: Finding, commit: str | None = None) -> dict[str, Any]:
    log = json.loads(findings_sarif(findings, RULES, commit))
    assert set(log) == {"$schema", "version", "runs"}
    assert log["version"] == "2.1.0"
    assert len(log["runs"]) == 1
    found: dict[str, Any] = log["runs"][0]
    return found


def result(finding: Finding) -> dict[str, Any]:
    found: dict[str, Any] = run(finding)["results"][0]
    return found


def place(finding: Finding) -> dict[str, Any]:
    found: dict[str, Any] = result(finding)["locations"][0]["physicalLocation"]
    return found


def test_every_rule_is_described_and_has_its_own_id() -> None:
    driver = run()["tool"]["driver"]
    assert driver["name"] == "qmsdocs"
    assert [rule["id"] for rule in driver["rules"]] == [rule.code for rule in RULES]
    assert len({rule["id"] for rule in driver["rules"]}) == len(RULES)
    for rule, source in zip(driver["rules"], RULES, strict=True):
        assert rule["name"] == source.name
        assert rule["help"]["text"] == source.manual
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
        assert rule["shortDescription"]["text"].endswith(".")
        assert "\n" not in rule["shortDescription"]["text"]
        assert rule["fullDescription"]["text"].startswith(rule["shortDescription"]["text"].rstrip("."))


def test_samples_in_the_help_are_blocks_of_code() -> None:
    help_of = {rule["name"]: rule["help"]["markdown"] for rule in run()["tool"]["driver"]["rules"]}
    assert "**Bad**\n\n    revision: 5 after revision 3\n**Good**\n\n    " in help_of["skipped-revision"]


def test_a_result_in_full() -> None:
    assert result(FOUND) == {
        "ruleId": "RE301",
        "level": "error",
        "message": {
            "text": "QP-001: revision 3 is approved, and this is not the text that was approved\n· changed by Eve\n"
            '→ qmsdocs revise QP-001 --change "…"\nbasis: ISO 9001 7.5.3.2 c'
        },
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "documents/QP-001.md", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 5},
                },
                "logicalLocations": [{"fullyQualifiedName": "QP-001", "kind": "document"}],
            }
        ],
        "partialFingerprints": {FINGERPRINT: fingerprints([FOUND])[0]},
        "properties": {
            "document": "QP-001",
            "commit": COMMIT,
            "remedy": 'qmsdocs revise QP-001 --change "…"',
            "basis": "ISO 9001 7.5.3.2 c",
            "evidence": ["changed by Eve"],
        },
        "ruleIndex": [rule.code for rule in RULES].index("RE301"),
    }


def test_levels_are_those_of_sarif() -> None:
    assert [result(replace(FOUND, severity=weight))["level"] for weight in Severity] == ["error", "warning", "note"]


def test_the_commit_judged_stands_in_the_run() -> None:
    assert run(commit=COMMIT)["properties"] == {"commit": COMMIT}
    assert "properties" not in run()


def test_a_path_is_a_uri() -> None:
    odd = replace(FOUND, source=Source("documents/a b/100%/caf\udce9 é#?:.md", 2))
    assert place(odd)["artifactLocation"]["uri"] == "documents/a%20b/100%25/caf%E9%20%C3%A9%23%3F%3A.md"


def test_what_concerns_no_file_is_shown_at_the_policy_without_a_line() -> None:
    assert place(replace(FOUND, source=Source(None, 7))) == {
        "artifactLocation": {"uri": "qms.toml", "uriBaseId": "%SRCROOT%"}
    }


def test_a_line_is_left_out_where_there_is_none() -> None:
    assert "region" not in place(replace(FOUND, source=Source("documents/QP-001.md")))


def test_no_text_of_a_document_becomes_a_link_or_a_control_character() -> None:
    text = result(replace(FOUND, message="see [this](https://evil.example)\x1b[2J\nand more"))["message"]["text"]
    assert "](" not in text
    assert "\\x1b[2J and more" in text
    assert "\x1b" not in text


def test_a_finding_without_a_rule_in_the_list_has_no_index() -> None:
    assert "ruleIndex" not in result(replace(FOUND, code="XX999"))


def mark(**more: Any) -> str:
    return fingerprints([replace(FOUND, **more)])[0]


def test_a_fingerprint_stays_when_the_line_the_file_or_the_commit_moves() -> None:
    assert mark(source=Source("documents/new/QP-001.md", 99, None)) == mark()


def test_a_fingerprint_stays_from_day_to_day() -> None:
    days = ("is due by 2026-12-09, in 15 days", "is due by 2026-12-09, in 1 day", "is due by 2026-12-09, today")
    assert len({mark(message=message) for message in days}) == 1
    assert mark(message="was due by 2026-11-01, 1 day ago") == mark(message="was due by 2026-11-01, 12 days ago")


def test_a_fingerprint_tells_findings_apart() -> None:
    others = [
        mark(code="RE302"), mark(document="QP-002"), mark(message="revision 4 is approved"),
        mark(document=None), mark(document=None, source=Source("documents/x.md", 1)),
    ]  # fmt: skip
    assert len({mark(), *others}) == 6


def test_findings_alike_in_one_file_have_fingerprints_of_their_own() -> None:
    twice = fingerprints([FOUND, replace(FOUND, source=Source("documents/QP-001.md", 9)), replace(FOUND, code="RE302")])
    assert len(set(twice)) == 3
    assert twice[0] == mark()


def test_code_quality_as_gitlab_reads_it() -> None:
    found = [replace(FOUND, severity=weight) for weight in Severity]
    report = json.loads(findings_codequality(found))
    assert [entry["severity"] for entry in report] == ["major", "minor", "info"]
    assert len({entry["fingerprint"] for entry in report}) == 3
    assert report[0] == {
        "description": "revision 3 is approved, and this is not the text that was approved "
        '→ qmsdocs revise QP-001 --change "…"',
        "check_name": "RE301 changed-without-revision",
        "fingerprint": mark(),
        "severity": "major",
        "location": {"path": "documents/QP-001.md", "lines": {"begin": 5}},
    }
    nowhere = json.loads(findings_codequality([replace(FOUND, source=Source())]))
    assert nowhere[0]["location"] == {"path": "qms.toml", "lines": {"begin": 1}}
    assert json.loads(findings_codequality([])) == []
