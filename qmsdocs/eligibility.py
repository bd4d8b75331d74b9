"""Who may sign what: asked before a signature is made, so that nothing is signed that the policy would not count."""

from __future__ import annotations

from collections.abc import Iterable

from qmsdocs import labels
from qmsdocs.lifecycle import Content, Dossier, Draft, Need, Revision, State, closing, closing_roles, stand
from qmsdocs.model import Kind, Meaning, QmsError, Status
from qmsdocs.policy import OWNER, DocumentType, Person


def able(need: Need, draft: Draft, state: State) -> tuple[Person, ...]:
    """The people who can still give a signature: they hold the role, did not write the text and have not signed."""
    policy, owner = state.policy, draft.owner
    role = owner if need.requirement.role == OWNER else need.requirement.role
    signed = {act.record.person for act in draft.acts}
    barred = signed if policy.own_work_allowed else signed | draft.authors
    return tuple(p for p in (policy.holders(role, state.as_of) if role else ()) if p.id not in barred)


def names(people: Iterable[Person]) -> str:
    """People as a reader wants them named."""
    return " or ".join(person.name for person in people) or "nobody"


def draft_to_sign(state: State, document: str) -> tuple[Dossier, Draft]:
    """The draft of a document that signatures would count on. Raises QmsError where there is none."""
    dossier = known(state, document)
    draft = dossier.draft
    if draft is None:
        if dossier.revisions:
            raise QmsError(
                f"Revision {dossier.revisions[-1].label} of {document} is approved, and no newer draft stands here; nothing waits for a signature."
            )
        raise QmsError(f"{document} has no text that can be read; 'qmsdocs check' says what is wrong with it.")
    label = draft.content.label
    _require_document_type(draft)
    if dossier.revision(label):
        raise QmsError(
            f"Revision {label} of {document} is approved with another text; first run 'qmsdocs revise {document} --change \"…\"' and commit."
        )
    _require_next(dossier, draft)
    _require_readable(draft)
    return dossier, draft


def _require_readable(draft: Draft) -> None:
    problem = draft.content.text.unread_value
    if problem:
        raise QmsError(
            f"{draft.content.path}:{problem.line}: {problem.message}, so nobody can approve it; {problem.remedy}."
        )


def draft_to_baseline(state: State, document: str) -> tuple[Dossier, Draft]:
    """The draft of a legacy document that a baseline would bring in: at any label of its scheme, before all approvals."""
    dossier = known(state, document)
    draft = dossier.draft
    if dossier.revisions:
        raise QmsError(
            f"{document} has the revision {dossier.revisions[-1].label}; a baseline comes once, before anything is approved."
        )
    if draft is None:
        raise QmsError(f"{document} has no text that can be read; 'qmsdocs check' says what is wrong with it.")
    scheme, label = _require_document_type(draft).scheme, draft.content.label
    if not labels.is_label(scheme, label):
        raise QmsError(
            f"{document} has the revision '{label}', which is no label of the scheme '{scheme}'; write the one it has on paper and commit."
        )
    return dossier, draft


def _require_document_type(draft: Draft) -> DocumentType:
    if draft.type is None:
        raise QmsError(
            f"{draft.content.document} has no type that the policy knows, so nothing says who approves it; 'qmsdocs check' names the line."
        )
    if draft.type.kind is Kind.RECORD:
        document = draft.content.document
        raise QmsError(f"{document} is a record; records are not approved, 'qmsdocs close {document}' closes it.")
    return draft.type


def record_to_close(state: State, document: str) -> Content:
    """The content of a record that is still open. Raises QmsError where there is none."""
    dossier = known(state, document)
    content, closed = dossier.current, closing(dossier)
    if dossier.revisions:
        raise QmsError(
            f"{document} is no record but a document; what ends a document is 'qmsdocs withdraw {document}'."
        )
    if content is None:
        raise QmsError(f"{document} has no text that can be read; 'qmsdocs check' says what is wrong with it.")
    if closed is not None:
        raise QmsError(
            f"{document} was closed by {closed.record.name} on {closed.signed_day}; a record is closed once."
        )
    kind = dossier.draft.type if dossier.draft else None
    if kind is None or kind.kind is not Kind.RECORD:
        raise QmsError(f"{document} is no record: its type is {kind.id if kind else 'not known to the policy'}.")
    return content


def role_to_close(state: State, content: Content, person: Person, wanted: str | None) -> str:
    """The role in which a person may close a record. Raises QmsError that says who can."""
    kind = state.policy.type_of(content.text.text("type"), content.document, content.path)
    assert kind
    roles = closing_roles(kind, state.policy)
    return _first_held(state, roles, content, person, wanted, Meaning.CLOSE)


def role_to_baseline(state: State, dossier: Dossier, draft: Draft, person: Person, wanted: str | None) -> str:
    """The role in which a person may set a baseline. Raises QmsError that says who can."""
    assert draft.type
    role = _first_held(state, draft.type.revoked_by, draft.content, person, wanted, Meaning.BASELINE)
    own = person.id in draft.authors and not state.policy.own_work_allowed
    if own and not _older_than_root(state, draft.content):
        raise QmsError(
            f"{person.name} is an author of revision {draft.content.label} of {dossier.id}, which is newer than the policy; "
            "someone else sets its baseline, or it is approved."
        )
    return role


def _older_than_root(state: State, content: Content) -> bool:
    """Whether a content landed before the first policy did: then nobody's rule was broken by writing it."""
    policy = state.dossiers.get(state.policy.id)
    return policy is not None and bool(policy.revisions) and content.landing < policy.revisions[0].landing


