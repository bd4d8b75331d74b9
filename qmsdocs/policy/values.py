"""What a policy says, as values with the line of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from qmsdocs.dates import Interval
from qmsdocs.document import KeyNames
from qmsdocs.labels import Scheme
from qmsdocs.model import Assurance, Identity, Kind, Problem
from qmsdocs.policy.system import ManagementSystem

OWNER = "owner"
PURPOSES = (
    "form",
    "internal-audit",
    "audit-programme",
    "management-review",
    "finding",
    "nonconformity",
    "corrective-action",
    "complaint",
    "training",
    "supplier-evaluation",
    "calibration",
    "change-request",
)


@dataclass(frozen=True, slots=True)
class Requirement:
    """So many different people who hold a role; `role` may be `owner`."""

    role: str
    count: int = 1

    def __str__(self) -> str:
        return self.role if self.count == 1 else f"{self.count} of {self.role}"


@dataclass(frozen=True, slots=True)
class DocumentType:
    """What the policy says of one type of document or record; `line` is where it says it.

    `acknowledge_minor` is False where who has read a major revision need not acknowledge the minor ones after it.
    `purpose` is what its records are for in the system, empty where it is none of `PURPOSES`; `retains` are the clauses
    whose documented information its records are.
    """

    id: str
    name: str
    kind: Kind
    prefix: str
    folder: str
    template: str | None
    scheme: Scheme
    review: tuple[Requirement, ...]
    approve: tuple[Requirement, ...]
    approve_minor: tuple[Requirement, ...] | None
    review_every: Interval | None
    reviewed_by: tuple[str, ...]
    revoked_by: tuple[str, ...]
    acknowledged_by: tuple[str, ...]
    retain: Interval | None
    line: int
    acknowledge_minor: bool = True
    purpose: str = ""
    retains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RoleGrant:
    """A role that a person holds, from a first to a last day (both included, None is open)."""

    role: str
    start: date | None = None
    until: date | None = None

    def holds(self, day: date) -> bool:
        """Whether the role is held on `day`."""
        return (self.start is None or self.start <= day) and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class PersonKey:
    """A person's public key in OpenSSH form, with the days it may sign; nothing counts from `revoked` on."""

    key: str
    start: date | None = None
    until: date | None = None
    revoked: date | None = None

    def usable(self, day: date) -> bool:
        """Whether a signature by this key counts on `day`."""
        ended = self.revoked is not None and day >= self.revoked
        return not ended and (self.start is None or self.start <= day) and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Person:
    """Someone with a permanent id, whatever their names, e-mails and keys become."""

    id: str
    name: str
    names: tuple[str, ...]
    emails: tuple[str, ...]
    roles: tuple[RoleGrant, ...]
    keys: tuple[PersonKey, ...]
    line: int

    def holds(self, role: str, day: date) -> bool:
        """Whether the person holds `role` on `day`."""
        return any(grant.role == role and grant.holds(day) for grant in self.roles)


@dataclass(frozen=True, slots=True)
class Brand:
    """How the site looks: `logo` is a file of the repository, `colour` an accent such as #0b5394, `url` where the site stands."""

    logo: str | None = None
    colour: str | None = None
    url: str | None = None


@dataclass(frozen=True)
class Policy:
    """One policy, as read."""

    id: str
    title: str
    revision: str
    change: str
    owner: str
    approve: tuple[Requirement, ...]
    review_every: Interval | None
    organisation: str
    timezone: ZoneInfo
    standards: tuple[str, ...]
    mainline: str
    documents: tuple[str, ...]
    records: tuple[str, ...]
    ignore: tuple[str, ...]
    assurance: Assurance
    own_work_allowed: bool
    drafts: str
    names: KeyNames
    roles: Mapping[str, str]
    types: Mapping[str, DocumentType]
    people: Mapping[str, Person]
    line: int
    system: ManagementSystem = field(default_factory=ManagementSystem)
    brand: Brand = Brand()

    def person_of(self, identity: Identity) -> Person | None:
        """The person whose e-mail a git identity carries (without regard to case)."""
        email = identity.email.casefold()
        return next((p for p in self.people.values() if any(email == known.casefold() for known in p.emails)), None)

    def type_of(self, type_id: str | None, document_id: str | None, path: str) -> DocumentType | None:
        """The type a document names; where it names none, the one its id's prefix or its folder tells."""
        if type_id is not None:
            return self.types.get(type_id)
        types, id_ = self.types.values(), document_id or ""
        by_prefix = [t for t in types if t.prefix and id_.startswith(f"{t.prefix}-")]
        by_folder = [t for t in types if t.folder and path.startswith(f"{t.folder}/")]
        longest = max(by_prefix, key=lambda t: len(t.prefix), default=None)
        return longest or max(by_folder, key=lambda t: len(t.folder), default=None)

    def holders(self, role: str, day: date) -> tuple[Person, ...]:
        """The people who hold a role on a day, in the policy's order; a person's id stands for that person."""
        if role in self.people:
            return (self.people[role],)
        return tuple(person for person in self.people.values() if person.holds(role, day))

    def is_owner(self, person: Person, owner: str | None, day: date) -> bool:
        """Whether a person is the owner a document names: the very person, or a holder of the role."""
        return owner is not None and (person.id == owner or person.holds(owner, day))


@dataclass(frozen=True)
class PolicyText:
    """One version of qms.toml: the policy, or the problems that make it unusable (then `policy` is None)."""

    policy: Policy | None
    problems: tuple[Problem, ...]
