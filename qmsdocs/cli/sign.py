"""`review`, `approve`, `reject`, `revoke`, `periodic-review`, `acknowledge`: signed records, made and committed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from qmsdocs.cli.common import Terminal, now, repo_option, tell
from qmsdocs.cli.judged import Judged, judged_worktree
from qmsdocs.eligibility import draft_to_sign, known, revision_to_act_on, role_on_draft, role_on_revision
from qmsdocs.lifecycle import Content, in_force
from qmsdocs.load import mainline_head, read_bodies
from qmsdocs.model import Assurance, Meaning, QmsError, ReviewVerdict
from qmsdocs.policy import POLICY_PATH, Person
from qmsdocs.render.redline import clean, redline, redline_keys
from qmsdocs.signature import SignedRecord, write_record
from qmsdocs.signing import SigningKey, remove_files, sign, signer, write_signed

_DONE = {
    Meaning.REVIEW: "Reviewed",
    Meaning.APPROVE: "Approved",
    Meaning.REJECT: "Rejected",
    Meaning.REVOKE: "Revoked",
    Meaning.PERIODIC_REVIEW: "Periodic review signed:",
    Meaning.ACKNOWLEDGE: "Acknowledged",
}


@dataclass(frozen=True)
class _Request:
    """What the command line asks for."""

    document: str
    meaning: Meaning
    repo: Path
    role: str | None
    key: Path | None
    comment: str | None
    yes: bool
    commit: bool
    verdict: ReviewVerdict | None = None


def _options(function: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--no-commit", is_flag=True, help="Write the record and leave the commit to you."),
        click.option("--yes", is_flag=True, help="Sign without asking (what is signed is shown all the same)."),
        click.option("--comment", metavar="TEXT", help="A remark that becomes part of the signed record."),
        click.option(
            "--key",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Your SSH key (default: git's, an agent's, or in ~/.ssh).",
        ),
        click.option("--role", metavar="ROLE", help="The role you sign in, where you hold several."),
        repo_option,
        click.argument("document", metavar="ID"),
    ):
        function = option(function)
    return function


@click.command()
@_options
def review(
    document: str, repo: Path, role: str | None, key: Path | None, comment: str | None, yes: bool, no_commit: bool
) -> None:
    """Sign that you reviewed a draft."""
    _carry_out(_Request(document, Meaning.REVIEW, repo, role, key, comment, yes, not no_commit))


@click.command()
@_options
def approve(
    document: str, repo: Path, role: str | None, key: Path | None, comment: str | None, yes: bool, no_commit: bool
) -> None:
    """Sign that you approve a draft.

    Shows what changed against the revision in force, asks, signs with your SSH key and commits the signed record.
    """
    _carry_out(_Request(document, Meaning.APPROVE, repo, role, key, comment, yes, not no_commit))


@click.command()
@_options
def reject(
    document: str, repo: Path, role: str | None, key: Path | None, comment: str | None, yes: bool, no_commit: bool
) -> None:
    """Sign that a draft must not be approved as it is; --comment says why."""
    _require_comment(comment, "why it cannot be approved")
    _carry_out(_Request(document, Meaning.REJECT, repo, role, key, comment, yes, not no_commit))


@click.command()
@_options
def revoke(
    document: str, repo: Path, role: str | None, key: Path | None, comment: str | None, yes: bool, no_commit: bool
) -> None:
    """Take back the approval of a revision: it is suspended, or cancelled before it took effect; --comment says why."""
    _require_comment(comment, "why the revision must not be used")
    _carry_out(_Request(document, Meaning.REVOKE, repo, role, key, comment, yes, not no_commit))


@click.command()
@_options
@click.option(
    "--verdict", type=click.Choice([v.value for v in ReviewVerdict]), required=True, help="What the review came to."
)
def periodic_review(
    document: str,
    repo: Path,
    role: str | None,
    key: Path | None,
    comment: str | None,
    yes: bool,
    no_commit: bool,
    verdict: str,
) -> None:
    """Sign the periodic review of a document in force."""
    request = _Request(
        document, Meaning.PERIODIC_REVIEW, repo, role, key, comment, yes, not no_commit, ReviewVerdict(verdict)
    )
    _carry_out(request)


@click.command()
@_options
def acknowledge(
    document: str, repo: Path, role: str | None, key: Path | None, comment: str | None, yes: bool, no_commit: bool
) -> None:
    """Sign that you have read and understood the revision in force."""
    _carry_out(_Request(document, Meaning.ACKNOWLEDGE, repo, role, key, comment, yes, not no_commit))


def _require_comment(comment: str | None, what: str) -> None:
    if not comment or not comment.strip():
        raise QmsError(f'Say {what}: --comment "…"')


def _carry_out(request: _Request) -> None:
    judged = judged_worktree(request.repo)
    _require_usable(judged, request)
    person, key = _who(judged, request)
    content, role = _subject(judged, request, person)
    click.echo(_shown(judged, request, content))
    _confirm(request, person, role, content)
    record = SignedRecord(
        document=request.document,
        revision=content.label,
        content=content.digest,
        meaning=request.meaning,
        role=role,
        person=person.id,
        name=person.name,
        signed=datetime.fromtimestamp(int(now()), UTC),
        witness=mainline_head(judged.repository),
        comment=request.comment,
        verdict=request.verdict,
    )
    _keep(judged, request, record, key)


def _require_usable(judged: Judged, request: _Request) -> None:
    """The policy must be known and the document's files committed, so that what is signed is what the history has."""
    repository = judged.repository
    if repository.head() is None:
        raise QmsError("Nothing is committed yet; commit the policy and the document first.")
    dossier = known(judged.state, request.document)
    content = dossier.current
    paths = [dossier.path] if dossier.path else []
    if content:
        folder = Path(content.path).parent
        paths += [(folder / name).as_posix() for name in content.attachments]
    if paths and repository.changed_from_head(paths):
        raise QmsError(
            f"{paths[0]} (or a file attached to it) has changes that are not committed; commit them, so that you sign what others will read."
        )


