"""Random honest and dishonest histories in real git, with real signatures, against the oracle. QMSDOCS_LONG=1 plays more."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from kit import (
    ADA,
    BOB,
    ENVIRONMENT,
    JANE,
    OWEN,
    POLICY,
    QUINN,
    STRANGER,
    TOM,
    Qms,
    Someone,
    armored,
    doc,
    policy,
    public_line,
)

from oracle.oracle import POLICY_ID, Act, Edit, Landed, Oracle, Rules, Text, Told
from qmsdocs.lifecycle import State, replay, stand
from qmsdocs.model import Meaning, ReviewVerdict

LONG = bool(os.environ.get("QMSDOCS_LONG"))
ZONE = "Pacific/Auckland"
IDS = ("QP-001", "QP-002")
JANE_AT_HOME = Someone(JANE.id, JANE.name, "", email="jane@home.example")
BLAKE = Someone("blake", "Blake Moor", '"quality-manager"')
WRITERS = (ADA, ADA, BOB, OWEN, JANE_AT_HOME, BLAKE, STRANGER)
SIGNERS = ((OWEN, "owner"), (JANE, "quality-manager"), (QUINN, "quality-manager"), (QUINN, "production-manager"),
           (OWEN, "production-manager"), (BLAKE, "quality-manager"), (BOB, "quality-manager"), (BOB, "owner"),
           (JANE, "owner"), (TOM, "top-management"), (OWEN, "quality-manager"))  # fmt: skip
ENDS, STOLEN = date(2026, 1, 20), date(2026, 1, 12)
APPROVE = {"one": ("quality-manager",), "two": ("owner", "quality-manager"),
           "three": ("owner", "quality-manager", "quality-manager")}  # fmt: skip
TOML = {
    "one": '["quality-manager"]',
    "two": '["owner", "quality-manager"]',
    "three": '["owner", "2 of quality-manager"]',
}
TWISTS = ("plain", "ends", "stolen", "bob", "no-owen")
FORGERIES = ("other key", "unsigned", "namespace", "other name", "replayed", "relabelled", "stranger")


def rules_of(approve: str, twist: str) -> Rules:
    """What a policy says, as the oracle hears it."""
    roles: dict[str, dict[str, date | None]] = {
        "owen": {} if twist == "no-owen" else {"production-manager": None},
        "jane": {"quality-manager": ENDS if twist == "ends" else None},
        "blake": {"quality-manager": None},
        "quinn": {"quality-manager": None, "production-manager": None, "top-management": None},
        "tom": {"top-management": None},
        "bob": {"quality-manager": None, "production-manager": None} if twist == "bob" else {},
    }
    return Rules(APPROVE[approve], roles, {"blake": STOLEN} if twist == "stolen" else {})


RULES = {f"{approve} {twist}": rules_of(approve, twist) for approve in APPROVE for twist in TWISTS}


def policy_text(label: int, body: str) -> str:
    """The same, as the repository has it."""
    approve, rules = body.split()[0], RULES[body]
    people = []
    for who in (OWEN, JANE, BLAKE, QUINN, TOM, ADA, BOB):
        held = rules.roles.get(who.id, {})
        grants = [f'{{role = "{role}"' + (f", until = {end}}}" if end else "}") for role, end in held.items()]
        stolen = rules.revoked.get(who.id)
        key = f'keys = [{{key = "{public_line(who.id)}"' + (f", revoked = {stolen}}}]" if stolen else "}]")
        people.append(Someone(who.id, who.name, ", ".join(grants or ['"engineer"']), extra=key))
    settings = 'review_every = "2 months"\nrevoked_by = ["quality-manager", "top-management"]\nreviewed_by = ["owner"]'
    return policy(label, people=people, approve=TOML[approve], zone=ZONE, settings=settings)


def written(text: Text) -> str:
    """A text as its file has it."""
    if text.document == POLICY_ID:
        return policy_text(text.label, text.body)
    return doc(text.label, text.body, id=text.document, effective_date=str(text.effective or ""))


class Histories(RuleBasedStateMachine):
    """People at work, and one who cheats. What is done goes into git and, in plain words, into the oracle's log."""

    def __init__(self) -> None:
        super().__init__()
        self.qms = Qms(Path(tempfile.mkdtemp()))
        self.paths = {id: f"documents/{id}.md" for id in IDS} | {POLICY_ID: POLICY}
        root = Text(POLICY_ID, 1, "two plain")
        self.main: dict[str, Text] = {POLICY_ID: root}
        self.branch: dict[str, Text] | None = None
        self.fork: dict[str, Text] = {}
        self.log: list[Landed] = []
        self.waiting: tuple[list[Edit], list[Act]] = ([], [])
        self.texts: dict[str, list[Text]] = {id: [] for id in (*IDS, POLICY_ID)}
        self.forged: set[str] = set()
        self.records: list[str] = []
        self.changes = 0
        self.qms.start(written(root))
        self.land([Edit(root, frozenset({"tom"}))])
        for id in IDS:
            self.put(ADA, Text(id, 1, "Text 0."))

    def teardown(self) -> None:
        self.compare(0)
        assert self.qms.root
        shutil.rmtree(self.qms.root)

    # --- how it is told to both ---------------------------------------------------------------------------------

    def land(self, edits: list[Edit], acts: list[Act] | None = None) -> None:
        self.log.append(Landed(self.qms.now, tuple(edits), tuple(acts or ()), dict(self.main)))

    def tell(self, on: str, edits: list[Edit], acts: list[Act]) -> None:
        if on == "main":
            self.land(edits, acts)
        else:
            self.waiting[0].extend(edits)
            self.waiting[1].extend(acts)

    def on(self, branch: bool) -> tuple[str, dict[str, Text]]:
        return ("work", self.branch) if branch and self.branch is not None else ("main", self.main)

    def put(
        self, who: Someone, text: Text, branch: bool = False, co: tuple[Someone, ...] = (), at: str | None = None
    ) -> None:
        on, stands = self.on(branch)
        if stands.get(text.document) == text:
            return
        stands[text.document] = text
        self.qms.write(who, written(text), at, path=self.paths[text.document], co=co, on=on)
        self.texts[text.document].append(text)
        self.tell(on, [Edit(text, frozenset(p.id for p in (who, *co)))], [])

    def sign(
        self, who: Someone, role: str, text: Text, meaning: Meaning, *,
        branch: bool = False, late: int = 0, forgery: str = "", verdict: ReviewVerdict | None = None,
    ) -> None:  # fmt: skip
        on, _ = self.on(branch)
        now = self.qms.at(None)
        signed = now - timedelta(hours=late)
        files = self.qms.record(
            who, role, meaning, signed=signed.isoformat(), path=self.paths[text.document], on=on, text=written(text),
            verdict=verdict, name="Bob Gray" if forgery == "other name" else None,
        )  # fmt: skip
        path = next(iter(files))
        if forgery:
            files = self.forge(files, path, who, forgery)
        self.qms.commit(BOB if forgery else who, files, now.isoformat(), on=on)
        self.records.append(path)
        act = Act(text, str(meaning), role, who.id, signed, not forgery, str(verdict) if verdict else None)
        self.tell(on, [], [act])

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

    # --- what people do -----------------------------------------------------------------------------------------

    @initialize(body=st.sampled_from(sorted(RULES)), later=st.sampled_from((None, 4)))
    def begin(self, body: str, later: int | None) -> None:
        """Most of what can go wrong needs a revision and a second policy."""
        self.issue(IDS[0], later, [OWEN, JANE, BLAKE], 0)
        self.enforce(body, 2)

    @rule(body=st.sampled_from(sorted(RULES)), hours=st.sampled_from((1, 20, 24 * 7)))
    def enforce(self, body: str, hours: int) -> None:
        """A change of the policy as it should be; nothing else is in the way if nobody cheated."""
        text = Text(POLICY_ID, max(text.label for text in [self.main[POLICY_ID], *self.texts[POLICY_ID]]) + 1, body)
        self.put(BOB, text)
        self.qms.now += timedelta(hours=hours)
        self.sign(QUINN, "top-management", text, Meaning.APPROVE)

    @rule(
        id=st.sampled_from(IDS),
        early=st.sampled_from(SIGNERS),
        body=st.sampled_from(sorted(RULES)),
        who=st.sampled_from(WRITERS),
    )
    def sign_before_the_policy_changes(self, id: str, early: tuple[Someone, str], body: str, who: Someone) -> None:
        """What waits when a new policy comes in force, with the first signature made under the old one."""
        text = Text(id, max([1, *(text.label + 1 for text in self.texts[id])]), "Waits.")
        self.put(who, text)
        self.sign(*early, text, Meaning.APPROVE)
        self.enforce(body, 1)
        for signer in SIGNERS[:2]:
            self.sign(*signer, text, Meaning.APPROVE)

    @rule(id=st.sampled_from(IDS), later=st.integers(0, 3), hours=st.sampled_from((1, 11, 24, 40)))
    def revoke_about_its_day(self, id: str, later: int, hours: int) -> None:
        self.issue(id, later, [OWEN, JANE, BLAKE], 0)
        self.qms.now += timedelta(hours=hours)
        self.sign(JANE, "quality-manager", self.old(id, 0), Meaning.REVOKE)

    @rule(hours=st.sampled_from((1, 5, 11, 13, 30, 24 * 9, 24 * 40)))
    def time_passes(self, hours: int) -> None:
        self.qms.now += timedelta(hours=hours)

    @rule(id=st.sampled_from(IDS), who=st.sampled_from(WRITERS), number=st.integers(0, 3), step=st.sampled_from((0, 1, 1, 1, 2, -1)),
          later=st.sampled_from((None, None, 0, 3, 12, -20)), branch=st.booleans(),
          co=st.sampled_from(((), (), (JANE,), (QUINN,))))  # fmt: skip
    def write(
        self, id: str, who: Someone, number: int, step: int, later: int | None, branch: bool, co: tuple[Someone, ...]
    ) -> None:
        _, stands = self.on(branch)
        label = max(0, (stands[id].label if id in stands else 1) + step)
        effective = None if later is None else self.qms.now.date() + timedelta(days=later)
        self.put(who, Text(id, label, f"Text {number}.", effective), branch, co)

    @rule(id=st.sampled_from(IDS), who=st.sampled_from(WRITERS), back=st.integers(1, 4), branch=st.booleans())
    def write_an_old_text(self, id: str, who: Someone, back: int, branch: bool) -> None:
        self.put(who, self.old(id, back), branch)

    @rule(
        id=st.sampled_from(IDS),
        later=st.sampled_from((None, None, 5, 20)),
        order=st.permutations((OWEN, JANE, BLAKE)),
        late=st.sampled_from((0, 0, 13, -5)),
        step=st.sampled_from((1, 1, 0, -1, 2)),
    )
    def issue(self, id: str, later: int | None, order: list[Someone], late: int, step: int = 1) -> None:
        """All of it as it should be, but that a label may be used, skipped or go back."""
        label = max([0, *(text.label for text in self.texts[id])]) + step
        self.changes += 1
        effective = None if later is None else self.qms.now.date() + timedelta(days=later)
        text = Text(id, max(0, label), f"Issued {self.changes}.", effective)
        self.put(ADA, text)
        for who in order:
            self.sign(who, "owner" if who is OWEN else "quality-manager", text, Meaning.APPROVE, late=late)

    @rule(id=st.sampled_from(IDS), signer=st.sampled_from(SIGNERS), back=st.sampled_from((0, 0, 0, 1, 2)), branch=st.booleans(),
          late=st.sampled_from((0, 0, 13, 24 * 8, -5, -72)),
          meaning=st.sampled_from((Meaning.APPROVE,) * 4 + (Meaning.REJECT,)))  # fmt: skip
    def sign_a_text(
        self, id: str, signer: tuple[Someone, str], back: int, branch: bool, late: int, meaning: Meaning
    ) -> None:
        who, role = signer
        text = self.old(id, back, branch)
        self.sign(who, role, text, meaning, branch=branch, late=abs(late) if who is QUINN else late)

    @rule(id=st.sampled_from(IDS), signer=st.sampled_from(SIGNERS), back=st.sampled_from((0, 0, 1)), late=st.sampled_from((0, 0, 24 * 8)),
          act=st.sampled_from((None, None, ReviewVerdict.KEEP, ReviewVerdict.KEEP, ReviewVerdict.REVISE)))  # fmt: skip
    def revoke_or_review(
        self, id: str, signer: tuple[Someone, str], back: int, late: int, act: ReviewVerdict | None
    ) -> None:
        meaning = Meaning.PERIODIC_REVIEW if act else Meaning.REVOKE
        self.sign(*signer, self.old(id, back), meaning, late=late, verdict=act)

    @rule(id=st.sampled_from((*IDS, POLICY_ID)), signer=st.sampled_from(SIGNERS[:3]), how=st.sampled_from(FORGERIES),
          meaning=st.sampled_from((Meaning.APPROVE, Meaning.APPROVE, Meaning.REVOKE, Meaning.REJECT)))  # fmt: skip
    def forge_a_record(self, id: str, signer: tuple[Someone, str], how: str, meaning: Meaning) -> None:
        signer = (TOM, "top-management") if id == POLICY_ID else signer
        self.sign(*signer, self.old(id, 0), meaning, forgery=how)

    @rule(id=st.sampled_from(IDS), how=st.sampled_from(FORGERIES), victim=st.sampled_from((0, 1)))
    def issue_with_one_forgery(self, id: str, how: str, victim: int) -> None:
        text = Text(id, max([1, *(text.label + 1 for text in self.texts[id])]), "Forged.")
        self.put(BOB, text)
        for place, (who, role) in enumerate(SIGNERS[:2]):
            self.sign(who, role, text, Meaning.APPROVE, forgery=how if place == victim else "")

    @precondition(lambda self: self.records)
    @rule(number=st.integers(0, 40), how=st.sampled_from(("remove", "move", "copy", "alter")))
    def tamper(self, number: int, how: str) -> None:
        """A landed record is removed, moved, copied to another document, or says another role or day."""
        files = self.qms.files()
        path = self.records[number % len(self.records)]
        if path not in files:
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
            changed[path] = files[path].replace(b"role: ", b"comment: %d\nrole: " % self.changes)
            self.forged.add(blob(files[path].replace(b"role: ", b"comment: %d\nrole: " % self.changes)))
        self.qms.commit(BOB, changed)
        self.land([])

    @rule(id=st.sampled_from(IDS), edit=st.booleans())
    def move_the_file(self, id: str, edit: bool) -> None:
        if self.branch is not None or id not in self.main:
            return
        self.changes += 1
        old, new = self.paths[id], f"documents/{self.changes}/{id}.md"
        text = Text(id, self.main[id].label, f"Moved {self.changes}.") if edit else self.main[id]
        self.qms.move(JANE, old, new, text=written(text))
        self.paths[id], self.main[id] = new, text
        self.texts[id].append(text)
        self.land([Edit(text, frozenset({"jane"}))] if edit else [])

    @rule(id=st.sampled_from(IDS))
    def delete(self, id: str) -> None:
        if self.branch is None and id in self.main:
            del self.main[id]
            self.qms.delete(BOB, self.paths[id])
            self.land([])

    # --- branches -----------------------------------------------------------------------------------------------

    @precondition(lambda self: self.branch is None)
    @rule()
    def start_a_branch(self) -> None:
        self.qms.branch("work")
        self.branch, self.fork, self.waiting = dict(self.main), dict(self.main), ([], [])

    @precondition(lambda self: self.branch is not None)
    @rule(
        who=st.sampled_from((BOB, JANE, OWEN)),
        slip=st.sampled_from((None, None, *IDS)),
        squash=st.booleans(),
        co=st.booleans(),
    )
    def join_the_branch(self, who: Someone, slip: str | None, squash: bool, co: bool) -> None:
        assert self.branch is not None
        changed = {id for id in IDS if self.branch.get(id) != self.fork.get(id)}
        edits, acts = self.waiting
        before = dict(self.main)
        if squash:
            helpers = (ADA, QUINN) if co else ()
            self.main |= {id: self.branch[id] for id in changed}
            self.qms.squash("work", who, co=helpers)
            made = [self.main[id] for id in changed if before.get(id) != self.main[id]]
            edits = [Edit(text, frozenset(p.id for p in (who, *helpers))) for text in made]
        else:
            edits = [*edits, *self.merge(who, slip, changed)]
        self.branch = None
        self.land(edits, acts)

    def merge(self, who: Someone, slip: str | None, changed: set[str]) -> list[Edit]:
        assert self.branch is not None
        files: dict[str, str | bytes | None] = {}
        edits = []
        for id in changed:
            conflict = self.main.get(id) not in (self.fork.get(id), self.branch[id])
            self.main[id] = self.branch[id]
            if conflict:
                files[self.paths[id]] = written(self.branch[id])
        if slip in self.main:
            self.changes += 1
            text = Text(slip, self.main[slip].label, f"Slipped in {self.changes}.")
            self.main[slip] = text
            self.texts[slip].append(text)
            files[self.paths[slip]] = written(text)
            edits.append(Edit(text, frozenset({who.id})))
        self.qms.merge("work", who, files=files)
        return edits

    # --- the policy ---------------------------------------------------------------------------------------------

    @rule(who=st.sampled_from((BOB, BOB, TOM, QUINN)), body=st.sampled_from(sorted(RULES)), step=st.sampled_from((0, 1, 1, 1)),
          signer=st.sampled_from((None, (TOM, "top-management"), (TOM, "top-management"), (QUINN, "top-management"),
                                  (BOB, "top-management"), (JANE, "quality-manager"))))  # fmt: skip
    def edit_the_policy(self, who: Someone, body: str, step: int, signer: tuple[Someone, str] | None) -> None:
        text = Text(POLICY_ID, self.main[POLICY_ID].label + step, body)
        self.put(who, text)
        if signer:
            self.sign(*signer, text, Meaning.APPROVE)

    # --- the comparison -----------------------------------------------------------------------------------------

    @rule(days=st.sampled_from((-30, -9, -2, -1, 1, 6, 15)))
    def look(self, days: int) -> None:
        self.compare(days)

    def compare(self, days: int) -> None:
        library = self.qms.library()
        today = Oracle(self.log[:1], RULES, ZONE, date.max).day_of(self.qms.now)
        first = Oracle(self.log[:1], RULES, ZONE, date.max).day_of(self.log[0].time)
        for day in {today, max(first, today + timedelta(days=days)), max(first, today - timedelta(days=10))}:
            state, oracle = replay(library, day), Oracle(self.log, RULES, ZONE, day)
            for id in IDS:
                program, expected = told(state, id), oracle.tell(id)
                assert program == expected, f"{id} on {day}: {program}, the oracle says {expected}"
            assert state.dossiers[POLICY_ID].revisions[-1].label == str(oracle.revisions[POLICY_ID][-1].text.label)
            for id, dossier in state.dossiers.items():
                for act in dossier.acts:
                    assert act.blob not in self.forged or act.refusal or act.blob in dossier.refusals, (id, act.path)

    def old(self, id: str, back: int, branch: bool = False) -> Text:
        """The text that stands, or one of those before it."""
        _, stands = self.on(branch)
        known = self.texts[id]
        return (
            stands[id]
            if back == 0 and id in stands
            else (known or [Text(id, 1, "Text 0.")])[-1 - back % max(1, len(known))]
        )


