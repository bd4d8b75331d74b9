"""The people of a policy for the terminal and as JSON: names, addresses, roles, keys, and the days these hold."""

from __future__ import annotations

import json
from datetime import date

from qmsdocs.policy import Person, PersonKey, Policy, RoleGrant
from qmsdocs.render.redline import clean
from qmsdocs.sshsig import fingerprint, public_key_blob


def people_text(policy: Policy, day: date) -> str:
    """One person after the other; who holds no role on the day is marked as having left."""
    lines = [f"{policy.organisation}, {day}, policy revision {policy.revision}"]
    for person in policy.people.values():
        gone = "" if any(grant.holds(day) for grant in person.roles) else "   (no role on this day)"
        lines += ["", f"{person.id}  {person.name} <{', '.join(person.emails)}>{gone}"]
        lines += [f"  role {grant.role}{_days(grant)}" for grant in person.roles]
        lines += [f"  key  {_print(key)}{_days(key)}" for key in person.keys] or ["  no key"]
    return clean("\n".join(lines)) + "\n"


def people_json(policy: Policy, day: date) -> str:
    """The same as JSON; dates ISO 8601, absent values null, `holds` and `usable` for the day."""
    data = {
        "as_of": day.isoformat(),
        "policy": {"id": policy.id, "revision": policy.revision},
        "people": [_person(person, day) for person in policy.people.values()],
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _person(person: Person, day: date) -> dict[str, object]:
    return {
        "id": person.id,
        "name": person.name,
        "names": list(person.names),
        "emails": list(person.emails),
        "roles": [
            {"role": g.role, "from": _iso(g.start), "until": _iso(g.until), "holds": g.holds(day)} for g in person.roles
        ],
        "keys": [
            {
                "fingerprint": _print(key),
                "key": key.key,
                "from": _iso(key.start),
                "until": _iso(key.until),
                "revoked": _iso(key.revoked),
                "usable": key.usable(day),
            }
            for key in person.keys
        ],
    }


def _days(held: RoleGrant | PersonKey) -> str:
    start = f" from {held.start}" if held.start else ""
    until = f" until {held.until}" if held.until else ""
    revoked = f" revoked from {held.revoked}" if isinstance(held, PersonKey) and held.revoked else ""
    return start + until + revoked


def _print(key: PersonKey) -> str:
    return fingerprint(public_key_blob(key.key))


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
