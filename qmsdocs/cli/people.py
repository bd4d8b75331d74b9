"""`people`: who is who in the policy. The edits are drafts of the policy, to be approved like any other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import click

from qmsdocs import authoring
from qmsdocs.cli.console import emit, tell
from qmsdocs.cli.edited import replace_file
from qmsdocs.cli.judged import Judged
from qmsdocs.cli.opened import judged_mainline, judged_worktree
from qmsdocs.cli.options import as_of_option, day, format_option, output_option, repo_option
from qmsdocs.eligibility import able, names
from qmsdocs.git import Repository
from qmsdocs.model import QmsError
from qmsdocs.policy import OWNER, POLICY_PATH, Person, PersonKey, Policy, policy_document, read_policy
from qmsdocs.render.people import people_json, people_text
from qmsdocs.signing import find_public_keys
from qmsdocs.sshsig import fingerprint, public_key_blob


@click.group(no_args_is_help=True)
def people() -> None:
    """List the people of the policy, add one, let one go, change a key.

    What is changed is a draft of the policy (qms.toml): it has no effect until it is approved.
    """


@people.command("list")
@repo_option
@as_of_option
@format_option("text", "json")
@output_option
def list_people(repo: Path, as_of: date | None, form: str, output: Path | None) -> None:
    """Who is in the policy in force, with roles and keys and the days they hold."""
    judged = judged_mainline(repo, None, as_of)
    policy, on = judged.state.policy, judged.state.as_of
    emit(people_json(policy, on) if form == "json" else people_text(policy, on), output)
    root = judged.repository.root
    file = root / POLICY_PATH if root else None
    if as_of is None and file is not None and file.is_file():
        data = file.read_bytes()
        now = judged.state.dossiers[policy.id].revisions[-1].content.text.body_digest
        if policy_document(data, read_policy(data)).body_digest != now:
            tell(f"{POLICY_PATH} as it stands here is not in force; this is the policy that is.")


@people.command()
@click.argument("person", metavar="ID")
@click.option("--name", required=True, metavar="NAME", help="The name they sign with.")
@click.option("--email", "emails", required=True, multiple=True, metavar="E-MAIL", help="One they commit with.")
@click.option("--role", "roles", required=True, multiple=True, metavar="ROLE", help="A role they hold from now on.")
@click.option("--key", type=click.Path(path_type=Path), metavar="FILE", help="Their SSH public key (the .pub file).")
@repo_option
def add(person: str, name: str, emails: tuple[str, ...], roles: tuple[str, ...], key: Path | None, repo: Path) -> None:
    """Add a person to the policy. The id is for life; give several e-mails or roles by repeating the option."""
    entry = {"name": name, "emails": list(emails), "roles": list(roles), "keys": list(_public(key) if key else ())}
    edit = _open(repo)
    edit.finish(authoring.add_person(edit.data, person, entry), f"Adds {name} as {', '.join(roles)}.")
    if key is None:
        tell(f"{name} has no key yet; 'qmsdocs people rotate-key {person} --key FILE --from DATE' adds one.")


@people.command()
@click.argument("person", metavar="ID")
@click.option("--until", callback=day, required=True, metavar="YYYY-MM-DD", help="Their last day.")
@repo_option
def remove(person: str, until: date, repo: Path) -> None:
    """End all roles and keys of a person after a day. Nobody is deleted: what they signed keeps its name."""
    edit = _open(repo)
    leaver = edit.person(person)
    edited = authoring.end_roles(edit.data, person, until)
    if edited == edit.data:
        raise QmsError(f"All roles and keys of {leaver.name} end by {until} already; nothing was changed.")
    edit.finish(edited, f"{leaver.name} leaves; the last day is {until}.")
    _warn_of_gaps(edit, leaver, edited, until + timedelta(days=1))


@people.command("rotate-key")
@click.argument("person", metavar="ID")
@click.option("--key", required=True, type=click.Path(path_type=Path), metavar="FILE", help="The new key (.pub file).")
@click.option("--from", "start", callback=day, required=True, metavar="YYYY-MM-DD", help="The new key's first day.")
@click.option(
    "--revoked", is_flag=True, help="The old key was lost or stolen: nothing signed with it counts from then on."
)
@click.option("--old", metavar="SHA256:…", help="The old key's fingerprint, where several are in use.")
@repo_option
def rotate_key(person: str, key: Path, start: date, revoked: bool, old: str | None, repo: Path) -> None:
    """Give a person a new key from a day on; the old one ends the day before, or is revoked from that day."""
    edit = _open(repo)
    holder = edit.person(person)
    new = _public(key)[0]
    if any(public_key_blob(known.key) == public_key_blob(new) for known in holder.keys):
        raise QmsError(
            f"{key} is a key of {holder.name} already ({_print(new)}); make a new one with 'ssh-keygen -t ed25519'."
        )
    ending = _key_to_end(holder, start, old)
    fate = (
        ""
        if ending is None
        else f"; {_print(ending.key)} {'is revoked from then' if revoked else 'ends the day before'}"
    )
    edited = authoring.rotate_key(edit.data, person, ending.key if ending else None, new, start, revoked)
    edit.finish(edited, f"{holder.name} signs with {_print(new)} from {start}{fate}.")
    if revoked and ending is not None:
        _tell_signed_since(edit.judged, _print(ending.key), start)


@dataclass(frozen=True)
class _Edit:
    """An edit of the policy's file: what it says before, and how it is judged."""

    judged: Judged[Repository]
    file: Path
    data: bytes
    policy: Policy

    def person(self, person: str) -> Person:
        """Someone in the file. Raises QmsError that names those there are."""
        found = self.policy.people.get(person)
        if found is None:
            raise QmsError(f"qms.toml has no person '{person}'; it has: {', '.join(self.policy.people) or 'nobody'}.")
        return found

    def finish(self, edited: bytes, change: str) -> None:
        """Raise the revision where the file's is approved, write the file if it is a usable policy, say what to do next."""
        judged = self.judged
        dossier = judged.state.dossiers[judged.state.policy.id]
        used = dossier.revision(self.policy.revision)
        landed = dossier.revisions[0].completed in judged.library.commits
        raised = used is not None and landed
        if raised:
            edited = authoring.revise_policy(edited, authoring.label_after(dossier), change)
        read = _usable(edited)
        replace_file(self.file, edited)
        click.echo(f"{POLICY_PATH}: {change}")
        if not landed:
            tell("Commit it with the rest: the first policy that lands on the mainline is the trust root.")
        else:
            what = (
                "is a draft now"
                if raised
                else "was a draft already: say this under 'change' too, and have it signed anew"
            )
            _tell_next(self.file, f"Revision {read.revision} of {read.id} {what}.")


