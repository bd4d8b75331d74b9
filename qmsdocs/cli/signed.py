"""A signed record made at the command line: who signs, what they must see, the question, the signature, the commit."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from qmsdocs.cli.console import Terminal, now, tell
from qmsdocs.cli.judged import Judged
from qmsdocs.cli.opened import judged_worktree
from qmsdocs.cli.options import repo_option
from qmsdocs.eligibility import (
    draft_to_baseline,
    draft_to_sign,
    known,
    record_to_close,
    revision_to_act_on,
    role_on_draft,
    role_on_revision,
    role_to_baseline,
    role_to_close,
)
from qmsdocs.git import Repository
from qmsdocs.lifecycle import Content, closing_label, in_force
from qmsdocs.load import WORKTREE, mainline_head, read_bodies
from qmsdocs.model import Assurance, Meaning, QmsError, ReviewVerdict, Severity
from qmsdocs.policy import POLICY_PATH, Person
from qmsdocs.render.redline import clean, redline, redline_keys
from qmsdocs.signature import SignedRecord, write_record
from qmsdocs.signing import SigningKey, remove_files, sign, signer, write_signed

_WHOLE = {
    Meaning.CLOSE: "The record, whole:",
    Meaning.BASELINE: "A legacy document, brought in as it is; the whole text:",
}
_DONE = {
    Meaning.REVIEW: "Reviewed",
    Meaning.APPROVE: "Approved",
    Meaning.REJECT: "Rejected",
    Meaning.REVOKE: "Revoked",
    Meaning.PERIODIC_REVIEW: "Periodic review signed:",
    Meaning.ACKNOWLEDGE: "Acknowledged",
    Meaning.BASELINE: "Baseline set:",
    Meaning.CLOSE: "Closed",
}


@dataclass(frozen=True)
class Request:
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


def signs(meaning: Meaning) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A verb that signs: it takes ID and the options they all share, handed on as one Request."""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(function)
        def verb(
            document: str,
            repo: Path,
            role: str | None,
            key: Path | None,
            comment: str | None,
            yes: bool,
            no_commit: bool,
            **more: Any,
        ) -> None:
            function(Request(document, meaning, repo, role, key, comment, yes, not no_commit), **more)

        return _options(verb)

    return decorate


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


def require_comment(request: Request, what: str) -> None:
    """Raise QmsError where no remark was given, for acts that must say why."""
    if not request.comment or not request.comment.strip():
        raise QmsError(f'Say {what}: --comment "…"')


def carry_out(request: Request) -> None:
    """Show what is to be signed, ask, sign, write and commit. Raises QmsError where the record would not count."""
    judged = judged_worktree(request.repo)
    _require_usable(judged, request)
    person, key = _who(judged, request)
    content, role = _subject(judged, request, person)
    _require_sound(judged, request)
    click.echo(_shown(judged, request, content))
    _confirm(request, person, role, content)
    record = SignedRecord(
        document=request.document,
        revision=closing_label(content) if request.meaning is Meaning.CLOSE else content.label,
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


def _require_usable(judged: Judged[Repository], request: Request) -> None:
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


def _require_sound(judged: Judged[Repository], request: Request) -> None:
    """What is to come into force must be free of errors, and judged by the policy that will judge the record."""
    state = judged.state
    if request.meaning not in (Meaning.REVIEW, Meaning.APPROVE, Meaning.BASELINE):
        return
    if request.document != state.policy.id and state.policies and state.policies[-1][1] == WORKTREE:
        raise QmsError(
            "The policy on this branch is not in force before it lands, and the record would be judged by the one that is; "
            f"land the policy on {state.policy.mainline} first."
        )
    path = known(state, request.document).path
    excused = ("skipped-revision",) if request.meaning is Meaning.BASELINE else ()
    for finding in judged.findings:
        here = finding.document == request.document and finding.source.path == path
        if here and finding.severity is Severity.ERROR and finding.rule not in excused:
            place = f"{path}:{finding.source.line or 1}"
            raise QmsError(
                f"{place}: {finding.message} ({finding.code}); mend it and commit before it is signed: {finding.remedy}."
            )


def _who(judged: Judged[Repository], request: Request) -> tuple[Person, SigningKey | None]:
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


def _subject(judged: Judged[Repository], request: Request, person: Person) -> tuple[Content, str]:
    """The content to be signed and the role to sign in."""
    state = judged.state
    if request.meaning in (Meaning.REVIEW, Meaning.APPROVE, Meaning.REJECT):
        dossier, draft = draft_to_sign(state, request.document)
        return draft.content, role_on_draft(state, dossier, draft, person, request.meaning, request.role)
    if request.meaning is Meaning.BASELINE:
        dossier, draft = draft_to_baseline(state, request.document)
        return draft.content, role_to_baseline(state, dossier, draft, person, request.role)
    if request.meaning is Meaning.CLOSE:
        content = record_to_close(state, request.document)
        return content, role_to_close(state, content, person, request.role)
    revision = revision_to_act_on(state, request.document, request.meaning)
    return revision.content, role_on_revision(state, revision, person, request.meaning, request.role)


def _shown(judged: Judged[Repository], request: Request, content: Content) -> str:
    """What the signer must see: the document's data, and the redline against the revision in force."""
    colour = Terminal.here().colour
    dossier = known(judged.state, request.document)
    current = in_force(dossier.revisions, judged.state.as_of)
    text = content.text
    head = _head(request, content)
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
        else _WHOLE.get(request.meaning, "A first issue; the whole text:")
    )
    return "\n".join([*(clean(line) for line in head), what, keys, changes])


