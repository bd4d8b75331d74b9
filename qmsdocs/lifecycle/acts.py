"""Whether a signed record counts: who made it, with which key, in which role, on which day.

Judged by the policy in force when the record landed, so that a new rule never condemns an old approval.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from qmsdocs.dates import local_day
from qmsdocs.history import CLOCK_SKEW
from qmsdocs.model import Assurance, Identity, Problem
from qmsdocs.policy import OWNER, Person, Policy
from qmsdocs.signature import SignedRecord, read_record
from qmsdocs.sshsig import BadSignature, Signature, public_key_blob, read_signature, verify


@dataclass(frozen=True, slots=True)
class LandedRecord:
    """A record's file as it landed: its bytes, its signature's bytes if any, who committed it, when it landed.

    `committed` is what the committer's clock said, which may be later than `time` where we took it to be wrong. `verified` says
    that the signature is known to fit these bytes, from an earlier look at the same two blobs.
    """

    data: bytes
    signature: bytes | None
    committer: Identity | None
    time: int
    committed: int
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """The outcome: the record as read, how it is tied to its person, and why it does not count (None: it counts).

    `tied` says whether it is proved to come from the person it names, whatever it is worth; else it may be forged. `held`
    are the roles that the person held both when they signed and when it landed.
    """

    record: SignedRecord
    signed_day: date
    assurance: Assurance
    key: str | None
    refusal: str | None
    tied: bool
    held: frozenset[str] = frozenset()


class _Refused(Exception):
    pass


def judge(landed: LandedRecord, policy: Policy) -> Judged | Problem:
    """Judge one record by a policy. A Problem means that it could not even be read."""
    record = read_record(landed.data)
    if isinstance(record, Problem):
        return record
    zone = policy.timezone
    signed_day = local_day(record.signed.timestamp(), zone)
    assurance = Assurance.ATTRIBUTED if landed.signature is None else Assurance.SIGNED
    key, refusal, tied = None, None, False
    try:
        person = _person(record, policy)
        if record.signed.timestamp() > max(landed.time, landed.committed) + CLOCK_SKEW:
            raise _Refused(f"it is dated {record.signed:%Y-%m-%d}, after it landed")
        landed_day = local_day(landed.time, zone)
        key = _tie(landed, person, policy, (signed_day, landed_day))
        tied = True
        if record.role != OWNER:
            _holds(person, record.role, (signed_day, landed_day))
    except _Refused as stop:
        refusal = str(stop)
    return Judged(record, signed_day, assurance, key, refusal, tied, _roles(record, policy, landed, signed_day))


def _roles(record: SignedRecord, policy: Policy, landed: LandedRecord, signed_day: date) -> frozenset[str]:
    person = policy.people.get(record.person)
    days = (signed_day, local_day(landed.time, policy.timezone))
    roles = [grant.role for grant in person.roles] if person else []
    return frozenset(role for role in roles if person and all(person.holds(role, day) for day in days))


def _person(record: SignedRecord, policy: Policy) -> Person:
    person = policy.people.get(record.person)
    if person is None:
        raise _Refused(f"the policy in force knows no person '{record.person}'")
    if record.name != person.name and record.name not in person.names:
        raise _Refused(f"it names '{record.name}', but {person.id} is {person.name}")
    return person


def _tie(landed: LandedRecord, person: Person, policy: Policy, days: tuple[date, date]) -> str | None:
    """The fingerprint of the key that ties the record to the person; None where the commit's author does."""
    if landed.signature is not None:
        return _verified(landed, landed.signature, person, policy, days)
    if policy.assurance is Assurance.SIGNED:
        raise _Refused("it has no signature beside it")
    if landed.committer is None or policy.person_of(landed.committer) != person:
        raise _Refused(f"it names {person.id}, but was committed by {landed.committer or 'nobody known'}")
    return None


def _verified(landed: LandedRecord, armored: bytes, person: Person, policy: Policy, days: tuple[date, date]) -> str:
    try:
        signature = read_signature(armored)
        if not landed.verified:
            verify(signature, landed.data)
    except BadSignature as error:
        raise _Refused(f"the signature {error}") from None
    listed = [key for key in person.keys if _same_key(key.key, signature)]
    if not listed:
        raise _Refused(f"it was signed with {_whose(signature, policy)}, not with a key of {person.id}")
    for day in days:
        revoked = any(key.revoked is not None and key.revoked <= day for key in listed)
        if revoked or not any(key.usable(day) for key in listed):
            raise _Refused(f"the key {signature.fingerprint} of {person.id} was not valid on {day}")
    return signature.fingerprint


def _same_key(line: str, signature: Signature) -> bool:
    return public_key_blob(line) == signature.public_key


def _whose(signature: Signature, policy: Policy) -> str:
    for person in policy.people.values():
        if any(_same_key(key.key, signature) for key in person.keys):
            return f"the key of {person.id}"
    return f"an unknown key ({signature.fingerprint})"


def _holds(person: Person, role: str, days: tuple[date, date]) -> None:
    for day in days:
        if not person.holds(role, day):
            raise _Refused(f"{person.id} did not hold the role '{role}' on {day}")