def blob(data: bytes) -> str:
    """The name that git gives some bytes."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def told(state: State, id: str) -> Told:
    """What the program tells of a document, in the oracle's words."""
    if id not in state.dossiers:
        return Told("Draft")
    standing = stand(state.dossiers[id], state)
    draft = (int(standing.draft.content.label), str(standing.draft.status)) if standing.draft else None
    shown = standing.shown
    if shown is None:
        return Told(str(standing.status), draft=draft)
    people = frozenset(act.record.person for act in shown.approvals)
    return Told(str(standing.status), int(shown.label), shown.effective_on, people, standing.review_by, draft)


def test_the_program_tells_what_the_oracle_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=1000 if LONG else 60,
            stateful_step_count=30 if LONG else 18,
            derandomize=not LONG,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_who_was_no_owner_when_a_record_landed_does_not_become_one_by_a_later_policy(tmp_path: Path) -> None:
    qms = Qms(tmp_path)
    qms.start(policy_text(1, "two plain"))
    qms.write(ADA, doc())
    qms.sign(BOB, "owner")
    qms.sign(JANE, "quality-manager")
    qms.commit(ADA, {POLICY: policy_text(2, "two bob")})
    qms.sign(TOM, "top-management", path=POLICY)
    assert qms.dossier().revisions == []
