"""Findings that the samples of the rules leave out: roles that nobody or too few hold, and references to the obsolete."""

from __future__ import annotations

from firm import Firm, procedure
from rules.test_rules import PATH, approved_policy, findings, policy, put, withdrawn


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
