"""Standards as data: what comes with qmsdocs, and what an organisation writes itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from qmsdocs.model import QmsError
from qmsdocs.policy import PURPOSES
from qmsdocs.standards import (
    Keep,
    Standard,
    matching,
    parse_reference,
    parse_standard,
    section_of,
    shipped_standards,
    within,
)

ISO = next(standard for standard in shipped_standards() if standard.name == "ISO 9001:2015")
MAINTAIN = {"4.3", "4.4.2 a", "5.2.2 a", "6.2.1", "8.2.4", "8.5.1 a"}
RETAIN = {
    "4.4.2 b", "7.1.5.1", "7.1.5.2 a", "7.2 d", "8.1 e", "8.2.3.2", "8.3.2 j", "8.3.3", "8.3.4 f", "8.3.5", "8.3.6", "8.4.1",
    "8.5.2", "8.5.3", "8.5.6", "8.6", "8.7.2", "9.1.1", "9.2.2 f", "9.3.3", "10.2.2",
}  # fmt: skip


def test_the_standard_asks_for_this_documented_information() -> None:
    asked = {keep: {item.at for item in ISO.information if item.keep is keep} for keep in Keep}
    assert asked == {Keep.MAINTAIN: MAINTAIN, Keep.RETAIN: RETAIN}
    assert {item.at for item in ISO.information if item.condition} >= {"8.1 e", "8.2.4", "8.5.1 a"}
    assert not {item.at for item in ISO.information if item.condition} & {"4.3", "4.4.2 a", "5.2.2 a", "6.2.1"}


def test_every_clause_of_chapters_4_to_10_is_there_and_has_its_parent() -> None:
    assert {number.split(".")[0] for number in ISO.clauses} == {str(chapter) for chapter in range(4, 11)}
    assert all(number.rpartition(".")[0] in ISO.clauses for number in ISO.clauses if "." in number)
    assert len(ISO.leaves) == 65
    assert ISO.leaves[0] == "4.1"
    assert ISO.leaves[-1] == "10.3"


def test_purposes_that_the_standard_names_are_those_of_the_policy() -> None:
    assert {purpose for item in ISO.information for purpose in item.records} <= set(PURPOSES)
    assert set(ISO.contents) <= set(PURPOSES)


def test_a_management_review_has_twelve_inputs_and_three_outputs() -> None:
    items = list(ISO.contents["management-review"])
    assert [sum(section_of(i) == "9.3" and i.startswith(c) for i in items) for c in ("9.3.2", "9.3.3")] == [12, 3]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("8.3.2j", "8.3.2 j"),
        ("8.3.2 j)", "8.3.2 j"),
        ("8.3.2 (j)", "8.3.2 j"),
        (" 9.3.2 c 4 ", "9.3.2 c4"),
        ("A.5.1", "A.5.1"),
        ("10", "10"),
    ],
)
def test_references_have_one_form(typed: str, read: str) -> None:
    assert parse_reference(typed) == read


@pytest.mark.parametrize("typed", ["", "eight", "8.", "8..3", "8.3.2 j k", "v8.3"])
def test_what_is_no_reference(typed: str) -> None:
    with pytest.raises(ValueError, match="is not a clause"):
        parse_reference(typed)


@pytest.mark.parametrize(
    ("inner", "outer", "is_within"),
    [("8.3.1", "8.3", True), ("8.3", "8.3", True), ("8.3.2 j", "8.3.2", True), ("9.3.2 c4", "9.3.2 c", True),
     ("8.10", "8.1", False), ("8.3", "8.3.1", False), ("9.3.2 ca", "9.3.2 c", False), ("9.3.2 c12", "9.3.2 c1", False)],
)  # fmt: skip
def test_a_part_is_within_its_whole(inner: str, outer: str, is_within: bool) -> None:
    assert within(inner, outer) is is_within


def test_a_whole_section_goes_by_its_own_number() -> None:
    assert ISO.gathered(["8.4.3", "8.4.1", "8.4.2", "7.2"]) == ("7.2", "8.4")
    assert ISO.gathered(["8.4.1", "8.4.2"]) == ("8.4.1", "8.4.2")
    assert ISO.gathered([leaf for leaf in ISO.leaves if within(leaf, "9")]) == ("9.1", "9.2", "9.3")


def test_a_standard_is_known_by_its_aliases() -> None:
    assert matching("iso  9001", shipped_standards()) is ISO
    assert matching("ISO 14001:2015", shipped_standards()) is None


def own(text: str) -> Standard:
    return parse_standard(text.encode(), "standards/own.toml")


def test_an_organisation_writes_its_own() -> None:
    found = own(
        'standard = "Ours"\n[clauses]\n"1" = "All"\n"1.1" = "Some"\n[[information]]\nat = "1.1b"\nkeep = "retain"\nwhat = "proof"'
    )
    assert (found.name, found.leaves, found.information[0].at) == ("Ours", ("1.1",), "1.1 b")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('standard = "X', "standards/own.toml:1: the TOML cannot be read"),
        ("[clauses]\n", "there are no clauses"),
        ('standard = "X"', "[clauses] is missing"),
        ('[clauses]\n"1" = "A"', "the file has no text 'standard'"),
        ('standard = "X"\n[clauses]\n8.3 = "Design"', "'8' in [clauses] has no title"),
        ('standard = "X"\n[clauses]\n"x" = "A"', "'x' is not a clause"),
        ('standard = "X"\nverbs = 1\n[clauses]\n"1" = "A"', "'verbs' is no key of a standard"),
        ('standard = "X"\n[clauses]\n"1" = "A"\n[[information]]\nat = "2"\nkeep = "retain"\nwhat = "w"', "'2' is of a clause that"),
        ('standard = "X"\n[clauses]\n"1" = "A"\n[[information]]\nat = "1"\nkeep = "hold"\nwhat = "w"', "says keep = 'hold'"),
        ('standard = "X"\n[clauses]\n"1" = "A"\n[[information]]\nat = "1"\nkeep = "retain"', "the information at 1 has no text 'what'"),
        ('standard = "X"\naliases = "Y"\n[clauses]\n"1" = "A"', "'aliases' of the file is no list of texts"),
        ('standard = "X"\nactivities = 3\n[clauses]\n"1" = "A"', "'activities' is no table"),
        ('standard = "X"\ninformation = 3\n[clauses]\n"1" = "A"', "'information' is no list of tables"),
        ('standard = "X"\ninformation = [3]\n[clauses]\n"1" = "A"', "has other keys"),
        ('standard = "X"\n[activities]\ninternal-audit = 9.2\n[clauses]\n"1" = "A"', "'9.2' is of a clause that"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_standard_is_one_sentence(text: str, told: str) -> None:
    with pytest.raises(QmsError) as stop:
        own(text)
    assert told in str(stop.value)
    assert str(stop.value).startswith("standards/own.toml")


def test_a_standard_that_is_no_text() -> None:
    with pytest.raises(QmsError, match="not UTF-8"):
        parse_standard(b"\xff\xfe", "own.toml")
    with pytest.raises(QmsError, match="more than a list of clauses needs"):
        parse_standard(b"#" * 1_100_000, "own.toml")


def test_the_example_in_the_documentation_is_one() -> None:
    page = Path(__file__).parents[2] / "docs" / "readiness.md"
    [example] = re.findall(r"```toml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    found = own(example)
    assert (found.name, found.leaves) == ("Buyer's rules 2026", ("1.1", "2.1"))
