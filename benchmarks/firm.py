"""The firm whose QMS is made up: fifty people with keys, a dozen types of document, and the policy that names them."""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from qmsdocs.labels import Scheme
from qmsdocs.model import Identity
from qmsdocs.sshsig import NAMESPACE

QUALITY, TOP, CONTROLLER, SPECIALIST = "quality-manager", "top-management", "document-controller", "specialist"
AREAS = (
    "purchasing", "sales", "design", "machining", "assembly", "testing", "warehouse", "maintenance", "projects", "service",
)  # fmt: skip
COMPANY = "company"  # the folder of documents that belong to no area
TIMEZONE = "Europe/London"
_FIRST = ("Ada", "Ben", "Cora", "Dan", "Edith", "Frank", "Grace", "Hugh", "Iris", "John")
_LAST = ("Archer", "Birch", "Clark", "Dale", "Ellis", "Frost", "Grant", "Hardy", "Irwin", "Jarvis")
_WRAP = 70  # characters of a line of armor


@dataclass
class Someone:
    """A person, the keys that the policy lists, and which of these they sign with."""

    id: str
    name: str
    roles: tuple[str, ...]
    area: str | None = None
    keys: list[Ed25519PrivateKey] = field(default_factory=list)
    in_use: int = 0

    def sign(self, data: bytes) -> bytes:
        """A detached signature over some bytes."""
        return sign(data, self.keys[self.in_use])

    @property
    def identity(self) -> Identity:
        """The person as git has them."""
        return Identity(self.name, f"{self.id}@tarn-group.example")


@dataclass(frozen=True)
class Kind:
    """A type of document: `share` of all documents in per cent, length of the body in characters, months between reviews."""

    id: str
    prefix: str
    folder: str
    share: int
    length: tuple[int, int]
    months: int
    review: tuple[str, ...] = (SPECIALIST,)
    approve: tuple[str, ...] = ("owner", QUALITY)
    scheme: Scheme = Scheme.INTEGER
    owner: str | None = None  # None: the manager of its area
    drawn: bool = False  # with a drawing attached
    external: bool = False


KINDS = (
    Kind("policy", "POL", "policies", 1, (1_200, 3_000), 12, (), ("owner", TOP), owner=QUALITY),
    Kind("manual", "MAN", "manuals", 1, (9_000, 20_000), 12, (), ("owner", TOP), owner=QUALITY),
    Kind("procedure", "QP", "procedures", 12, (3_000, 12_000), 24),
    Kind("work-instruction", "WI", "work-instructions", 26, (2_000, 8_000), 24),
    Kind("form", "FRM", "forms", 16, (1_000, 3_000), 36, ()),
    Kind("specification", "SPEC", "specifications", 12, (2_000, 7_000), 24, scheme=Scheme.MAJOR_MINOR),
    Kind("drawing", "DWG", "drawings", 6, (1_000, 2_000), 36, scheme=Scheme.LETTER, drawn=True),
    Kind("test-method", "TM", "test-methods", 7, (2_500, 8_000), 24),
    Kind("control-plan", "CP", "control-plans", 6, (2_000, 6_000), 12, scheme=Scheme.LETTER),
    Kind("risk-assessment", "RA", "risk-assessments", 5, (1_500, 5_000), 24),
    Kind("job-description", "JD", "job-descriptions", 4, (1_000, 3_000), 36, ()),
    Kind("external", "EXT", "external", 4, (1_000, 2_500), 24, (), (QUALITY,), owner=CONTROLLER, external=True),
)
RECORD_FOLDERS = {"IA": ("internal-audit", "internal-audits"), "CA": ("corrective-action", "corrective-actions")}


def manager(area: str) -> str:
    """The role that owns the documents of an area."""
    return f"{area}-manager"


