"""Which policy is in force: the trust root, the one in force now, and the periods of all there were."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from qmsdocs import labels
from qmsdocs.library import Library, is_policy_path
from qmsdocs.lifecycle.dossier import Content, Moment
from qmsdocs.model import Kind, QmsError
from qmsdocs.policy import OWNER, POLICY_PATH, DocumentType, Policy

POLICY_TYPE = "policy"


@dataclass
class Policies:
    """The policies of a walk along the mainline. `current` is None until the trust root `root` has landed.

    `periods` has the first day, the commit and the policy of each period; `since` is the place on the mainline of the
    landing that brought the root.
    """

    root: Policy
    current: Policy | None = None
    periods: list[tuple[date, str, Policy]] = field(default_factory=list)
    since: int = 0

    @property
    def reading(self) -> Policy:
        """The policy in force, or the trust root to come: what is older than it is read by it."""
        return self.current or self.root

    def enforce(self, policy: Policy, now: Moment) -> None:
        """Put a policy in force."""
        if self.current is None:
            self.since = now.index
        self.current = policy
        self.periods.append((now.day, now.commit.id, policy))

    def newest_first(self) -> list[Policy]:
        """All that were in force so far, or the trust root to come."""
        return [policy for _, _, policy in reversed(self.periods)] or [self.root]

    def type_of(self, content: Content) -> DocumentType | None:
        """The type of a content by the policy in force; None where the policy does not know it."""
        if content.document == self.root.id:
            return policy_type(self.reading) if content.path == POLICY_PATH else None
        return self.reading.type_of(content.text.text("type"), content.document, content.path)


def policy_type(policy: Policy) -> DocumentType:
    """The type of the policy itself, as its own [document] table has it."""
    return DocumentType(
        id=POLICY_TYPE,
        name="Policy of document control",
        kind=Kind.DOCUMENT,
        prefix="",
        folder="",
        template=None,
        scheme=labels.Scheme.INTEGER,
        review=(),
        approve=policy.approve,
        approve_minor=None,
        review_every=policy.review_every,
        reviewed_by=(OWNER,),
        revoked_by=(),
        acknowledged_by=(),
        retain=None,
        line=policy.line,
    )


def first_policy(library: Library) -> Policy:
    """The trust root: the first usable policy that landed. Raises QmsError where there is none."""
    for landing in library.landings:
        for change in landing.commit.changes:
            version = library.policies.get(change.new or "") if is_policy_path(change.path) else None
            if version is not None and version.read.policy is not None:
                return version.read.policy
    raise QmsError(
        f"No usable policy ({POLICY_PATH}) has landed on the mainline; write one with 'qmsdocs init' and commit it, "
        "or see what is wrong with it by 'qmsdocs check'."
    )