def _open(repo: Path) -> _Edit:
    judged = judged_worktree(repo)
    root = judged.repository.root
    if root is None:
        raise QmsError("This is a bare repository; change the policy in a clone of it.")
    file = root / POLICY_PATH
    if not file.is_file():
        raise QmsError(f"{POLICY_PATH} is gone; 'qmsdocs check' says how to put it back.")
    data = file.read_bytes()
    return _Edit(judged, file, data, _usable(data, "is no policy as it stands"))


def _usable(data: bytes, what: str = "would be no policy then") -> Policy:
    """The policy of some bytes. Raises QmsError with the first thing that is wrong with them."""
    read = read_policy(data)
    if read.policy is None:
        problem = read.problems[0]
        raise QmsError(
            f"{POLICY_PATH} {what} (line {problem.line}): {problem.message}. {problem.remedy}; nothing was changed."
        )
    return read.policy


def _public(key: Path) -> tuple[str, ...]:
    return find_public_keys(None, key)


def _print(key: str) -> str:
    return fingerprint(public_key_blob(key))


def _key_to_end(holder: Person, start: date, old: str | None) -> PersonKey | None:
    """The key that a new one takes the place of; None for somebody who had none."""
    in_use = [key for key in holder.keys if key.revoked is None and (key.until is None or key.until >= start)]
    if old is None and len(in_use) > 1:
        raise QmsError(
            f"{holder.name} has several keys in use: {', '.join(_print(key.key) for key in in_use)}; say which ends with '--old'."
        )
    wanted = [key for key in in_use if old in (None, _print(key.key))]
    if old is not None and not wanted:
        raise QmsError(
            f"{holder.name} has no key {old} in use; there are: {', '.join(_print(key.key) for key in in_use) or 'none'}."
        )
    return wanted[0] if wanted else None


def _tell_next(file: Path, what: str) -> None:
    """What is left to do, and who can."""
    judged = judged_worktree(file.parent)
    dossier = judged.state.dossiers[judged.state.policy.id]
    tell(f"{what} The policy in force stays revision {dossier.revisions[-1].label} until it is approved:")
    tell(f"  git commit -m 'Change the policy' {POLICY_PATH}")
    draft = dossier.draft
    who = "; ".join(f"{need}: {names(able(need, draft, judged.state))}" for need in draft.missing) if draft else ""
    tell(f"  qmsdocs approve {dossier.id}      ({who or 'nobody is missing'})")


def _warn_of_gaps(edit: _Edit, leaver: Person, edited: bytes, after: date) -> None:
    """Say which duties of someone who leaves nobody takes over."""
    policy = _usable(edited)
    duties = {requirement.role: requirement.count for requirement in policy.approve}
    for kind in policy.types.values():
        for requirement in (*kind.review, *kind.approve):
            duties[requirement.role] = max(requirement.count, duties.get(requirement.role, 0))
    for role, count in duties.items():
        held = any(grant.role == role for grant in leaver.roles)
        if role != OWNER and held and len(policy.holders(role, after)) < count:
            tell(f"From {after} too few people hold '{role}', which must approve: give the role to someone else first.")
    owned = [
        d.id for d in edit.judged.state.dossiers.values() if d.current and d.current.text.text("owner") == leaver.id
    ]
    if owned:
        tell(f"{leaver.name} is the owner, by name, of {', '.join(owned)}: give them another.")


def _tell_signed_since(judged: Judged[Repository], key: str, start: date) -> None:
    """What was signed with a lost key from the day on: it landed under the policy then in force, and still counts."""
    acts = [act for d in judged.state.dossiers.values() for act in d.acts if act.key == key and act.signed_day >= start]
    for act in acts:
        record = act.record
        tell(f"Signed with it since: {record.meaning} {record.document} revision {record.revision} on {act.signed_day}")
    if acts:
        tell("These have landed and still count; look at each, and 'qmsdocs revoke ID' what is false.")
