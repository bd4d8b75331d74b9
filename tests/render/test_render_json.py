"""The JSON contract."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

from qmsdocs.register import Register
from qmsdocs.render.json import findings_json, register_json

from .sample import COMMIT, DIGEST

CONTRACT = (
    "id title type path owner status revision approved_on approved_by effective_on last_review review_by days_left "
    "conditions change clauses draft content commit"
)


def test_keys_stand_in_the_order_of_the_contract(register: Register) -> None:
    found = json.loads(register_json(register))
    assert list(found)[:7] == ["commit", "as_of", "organisation", "documents", "external", "records", "findings"]
    for row in (*found["documents"], *found["external"]):
        assert " ".join(list(row)[:19]) == CONTRACT
    assert list(found["external"][0])[-4:] == ["issuer", "edition", "source", "checked"]
    assert " ".join(found["records"][0]) == (
        "id title type path date form form_revision retain_until closed_on clauses commit sources"
    )
    assert " ".join(found["findings"][0]) == (
        "code rule severity document path line commit message remedy basis evidence"
    )


def test_a_document_in_full(register: Register) -> None:
    found = json.loads(register_json(replace(register, documents=register.documents[1:2])))["documents"][0]
    assert [(act["person"], act["meaning"]) for act in found["reviewed_by"]] == [("tom-reed", "review")]
    assert len(found["approved_by"]) == 1
    assert found["approved_by"][0] == {
        "person": "jane-doe",
        "name": "Jane Doe",
        "role": "quality-manager",
        "signed": "2024-01-10T10:12:00+00:00",
        "assurance": "signed",
        "meaning": "approve",
    }
    assert found["draft"] == {
        "revision": "4",
        "status": "In review",
        "missing": ["owner", "engineer", "engineer"],
        "effective_on": "2026-12-01",
    }
    assert (found["effective_on"], found["last_review"], found["content"]) == ("2024-02-01", None, DIGEST)
    assert found["conditions"] == ["change pending"]
    assert found["sources"]["id"] == {"path": "documents/procedures/QP-001.md", "line": 2, "commit": COMMIT}


def test_undecodable_paths_and_control_characters_are_shown_and_nothing_crashes(register: Register) -> None:
    text = register_json(register)
    text.encode()
    assert json.loads(text)["documents"][12]["path"] == "documents/caf\\xe9.md"
    assert json.loads(text)["documents"][12]["title"].endswith("Ångström\x9b")
    assert "\x9b" not in text
    assert "\x1b" not in text
    assert "日本語" in text
    assert text.endswith("}\n")


def test_the_same_register_gives_the_same_text(register: Register) -> None:
    assert register_json(register) == register_json(replace(register))


def test_findings_are_counted(register: Register) -> None:
    found = json.loads(findings_json(register.findings))
    assert (found["errors"], found["warnings"], found["notes"]) == (1, 1, 1)
    assert [item["code"] for item in found["findings"]] == ["NB002", "RE301", "LC201"]
    assert json.loads(findings_json(())) == {"findings": [], "errors": 0, "warnings": 0, "notes": 0}


def test_an_empty_register() -> None:
    empty = Register(COMMIT, date(2026, 1, 1), "Nobody", None, (), (), (), ())
    assert json.loads(register_json(empty))["root"] is None