def _head(request: Request, content: Content) -> list[str]:
    text = content.text
    lines = [f"{content.document}  {text.text('title') or ''}"]
    if request.meaning is Meaning.CLOSE:
        lines.append(f"record of {text.text('date') or content.day}, {content.path}")
    else:
        lines.append(f"revision {content.label}, owner {text.text('owner') or 'nobody'}, {content.path}")
        lines.append(f"change: {text.text('change') or '(no summary)'}")
    return [*lines, f"content {content.digest}", ""]


def _policy_texts(judged: Judged[Repository], contents: list[Content]) -> dict[str, str]:
    held = judged.library.uncommitted
    asked = [content.blob for content in contents]
    found = {blob: held[blob] for blob in asked if blob in held}
    found.update(judged.repository.blobs([blob for blob in asked if blob not in held]))
    return {blob: data.decode("utf-8", "replace") for blob, data in found.items()}


def _confirm(request: Request, person: Person, role: str, content: Content) -> None:
    if request.yes:
        return
    verdict = f" with the verdict '{request.verdict}'" if request.verdict else ""
    question = f"Sign '{request.meaning}'{verdict} of {_named(request.meaning, content.document, content.label)} as {person.name} ({role})?"
    if not sys.stdin.isatty():
        raise QmsError(f"{question} There is no terminal to answer; add '--yes' if you have seen what you sign.")
    click.confirm(question, abort=True)


def _keep(judged: Judged[Repository], request: Request, record: SignedRecord, key: SigningKey | None) -> None:
    """Sign, write and commit; when anything stops this, nothing of it is left."""
    root = judged.repository.root
    assert root is not None
    signature = sign(write_record(record), key) if key else None
    paths = write_signed(root, record, signature)
    named = _named(record.meaning, record.document, record.revision)
    if not request.commit:
        for path in paths:
            click.echo(path)
        tell("Commit these files as they are; the record counts when they land on the mainline.")
        return
    try:
        subject = f"{record.meaning.capitalize()} {named} as {record.role}"
        commit = judged.repository.commit_files(paths, subject)
    except BaseException:
        remove_files(root, [root / path for path in paths])
        raise
    click.echo(f"{_DONE[record.meaning]} {named} as {record.name} ({record.role}), commit {commit[:12]}.")
    _say_next(request)


def _named(meaning: Meaning, document: str, label: str) -> str:
    """What was signed, as people say it: a record has no revisions."""
    return f"record {document}" if meaning is Meaning.CLOSE else f"{document} revision {label}"


def _say_next(request: Request) -> None:
    after = judged_worktree(request.repo)
    dossier = known(after.state, request.document)
    if request.meaning is Meaning.CLOSE:
        tell("Its text must not change from now on; what is to be corrected goes into a new record that names it.")
    elif dossier.draft and dossier.draft.missing and not dossier.revision(dossier.draft.content.label):
        missing = ", ".join(str(need) for need in dossier.draft.missing)
        tell(f"Still missing: {missing}.")
    elif request.meaning in (Meaning.APPROVE, Meaning.BASELINE) and dossier.revisions:
        latest = dossier.revisions[-1]
        how = "a baseline" if latest.baseline else "approved"
        if after.repository.branch() == after.state.policy.mainline:
            tell(f"Revision {latest.label} is {how}; in force from {latest.effective_on}.")
        else:
            day = latest.content.text.day("effective_date")
            until = f", from {day} at the earliest" if day and day > after.state.as_of else ""
            tell(f"Revision {latest.label} is {how}; in force once it lands on {after.state.policy.mainline}{until}.")
