"""When the required signatures on a content are complete, and what is missing until then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qmsdocs import labels
from qmsdocs.lifecycle.dossier import Act, Content, Need, Revision
from qmsdocs.model import Meaning
from qmsdocs.policy import OWNER, DocumentType, Policy, Requirement


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far a content has come: the acts that fill a requirement, the needs left open, a rejection that stands.

    `weighed` are all that were looked at; `refusals` says of each that does not count here why (by the record's blob).
    """

    weighed: tuple[Act, ...]
    counted: tuple[Act, ...]
    missing: tuple[Need, ...]
    rejected: Act | None
    refusals: dict[str, str]

    @property
    def complete(self) -> bool:
        """Whether the content is approved."""
        return not self.missing and self.rejected is None


def owner_asked(content: Content, revisions: Sequence[Revision], policy: Policy) -> str | None:
    """The owner whose signature a content needs: the one that the revision before it names, while there is one.

    To hand a document over is the old owner's act; else whoever writes a text would choose who approves it. Where nobody
    was the old owner any more on the day the content landed, it is the one that the content names.
    """
    new = content.text.text("owner")
    old = next((r.content.text.text("owner") for r in reversed(revisions) if r.content is not content), None)
    if old is None or old == new:
        return new
    person = policy.people.get(old)
    held = any(g.holds(content.day) for g in person.roles) if person else bool(policy.holders(old, content.day))
    return old if held else new


def needs(
    content: Content, kind: DocumentType, policy: Policy, used_labels: Sequence[str], owner: str | None
) -> tuple[Need, ...]:
    """The signatures that a content requires under a policy.

    The owner's approval and the approval of the role that owns the document are one.
    """
    approve = kind.approve
    minor = labels.is_minor(kind.scheme, content.label) and any(
        _same_major(content.label, used) for used in used_labels
    )
    if minor and kind.approve_minor is not None:
        approve = kind.approve_minor
    found = []
    for meaning, requirements in ((Meaning.REVIEW, kind.review), (Meaning.APPROVE, approve)):
        roles = {requirement.role for requirement in requirements}
        found += [
            Need(meaning, requirement)
            for requirement in requirements
            if not (requirement.role == OWNER and owner in roles and owner in policy.roles)
        ]
    return tuple(found)


def _same_major(label: str, other: str) -> bool:
    return label.split(".")[0] == other.split(".")[0]


def weigh(
    owner: str | None, required: Sequence[Need], acts: Sequence[Act], authors: frozenset[str], policy: Policy
) -> Outcome:
    """Weigh the acts on a content. A person fills one requirement; an author fills none, unless the policy allows it.

    What a person signed last counts, in whatever order their records landed: nobody else can bring an old one back.
    """
    refusals: dict[str, str] = {}
    able: list[Act] = []
    standing: dict[str, Act] = {}
    for act in sorted(acts, key=lambda act: (act.record.signed, act.landing, act.path)):
        why = _unfit(act, owner, required, authors, policy)
        if why:
            refusals[act.blob] = why
        elif act.record.meaning is Meaning.REJECT:
            standing[act.record.person] = act
            able = [other for other in able if other.record.person != act.record.person]
        else:
            standing.pop(act.record.person, None)
            able.append(act)
    able.sort(key=lambda act: (act.record.signed, act.landing, act.path))
    filled = _assign(owner, required, able)
    missing = tuple(
        Need(need.meaning, Requirement(need.requirement.role, open_count))
        for index, need in enumerate(required)
        if (open_count := need.requirement.count - sum(slot[0] == index for slot in filled))
    )
    counted = tuple(sorted(filled.values(), key=lambda act: (act.record.signed, act.landing, act.path)))
    return Outcome(tuple(acts), counted, missing, next(iter(standing.values()), None), refusals)


def _unfit(
    act: Act, owner: str | None, required: Sequence[Need], authors: frozenset[str], policy: Policy
) -> str | None:
    person = act.record.person
    if not any(_fits(act, need, owner) for need in required):
        return f"the role '{act.record.role}' is not one that this content needs for '{act.record.meaning}'"
    if person in authors and not policy.own_work_allowed and act.record.meaning is not Meaning.REJECT:
        return f"{person} is an author of this content"
    return None


def _fits(act: Act, need: Need, owner: str | None) -> bool:
    """Whether an act can fill a need, as far as meaning and role go; a rejection needs the standing of any signer."""
    if act.record.meaning is not need.meaning and act.record.meaning is not Meaning.REJECT:
        return False
    role = act.record.role
    if role == OWNER or need.requirement.role == OWNER:
        return was_owner(owner, act) and {role, need.requirement.role} <= {OWNER, owner}
    return role == need.requirement.role


def was_owner(owner: str | None, act: Act) -> bool:
    """Whether a person was the owner both when they signed and when it landed, by the policy then in force."""
    return owner is not None and (act.record.person == owner or owner in act.held)


def _assign(owner: str | None, required: Sequence[Need], acts: Sequence[Act]) -> dict[tuple[int, int], Act]:
    """A largest assignment of acts to requirements in which each person counts once (augmenting paths)."""
    slots = [(index, seat) for index, need in enumerate(required) for seat in range(need.requirement.count)]
    by_person: dict[str, list[Act]] = {}
    for act in acts:
        by_person.setdefault(act.record.person, []).append(act)
    filled: dict[tuple[int, int], Act] = {}

    def place(person: str, tried: set[tuple[int, int]]) -> bool:
        for slot in slots:
            act = next((a for a in by_person[person] if _fits(a, required[slot[0]], owner)), None)
            if act is None or slot in tried:
                continue
            tried.add(slot)
            if slot not in filled or place(filled[slot].record.person, tried):
                filled[slot] = act
                return True
        return False

    for person in by_person:
        place(person, set())
    return filled
