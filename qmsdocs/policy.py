"""The policy (`qms.toml`): organisation, types, roles, people and keys, as values with the line of each.

A policy with any problem is not usable: it can neither be the trust root nor replace the policy in force.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from qmsdocs.dates import Interval, parse_interval
from qmsdocs.document import CLAIMS, ID_FORM, KNOWN_KEYS, DocumentText, KeyNames, Value
from qmsdocs.labels import Scheme
from qmsdocs.model import Assurance, Identity, Kind, Problem
from qmsdocs.sshsig import key_material

POLICY_PATH = "qms.toml"
OWNER = "owner"
MAX_POLICY = 4 * 1024 * 1024  # bytes
_REQUIREMENT = re.compile(r"(?:(\d{1,2}) of )?(\S+)")
_PART = r"""(?:[\w-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_HEADER = re.compile(rf"\s*\[\[?\s*({_PART}(?:\s*\.\s*{_PART})*)\s*\]")
_KEY = re.compile(rf"\s*({_PART}(?:\s*\.\s*{_PART})*)\s*=")
_STRING = re.compile(r"""\"{3}(?:[^\\]|\\.)*?\"{3,5}|'{3}.*?'{3,5}|"(?:[^"\\]|\\.)*"|'[^']*'|\#[^\n]*""", re.DOTALL)
_TOO_DOTTED = re.compile(r"(?:\.[ \t]*[\w\"'-]+[ \t]*){32}")
_MAX_SHOWN = 80  # characters
_MAX_NAMED = 20  # roles


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


class _Wrong(Exception):
    def __init__(self, line: int, message: str, remedy: str, rule: str = "invalid-policy") -> None:
        super().__init__(message)
        self.problem = Problem(rule, line, message, remedy)


def read_policy(data: bytes) -> PolicyText:
    """Read a policy. Never raises: what is wrong stands in `problems`."""
    try:
        text, tables = _parse(data)
    except _Wrong as stop:
        return PolicyText(None, (stop.problem,))
    reader = _Reader(tables, _Lines(text))
    policy = reader.policy()
    problems = tuple(dict.fromkeys(reader.problems))
    return PolicyText(None if problems else policy, problems)


def _parse(data: bytes) -> tuple[str, dict[str, Any]]:
    if len(data) > MAX_POLICY:
        raise _Wrong(1, f"the policy has {len(data)} bytes, more than it may have", "Keep documents out of it")
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
        if dotted := _TOO_DOTTED.search(text):
            raise _Wrong(text.count("\n", 0, dotted.start()) + 1, "a key has more dots than any setting", "Shorten it")
        return text, tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise _Wrong(
            data.count(b"\n", 0, error.start) + 1, "the policy is not UTF-8", "Save the file as UTF-8"
        ) from None
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        raise _Wrong(line, f"the TOML cannot be read: {error}", "Mend that line") from None
    except ValueError as error:  # a number that Python will not read
        raise _Wrong(1, f"the TOML cannot be read: {error}", "Remove the number") from None
    except RecursionError:
        raise _Wrong(1, "the TOML is nested too deeply", "Flatten it") from None


class _Lines:
    """Lines of tables and keys, found by their headers: tomllib itself does not tell them."""

    def __init__(self, text: str) -> None:
        self._lines: dict[tuple[str, ...], int] = {}
        table: tuple[str, ...] = ()
        depth = 0  # of brackets: within an array, a line starts no key
        for number, line in enumerate(_STRING.sub(_on_one_line, text).split("\n"), 1):
            if depth == 0:
                header, key = _HEADER.match(line), _KEY.match(line)
                path = _dotted(header[1]) if header else (*table, *_dotted(key[1])) if key else ()
                table = path if header else table
                for end in range(1, len(path) + 1):
                    self._lines.setdefault(path[:end], number)
            bare = _STRING.sub("", line)
            depth += bare.count("[") + bare.count("{") - bare.count("]") - bare.count("}")

    def of(self, *path: str) -> int:
        """The line of a key, or of the nearest table around it."""
        return next((self._lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self._lines), 1)


def _on_one_line(string: re.Match[str]) -> str:
    """A string as it stands; for one of several lines, and for a comment, only its line ends."""
    return "\n" * string[0].count("\n") if string[0].startswith(('"""', "'''", "#")) else string[0]


def _dotted(text: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(_PART, text))


def _shown(value: object) -> str:
    """A value as a message shows it: short, and never too long for Python to print."""
    try:
        text = repr(value)
    except ValueError:
        text = "a number too long to print"
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"


class _Reader:
    """Reads the tables one by one; each wrong value leaves a problem and a harmless stand-in."""

    def __init__(self, tables: dict[str, Any], lines: _Lines) -> None:
        self.tables, self.lines = tables, lines
        self.problems: list[Problem] = []
        self.roles: dict[str, str] = {}
        self.people_ids: set[str] = set()

    def wrong(self, path: tuple[str, ...], message: str, remedy: str, rule: str = "invalid-policy") -> None:
        self.problems.append(Problem(rule, self.lines.of(*path), message, remedy))

    # --- values -----------------------------------------------------------------------------------------------

    def table(self, *path: str) -> dict[str, Any]:
        found: Any = self.tables
        for part in path:
            found = found.get(part, {}) if isinstance(found, dict) else {}
        if not isinstance(found, dict):
            self.wrong(path, f"'{'.'.join(path)}' is not a table", f"Write [{'.'.join(path)}]")
            return {}
        return found

    def only(self, path: tuple[str, ...], allowed: str) -> None:
        for key in self.table(*path):
            if key not in allowed.split():
                self.wrong(
                    (*path, key),
                    f"'{key}' is not a setting of [{'.'.join(path)}]",
                    f"Remove it; the settings are {', '.join(allowed.split())}",
                )

    def text(self, *path: str, default: str | None = None) -> str:
        value = self.table(*path[:-1]).get(path[-1], default)
        if path[-1] == "revision" and isinstance(value, int) and not isinstance(value, bool):
            value = _shown(value)
        if isinstance(value, str) and (value.strip() or default is not None):
            return value.strip()
        what = "is missing" if value is None else f"is {_shown(value)}, a text was expected"
        self.wrong(path, f"'{'.'.join(path)}' {what}", f'Write {path[-1]} = "…" under [{".".join(path[:-1])}]')
        return default or ""

    def texts(self, *path: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        value = self.table(*path[:-1]).get(path[-1])
        if value is None:
            return default
        if isinstance(value, str):
            value = [value]
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        self.wrong(
            path, f"'{'.'.join(path)}' is {_shown(value)}, a list of texts was expected", f'Write {path[-1]} = ["…"]'
        )
        return default

    def choice(self, *path: str, options: tuple[str, ...]) -> str:
        value = self.text(*path, default=options[0])
        if value in options:
            return value
        self.wrong(path, f"'{'.'.join(path)}' is '{value}'", f"Write one of {', '.join(options)}")
        return options[0]

    def flag(self, *path: str, default: bool) -> bool:
        value = self.table(*path[:-1]).get(path[-1], default)
        if isinstance(value, bool):
            return value
        self.wrong(path, f"'{'.'.join(path)}' is {_shown(value)}", f"Write {path[-1]} = true or false, without quotes")
        return default

    def interval(self, *path: str) -> Interval | None:
        value = self.table(*path[:-1]).get(path[-1])
        if value is None:
            return None
        try:
            return parse_interval(value if isinstance(value, str) else _shown(value))
        except ValueError as error:
            self.wrong(path, f"'{'.'.join(path)}': {error}", "Write for example '24 months'")
            return None

    def day(self, path: tuple[str, ...], table: dict[str, Any], key: str) -> date | None:
        value = table.get(key)
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        self.wrong(path, f"'{key}' is {_shown(value)}, a day was expected", "Write it without quotes: 2026-11-30")
        return None

    # --- roles ------------------------------------------------------------------------------------------------

    def known_role(self, path: tuple[str, ...], role: str) -> bool:
        if role == OWNER or role in self.roles:
            return True
        known = ", ".join(list(self.roles)[:_MAX_NAMED]) or "none yet"
        self.wrong(
            path, f"the role '{role}' is not defined", f"Add it under [roles], or use one of: {known}", "unknown-role"
        )
        return False

    def requirements(self, *path: str) -> tuple[Requirement, ...]:
        found: dict[str, Requirement] = {}
        for text in self.texts(*path):
            match = _REQUIREMENT.fullmatch(text.strip())
            if not match or int(match[1] or 1) < 1:
                self.wrong(path, f"'{text}' is not a requirement", 'Write a role, "owner", or "2 of ROLE"')
            elif self.known_role(path, match[2]):
                count = max(int(match[1] or 1), found[match[2]].count if match[2] in found else 0)
                found[match[2]] = Requirement(match[2], count)
        return tuple(found.values())

    def role_list(self, *path: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        return tuple(role for role in self.texts(*path, default=default) if self.known_role(path, role))

    # --- the parts --------------------------------------------------------------------------------------------

    def policy(self) -> Policy:
        self.sections()
        self.read_roles()
        people = self.people()
        owner = self.text("document", "owner", default="")
        if owner and owner not in self.roles and owner not in people:
            self.wrong(
                ("document", "owner"),
                f"the owner '{owner}' is neither a role nor a person",
                "Name one of them",
                "unknown-role",
            )
        policy_id = self.text("document", "id")
        if policy_id and not ID_FORM.fullmatch(policy_id):
            self.wrong(("document", "id"), f"'{policy_id}' cannot be an id", "Use letters, digits, '.', '_' and '-'")
        approve = self.requirements("document", "approve")
        if not approve:
            self.wrong(
                ("document",),
                "nobody is named to approve a change of this policy",
                'Write approve = ["ROLE"] under [document]',
            )
        return Policy(
            id=policy_id,
            title=self.text("document", "title", default="Policy of document control"),
            revision=self.text("document", "revision"),
            change=self.text("document", "change", default=""),
            owner=owner,
            approve=approve,
            review_every=self.interval("document", "review_every"),
            organisation=self.text("organisation", "name"),
            timezone=self.zone(),
            standards=self.texts("organisation", "standards"),
            mainline=self.text("repository", "mainline", default="main"),
            documents=self.folders("documents"),
            records=self.folders("records"),
            ignore=self.texts("repository", "ignore"),
            assurance=Assurance.SIGNED
            if self.choice("repository", "signatures", options=("required", "attributed")) == "required"
            else Assurance.ATTRIBUTED,
            own_work_allowed=self.choice("repository", "own_work", options=("refused", "allowed")) == "allowed",
            drafts=self.choice("repository", "drafts", options=("allowed", "branches")),
            names=self.key_names(),
            roles=self.roles,
            types={type_id: self.type(type_id) for type_id in self.table("types")},
            people=people,
            line=self.lines.of("document"),
        )

    def sections(self) -> None:
        known = ("document", "organisation", "repository", "front_matter", "roles", "types", "people")
        for section in self.tables:
            if section not in known:
                self.wrong(
                    (section,), f"[{section}] is not a section of the policy", f"The sections are {', '.join(known)}"
                )
        self.only(("document",), "id title revision change owner approve review_every")
        self.only(("organisation",), "name timezone standards")
        self.only(("repository",), "mainline documents records ignore signatures own_work drafts")

    def read_roles(self) -> None:
        for role, name in self.table("roles").items():
            if role == OWNER:
                self.wrong(
                    ("roles", role),
                    "'owner' is not a role to be defined: it stands for the document's owner",
                    "Remove it",
                )
            elif not ID_FORM.fullmatch(role):
                self.wrong(("roles", role), f"'{role}' cannot be a role's id", "Use letters, digits and '-'")
            elif isinstance(name, str):
                self.roles[role] = name
            else:
                self.wrong(("roles", role), f"the name of role '{role}' is {_shown(name)}", f'Write {role} = "Name"')

    def zone(self) -> ZoneInfo:
        name = self.text("organisation", "timezone", default="UTC")
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.wrong(
                ("organisation", "timezone"), f"'{name}' is not a time zone", "Write an IANA name such as Europe/London"
            )
            return ZoneInfo("UTC")

    def folders(self, key: str) -> tuple[str, ...]:
        folders = tuple(folder.strip("/") for folder in self.texts("repository", key, default=(key,)))
        for folder in folders:
            if folder.startswith(".git") or ".." in folder.split("/"):
                self.wrong(
                    ("repository", key),
                    f"'{folder}' is not a folder of the repository",
                    "Write a path such as documents",
                )
        return folders

    def inside(self, *path: str) -> str:
        """A path of a file or folder that must not lead out of the repository."""
        value = self.text(*path, default="")
        if value.startswith((".git", "/")) or ".." in value.split("/"):
            self.wrong(path, f"'{value}' leads out of the repository", "Write a path such as documents/procedures")
        return value

    def key_names(self) -> KeyNames:
        pairs = []
        table = self.table("front_matter")
        for canonical, own in table.items():
            if canonical == "own_keys":
                continue
            if canonical not in KNOWN_KEYS or not isinstance(own, str) or not own.strip():
                self.wrong(
                    ("front_matter", canonical),
                    f"'{canonical}' is not a key of ours",
                    f'Write OUR_KEY = "your key"; ours are {", ".join(KNOWN_KEYS)}',
                )
            else:
                pairs.append((own, canonical))
            if canonical == "tags" and own in (*KNOWN_KEYS, *CLAIMS) and own != "tags":
                self.wrong(
                    ("front_matter", canonical),
                    f"'{own}' would no longer be part of what is approved, because 'tags' never is",
                    "Name your key of tags otherwise",
                )
        if len({own for own, _ in pairs}) < len(pairs):
            self.wrong(("front_matter",), "two of our keys have the same name of yours", "Give each its own")
        return KeyNames(tuple(pairs), frozenset(self.texts("front_matter", "own_keys")))

    def type(self, type_id: str) -> DocumentType:
        path = ("types", type_id)
        self.only(
            path,
            "name kind prefix folder template scheme review approve approve_minor review_every reviewed_by revoked_by acknowledged_by acknowledge_minor retain",
        )
        kind = Kind(self.choice(*path, "kind", options=tuple(Kind)))
        approve = self.requirements(*path, "approve")
        return DocumentType(
            id=type_id,
            name=self.text(*path, "name", default=type_id),
            kind=kind,
            prefix=self.text(*path, "prefix", default=""),
            folder=self.inside(*path, "folder").strip("/"),
            template=self.inside(*path, "template") or None,
            scheme=Scheme(self.choice(*path, "scheme", options=tuple(Scheme))),
            review=self.requirements(*path, "review"),
            approve=approve,
            approve_minor=self.requirements(*path, "approve_minor") if "approve_minor" in self.table(*path) else None,
            review_every=self.interval(*path, "review_every"),
            reviewed_by=self.role_list(*path, "reviewed_by", default=(OWNER,)),
            revoked_by=self.role_list(*path, "revoked_by", default=tuple(r.role for r in approve)),
            acknowledged_by=self.role_list(*path, "acknowledged_by"),
            retain=self.interval(*path, "retain"),
            line=self.lines.of(*path),
            acknowledge_minor=self.flag(*path, "acknowledge_minor", default=True),
        )

    def people(self) -> dict[str, Person]:
        people = {person_id: self.person(person_id) for person_id in self.table("people")}
        self.distinct("e-mail", lambda p: [email.casefold() for email in p.emails], people)
        self.distinct("key", lambda p: [key_material(key.key).hex() for key in p.keys], people)
        return people

    def distinct(self, what: str, of: Callable[[Person], list[str]], people: dict[str, Person]) -> None:
        seen: dict[str, str] = {}
        for person in people.values():
            for value in of(person):
                if seen.setdefault(value, person.id) != person.id:
                    self.wrong(
                        ("people", person.id),
                        f"{seen[value]} and {person.id} have the same {what}",
                        "Give each person their own",
                    )

    def person(self, person_id: str) -> Person:
        path = ("people", person_id)
        self.only(path, "name names emails roles keys")
        if not ID_FORM.fullmatch(person_id) or person_id in self.roles or person_id == OWNER:
            self.wrong(path, f"'{person_id}' cannot be a person's id", "Use letters, digits and '-', and no role's id")
        return Person(
            id=person_id,
            name=self.text(*path, "name"),
            names=self.texts(*path, "names"),
            emails=self.texts(*path, "emails"),
            roles=tuple(self.grants(path)),
            keys=tuple(self.keys(path)),
            line=self.lines.of(*path),
        )

    def entries(self, path: tuple[str, ...], key: str, field: str, allowed: str) -> Iterator[dict[str, Any]]:
        """Items of a list whose entries are a text, or a table with that text under `field` and days beside it."""
        value = self.table(*path).get(key, [])
        for item in value if isinstance(value, list) else [value]:
            entry = {field: item} if isinstance(item, str) else item
            if isinstance(entry, dict) and isinstance(entry.get(field), str) and set(entry) <= set(allowed.split()):
                yield entry
            else:
                self.wrong(
                    (*path, key),
                    f"{_shown(item)} is not one of the {key}",
                    f'Write "…" or {{{field} = "…", from = 2026-01-01, until = 2026-12-31}}',
                )

    def grants(self, path: tuple[str, ...]) -> Iterator[RoleGrant]:
        where = (*path, "roles")
        for entry in self.entries(path, "roles", "role", "role from until"):
            if entry["role"] == OWNER:
                self.wrong(
                    where, "'owner' is not a role a person holds", "Name the person or role as owner in the document"
                )
            elif self.known_role(where, entry["role"]):
                yield RoleGrant(entry["role"], self.day(where, entry, "from"), self.day(where, entry, "until"))

    def keys(self, path: tuple[str, ...]) -> Iterator[PersonKey]:
        where = (*path, "keys")
        for entry in self.entries(path, "keys", "key", "key from until revoked"):
            key = entry["key"].strip()
            try:
                key_material(key)
            except ValueError as error:
                self.wrong(where, f"a key is wrong: {error}", 'Paste the line of the .pub file: "ssh-ed25519 AAAA…"')
            else:
                days = (self.day(where, entry, name) for name in ("from", "until", "revoked"))
                yield PersonKey(key, *days)


def policy_document(data: bytes, read: PolicyText) -> DocumentText:
    """The policy as a controlled document: its [document] table as front matter, its whole text as body."""
    policy = read.policy
    normal = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    digest = hashlib.sha256(normal).hexdigest()
    if policy is None:
        return DocumentText({}, {}, 1, digest, read.problems, False)
    front: dict[str, Value] = {
        "id": policy.id,
        "title": policy.title,
        "type": "policy",
        "revision": policy.revision,
        "owner": policy.owner,
        "change": policy.change,
    }
    lines = dict.fromkeys(front, policy.line)
    return DocumentText({key: value for key, value in front.items() if value}, lines, 1, digest, (), True)
