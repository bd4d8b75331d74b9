"""Policy: qms.toml can be read, is complete, and is the one that was approved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from qmsdocs.lifecycle import Dossier
from qmsdocs.model import Assurance, Kind, Problem, Severity, Source
from qmsdocs.policy import OWNER, POLICY_PATH, Person, Policy
from qmsdocs.rules.base import Context, Found, Rule, at_line


def invalid_policy(context: Context) -> Iterator[Found]:
    """The policy cannot be read, or a setting in it is not one that we know. It has no effect as it stands.

    Bad:
        [types.procedure]
        review_every = "sometimes"
    Good:
        [types.procedure]
        review_every = "24 months"
    Remedy: mend the line that is named; until then the policy in force stays in force.
    Allow: Nothing does: a policy with any error has no effect, so it cannot allow its own.
    """
    yield from _problems(context, "invalid-policy")


def unknown_role(context: Context) -> Iterator[Found]:
    """The policy names a role that it does not define.

    Bad:
        approve = ["quality-manger"]
    Good:
        [roles]
        quality-manager = "Quality manager"
        [types.procedure]
        approve = ["quality-manager"]
    Remedy: correct the name, or define the role under `[roles]`.
    Allow: Nothing does: a policy with any error has no effect. A name that is meant needs a line under `[roles]`,
    such as `quality-manager = "Quality manager"`.
    """
    yield from _problems(context, "unknown-role")


def unapproved_policy(context: Context) -> Iterator[Found]:
    """The policy was changed without the approvals that the policy in force demands. The change has no effect.

    Bad:
        adding a role to oneself in qms.toml and pushing it
    Good:
        raise `revision` under `[document]`, commit, and have it approved: `qmsdocs approve QMS-001`
    Remedy: have it approved by those named, or put the approved text back.
    Allow: Nothing does: the policy in force says who must approve the next one (`[document]`,
    `approve = ["top-management"]`), and only a policy that they approved can name others.
    """
    dossier = _policy(context)
    if dossier is None or dossier.draft is None or not dossier.revisions:
        return
    draft = dossier.draft
    in_force = dossier.revisions[-1]
    if draft.content.label == in_force.label:
        remedy = f"Raise the revision: 'qmsdocs revise {dossier.id} --change \"…\"', then have it approved"
        severity = Severity.ERROR
    else:
        missing = ", ".join(str(need) for need in draft.missing)
        remedy = f"'qmsdocs approve {dossier.id}' by: {missing}"
        severity = Severity.WARNING
    message = f"this policy (revision {draft.content.label}) is not approved and has no effect; revision {in_force.label} is in force"
    yield Found(draft.content.source("revision"), message, remedy, dossier.id, severity=severity)


def missing_policy(context: Context) -> Iterator[Found]:
    """The policy's file is gone. The policy in force stays in force, but nobody can read or change it.

    Bad:
        git rm qms.toml
    Good:
        qms.toml at the top of the repository
    Remedy: put it back: `git checkout COMMIT -- qms.toml`.
    Allow: Nothing does: the rules themselves stand in that file.
    """
    dossier = _policy(context)
    if dossier is not None and dossier.revisions and not dossier.paths:
        commit = dossier.revisions[-1].content.commit[:12]
        yield Found(
            Source(POLICY_PATH), "the policy's file is gone", f"git checkout {commit} -- {POLICY_PATH}", dossier.id
        )


def type_without_approval(context: Context) -> Iterator[Found]:
    """A type of document needs nobody's approval, so whatever lands on the mainline is in force.

    Bad:
        [types.procedure]
        approve = []
    Good:
        [types.procedure]
        approve = ["owner", "quality-manager"]
    Remedy: name who approves documents of this type.
    Allow: `kind = "external"` under `[types.ID]`, for documents from outside, or `kind = "record"`, for records.
    Nothing does for a type of your own documents.
    """
    for kind in context.state.policy.types.values():
        if kind.kind is Kind.DOCUMENT and not kind.approve:
            yield Found(
                Source(POLICY_PATH, kind.line),
                f"the type '{kind.id}' needs nobody's approval",
                'Write approve = ["ROLE"]',
            )


def vacant_role(context: Context) -> Iterator[Found]:
    """A role that must approve has fewer holders than are required, or they have no key, so nothing can be approved.

    Bad:
        approve = ["2 of engineer"] with one engineer among the people
    Good:
        approve = ["2 of engineer"] with two engineers or more
    Remedy: give the role to someone in qms.toml.
    Allow: `signatures = "attributed"` under `[repository]` lets holders without a key sign. Nothing does where there
    are too few holders: ask for fewer signatures, `approve = ["engineer"]` in place of `["2 of engineer"]`.
    """
    policy = context.state.policy
    needed: dict[str, tuple[int, int]] = {}
    for kind in policy.types.values():
        for requirement in (*kind.review, *kind.approve):
            if requirement.count > needed.get(requirement.role, (0, 0))[0]:
                needed[requirement.role] = (requirement.count, kind.line)
    for requirement in policy.approve:
        if requirement.count > needed.get(requirement.role, (0, 0))[0]:
            needed[requirement.role] = (requirement.count, policy.line)
    for role, (count, line) in needed.items():
        if role == OWNER:
            continue
        people = policy.holders(role, context.day)
        able = [person for person in people if _can_sign(person, policy, context.day)]
        if len(people) < count:
            who = f"{len(people) or 'nobody'} hold{'' if len(people) > 1 else 's'} it"
            message = f"the role '{role}' must sign by {count}, and {who}"
            yield Found(Source(POLICY_PATH, line), message, f"Give the role '{role}' to someone under [people.…]")
        elif len(able) < count:
            keyless = ", ".join(person.name for person in people if person not in able)
            message = f"the role '{role}' must sign by {count}, and {keyless} has no key to sign with"
            remedy = "Paste the line of their .pub file under keys in [people.…]"
            yield Found(Source(POLICY_PATH, line), message, remedy)


def _can_sign(person: Person, policy: Policy, day: date) -> bool:
    return policy.assurance is Assurance.ATTRIBUTED or any(key.usable(day) for key in person.keys)


def _policy(context: Context) -> Dossier | None:
    return next(
        (d for d in context.state.dossiers.values() if POLICY_PATH in d.paths or (d.revisions and d.revisions[0].root)),
        None,
    )


def _problems(context: Context, rule: str) -> Iterator[Found]:
    version = context.library.policies.get(context.state.tree.get(POLICY_PATH, ""))
    problems: tuple[Problem, ...] = version.read.problems if version else ()
    for problem in problems:
        if problem.rule == rule:
            yield at_line(POLICY_PATH, problem)


RULES = (
    Rule("PO001", "invalid-policy", Severity.ERROR, "your policy", invalid_policy),
    Rule("PO002", "unknown-role", Severity.ERROR, "your policy", unknown_role),
    Rule("PO003", "unapproved-policy", Severity.ERROR, "ISO 9001 7.5.2 c", unapproved_policy),
    Rule("PO004", "missing-policy", Severity.ERROR, "ISO 9001 7.5.3.1 a", missing_policy),
    Rule("PO005", "type-without-approval", Severity.WARNING, "ISO 9001 7.5.2 c", type_without_approval),
    Rule("PO006", "vacant-role", Severity.WARNING, "ISO 9001 5.3", vacant_role),
)