def _require_next(dossier: Dossier, draft: Draft) -> None:
    assert draft.type
    scheme, label = draft.type.scheme, draft.content.label
    if not labels.is_label(scheme, label):
        raise QmsError(
            f"{dossier.id} has the revision '{label}', which is no label of the scheme '{scheme}'; mend it and commit."
        )
    last = dossier.revisions[-1].label if dossier.revisions else None
    if last is None and label not in (first := labels.first_labels(scheme)):
        raise QmsError(
            f"{dossier.id} starts at revision {label}; write {' or '.join(first)} and commit, or bring a document that was "
            f"approved on paper in at its old revision: 'qmsdocs baseline {dossier.id}'."
        )
    if last and labels.is_label(scheme, last) and label not in (allowed := labels.next_labels(scheme, last)):
        raise QmsError(
            f"Revision {label} of {dossier.id} does not follow revision {last}; write {' or '.join(allowed)} and commit."
        )


def known(state: State, document: str) -> Dossier:
    """The document with an id. Raises QmsError naming the nearest one."""
    dossier = state.dossiers.get(document)
    if dossier is None or not (dossier.revisions or dossier.paths):
        near = [d for d in state.dossiers if d.casefold() == document.casefold()]
        hint = f"did you mean {near[0]}?" if near else "'qmsdocs register' lists them."
        raise QmsError(f"There is no document '{document}' here; {hint}")
    return dossier


def role_on_draft(
    state: State, dossier: Dossier, draft: Draft, person: Person, meaning: Meaning, wanted: str | None
) -> str:
    """The role in which a person may review, approve or reject a draft. Raises QmsError that says who can."""
    if meaning is Meaning.REJECT:
        return _role_to_reject(state, draft, person, wanted)
    open_needs = [need for need in draft.missing if need.meaning is meaning]
    who = "; ".join(f"{need}: {names(able(need, draft, state))}" for need in draft.missing)
    label = f"revision {draft.content.label} of {dossier.id}"
    if draft.rejected and draft.rejected.record.person == person.id and wanted in (None, draft.rejected.record.role):
        return draft.rejected.record.role
    if person.id in draft.authors and not state.policy.own_work_allowed:
        raise QmsError(
            f"{person.name} is an author of {label}, and nobody approves their own work; who can: {who or 'nobody is needed'}."
        )
    if any(act.record.person == person.id for act in draft.acts):
        raise QmsError(f"{person.name} has signed {label} already; still missing: {who or 'nothing'}.")
    fitting = [
        need for need in open_needs if person in able(need, draft, state) and wanted in (None, need.requirement.role)
    ]
    if fitting:
        return fitting[0].requirement.role
    role = f" in the role '{wanted}'" if wanted else ""
    raise QmsError(
        f"The policy would not count '{meaning}' by {person.name}{role} on {label}; who can: {who or 'nobody is needed'}."
    )


def _role_to_reject(state: State, draft: Draft, person: Person, wanted: str | None) -> str:
    assert draft.type
    owner = draft.owner
    requirements = (*draft.type.review, *draft.type.approve, *(draft.type.approve_minor or ()))
    for role in dict.fromkeys(requirement.role for requirement in requirements):
        holds = state.policy.is_owner(person, owner, state.as_of) if role == OWNER else person.holds(role, state.as_of)
        if holds and wanted in (None, role):
            return role
    roles = ", ".join(str(requirement) for requirement in dict.fromkeys(requirements))
    raise QmsError(
        f"Only those who could sign may reject ({roles or 'nobody'}); {person.name} holds none of these roles."
    )


def revision_to_act_on(state: State, document: str, meaning: Meaning) -> Revision:
    """The approved revision that a revocation, periodic review or acknowledgement speaks of. Raises QmsError."""
    dossier = known(state, document)
    standing = stand(dossier, state)
    revision = standing.shown
    if meaning is Meaning.REVOKE and standing.pending is not None:
        revision = standing.pending
    fitting = (Status.EFFECTIVE, Status.APPROVED) if meaning is not Meaning.PERIODIC_REVIEW else (Status.EFFECTIVE,)
    if revision is None or standing.status not in fitting:
        raise QmsError(
            f"{document} is {standing.status.lower()}; only what is in force can be the subject of '{meaning}'."
        )
    return revision


def role_on_revision(state: State, revision: Revision, person: Person, meaning: Meaning, wanted: str | None) -> str:
    """The role in which a person may revoke, review or acknowledge an approved revision. Raises QmsError that says who can."""
    kind = revision.type
    if meaning is Meaning.ACKNOWLEDGE:
        held = dict.fromkeys(grant.role for grant in person.roles if grant.holds(state.as_of))
        roles = kind.acknowledged_by or tuple(held)
    else:
        roles = kind.revoked_by if meaning is Meaning.REVOKE else kind.reviewed_by
    return _first_held(state, roles, revision.content, person, wanted, meaning)


def _first_held(
    state: State, roles: Iterable[str], content: Content, person: Person, wanted: str | None, meaning: Meaning
) -> str:
    """The first of some roles that a person holds, as far as the one they want goes. Raises QmsError that says who can."""
    policy, owner = state.policy, content.text.text("owner")
    able_people: dict[str, Person] = {}
    for role in roles:
        holds = policy.is_owner(person, owner, state.as_of) if role == OWNER else person.holds(role, state.as_of)
        if holds and wanted in (None, role):
            return role
        able_people |= {p.id: p for p in policy.holders(owner or "" if role == OWNER else role, state.as_of)}
    in_role = f" in the role '{wanted}'" if wanted else ""
    raise QmsError(
        f"The policy would not count '{meaning}' by {person.name}{in_role} on {content.document}; who can: {names(able_people.values())}."
    )
