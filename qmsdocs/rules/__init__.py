"""The rules: state in, findings out. One family a file; `RULES` is written by hand and never grows by itself."""

from __future__ import annotations

from qmsdocs.model import Finding, Severity, Source
from qmsdocs.policy import POLICY_PATH, read_policy
from qmsdocs.rules import approval, identity, integrity, metadata, policy, references, review_date, revision
from qmsdocs.rules.base import Context, Elsewhere, Rule

RULES: tuple[Rule, ...] = (
    *policy.RULES,
    *identity.RULES,
    *metadata.RULES,
    *revision.RULES,
    *approval.RULES,
    *review_date.RULES,
    *references.RULES,
    *integrity.RULES,
)
FAMILIES = {
    "PO": "policy", "ID": "identity", "MD": "metadata", "RE": "revision",
    "AP": "approval", "RD": "review date", "RF": "references", "IN": "integrity",
}  # fmt: skip
_WEIGHT = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def judge(context: Context) -> tuple[Finding, ...]:
    """Every finding of every rule, by file, line and code."""
    findings = [finding for rule in RULES for finding in rule.findings(context)]
    return tuple(sorted(findings, key=_place))


def policy_findings(data: bytes) -> tuple[Finding, ...]:
    """What is wrong with a policy's bytes, where no policy is usable and nothing else can be judged."""
    stamped = {rule.name: rule for rule in policy.RULES}
    return tuple(
        Finding(
            code=stamped[problem.rule].code,
            rule=problem.rule,
            severity=stamped[problem.rule].severity,
            source=Source(POLICY_PATH, problem.line),
            document=None,
            message=problem.message,
            remedy=problem.remedy,
            basis=stamped[problem.rule].basis,
        )
        for problem in read_policy(data).problems
    )


def rule(code_or_name: str) -> Rule | None:
    """The rule with a code (`RE301`) or a name (`changed-without-revision`), None where there is none."""
    wanted = code_or_name.strip().casefold()
    return next((rule for rule in RULES if wanted in (rule.code.casefold(), rule.name)), None)


def _place(finding: Finding) -> tuple[str, int, int, str, str]:
    return (
        finding.source.path or "",
        finding.source.line or 0,
        _WEIGHT[finding.severity],
        finding.code,
        finding.message,
    )


__all__ = ["FAMILIES", "RULES", "Context", "Elsewhere", "Rule", "judge", "policy_findings", "rule"]
