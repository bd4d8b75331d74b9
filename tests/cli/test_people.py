"""`people`: edits of the policy that keep its comments, are drafts to be approved, and are refused where they make no policy."""

from __future__ import annotations

import json
import subprocess
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from firm import Firm, Said

from qmsdocs import authoring
from qmsdocs.model import QmsError

EVE = ("eve", "--name", 'Eve "E" Hart', "--email", "eve@test.example", "--role", "engineer")


def key(firm: Firm, name: str = "new") -> str:
    file = firm.root.parent / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"{name} key", "-f", str(file)], check=True)
    return str(file)


def policy(firm: Firm) -> str:
    return (firm.root / "qms.toml").read_text()


def person(firm: Firm, identifier: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = tomllib.loads(policy(firm))["people"][identifier]
    return found


def listed(firm: Firm, *more: str) -> dict[str, Any]:
    people = json.loads(firm.say("people", "list", "--format", "json", *more).out)["people"]
    return {person["id"]: person for person in people}


def approved(firm: Firm) -> None:
    firm.commit("People", by="bob")
    assert firm.sign("approve", "QMS-001", "cat").code == 0


def refused(firm: Firm, *arguments: str) -> str:
    before = policy(firm)
    said: Said = firm.say("people", *arguments, by="bob")
    assert (said.code, policy(firm)) == (2, before)
    return said.err


def test_someone_new_signs_once_the_policy_is_approved(firm: Firm) -> None:
    before = policy(firm)
    new = key(firm)
    said = firm.say("people", "add", *EVE, "--role", "operator", "--key", f"{new}.pub", by="bob")
    assert said.code == 0
    assert "Revision 2 of QMS-001 is a draft now. The policy in force stays revision 1" in said.err
    assert "qmsdocs approve QMS-001      (top-management: Cat Clark)" in said.err
    change = 'change = "Adds Eve \\"E\\" Hart as engineer, operator."'
    start = before.replace("revision = 1\n", "revision = 2\n", 1).replace('change = "As written."', change, 1)
    assert policy(firm).startswith(start)
    assert person(firm, "eve")["roles"] == ["engineer", "operator"]
    assert "eve" not in listed(firm)
    assert "is not in force; this is the policy that is" in firm.say("people", "list").err
    approved(firm)
    firm.procedure()
    assert firm.say("approve", "QP-001", "--key", new, "--yes").code == 0
    assert listed(firm)["eve"]["keys"][0]["usable"]
    assert firm.say("people", "list").err == ""


def test_before_the_first_policy_lands_there_is_nothing_to_raise(firm: Firm) -> None:
    firm.git("update-ref", "-d", "HEAD")
    firm.git("rm", "-q", "--cached", "qms.toml")
    said = firm.say("people", "add", *EVE)
    assert said.code == 0
    assert "the first policy that lands on the mainline is the trust root" in said.err
    assert "has no key yet; 'qmsdocs people rotate-key eve" in said.err
    assert tomllib.loads(policy(firm))["document"]["revision"] == 1


def test_a_second_edit_of_a_draft_keeps_its_revision_and_says_so(firm: Firm) -> None:
    firm.say("people", "add", *EVE)
    said = firm.say("people", "remove", "dan", "--until", "2026-06-30")
    assert (
        "Revision 2 of QMS-001 was a draft already: say this under 'change' too, and have it signed anew." in said.err
    )
    assert tomllib.loads(policy(firm))["document"]["revision"] == 2


REFUSED = {
    "id taken": (("ann", *EVE[1:]), "'ann' is in qms.toml already"),
    "id of a role": (("engineer", *EVE[1:]), "cannot be a person's id"),
    "bad id": (("a b", *EVE[1:]), "cannot be a person's id"),
    "role": ((*EVE, "--role", "chef"), "the role 'chef' is not defined"),
    "e-mail": ((*EVE, "--email", "Bob@test.example"), "bob and eve have the same e-mail"),
    "no key": ((*EVE, "--key", "/nowhere"), "There is no key at /nowhere"),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_who_cannot_be_added(firm: Firm, case: str) -> None:
    arguments, words = REFUSED[case]
    assert words in refused(firm, "add", *arguments)


def test_a_key_of_someone_else_and_a_file_that_is_none(firm: Firm) -> None:
    assert "bob and eve have the same key" in refused(firm, "add", *EVE, "--key", firm.key("bob"))
    (firm.root.parent / "x.pub").write_text("ssh-rsa hello")
    assert "is not an SSH key" in refused(firm, "add", *EVE, "--key", str(firm.root.parent / "x.pub"))


def test_who_leaves_keeps_the_name_and_loses_roles_and_keys(firm: Firm) -> None:
    said = firm.say("people", "remove", "dan", "--until", "2026-06-30", by="bob")
    assert "Dan Dale leaves; the last day is 2026-06-30." in said.out
    approved(firm)
    dan = listed(firm)["dan"]
    assert dan["roles"] == [{"role": "operator", "from": None, "until": "2026-06-30", "holds": True}]
    assert (dan["keys"][0]["until"], dan["keys"][0]["usable"]) == ("2026-06-30", True)
    after = listed(firm, "--as-of", "2026-07-01")["dan"]
    assert (after["roles"][0]["holds"], after["keys"][0]["usable"]) == (False, False)
    assert (
        "dan  Dan Dale <dan@test.example>   (no role on this day)"
        in firm.say("people", "list", "--as-of", "2026-07-01").out
    )
    assert "end by 2026-06-30 already" in refused(firm, "remove", "dan", "--until", "2026-06-30")


def test_what_nobody_takes_over_is_said(firm: Firm) -> None:
    firm.write(
        "documents/procedures/QP-001.md",
        (firm.root / firm.procedure()).read_text().replace("owner: quality-manager", "owner: cat"),
    )
    firm.commit()
    said = firm.say("people", "remove", "cat", "--until", "2026-06-30")
    assert "From 2026-07-01 too few people hold 'top-management'" in said.err
    assert "'engineer'" not in said.err
    assert "Cat Clark is the owner, by name, of QP-001" in said.err


def test_a_new_key_takes_over_from_its_day(firm: Firm) -> None:
    new = key(firm)
    said = firm.say("people", "rotate-key", "cat", "--key", f"{new}.pub", "--from", "2026-04-01", by="bob")
    assert said.code == 0, said.err
    keys = person(firm, "cat")["keys"]
    assert keys[0] == {"key": firm.keys["cat"].public, "until": date(2026, 3, 31)}
    assert keys[1] == {"key": Path(f"{new}.pub").read_text().strip(), "from": date(2026, 4, 1)}
    approved(firm)
    firm.procedure()
    assert firm.sign("approve", "QP-001", "cat").code == 0
    firm.procedure("QP-002")
    firm.now = "2026-04-01T09:00:00+00:00"
    assert firm.say("approve", "QP-002", "--key", new, "--yes", by="cat").code == 0
    assert firm.say("check").code == 0


def test_a_lost_key_is_revoked_and_what_was_signed_with_it_is_named(firm: Firm) -> None:
    firm.procedure()
    firm.sign("approve", "QP-001", "cat")
    said = firm.say("people", "rotate-key", "cat", "--key", key(firm), "--from", "2026-03-02", "--revoked", by="bob")
    assert person(firm, "cat")["keys"][0]["revoked"] == date(2026, 3, 2)
    assert "Signed with it since: approve QP-001 revision 1 on 2026-03-02" in said.err
    assert "'qmsdocs revoke ID' what is false" in said.err


def test_of_several_keys_one_is_named(firm: Firm) -> None:
    second = key(firm, "second")
    public = Path(f"{second}.pub").read_text().strip()
    firm.write(
        "qms.toml", policy(firm).replace(f'"{firm.keys["cat"].public}"', f'"{firm.keys["cat"].public}", "{public}"')
    )
    arguments = ("rotate-key", "cat", "--key", key(firm), "--from", "2026-04-01")
    assert "Cat Clark has several keys in use: SHA256:" in refused(firm, *arguments)
    assert "has no key SHA256:x in use" in refused(firm, *arguments, "--old", "SHA256:x")
    shown = subprocess.run(
        ["ssh-keygen", "-l", "-f", second], capture_output=True, check=True, text=True
    ).stdout.split()[1]
    assert firm.say("people", *arguments, "--old", shown).code == 0
    assert person(firm, "cat")["keys"][:2] == [firm.keys["cat"].public, {"key": public, "until": date(2026, 3, 31)}]


def test_a_key_that_is_theirs_already_and_a_person_there_is_not(firm: Firm) -> None:
    more = ("--from", "2026-04-01")
    assert "is a key of Cat Clark already" in refused(firm, "rotate-key", "cat", "--key", firm.key("cat"), *more)
    assert "bob and cat have the same key" in refused(firm, "rotate-key", "cat", "--key", firm.key("bob"), *more)
    assert "it has: ann, bob, cat, dan" in refused(firm, "remove", "eve", "--until", "2026-04-01")


def test_a_file_that_is_no_policy_is_left_alone(firm: Firm) -> None:
    firm.write("qms.toml", policy(firm).replace('timezone = "Europe/London"', 'timezone = "Nowhere"'))
    assert "is no policy as it stands (line " in refused(firm, "add", *EVE)
    firm.write("qms.toml", "[document\n")
    assert "the TOML cannot be read" in refused(firm, "add", *EVE)


def test_a_link_is_not_followed(firm: Firm) -> None:
    elsewhere = firm.root.parent / "elsewhere.toml"
    (firm.root / "qms.toml").rename(elsewhere)
    (firm.root / "qms.toml").symlink_to(elsewhere)
    assert "is a symbolic link" in refused(firm, "add", *EVE)


# --- how the file is edited ---------------------------------------------------------------------------------------

HEAD = '# ours\n[document]\nid = "QMS-001"\nrevision = 1   # counts on\n\n'
LAYOUTS = {
    "lines": (
        '[people.ann]\nroles = [\n  "a",   # since 2019\n  {role="b", from = 2026-01-01},\n]\nkeys = []\n# the end\n',
        '[people.ann]\nroles = [\n  {role = "a", until = 2026-06-30},   # since 2019\n'
        '  {role = "b", from = 2026-01-01, until = 2026-06-30},\n]\nkeys = []\n# the end\n',
    ),
    "one text": (
        '[people.ann]\nroles = "a"   # since 2019\n',
        '[people.ann]\nroles = [{role = "a", until = 2026-06-30}]   # since 2019\n',
    ),
    "ended": ('[people.ann]\nroles = [{role="a",until=2026-06-30}]\n', None),
    "dotted": (
        '[people]\nann.roles = ["a"]\nbob.roles = ["a"]\n',
        '[people]\nann.roles = [{role = "a", until = 2026-06-30}]\nbob.roles = ["a"]\n',
    ),
    "apart": (
        '[people.ann]\nroles = ["a"]\n\n[roles]\na = "A"\n\n[people.bob]\nroles = ["a"]\n',
        '[people.ann]\nroles = [{role = "a", until = 2026-06-30}]\n\n[roles]\na = "A"\n\n[people.bob]\nroles = ["a"]\n',
    ),
}


@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_only_what_must_change_does(layout: str, ends: str) -> None:
    before, after = ((HEAD + text).replace("\n", ends).encode() if text else None for text in LAYOUTS[layout])
    assert before
    assert authoring.end_roles(before, "ann", date(2026, 6, 30)) == (after or before)
    marked = b"\xef\xbb\xbf" + before
    assert authoring.end_roles(marked, "ann", date(2026, 6, 30)) == b"\xef\xbb\xbf" + (after or before)


def test_an_array_of_tables_reads_back_as_meant() -> None:
    before = HEAD + '[[people.ann.roles]]\nrole = "a"\n\n[[people.ann.roles]]\nrole = "b"\n'
    edited = authoring.end_roles(before.encode(), "ann", date(2026, 6, 30)).decode()
    roles = tomllib.loads(edited)["people"]["ann"]["roles"]
    assert roles == [{"role": role, "until": date(2026, 6, 30)} for role in "ab"]


@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_a_person_is_added_at_the_end(ends: str) -> None:
    before = (HEAD + '[people.ann]\nname = "Ann"\n# the end').replace("\n", ends).encode()
    added = authoring.add_person(before, "eve", {"name": "Eve\n", "roles": ["a"]}).decode()
    assert added == before.decode() + f'{ends}{ends}[people.eve]{ends}name = "Eve\\n"{ends}roles = ["a"]{ends}'


def test_a_policy_that_cannot_be_read_is_refused_in_one_sentence() -> None:
    with pytest.raises(QmsError, match="cannot be edited"):
        authoring.end_roles(b"[x", "ann", date(2026, 6, 30))
    with pytest.raises(QmsError, match="cannot be edited"):
        authoring.revise_policy(b"\xff", "2", "x")


def test_the_revision_of_a_policy_stays_a_text_where_it_was_one() -> None:
    edited = authoring.revise_policy(b'[document]\nrevision = "1"\n', "2", "More")
    assert edited == b'[document]\nrevision = "2"\nchange = "More"\n'
