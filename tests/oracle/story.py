"""The firm that the histories play: who is who, what a text looks like in git, and how each deed is told to the oracle."""

from __future__ import annotations

import hashlib
import posixpath
import struct
import subprocess
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from hypothesis.stateful import RuleBasedStateMachine
from kit import ADA, BOB, JANE, OWEN, POLICY, QUINN, STRANGER, TOM, Qms, Someone, armored, doc, policy, public_line

from oracle.oracle import ALWAYS, POLICY_ID, READERS, Act, Edit, Landed, Need, Oracle, Rules, Text
from qmsdocs.model import Meaning, ReviewVerdict

ZONE = "Pacific/Auckland"
IDS = ("QP-001", "QP-002")
MANAGER, MAKER, TOP = "quality-manager", "production-manager", "top-management"
JANE_AT_HOME = Someone(JANE.id, JANE.name, "", email="jane@home.example")
BLAKE = Someone("blake", "Blake Moor", f'"{MANAGER}"')  # whose clock may be ahead
WRITERS = (ADA, ADA, BOB, OWEN, JANE_AT_HOME, BLAKE, STRANGER)

Signer = tuple[Someone, str]
FULL: tuple[Signer, ...] = (
    (OWEN, "owner"),
    (JANE, MANAGER),
    (BLAKE, MANAGER),
)  # enough for a procedure, whatever the policy
SIGNERS: tuple[Signer, ...] = (*FULL, (QUINN, MANAGER), (QUINN, MAKER), (OWEN, MAKER), (BOB, MANAGER), (BOB, "owner"),
                               (JANE, "owner"), (TOM, TOP), (OWEN, MANAGER), (TOM, "owner"), (ADA, READERS))  # fmt: skip
APPROVE: dict[str, tuple[str, ...]] = {
    "one": (MANAGER,),
    "two": ("owner", MANAGER),
    "three": ("owner", MANAGER, MANAGER),
}
TOML = {"one": f'["{MANAGER}"]', "two": f'["owner", "{MANAGER}"]', "three": f'["owner", "2 of {MANAGER}"]'}
REVIEWED: tuple[Need, ...] = (("review", MAKER), ("approve", MANAGER))  # what an instruction needs
INSTRUCTION = f'review = ["{MAKER}"]\napprove = ["{MANAGER}"]'
SETTINGS = (f'review_every = "2 months"\nrevoked_by = ["{MANAGER}", "{TOP}"]\nreviewed_by = ["owner"]\n'
            f'acknowledged_by = ["{READERS}"]')  # fmt: skip
TWISTS = ("plain", "plain", "ends", "starts", "stolen", "bob", "no-owen", "attributed")
FORGERIES = ("other key", "unsigned", "namespace", "other name", "replayed", "relabelled", "stranger")


@cache
def rules_of(body: str) -> Rules:
    """What a policy says, as the oracle hears it: its body is such as `two stolen 2026-01-09`."""
    approve, twist, day = body.split()
    turn = date.fromisoformat(day)
    roles = {
        "owen": {READERS if twist == "no-owen" else MAKER: ALWAYS},
        "jane": {MANAGER: (date.min, turn) if twist == "ends" else ALWAYS},
        "blake": {MANAGER: (turn, date.max) if twist == "starts" else ALWAYS},
        "quinn": {MANAGER: ALWAYS, MAKER: ALWAYS, TOP: ALWAYS},
        "tom": {TOP: ALWAYS},
        "ada": {READERS: ALWAYS},
        "bob": {MANAGER: ALWAYS, MAKER: ALWAYS, READERS: ALWAYS} if twist == "bob" else {READERS: ALWAYS},
    }
    needs: dict[str, tuple[Need, ...]] = {
        "procedure": tuple(("approve", role) for role in APPROVE[approve]),
        "instruction": REVIEWED,
    }
    return Rules(needs, roles, {"blake": turn} if twist == "stolen" else {}, twist == "attributed")


