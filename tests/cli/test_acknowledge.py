"""`acknowledge`: by those whom the policy names; a minor revision may be waived."""

from __future__ import annotations

import json

import pytest
from firm import Firm, procedure

from qmsdocs.policy import read_policy

PATH = "documents/specifications/SPEC-001.md"


def asked(firm: Firm, more: str = "") -> None:
    """An approved policy by which operators acknowledge procedures and specifications."""
    policy = (firm.root / "qms.toml").read_text().replace("revision = 1", "revision = 2", 1)
    for line in ('reviewed_by = ["quality-manager"]', 'scheme = "major.minor"'):
        policy = policy.replace(line, f'{line}\nacknowledged_by = ["operator"]\n{more}')
    firm.write("qms.toml", policy)
    firm.commit()
    assert firm.sign("approve", "QMS-001", "cat").code == 0


def issue(firm: Firm, label: str) -> None:
    firm.write(PATH, procedure("SPEC-001", f"Text {label}.", label).replace("type: procedure", "type: specification"))
    firm.commit()
    assert firm.sign("approve", "SPEC-001", "bob").code == 0


def outstanding(firm: Firm) -> list[str]:
    rows = json.loads(firm.say("register", "--format", "json").out)["documents"]
    found: list[str] = next(row["outstanding"] for row in rows if row["id"] == "SPEC-001")
    return found


def test_only_holders_of_the_role_where_one_is_named(firm: Firm) -> None:
    asked(firm)
    issue(firm, "1.0")
    said = firm.sign("acknowledge", "SPEC-001", "ann")
    assert said.code == 2
    assert "would not count 'acknowledge' by Ann Archer on SPEC-001; who can: Dan Dale" in said.err
    assert firm.sign("acknowledge", "SPEC-001", "dan").code == 0
    assert outstanding(firm) == []


def test_where_no_role_is_named_whoever_holds_one_may(firm: Firm) -> None:
    issue(firm, "1.0")
    assert firm.sign("acknowledge", "SPEC-001", "ann").code == 0
    assert outstanding(firm) == []


@pytest.mark.parametrize(("more", "expected"), [("", ["Dan Dale"]), ("acknowledge_minor = false\n", [])])
def test_a_minor_revision_may_be_waived(firm: Firm, more: str, expected: list[str]) -> None:
    asked(firm, more)
    issue(firm, "1.0")
    assert outstanding(firm) == ["Dan Dale"]
    firm.sign("acknowledge", "SPEC-001", "dan")
    issue(firm, "1.1")
    assert outstanding(firm) == expected
    issue(firm, "2.0")
    assert outstanding(firm) == ["Dan Dale"]


def test_who_never_read_the_major_one_is_outstanding_still(firm: Firm) -> None:
    asked(firm, "acknowledge_minor = false\n")
    issue(firm, "1.0")
    issue(firm, "1.1")
    assert outstanding(firm) == ["Dan Dale"]
    firm.sign("acknowledge", "SPEC-001", "dan")
    issue(firm, "1.2")
    assert outstanding(firm) == []


def test_the_setting_is_true_or_false(firm: Firm) -> None:
    policy = (firm.root / "qms.toml").read_text()
    wrong = policy.replace('scheme = "major.minor"', 'scheme = "major.minor"\nacknowledge_minor = "no"')
    (problem,) = read_policy(wrong.encode()).problems
    assert problem.message == "'types.specification.acknowledge_minor' is 'no'"
    assert problem.line == policy.split("\n").index('scheme = "major.minor"') + 2
