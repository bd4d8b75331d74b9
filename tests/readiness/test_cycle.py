"""The cycle of a certificate."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from kit import policy

from qmsdocs.policy import Policy, read_policy
from qmsdocs.readiness import Milestone, Reached, cycle

CERTIFICATE = '[certificate]\nbody = "Body"\nstage_1 = 2024-09-10\nstage_2 = 2024-11-19\nissued = 2024-12-05\n'


def with_certificate(text: str) -> Policy:
    read = read_policy(policy(extra=text).encode())
    assert read.policy, read.problems
    return read.policy


def steps(text: str, day: str) -> dict[str, Milestone]:
    return {step.name: step for step in cycle(with_certificate(text), date.fromisoformat(day))}


def test_no_certificate_no_cycle() -> None:
    assert cycle(with_certificate(""), date(2026, 1, 1)) == ()


def test_the_whole_cycle_in_order() -> None:
    found = cycle(with_certificate(CERTIFICATE), date(2024, 9, 1))
    assert [(step.name, step.day.isoformat(), step.reached) for step in found] == [
        ("Stage 1", "2024-09-10", Reached.SOON),
        ("Stage 2", "2024-11-19", Reached.SOON),
        ("Certificate issued", "2024-12-05", Reached.AHEAD),
        ("Surveillance 1", "2025-12-05", Reached.AHEAD),
        ("Surveillance 2", "2026-12-05", Reached.AHEAD),
        ("Recertification audit", "2027-09-05", Reached.AHEAD),
        ("Certificate expires", "2027-12-05", Reached.AHEAD),
    ]


def test_surveillance_is_at_most_a_year_after_the_one_before() -> None:
    found = steps(CERTIFICATE + "surveillance = [2025-11-18]\n", "2026-11-18")
    assert (found["Surveillance 1"].reached, found["Surveillance 1"].by) == (Reached.DONE, date(2025, 12, 5))
    assert (found["Surveillance 2"].reached, found["Surveillance 2"].by) == (Reached.SOON, date(2026, 11, 18))
    found = steps(CERTIFICATE + "surveillance = [2025-11-18]\n", "2026-11-19")
    assert found["Surveillance 2"].reached is Reached.OVERDUE
    assert "Surveillance 3" not in found


def test_a_surveillance_taken_late_is_done_and_late() -> None:
    step = steps(CERTIFICATE + "surveillance = [2025-12-06]\n", "2026-01-01")["Surveillance 1"]
    assert (step.reached, step.late) == (Reached.DONE, True)
    assert not steps(CERTIFICATE + "surveillance = [2025-12-05]\n", "2026-01-01")["Surveillance 1"].late


def test_an_agreed_day_does_not_hide_that_the_last_day_is_past() -> None:
    step = steps(CERTIFICATE + "surveillance = [2026-02-01]\n", "2025-12-06")["Surveillance 1"]
    assert (step.reached, step.late) == (Reached.OVERDUE, True)


def test_months_end_where_the_calendar_says() -> None:
    found = steps(CERTIFICATE + "expires = 2027-05-31\n", "2026-01-01")
    assert found["Recertification audit"].by == date(2027, 2, 28)
    assert found["Certificate expires"].by == date(2027, 5, 31)


def test_several_certificates_each_have_their_cycle() -> None:
    text = '[[certificate]]\nbody = "A"\nstandards = ["ISO 9001:2015"]\nstage_1 = 2026-05-01\n' \
           '[[certificate]]\nbody = "B"\nstandards = ["ISO 14001:2015"]\nstage_1 = 2026-04-01\n'  # fmt: skip
    assert [(step.body, step.standards) for step in cycle(with_certificate(text), date(2026, 1, 1))] == [
        ("B", ("ISO 14001:2015",)),
        ("A", ("ISO 9001:2015",)),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[certificate]\nbody = 3', "'body' is 3, a text was expected"),
        ('[certificate]\nstandards = "ISO"', "'standards' is 'ISO', a list of texts"),
        ('[certificate]\nissued = "2024-12-05"', "a day was expected"),
        ('[certificate]\nsurveillance = 2025-01-01', "'surveillance' is no list of days"),
        ('[certificate]\nauditor = "X"', "'auditor' is not a setting of [certificate]"),
        ('[certificate]\nissued = 2024-12-05\nstage_2 = 2025-01-01', "not in their order"),
        ('[certificate]\nissued = 9999-12-05', "longer than any is valid"),
        ('[certificate]\nissued = 2024-12-05\nexpires = 2204-12-04', "longer than any is valid"),
        ('[[certificate]]\nbody = "A"\n[processes]\nx = 3', "the process 'x' is 3"),
        ('[processes]\nx = {name = "X", owner = "nobody"}', "neither a role nor a person"),
        ('[programme]\ninternal_audits = "soon"', "not an interval"),
        ('[programme]\nreviews = "1 year"', "'reviews' is not a setting of [programme]"),
        ('[not_applicable]\n"8.3" = " "', "nothing says why 8.3 does not apply"),
        ('[not_applicable]\n8.3 = 1', "nothing says why 8.3 does not apply"),
        ('[not_applicable]\ndesign = "no"', "'design' is no clause"),
        ('[not_applicable."ISO 14001:2015"]\nx = "no"', "'x' is no clause"),
        ('[types.x]\nretains = ["eight"]', "'eight' is not a clause"),
        ('[types.x]\npurpose = "party"', "'types.x.purpose' is 'party'"),
    ],
)  # fmt: skip
def test_sections_that_cannot_be_taken(text: str, told: str) -> None:
    read = read_policy(policy(extra=text).encode())
    assert read.policy is None
    assert any(told in problem.message for problem in read.problems), read.problems


def test_a_certificate_that_is_no_table() -> None:
    [problem] = read_policy(b"certificate = 3\n" + policy().encode()).problems
    assert (problem.line, problem.message) == (1, "'certificate' is not a table")


def test_an_unquoted_clause_is_understood() -> None:
    read = with_certificate(
        '[not_applicable]\n8.3 = "made to print"\n"7.1.5" = "no gauges"\n[not_applicable."B 1"]\n8.2.1 = "x"'
    )
    assert [(e.standard, e.clause, e.reason) for e in read.system.not_applicable] == [
        (None, "8.3", "made to print"),
        (None, "7.1.5", "no gauges"),
        ("B 1", "8.2.1", "x"),
    ]


def test_the_examples_in_the_documentation_are_policy() -> None:
    page = (Path(__file__).parents[2] / "docs" / "policy.md").read_text("utf-8")
    examples = [
        e for e in re.findall(r"```toml\n(.*?)```", page, re.DOTALL) if "[certificate]" in e or "[not_applicable]" in e
    ]
    roles = '[roles]\npurchasing = "P"\ninspection = "I"\n'
    assert len(examples) == 2
    for example in examples:
        read = read_policy(policy(extra=example).replace("[roles]\n", roles).encode())
        assert read.problems == ()