def policy_text(label: int, body: str) -> str:
    """The same, as the repository has it."""
    rules = rules_of(body)
    people = []
    for who in (OWEN, JANE, BLAKE, QUINN, TOM, ADA, BOB):
        grants = [_grant(role, *days) for role, days in rules.roles[who.id].items()]
        stolen = rules.revoked.get(who.id)
        key = f'keys = [{{key = "{public_line(who.id)}"' + (f", revoked = {stolen}}}]" if stolen else "}]")
        people.append(Someone(who.id, who.name, ", ".join(grants), extra=key))
    return policy(
        label,
        people=people,
        approve=TOML[body.split()[0]],
        zone=ZONE,
        settings=SETTINGS,
        repository='signatures = "attributed"' if rules.attributed else "",
        extra=f'[types.instruction]\nprefix = "WI"\nfolder = "documents"\n{INSTRUCTION}\n{SETTINGS}',
    )


def _grant(role: str, first: date, last: date) -> str:
    start = f", from = {first}" if first != date.min else ""
    return f'{{role = "{role}"{start}' + (f", until = {last}}}" if last != date.max else "}")


def written(text: Text) -> str:
    """A text as its file has it."""
    if text.document == POLICY_ID:
        return policy_text(text.label, text.body)
    return doc(
        text.label,
        text.body,
        id=text.document,
        effective_date=str(text.effective or ""),
        owner=text.owner,
        type=text.kind,
        attachments=f"[{text.document}.svg]" if text.drawing else "",
        withdrawn="It is done elsewhere." if text.withdrawn else "",
        replaced_by="QP-009" if text.withdrawn else "",
    )


