"""Attacks on the policy: it changes only as the one in force demands, and no text of it judges itself."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from attacks.told import LATE, ONE, approved, checked, messages, refusals, revised
from firm import Firm
from kit import ADA, BOB, DOC, JANE, OWEN, PEOPLE, POLICY, QUINN, TOM, Qms, Someone, doc, policy, public_line

from qmsdocs.git import open_repository
from qmsdocs.load import mainline_head
from qmsdocs.policy import read_policy
from qmsdocs.sshsig import public_key_blob

BOSS = tuple(replace(p, roles='"quality-manager", "top-management"') if p is BOB else p for p in PEOPLE)
UNAPPROVED = "is not approved and has no effect"


def revision(qms: Qms) -> str:
    """The policy in force."""
    return qms.state(LATE).policy.revision


def problems(text: str) -> list[str]:
    """What is wrong with a policy's text."""
    return [problem.message for problem in read_policy(text.encode()).problems]


def test_promoting_oneself(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attacker gives himself two roles in qms.toml, and approves with them."""
    revised(qms)
    qms.commit(BOB, {POLICY: policy(2, approve=ONE, people=BOSS)}, "2026-02-02")
    qms.sign(BOB, "top-management", path=POLICY, at="2026-02-03")
    qms.sign(BOB, "quality-manager", at="2026-02-04")
    assert (revision(qms), qms.status(LATE)) == ("1", "1 Effective")
    assert refusals(qms) == [
        f"bob did not hold the role '{role}' on 2026-02-0{day}"
        for role, day in (("top-management", 3), ("quality-manager", 4))
    ]
    assert UNAPPROVED in checked(qms, monkeypatch).out


def test_promoting_oneself_without_a_new_revision(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attacker leaves the policy's label as it is, so that it looks like the approved one."""
    approved(qms)
    qms.commit(BOB, {POLICY: policy(1, approve=ONE, people=BOSS)}, "2026-02-02")
    qms.sign(TOM, "top-management", path=POLICY, at="2026-02-03")
    said = checked(qms, monkeypatch)
    assert (said.code, qms.state().policy.people["bob"].roles[0].role) == (1, "engineer")
    assert "PO003" in said.out


def test_another_key_under_her_name(qms: Qms) -> None:
    """The attacker replaces Jane's key by his own in qms.toml, and signs as Jane."""
    revised(qms)
    jane = replace(JANE, extra=f'keys = ["{public_line("mine")}"]')
    swapped = policy(2, approve=ONE, people=[jane if p is JANE else p for p in PEOPLE])
    qms.commit(BOB, {POLICY: swapped}, "2026-02-02")
    qms.sign(JANE, "quality-manager", at="2026-02-03", key="mine", by=BOB)
    assert refusals(qms)[0].startswith("it was signed with an unknown key")
    assert qms.status(LATE) == "1 Effective"


def test_the_old_policy_brought_back_by_an_old_branch(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attacker merges a branch from before the rules were raised, with qms.toml as it was."""
    lax = policy(1, approve='["engineer"]')
    qms.start(lax)
    qms.branch("old")
    qms.write(ADA, doc(1), "2026-01-05", on="old")
    qms.sign(BOB, "engineer", at="2026-01-06", on="old")
    qms.enforce(policy(2, approve=ONE), "2026-02-01")
    qms.merge("old", BOB, "2026-03-01", files={POLICY: lax})
    assert (revision(qms), qms.status(LATE)) == ("2", "1 Draft")
    assert messages(qms, "IN711") == ["the file has the text of revision 1, and revision 2 is effective"]
    assert checked(qms, monkeypatch).code == 1


def test_one_person_under_two_e_mails_in_a_firm_without_keys(qms: Qms) -> None:
    """The attacker, a quality manager with two addresses, wants to be both of the two that must sign."""
    two = policy(approve='["2 of quality-manager"]', repository='signatures = "attributed"')
    qms.start(two.replace('"jane@example.com"', '"jane@example.com", "jane@home.example"'))
    qms.write(ADA, doc(1), "2026-02-01")
    qms.sign(JANE, "quality-manager", at="2026-02-02", key=None)
    qms.sign(JANE, "quality-manager", at="2026-02-03", key=None, by=replace(JANE, email="jane@home.example"))
    assert (qms.status(LATE), [str(need) for need in qms.draft().missing]) == ("1 In review", ["quality-manager"])


def fido(seed: str) -> str:
    """The key of a seed written as if it lay on a security key: the same private key can sign for both."""
    point = public_key_blob(public_line(seed))[-32:]
    kind, application = b"sk-ssh-ed25519@openssh.com", b"ssh:"
    wire = b"".join(len(part).to_bytes(4) + part for part in (kind, point, application))
    return f"{kind.decode()} {base64.b64encode(wire).decode()}"


@pytest.mark.parametrize(
    ("twin", "what"),
    [
        (Someone("jd", "J. Doe", '"quality-manager"', extra=f'keys = ["{public_line("jane")} x"]'), "key"),
        (Someone("jd", "J. Doe", '"quality-manager"', extra=f'keys = ["{fido("jane")}"]'), "key"),
        (Someone("jd", "J. Doe", '"quality-manager"', email="JANE@example.com"), "e-mail"),
    ],
    ids=["same key", "same key in the form of a security key", "same e-mail"],
)
def test_a_second_person_with_the_same(qms: Qms, twin: Someone, what: str) -> None:
    """The attacker wants to count twice, by a second entry under [people] for himself."""
    approved(qms)
    text = policy(2, approve='["2 of quality-manager"]', people=(*PEOPLE, twin))
    qms.commit(ADA, {POLICY: text}, "2026-02-01")
    assert messages(qms, "PO001") == [f"jane and jd have the same {what}"]
    assert revision(qms) == "1"


def test_another_mainline(qms: Qms) -> None:
    """The attacker names his own branch as the mainline, where he has left out what he dislikes."""
    revised(qms)
    qms.branch("evil", next(iter(qms.made)))
    qms.write(BOB, doc(1, "Skip the test."), "2026-01-05", on="evil")
    evil = policy(2, approve=ONE, repository='mainline = "evil"')
    qms.commit(BOB, {POLICY: evil}, "2026-02-10")
    qms.sign(JANE, "quality-manager", at="2026-02-11")
    assert qms.state(LATE).policy.mainline == "main"
    assert qms.status(LATE) == "2 Effective"


def test_another_mainline_seen_by_the_command_line(firm: Firm) -> None:
    """The attacker has the auditor's clone check out his branch, whose policy calls itself the mainline."""
    firm.procedure()
    for person in ("cat", "bob"):
        firm.sign("approve", "QP-001", person)
    head = firm.git("rev-parse", "main").strip()
    firm.git("checkout", "-q", "-b", "evil", "HEAD~2")
    firm.write(POLICY, (firm.root / POLICY).read_text().replace('mainline = "main"', 'mainline = "evil"'))
    firm.commit("Mine", by="dan")
    assert mainline_head(open_repository(firm.root)) != head
    said = firm.say("register", "--format", "json")
    assert (said.code, f'"commit": "{head}"' in said.out, '"status": "Effective"' in said.out) == (0, True, True)


@pytest.mark.parametrize("hidden", ["owner", "title", "approved_by"])
def test_a_key_hidden_behind_another_name(hidden: str) -> None:
    """The attacker maps `tags`, which is not part of what is approved, to a key that is, and then changes that freely."""
    text = policy(2, approve=ONE, extra=f'[front_matter]\ntags = "{hidden}"\n')
    assert problems(text) == [f"'{hidden}' would no longer be part of what is approved, because 'tags' never is"]


def test_own_names_for_keys_after_the_fact(qms: Qms) -> None:
    """The attacker has another key mapped to `owner`, so that approved files seem to say something else."""
    approved(qms)
    qms.enforce(policy(2, approve=ONE, extra='[front_matter]\nowner = "boss"\n'), "2026-02-01", who=BOB)
    assert messages(qms, "RE301") == ["revision 1 is approved, and this is not the text that was approved"]
    assert qms.dossier().revisions[0].content.text.text("owner") == "production-manager"


def test_lower_requirements_used_in_the_same_landing(qms: Qms) -> None:
    """The attacker lands a lax policy together with a record that only it would count."""
    qms.start()
    qms.write(ADA, doc(1), "2026-01-05")
    lax: dict[str, str | bytes | None] = {
        POLICY: policy(2, approve='["engineer"]'),
        **qms.record(BOB, "engineer", signed="2026-02-01"),
    }
    qms.commit(BOB, lax, "2026-02-01")
    assert (revision(qms), qms.status(LATE)) == ("1", "1 Draft")
    assert refusals(qms) == ["the role 'engineer' is not one that this content needs for 'approve'"]


def test_a_new_role_used_in_the_landing_that_grants_it(qms: Qms) -> None:
    """The attacker lands the director's approval of his promotion together with a record that he signed before it."""
    revised(qms)
    qms.commit(JANE, {POLICY: policy(2, approve=ONE, people=BOSS)}, "2026-02-02")
    both = {**qms.record(TOM, "top-management", path=POLICY), **qms.record(BOB, "quality-manager")}
    qms.commit(BOB, both, "2026-02-03")
    assert (revision(qms), qms.status(LATE)) == ("2", "1 Effective")
    assert refusals(qms) == ["bob did not hold the role 'quality-manager' on 2026-02-02"]


def test_a_policy_that_lowers_what_its_own_change_needs(qms: Qms) -> None:
    """The attacker drops the director from those who must approve the policy, and asks only his friend."""
    qms.start(policy(change_by='["top-management", "quality-manager"]'))
    qms.commit(BOB, {POLICY: policy(2, change_by='["quality-manager"]')}, "2026-02-01")
    qms.sign(JANE, "quality-manager", path=POLICY, at="2026-02-02")
    assert (revision(qms), len(qms.draft("QMS-001").missing)) == ("1", 1)


def test_another_id_for_the_policy(qms: Qms) -> None:
    """The attacker gives the policy a new id, under which nobody has to approve it."""
    approved(qms)
    new = policy(1, approve='["engineer"]').replace("QMS-001", "QMS-002")
    qms.commit(BOB, {POLICY: new}, "2026-02-01")
    qms.sign(BOB, "top-management", path=POLICY, at="2026-02-02")
    assert (revision(qms), qms.state(LATE).policy.id) == ("1", "QMS-001")
    assert any(UNAPPROVED in message for message in messages(qms, "PO003"))


def test_the_policy_removed(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attacker deletes the policy, so that the next one to land would be a new beginning."""
    revised(qms)
    qms.delete(BOB, POLICY, "2026-02-02")
    qms.commit(BOB, {POLICY: policy(1, approve='["engineer"]', people=BOSS)}, "2026-02-03")
    qms.sign(BOB, "engineer", at="2026-02-04")
    assert (len(qms.state().policies), qms.status(LATE)) == (1, "1 Effective")
    assert checked(qms, monkeypatch).code == 1


def test_own_work_allowed_by_oneself(qms: Qms) -> None:
    """The attacker, a quality manager, wants to approve what he wrote, and allows it himself."""
    approved(qms)
    own = policy(2, approve=ONE, repository='own_work = "allowed"')
    qms.commit(QUINN, {POLICY: own, DOC: doc(2, "Skip the test.")}, "2026-02-01")
    qms.sign(QUINN, "quality-manager", at="2026-02-02")
    assert (refusals(qms), qms.status(LATE)) == (["quinn is an author of this content"], "1 Effective")


def test_a_lax_reading_that_hides_a_document(qms: Qms, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attacker has the policy ignore the folder of a document, without approval, and edits it there."""
    approved(qms)
    blind = policy(2, approve=ONE, repository='ignore = ["documents/*"]')
    qms.commit(BOB, {POLICY: blind, DOC: doc(1, "Skip the test.")}, "2026-02-01")
    assert messages(qms, "RE301") == ["revision 1 is approved, and this is not the text that was approved"]
    assert checked(qms, monkeypatch).code == 1


def test_a_person_named_as_the_role(qms: Qms) -> None:
    """The attacker gives himself a role's id as his person's id, so that he stands for all who hold it."""
    impostor = Someone("quality-manager", "Bob Gray", '"engineer"', email="b@example.com")
    assert problems(policy(2, people=(*PEOPLE, impostor)))[0] == "'quality-manager' cannot be a person's id"
    assert problems(policy(2, people=(OWEN, TOM))) == []
    qms.start()
    assert qms.state().policy.holders("quality-manager", qms.state().as_of)[0].id == "jane"


@pytest.mark.parametrize("setting", ['folder = "../../home"', 'folder = ".git/hooks"', 'template = "../../etc/passwd"'])
def test_a_folder_outside_the_repository(setting: str) -> None:
    """The attacker has `qmsdocs new` write, or read its template, outside of the repository."""
    text = policy(2, settings=setting) if "template" in setting else policy(2).replace('folder = "documents"', setting)
    assert "leads out of the repository" in problems(text)[0]
