"""Who may sign what: asked before a signature is made, so that nothing is signed that the policy would not count."""

from __future__ import annotations

from collections.abc import Iterable

from qmsdocs import labels
from qmsdocs.lifecycle import Dossier, Draft, Need, Revision, State, stand
from qmsdocs.model import Kind, Meaning, QmsError, Status
from qmsdocs.policy import OWNER, Person


def able(need: Need, draft: Draft, state: State) -> tuple[Person, ...]:
    """The people who can still give a signature: they hold the role, did not write the text and have not signed."""
    policy, owner = state.policy, draft.content.text.text("owner")
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
    if draft.type is None:
        raise QmsError(
            f"{document} has no type that the policy knows, so nothing says who approves it; 'qmsdocs check' names the line."
        )
    if draft.type.kind is Kind.RECORD:
        raise QmsError(f"{document} is a record; records are not approved.")
    if dossier.revision(label):
        raise QmsError(
            f"Revision {label} of {document} is approved with another text; first run 'qmsdocs revise {document} --change \"…\"' and commit."
        )
    _require_next(dossier, draft)
    return dossier, draft


def _require_next(dossier: Dossier, draft: Draft) -> None:
    assert draft.type
    scheme, label = draft.type.scheme, draft.content.label
    if not labels.is_label(scheme, label):
        raise QmsError(
            f"{dossier.id} has the revision '{label}', which is no label of the scheme '{scheme}'; mend it and commit."
        )
    last = dossier.revisions[-1].label if dossier.revisions else None
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
    owner = draft.content.text.text("owner")
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
    kind, owner = revision.type, revision.content.text.text("owner")
    if meaning is Meaning.ACKNOWLEDGE:
        held = [grant.role for grant in person.roles if grant.holds(state.as_of)]
        roles: tuple[str, ...] = tuple(role for role in kind.acknowledged_by if role in held) or tuple(held)
    else:
        roles = kind.revoked_by if meaning is Meaning.REVOKE else kind.reviewed_by
    for role in roles:
        holds = state.policy.is_owner(person, owner, state.as_of) if role == OWNER else person.holds(role, state.as_of)
        if holds and wanted in (None, role):
            return role
    able_people = {
        p.id: p for role in roles for p in state.policy.holders(owner or "" if role == OWNER else role, state.as_of)
    }
    raise QmsError(
        f"The policy would not count '{meaning}' by {person.name} on {revision.content.document}; who can: {names(able_people.values())}."
    )
