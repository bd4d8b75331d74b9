"""The rules' manual, from their docstrings: for the terminal and for docs/rules.md."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from qmsdocs.rules import Rule

_PART = re.compile(r"(Bad|Good|Remedy|Allow):")


def rule_page(rule: Rule) -> str:
    """One rule for the terminal."""
    head = f"{rule.code} {rule.name} ({rule.severity}; {_basis(rule)})"
    return f"{head}\n{'-' * len(head)}\n{rule.manual}\n"


def rules_list(rules: Sequence[Rule], families: Mapping[str, str]) -> str:
    """All rules, one a line, by family."""
    lines: list[str] = []
    for prefix, family in families.items():
        lines.append(f"{family.capitalize()}")
        lines += [
            f"  {rule.code}  {rule.severity:<8} {rule.name:<27} {_first(rule)}"
            for rule in rules
            if rule.code.startswith(prefix)
        ]
    return "\n".join(lines) + "\n\n'qmsdocs explain CODE' tells all about one.\n"


def rules_markdown(rules: Sequence[Rule], families: Mapping[str, str]) -> str:
    """docs/rules.md, whole."""
    parts = [
        "# Rules",
        "",
        "Made from the rules themselves; `qmsdocs explain CODE` prints the same. An error makes `check` exit with 1.",
        "**Allow** names the setting of [qms.toml](policy.md) that makes it no finding, as soon as that policy is in force.",
        "",
    ]
    for prefix, family in families.items():
        parts += [f"## {family.capitalize()}", ""]
        for rule in (rule for rule in rules if rule.code.startswith(prefix)):
            parts += [
                f"### {rule.code} {rule.name}",
                "",
                f"*{rule.severity}; {_basis(rule)}*",
                "",
                _markdown(rule.manual),
                "",
            ]
    return "\n".join(parts)


def _basis(rule: Rule) -> str:
    return f"serves {rule.basis}" if rule.basis.startswith("ISO") else f"by {rule.basis}"


def _first(rule: Rule) -> str:
    return rule.manual.split(". ")[0].split(".\n")[0].replace("\n", " ").rstrip(".")


def _markdown(manual: str) -> str:
    """Samples become code blocks, parts paragraphs."""
    lines: list[str] = []
    for line in manual.split("\n"):
        sample = line.startswith("    ")
        if sample and (not lines or not lines[-1].startswith("    ")):
            lines.append("")
        if not sample and lines and lines[-1].startswith("    "):
            lines.append("")
        part = _PART.match(line)
        if part and lines and lines[-1]:
            lines.append("")
        lines.append(f"**{part[1]}**{line[part.end() :]}" if part else line)
    return "\n".join(lines).strip()