class Firm:
    """The people and the policy as it stands; all keys come from the seed, so nobody may trust them."""

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self.people = _people(Random(seed))
        for person in self.people:
            self.new_key(person)
        self.revision = 1
        self.change = "First issue."

    def holders(self, role: str) -> list[Someone]:
        """The people who hold a role."""
        return [person for person in self.people if role in person.roles]

    def new_key(self, person: Someone) -> None:
        """Give a person one key more; the old ones stay good."""
        secret = hashlib.sha256(f"{self.seed}:{person.id}:{len(person.keys)}".encode()).digest()
        person.keys.append(Ed25519PrivateKey.from_private_bytes(secret))

    def policy(self) -> bytes:
        """The text of qms.toml."""
        head = (
            f'[document]\nid = "QMS-001"\ntitle = "Document control policy"\nrevision = {self.revision}\n'
            f'change = "{self.change}"\nowner = "{QUALITY}"\napprove = ["{TOP}"]\nreview_every = "10 years"\n\n'
            f'[organisation]\nname = "Tarn Group"\ntimezone = "{TIMEZONE}"\nstandards = ["ISO 9001:2015"]\n\n'
            '[repository]\nmainline = "main"\ndocuments = ["documents"]\nrecords = ["records"]\n\n[roles]\n'
        )
        roles = [(role, role.replace("-", " ").capitalize()) for role in (TOP, QUALITY, CONTROLLER, SPECIALIST)]
        roles += [(manager(area), f"Manager of {area}") for area in AREAS]
        named = "".join(f'{role} = "{name}"\n' for role, name in roles)
        kinds = "".join(_kind_table(kind) for kind in KINDS)
        records = "".join(
            f'[types.{kind}]\nkind = "record"\nprefix = "{prefix}"\nfolder = "records"\napprove = ["{QUALITY}"]\n'
            f'retain = "10 years"\n\n'
            for prefix, (kind, _) in RECORD_FOLDERS.items()
        )
        return (f"{head}{named}\n{kinds}{records}" + "".join(_person_table(person) for person in self.people)).encode()


def sign(data: bytes, key: Ed25519PrivateKey) -> bytes:
    """A detached SSHSIG over some bytes, as `ssh-keygen -Y sign -n qmsdocs` makes it (PROTOCOL.sshsig)."""
    head = _string(NAMESPACE.encode()) + _string(b"") + _string(b"sha512")
    signature = key.sign(b"SSHSIG" + head + _string(hashlib.sha512(data).digest()))
    inner = _string(b"ssh-ed25519") + _string(signature)
    text = base64.b64encode(b"SSHSIG" + struct.pack(">I", 1) + _string(_public(key)) + head + _string(inner))
    lines = b"\n".join(text[at : at + _WRAP] for at in range(0, len(text), _WRAP))
    return b"-----BEGIN SSH SIGNATURE-----\n" + lines + b"\n-----END SSH SIGNATURE-----\n"


def public_line(key: Ed25519PrivateKey, comment: str) -> str:
    """A public key as OpenSSH writes it."""
    return f"ssh-ed25519 {base64.b64encode(_public(key)).decode()} {comment}"


def _public(key: Ed25519PrivateKey) -> bytes:
    return _string(b"ssh-ed25519") + _string(key.public_key().public_bytes_raw())


def _string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _people(random: Random) -> list[Someone]:
    names = [(first, last) for first in _FIRST for last in _LAST]
    random.shuffle(names)
    posts: list[tuple[tuple[str, ...], str | None]] = []
    posts += [((role,), None) for role, count in ((TOP, 2), (QUALITY, 5), (CONTROLLER, 3)) for _ in range(count)]
    posts += [((role,), area) for area in AREAS for role in (manager(area), manager(area), SPECIALIST, SPECIALIST)]
    return [
        Someone(f"{first}-{last}".lower(), f"{first} {last}", roles, area)
        for (first, last), (roles, area) in zip(names, posts, strict=False)
    ]


def _kind_table(kind: Kind) -> str:
    settings = {
        "prefix": f'"{kind.prefix}"',
        "folder": f'"documents/{kind.folder}"',
        "scheme": f'"{kind.scheme}"',
        "review": _list(kind.review),
        "approve": _list(kind.approve),
        "review_every": f'"{kind.months} months"',
    }
    if kind.external:
        settings["kind"] = '"external"'
    if kind.scheme is Scheme.MAJOR_MINOR:
        settings["approve_minor"] = _list((QUALITY,))
    return f"[types.{kind.id}]\n" + "".join(f"{key} = {value}\n" for key, value in settings.items()) + "\n"


def _person_table(person: Someone) -> str:
    keys = _list([public_line(key, person.id) for key in person.keys])
    return (
        f'[people.{person.id}]\nname = "{person.name}"\nemails = ["{person.identity.email}"]\n'
        f"roles = {_list(person.roles)}\nkeys = {keys}\n\n"
    )


def _list(texts: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{text}"' for text in texts) + "]"
