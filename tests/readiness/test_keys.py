"""The keys that records bear for readiness, in the front matter of an organisation that may have had them before us."""

from __future__ import annotations

import pytest

from qmsdocs.document import KNOWN_KEYS, KeyNames, read_document

RECORD = b"---\nid: FND-1\ngrade: minor\ndue: %s\nauditor: [a, b]\naudited: 8.3, QP-001\nevidence: []\n---\n"


def problems(data: bytes, names: KeyNames) -> list[str]:
    return [problem.rule for problem in read_document(data, names).problems]


def test_they_are_known_and_typed() -> None:
    read = read_document(RECORD % b"2026-04-01", KeyNames())
    assert read.problems == ()
    assert (read.items("auditor"), read.items("audited"), read.items("evidence")) == (("a", "b"), ("8.3", "QP-001"), ())
    assert problems(RECORD % b"next week", KeyNames()) == ["wrong-type"]
    assert problems(RECORD % b"''", KeyNames()) == []


def test_an_organisation_that_had_such_a_key_keeps_it_as_it_was() -> None:
    assert problems(RECORD % b"next week", KeyNames(own_keys=frozenset({"due"}))) == []


@pytest.mark.parametrize("key", ["correction", "cause", "corrective_action", "effectiveness", "audit", "grade"])
def test_answers_are_texts(key: str) -> None:
    assert key in KNOWN_KEYS
    assert problems(f"---\nid: FND-1\n{key}: [a]\n---\n".encode(), KeyNames()) == ["wrong-type"]