def blob(data: bytes) -> str:
    """The name that git gives some bytes."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


KINDS = {b"commit": 1, b"tree": 2, b"blob": 3}  # as a pack numbers them


class Packed(Qms):
    """Writes its objects as one pack: a file an object would take most of the time of a run."""

    def save(self) -> Path:
        assert self.root
        objects, self._objects = self._objects, {}
        try:
            super().save()  # refs and settings
        finally:
            self._objects = objects
        packed = [b"PACK" + struct.pack(">II", 2, len(objects))]
        for kind, data in objects.values():
            size, head = len(data) >> 4, [KINDS[kind] << 4 | len(data) & 15]
            while size:
                head[-1] |= 128
                head.append(size & 127)
                size >>= 7
            packed += [bytes(head), zlib.compress(data, 1)]
        pack = b"".join(packed)
        command = ["git", "index-pack", "--stdin"]
        pack += hashlib.sha1(pack, usedforsecurity=False).digest()
        subprocess.run(command, input=pack, cwd=self.root, check=True, capture_output=True)
        return self.root


class Story(RuleBasedStateMachine):
    """What happened: it goes into git and, in plain words, into the oracle's log."""

    def __init__(self) -> None:
        super().__init__()
        self.qms = Packed(Path(tempfile.mkdtemp()))
        self.paths = {id: f"documents/{id}.md" for id in IDS} | {POLICY_ID: POLICY}
        self.main: dict[str, Text] = {}
        self.branch: dict[str, Text] | None = None
        self.fork: dict[str, Text] = {}
        self.log: list[Landed] = []
        self.waiting: tuple[list[Edit], list[Act]] = ([], [])
        self.texts: dict[str, list[Text]] = {id: [] for id in (*IDS, POLICY_ID)}
        self.stood: dict[Text, tuple[str, str]] = {}  # a commit in which a text stands, and its path there
        self.forged: set[str] = set()
        self.records: list[str] = []
        self.spoilt: set[tuple[str, str]] = set()
        self.changes = 0
        self.qms.at("2025-12-31T21:00")
        self.put(TOM, Text(IDS[1], 1, "Older than the policy."))
        self.put(TOM, Text(POLICY_ID, 1, f"two plain {self.today}"))
        self.first = self.today
        self.put(ADA, Text(IDS[0], 1, "Text 0."))

    # --- how it is told to both ---------------------------------------------------------------------------------

    @property
    def today(self) -> date:
        """The day it is where the organisation is."""
        return Oracle([], rules_of, ZONE, date.max).day_of(self.qms.now)

    def land(self, edits: list[Edit], acts: list[Act] | None = None) -> None:
        self.tell("main", edits, acts or [])

    def tell(self, on: str, edits: list[Edit], acts: list[Act]) -> None:
        stands = self.branch if on == "work" and self.branch is not None else self.main
        for text in stands.values():
            self.stood.setdefault(text, (self.qms.branches[on], self.paths[text.document]))
        if on == "main":
            self.log.append(Landed(self.qms.now, tuple(edits), tuple(acts), dict(self.main)))
        else:
            self.waiting[0].extend(edits)
            self.waiting[1].extend(acts)

    def on(self, branch: bool) -> tuple[str, dict[str, Text]]:
        return ("work", self.branch) if branch and self.branch is not None else ("main", self.main)

    def parts(self, text: Text) -> dict[str, str | bytes | None]:
        """The files of a text."""
        path = self.paths[text.document]
        drawn: dict[str, str | bytes | None] = {self.drawing(path, text.document): text.drawing} if text.drawing else {}
        return {path: written(text), **drawn}

    def drawing(self, path: str, id: str) -> str:
        return posixpath.join(posixpath.dirname(path), f"{id}.svg")

    def put(self, who: Someone, text: Text, branch: bool = False, co: tuple[Someone, ...] = ()) -> None:
        on, stands = self.on(branch)
        if stands.get(text.document) == text:
            return
        stands[text.document] = text
        self.qms.commit(who, self.parts(text), co=co, on=on)
        self.texts[text.document].append(text)
        self.tell(on, [Edit(text, frozenset(p.id for p in (who, *co)))], [])

    def sign(
        self, who: Someone, role: str, text: Text, meaning: Meaning = Meaning.APPROVE, *,
        branch: bool = False, late: int = 0, forgery: str = "", verdict: ReviewVerdict | None = None, plain: bool = False,
    ) -> None:  # fmt: skip
        """One record, signed some hours before it lands; `plain` has no signature, and its person commits it."""
        on, _ = self.on(branch)
        now = self.qms.at(None)
        signed = now - timedelta(hours=late if who is BLAKE else abs(late))
        commit, place = self.stood[text]
        files = self.qms.record(
            who, role, meaning, signed=signed.isoformat(), path=place, on=commit,
            verdict=verdict, name="Bob Gray" if forgery == "other name" else None, key=None if plain else "own",
        )  # fmt: skip
        path = next(iter(files))
        if forgery:
            files = self.forge(files, path, who, forgery)
        committer = BOB if forgery else who
        self.qms.commit(committer, files, now.isoformat(), on=on)
        self.records.append(path)
        named = replace(text, label=77) if forgery == "relabelled" else text
        by = committer.id if len(files) == 1 else None
        honest = forgery in ("", "relabelled")
        self.tell(
            on,
            [],
            [Act(named, str(meaning), role, who.id, signed, path, honest, by, str(verdict) if verdict else None)],
        )

    def forge(self, files: Mapping[str, bytes], path: str, who: Someone, how: str) -> dict[str, bytes]:
        data, signature = files[path], files[f"{path}.sig"]
        if how == "relabelled":
            old = next(line for line in data.split(b"\n") if line.startswith(b"revision: "))
            data = data.replace(old, b"revision: 77")
            signature = armored(data, who.id)
        elif how in ("other key", "stranger"):
            signature = armored(data, BOB.id if how == "other key" and who is not BOB else STRANGER.id)
        elif how == "namespace":
            signature = armored(data, who.id, b"git")
        elif how == "replayed":
            signature = armored(data.replace(b"meaning: ", b"meaning:  "), who.id)
        self.forged.add(blob(data))
        return {path: data} if how == "unsigned" else {path: data, f"{path}.sig": signature}

    # --- texts --------------------------------------------------------------------------------------------------

    def old(self, id: str, back: int, branch: bool = False) -> Text:
        """The text that stands, or one of those before it."""
        _, stands = self.on(branch)
        known = self.texts[id]
        return stands[id] if back == 0 and id in stands else known[-1 - back % len(known)]

    def next(self, id: str, step: int = 1, later: int | None = None) -> Text:
        """A new text like the one that stands, its label so far after all that there were."""
        self.changes += 1
        label = max(0, max(text.label for text in self.texts[id]) + step)
        effective = None if later is None else self.qms.now.date() + timedelta(days=later)
        body = f"Issued {self.changes}."
        return replace(self.old(id, 0), label=label, body=body, effective=effective, withdrawn=False)

    def pass_on(self, who: Someone, text: Text, signers: Sequence[Signer] = FULL, late: int = 0) -> None:
        """Write a text and have it signed, with what its kind and its owner need besides."""
        self.put(who, text)
        for signer in signers:
            self.sign(*signer, text, late=late)
        if text.kind == "instruction":
            self.sign(OWEN, MAKER, text, Meaning.REVIEW)
        if text.owner != MAKER:
            self.sign({MANAGER: QUINN, TOP: TOM}.get(text.owner, JANE), "owner", text)

    # --- what needs several files ----------------------------------------------------------------------------------

    def spoil(self, path: str, how: str) -> None:
        """A landed record is removed, moved, copied to another document, or altered."""
        files = self.qms.files()
        if path not in files or (how == "alter" and b"person: bob" in files[path]):
            return
        self.changes += 1
        pair = {name: files[name] for name in (path, f"{path}.sig") if name in files}
        target = f"signatures/QP/QP-002/9/{self.changes}.yaml"
        changed: dict[str, str | bytes | None] = {}
        if how in ("remove", "move"):
            changed |= dict.fromkeys(pair)
        if how in ("move", "copy"):
            changed |= {name.replace(path, target): data for name, data in pair.items()}
        if how == "alter":
            data = files[path].replace(b"role: ", b"comment: %d\nrole: " % self.changes)
            changed[path] = data
            self.forged.add(blob(data))
        self.qms.commit(BOB, changed)
        left = set(self.qms.files().values())
        rule = "record-changed" if how == "alter" else "record-removed"
        self.spoilt |= {(rule, name) for name in changed if name in pair and pair[name] not in left}
        self.land([])

    def squash(self, who: Someone, helpers: tuple[Someone, ...], changed: set[str]) -> list[Edit]:
        """One commit with what the branch changed; whoever makes it vouches for what has no signature."""
        assert self.branch is not None
        made = [self.branch[id] for id in changed if self.main.get(id) != self.branch[id]]
        there, here = self.qms.files("work"), self.qms.files()
        files: dict[str, str | bytes | None] = {
            p: d for p, d in there.items() if p.startswith("signatures/") and p not in here
        }
        self.main |= {text.document: text for text in made}
        for text in made:
            files |= self.parts(text)
        self.qms.commit(who, files, co=helpers)
        return [Edit(text, frozenset(p.id for p in (who, *helpers))) for text in made]

    def merge(self, who: Someone, slip: str | None, changed: set[str]) -> list[Edit]:
        assert self.branch is not None
        files: dict[str, str | bytes | None] = {}
        edits = []
        for id in changed:
            conflict = self.main.get(id) not in (self.fork.get(id), self.branch[id])
            self.main[id] = self.branch[id]
            if conflict:
                files |= self.parts(self.branch[id])
        if slip in self.main:
            self.changes += 1
            text = replace(self.main[slip], body=f"Slipped in {self.changes}.")
            self.main[slip] = text
            self.texts[slip].append(text)
            files[self.paths[slip]] = written(text)
            edits.append(Edit(text, frozenset({who.id})))
        self.qms.merge("work", who, files=files)
        return edits
