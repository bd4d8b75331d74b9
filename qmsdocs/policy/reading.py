"""The policy (`qms.toml`), read section by section.

A policy with any problem is not usable: it can neither be the trust root nor replace the policy in force.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from qmsdocs.document import CLAIMS, ID_FORM, KNOWN_KEYS, DocumentText, KeyNames, Value
from qmsdocs.labels import Scheme
from qmsdocs.model import Assurance, Kind
from qmsdocs.policy.settings import Settings
from qmsdocs.policy.system_sections import SECTIONS, read_system
from qmsdocs.policy.tables import Lines, Wrong, parse, shown
from qmsdocs.policy.values import OWNER, PURPOSES, Brand, DocumentType, Person, PersonKey, Policy, PolicyText, RoleGrant
from qmsdocs.sshsig import key_material

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_URL = re.compile(r"https?://[^\s\"'<>#?]+")


def read_policy(data: bytes) -> PolicyText:
    """Read a policy. Never raises: what is wrong stands in `problems`."""
    try:
        text, tables = parse(data)
    except Wrong as stop:
        return PolicyText(None, (stop.problem,))
    reader = _Sections(tables, Lines(text))
    policy = reader.policy()
    problems = tuple(dict.fromkeys(reader.problems))
    return PolicyText(None if problems else policy, problems)


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


class _Sections(Settings):
    """Reads the sections one by one."""

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
            system=read_system(self),
            brand=self.brand(),
        )

    def sections(self) -> None:
        known = (
            "document",
            "organisation",
            "repository",
            "front_matter",
            "roles",
            "types",
            "people",
            "brand",
            *SECTIONS,
        )
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
                self.wrong(("roles", role), f"the name of role '{role}' is {shown(name)}", f'Write {role} = "Name"')

    def brand(self) -> Brand:
        self.only(("brand",), "logo colour url")
        colour, url = self.text("brand", "colour", default=""), self.text("brand", "url", default="")
        if colour and not _COLOUR.fullmatch(colour):
            self.wrong(("brand", "colour"), f"'{colour}' is not a colour", 'Write colour = "#0b5394"')
        if url and not _URL.fullmatch(url):
            self.wrong(("brand", "url"), f"'{url}' is not an address", 'Write url = "https://qms.example.com/"')
        logo = self.inside("brand", "logo")
        if logo and not logo.lower().endswith((".svg", ".png")):
            self.wrong(("brand", "logo"), f"'{logo}' is not a picture", "Name an SVG or PNG file of the repository")
        return Brand(logo or None, colour or None, url or None)

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
            "name kind prefix folder template scheme review approve approve_minor review_every reviewed_by revoked_by "
            "acknowledged_by acknowledge_minor retain purpose retains",
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
            purpose=self.purpose(*path),
            retains=tuple(self.retained(*path, "retains")),
        )

    def retained(self, *path: str) -> Iterator[str]:
        for text in self.texts(*path):
            from qmsdocs.standards import parse_reference  # late: few policies say this

            try:
                yield parse_reference(text)
            except ValueError as error:
                self.wrong(path, str(error), 'Write clauses, such as ["8.6", "8.3.2 j"]')

    def purpose(self, *path: str) -> str:
        """What records of a type are for: as written, else as the type's id tells, else nothing known."""
        if "purpose" in self.table(*path):
            return self.choice(*path, "purpose", options=PURPOSES)
        return path[-1] if path[-1] in PURPOSES else ""

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
                    f"{shown(item)} is not one of the {key}",
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
