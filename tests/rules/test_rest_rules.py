"""Findings that the samples of the rules leave out: roles that nobody or too few hold, and references to the obsolete."""

from __future__ import annotations

import pytest
from firm import Firm, procedure
from rules.test_rules import PATH, approved_policy, findings, in_force, policy, put, withdrawn


def test_an_owner_role_that_nobody_holds_is_told(firm: Firm) -> None:
    approved_policy('operator = "Operator"', 'operator = "Operator"\narchivist = "Archivist"')(firm)
    put(procedure("QP-001").replace("owner: quality-manager", "owner: archivist"))(firm)
    (found,) = findings(firm, "MD207")
    assert found["message"] == "nobody holds the role 'archivist', which owns this document"


def test_a_reference_to_an_obsolete_document_names_its_replacement(firm: Firm) -> None:
    withdrawn(firm)
    firm.write(PATH, procedure("QP-001", more="references: [QP-002]\n"))
    (found,) = findings(firm, "RF602")
    assert (found["message"], found["remedy"]) == ("QP-002 is obsolete", "Refer to QP-003 in the next revision")


def test_the_policy_may_be_what_needs_most_people_of_a_role(firm: Firm) -> None:
    policy('approve = ["top-management"]', 'approve = ["2 of top-management"]')(firm)
    policy("revision = 1", "revision = 2")(firm)
    firm.commit()
    assert firm.sign("approve", "QMS-001", "cat").code == 0
    (found,) = findings(firm, "PO006")
    assert found["message"] == "the role 'top-management' must sign by 2, and 1 holds it"


@pytest.mark.parametrize(("dropped", "told"), [(True, [("QP-002", "warning")]), (False, [])])
def test_a_replacement_that_was_dropped_as_a_draft_is_told_of_the_obsolete_document(
    firm: Firm, dropped: bool, told: list[tuple[str, str]]
) -> None:
    path = in_force(firm, "QP-002")
    replacement = firm.procedure("QP-003")
    firm.write(path, procedure("QP-002", revision="2", more="withdrawn: Merged.\nreplaced_by: QP-003\n"))
    firm.commit()
    for person in ("cat", "bob"):
        assert firm.sign("approve", "QP-002", person).code == 0
    for gone in (path, replacement) if dropped else (path,):
        (firm.root / gone).unlink()
    firm.commit()
    assert [(found["document"], found["severity"]) for found in findings(firm, "RF603")] == told


@pytest.mark.parametrize(("kind", "told"), [("document", 1), ("external", 0)])
def test_only_our_own_documents_must_say_when_they_are_reviewed(firm: Firm, kind: str, told: int) -> None:
    standard = f'[types.standard]\nkind = "{kind}"\nprefix = "STD"\nfolder = "documents"\napprove = ["engineer"]\n\n'
    approved_policy("[types.specification]", f"{standard}[types.specification]")(firm)
    text = procedure("STD-001", more="issuer: ISO\nedition: 2015\n").replace("type: procedure", "type: standard")
    firm.write("documents/STD-001.md", text)
    firm.commit()
    assert firm.sign("approve", "STD-001", "cat").code == 0
    assert len(findings(firm, "RD503")) == told