def _who(judged: Judged, request: _Request) -> tuple[Person, SigningKey | None]:
    policy = judged.state.policy
    if policy.assurance is Assurance.ATTRIBUTED and request.key is None:
        identity = judged.repository.identity()
        person = policy.person_of(identity) if identity else None
        if person is None:
            raise QmsError(
                f"Git knows you as {identity or 'nobody'}, whom the policy does not know; set user.email to an e-mail of yours in qms.toml."
            )
        return person, None
    return signer(judged.repository, policy, request.key)


def _subject(judged: Judged, request: _Request, person: Person) -> tuple[Content, str]:
    """The content to be signed and the role to sign in."""
    state = judged.state
    if request.meaning in (Meaning.REVIEW, Meaning.APPROVE, Meaning.REJECT):
        dossier, draft = draft_to_sign(state, request.document)
        return draft.content, role_on_draft(state, dossier, draft, person, request.meaning, request.role)
    revision = revision_to_act_on(state, request.document, request.meaning)
    return revision.content, role_on_revision(state, revision, person, request.meaning, request.role)


def _shown(judged: Judged, request: _Request, content: Content) -> str:
    """What the signer must see: the document's data, and the redline against the revision in force."""
    colour = Terminal.here().colour
    dossier = known(judged.state, request.document)
    current = in_force(dossier.revisions, judged.state.as_of)
    text = content.text
    head = [
        f"{content.document}  {text.text('title') or ''}",
        f"revision {content.label}, owner {text.text('owner') or 'nobody'}, {content.path}",
        f"change: {text.text('change') or '(no summary)'}",
        f"content {content.digest}",
        "",
    ]
    if current is not None and current.content.digest == content.digest:
        return clean("\n".join([*head, "This is the revision in force."]))
    bodies = read_bodies(
        judged.repository, judged.library, [content.blob, *([current.content.blob] if current else [])]
    )
    if content.path == POLICY_PATH:
        bodies = _policy_texts(judged, [content, *([current.content] if current else [])])
    before = bodies[current.content.blob] if current else ""
    keys = redline_keys(current.content.text.front if current else {}, text.front, colour)
    changes = redline(before, bodies[content.blob], colour) if current else clean(bodies[content.blob])
    what = (
        f"Changes against revision {current.label}, in force since {current.effective_on}:"
        if current
        else "A first issue; the whole text:"
    )
    return "\n".join([*(clean(line) for line in head), what, keys, changes])


def _policy_texts(judged: Judged, contents: list[Content]) -> dict[str, str]:
    held = judged.library.uncommitted
    asked = [content.blob for content in contents]
    found = {blob: held[blob] for blob in asked if blob in held}
    found.update(judged.repository.blobs([blob for blob in asked if blob not in held]))
    return {blob: data.decode("utf-8", "replace") for blob, data in found.items()}


def _confirm(request: _Request, person: Person, role: str, content: Content) -> None:
    if request.yes:
        return
    verdict = f" with the verdict '{request.verdict}'" if request.verdict else ""
    question = (
        f"Sign '{request.meaning}'{verdict} of {request.document} revision {content.label} as {person.name} ({role})?"
    )
    if not sys.stdin.isatty():
        raise QmsError(f"{question} There is no terminal to answer; add '--yes' if you have seen what you sign.")
    click.confirm(question, abort=True)


def _keep(judged: Judged, request: _Request, record: SignedRecord, key: SigningKey | None) -> None:
    """Sign, write and commit; when anything stops this, nothing of it is left."""
    root = judged.repository.root
    assert root is not None
    signature = sign(write_record(record), key) if key else None
    paths = write_signed(root, record, signature)
    if not request.commit:
        for path in paths:
            click.echo(path)
        tell("Commit these files as they are; the record counts when they land on the mainline.")
        return
    try:
        subject = f"{record.meaning.capitalize()} {record.document} revision {record.revision} as {record.role}"
        commit = judged.repository.commit_files(paths, subject)
    except BaseException:
        remove_files(root, [root / path for path in paths])
        raise
    click.echo(
        f"{_DONE[record.meaning]} {record.document} revision {record.revision} as {record.name} ({record.role}), commit {commit[:12]}."
    )
    _say_next(request)


def _say_next(request: _Request) -> None:
    after = judged_worktree(request.repo)
    dossier = known(after.state, request.document)
    if dossier.draft and dossier.draft.missing and not dossier.revision(dossier.draft.content.label):
        missing = ", ".join(str(need) for need in dossier.draft.missing)
        tell(f"Still missing: {missing}.")
    elif request.meaning is Meaning.APPROVE and dossier.revisions:
        latest = dossier.revisions[-1]
        branch = after.repository.branch()
        where = "" if branch == after.state.policy.mainline else f" once it lands on {after.state.policy.mainline}"
        tell(f"Revision {latest.label} is approved; in force from {latest.effective_on}{where}.")
