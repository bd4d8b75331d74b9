"""A small independent telling of section 4 of the design: it knows only the log of what was done, and no code of ours.

It is slow and plain on purpose: every landing weighs everything again. What a file, a commit or a signature looks like is
not its business; it is told which records their signers really made (`honest`).
"""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

POLICY_ID = "QMS-001"
REVOKERS = ("quality-manager", "top-management")  # they revoke, and bring in by baseline
READERS = "engineer"  # must acknowledge
REVIEW_MONTHS = 2
CLOCKS = timedelta(days=1)  # how far clocks may differ
ALWAYS = (date.min, date.max)

Need = tuple[str, str]  # meaning and role


@dataclass(frozen=True)
class Text:
    """One text of a document with its drawing (or of the policy, whose body names its rules)."""

    document: str
    label: int
    body: str
    effective: date | None = None
    owner: str = "production-manager"
    kind: str = "procedure"
    drawing: str = ""
    withdrawn: bool = False


@dataclass(frozen=True)
class Rules:
    """What a policy says: the signatures each kind needs, who holds which role from when to when, keys revoked from a day."""

    needs: Mapping[str, tuple[Need, ...]]
    roles: Mapping[str, Mapping[str, tuple[date, date]]]
    revoked: Mapping[str, date] = field(default_factory=dict)
    attributed: bool = False

    def holds(self, person: str, role: str, day: date) -> bool:
        """Whether a person holds a role on a day."""
        first, last = self.roles.get(person, {}).get(role, (date.max, date.min))
        return first <= day <= last


@dataclass(frozen=True)
class Edit:
    """A commit that wrote a text; one that merely moved a file or took a side of a merge is none."""

    text: Text
    people: frozenset[str]


@dataclass(frozen=True)
class Act:
    """A record that landed; `honest` where the person named really signed just this for this project.

    `by` is who committed a record that has no signature; its `name` is where it stands.
    """

    text: Text
    meaning: str
    role: str
    person: str
    signed: datetime
    name: str
    honest: bool = True
    by: str | None = None
    verdict: str | None = None


@dataclass(frozen=True)
class Landed:
    """What one commit on the mainline brought; `stands` is what each document says after it."""

    time: datetime
    edits: tuple[Edit, ...]
    acts: tuple[Act, ...]
    stands: Mapping[str, Text]


@dataclass(frozen=True)
class Counted:
    """An act that counts: where it landed, and the roles its person held both then and when they signed."""

    act: Act
    at: int
    held: frozenset[str]


@dataclass
class Approved:
    """A revision."""

    text: Text
    effective_on: date
    people: frozenset[str]
    revoked: date | None = None
    reviews: list[tuple[date, str]] = field(default_factory=list)
    readers: set[str] = field(default_factory=set)

    @property
    def cancelled(self) -> bool:
        """Revoked before its day."""
        return self.revoked is not None and self.revoked < self.effective_on


@dataclass(frozen=True)
class Past:
    """A revision on a day, whether anything came after it or not."""

    label: int
    status: str
    effective_on: date
    approved_by: frozenset[str]
    revoked: date | None
    reviews: tuple[tuple[date, str], ...]
    readers: frozenset[str]


@dataclass(frozen=True)
class Told:
    """How a document stands on a day."""

    status: str
    shown: int | None = None
    review_by: date | None = None
    draft: tuple[int, str, int] | None = None  # label, status, signatures missing
    gone: bool = False
    conditions: frozenset[str] = frozenset()
    outstanding: frozenset[str] = frozenset()
    revisions: tuple[Past, ...] = ()


class Oracle:
    """Tells how each document stands at the end of a day."""

    def __init__(self, log: Sequence[Landed], policies: Callable[[str], Rules], zone: str, day: date) -> None:
        self.policies, self.zone, self.day = policies, ZoneInfo(zone), day
        self.landed_on = [self.day_of(landed.time) for landed in log]
        self.edits: list[tuple[int, Edit]] = []
        self.acts: list[Counted] = []
        self.first: dict[Text, int] = {}
        self.stands: Mapping[str, Text] = {}
        self.revisions: dict[str, list[Approved]] = {}
        self.periods: list[tuple[date, int]] = []
        for index, landed in enumerate(log):
            if self.landed_on[index] <= day:
                self._land(index, landed)

    def day_of(self, moment: datetime) -> date:
        """The day it is then where the organisation is."""
        return moment.astimezone(self.zone).date()

    @property
    def rules(self) -> Rules:
        """The rules in force."""
        return self.policies(self.revisions[POLICY_ID][-1].text.body)

    def tell(self, document: str) -> Told:
        """How a document stands."""
        revisions, draft = self.revisions.get(document, []), self._draft(document)
        living = [r for r in revisions if not r.cancelled]
        begun = [r for r in living if r.effective_on <= self.day]
        shown = next(iter((begun or living)[-1:] or ([] if draft else revisions[-1:])), None)
        status = self._status(shown, revisions) if shown else draft[1] if draft else "Draft"
        review_by = None
        if shown and status in ("Effective", "Approved") and not shown.text.withdrawn:
            kept = [day for day, verdict in shown.reviews if verdict == "keep"]
            review_by = _months(max([shown.effective_on, *kept]), REVIEW_MONTHS)
        everybody = [p for p in self.rules.roles if self.rules.holds(p, READERS, self.day)]
        unread = {p for p in everybody if shown and status == "Effective" and p not in shown.readers}
        told = {
            "review due": status == "Effective" and review_by == self.day,
            "overdue": status == "Effective" and review_by is not None and review_by < self.day,
            "acknowledgement outstanding": bool(unread),
            "approval broken": draft is not None and draft[0] in [r.text.label for r in revisions],
            "rejected": draft is not None and self._is_rejected(self.stands[document]),
            "change pending": shown is not None and self._changes(shown, status, revisions, draft),
        }
        return Told(
            status,
            shown.text.label if shown else None,
            review_by,
            draft,
            document not in self.stands,
            frozenset(name for name, holds in told.items() if holds),
            frozenset(unread),
            tuple(self._past(r, revisions) for r in revisions),
        )

    def _past(self, revision: Approved, revisions: Sequence[Approved]) -> Past:
        r, status = revision, self._status(revision, revisions)
        readers = frozenset(r.readers)
        return Past(r.text.label, status, r.effective_on, r.people, r.revoked, tuple(r.reviews), readers)

    def _status(self, revision: Approved, revisions: Sequence[Approved]) -> str:
        if revision.cancelled:
            return "Cancelled"
        later = revisions[revisions.index(revision) + 1 :]
        if any(r.effective_on <= self.day and not r.cancelled for r in later):
            return "Superseded"
        if revision.effective_on > self.day:
            return "Approved"
        return "Suspended" if revision.revoked else "Obsolete" if revision.text.withdrawn else "Effective"

    def _changes(
        self, shown: Approved, status: str, revisions: Sequence[Approved], draft: tuple[int, str, int] | None
    ) -> bool:
        """Whether a change is under way: a review asked for it, a new label is drafted, or a later revision waits."""
        asked = status in ("Effective", "Approved") and shown.reviews and shown.reviews[-1][1] != "keep"
        drafted = draft and draft[0] not in [r.text.label for r in revisions]
        later = revisions[revisions.index(shown) + 1 :]
        return bool(asked or drafted or any(r.effective_on > self.day and not r.cancelled for r in later))

    # --- a landing ----------------------------------------------------------------------------------------------

    def _land(self, index: int, landed: Landed) -> None:
        today = self.landed_on[index]
        self.stands = landed.stands
        self.edits += [(index, edit) for edit in landed.edits]
        for text in landed.stands.values():
            self.first.setdefault(text, index)
        if POLICY_ID not in landed.stands:
            return
        if POLICY_ID not in self.revisions:  # the trust root
            self.root = index
            self._enforce(Approved(landed.stands[POLICY_ID], today, frozenset()))
        judged = [self._judge(act, index, landed.time) for act in sorted(landed.acts, key=lambda act: act.name)]
        acts = [counted for counted in judged if counted]
        self.acts += acts
        while True:
            count, rules = len(self.periods), self.rules
            for text in sorted(self.first, key=lambda text: self.first[text]):
                self._approve(text, today, rules)
            if len(self.periods) == count:
                break
        for counted in acts:
            self._apply(counted, today)

    def _judge(self, act: Act, index: int, landed: datetime) -> Counted | None:
        """Judged by the rules in force when it lands: key and role, on the day signed and on the day landed."""
        rules, days = self.rules, (self.day_of(act.signed), self.day_of(landed))
        roles = rules.roles.get(act.person, {})
        held = frozenset(role for role in roles if all(rules.holds(act.person, role, day) for day in days))
        keyed = act.honest and max(days) < rules.revoked.get(act.person, date.max)
        tied = keyed if act.by is None else rules.attributed and act.by == act.person
        counts = tied and act.signed <= landed + CLOCKS and (act.role == "owner" or act.role in held)
        return Counted(act, index, held) if counts else None

    # --- approval -----------------------------------------------------------------------------------------------

    def _approve(self, text: Text, today: date, rules: Rules) -> None:
        revisions = self.revisions.setdefault(text.document, [])
        if any(text.label <= revision.text.label for revision in revisions):
            return
        signed = self._baseline(text)
        if signed is None:
            able, rejected = self._signers(text, rules)
            needs, chosen = self._filled(text, able, rules)
            if rejected or len(chosen) < len(needs):
                return
            signed = {person: able[person][0].act for person in chosen}
        days = [today, *(self.day_of(act.signed) for act in signed.values())]
        effective = today if text.document == POLICY_ID else max([*days, text.effective or today])
        revision = Approved(text, effective, frozenset(signed))
        if text.document == POLICY_ID:
            self._enforce(revision)
        else:
            revisions.append(revision)

    def _enforce(self, policy: Approved) -> None:
        self.revisions.setdefault(POLICY_ID, []).append(policy)
        self.periods.append((policy.effective_on, policy.text.label))

    def _baseline(self, text: Text) -> dict[str, Act] | None:
        """Brings in the first revision; its author may do it where the text is older than the trust root."""
        if self.revisions[text.document]:
            return None
        authors = set() if self.first[text] < self.root else self._authors(text)
        for act in (counted.act for counted in self.acts):
            fit = act.text == text and act.meaning == "baseline" and act.role in REVOKERS
            if fit and act.person not in authors:
                return {act.person: act}
        return None

    def _owner(self, text: Text, rules: Rules) -> str:
        """Who must sign as owner: the one before the change, if there was one on the day the text landed."""
        before = [r.text.owner for r in self.revisions.get(text.document, []) if r.text != text]
        day = self.landed_on[self.first[text]]
        for old in before[-1:]:
            there = any(rules.holds(p, old, day) or (p == old and any(rules.holds(p, r, day) for r in rules.roles[p]))
                        for p in rules.roles)  # fmt: skip
            return old if there else text.owner
        return text.owner

    def _needs(self, text: Text, rules: Rules) -> list[Need]:
        """What the kind of a text needs, and what the kind of the revision before it needs."""
        if text.document == POLICY_ID:
            return [("approve", "top-management")]
        owner, most = self._owner(text, rules), Counter[Need]()
        for kind in {text.kind, *(r.text.kind for r in self.revisions.get(text.document, [])[-1:])}:
            needs = rules.needs[kind]
            most |= Counter(
                (meaning, role) for meaning, role in needs if role != "owner" or (meaning, owner) not in needs
            )
        return list(most.elements())

    def _filled(
        self, text: Text, able: Mapping[str, Sequence[Counted]], rules: Rules
    ) -> tuple[Sequence[Need], list[str]]:
        """The needs of a text, and who fills one of them, first come first served."""
        needs, owner = self._needs(text, rules), self._owner(text, rules)
        chosen: list[str] = []
        for person in able:
            if _can_fill(needs, [*chosen, person], able, owner):
                chosen.append(person)
        return needs, chosen

    def _signers(self, text: Text, rules: Rules) -> tuple[dict[str, list[Counted]], set[str]]:
        """Who signed a text and counts, in the order of signing; and whose rejection stands."""
        able: dict[str, list[Counted]] = {}
        rejected: set[str] = set()
        owner, needs, authors = self._owner(text, rules), self._needs(text, rules), self._authors(text)
        ours = [counted for counted in self.acts if counted.act.text == text]
        for counted in sorted(ours, key=lambda c: (c.act.signed, c.at, c.act.name)):
            act = counted.act
            if not any(_fills(counted, need, owner) for need in needs):
                continue
            if act.meaning == "reject":
                able.pop(act.person, None)
                rejected.add(act.person)
            elif act.person not in authors:
                rejected.discard(act.person)
                able.setdefault(act.person, []).append(counted)
        return able, rejected

    def _authors(self, text: Text) -> set[str]:
        """Who changed the document since the revision before this text landed, and who first made it or its drawing."""
        landed = self.first[text]
        before = [r.text for r in self.revisions.get(text.document, []) if self.first[r.text] < landed]
        base = max(before, key=lambda text: self.first[text], default=None)
        since = self.first[base] if base else -1
        edits = [(at, edit) for at, edit in self.edits if edit.text.document == text.document]
        makers: set[str] = set()
        for part in _parts(text) - (_parts(base) if base else set()):
            makers |= next((edit.people for _, edit in edits if part in _parts(edit.text)), frozenset())
        return makers.union(*(edit.people for at, edit in edits if since < at <= landed))

    # --- other acts ---------------------------------------------------------------------------------------------

    def _apply(self, counted: Counted, today: date) -> None:
        act = counted.act
        revision = next((r for r in self.revisions.get(act.text.document, []) if r.text == act.text), None)
        if revision is None:
            return
        signed = self.day_of(act.signed)
        if act.meaning == "revoke" and act.role in REVOKERS and revision.revoked is None:
            revision.revoked = max(today, signed)
        if act.meaning == "periodic-review" and _is_role(counted, "owner", act.text.owner):
            revision.reviews.append((signed, str(act.verdict)))
        if act.meaning == "acknowledge" and act.role == READERS:
            revision.readers.add(act.person)

    def _draft(self, document: str) -> tuple[int, str, int] | None:
        text = self.stands.get(document)
        if text is None or any(r.text == text for r in self.revisions.get(document, [])):
            return None
        able, rejected = self._signers(text, self.rules)
        needs, chosen = self._filled(text, able, self.rules)
        return text.label, "In review" if able or rejected else "Draft", len(needs) - len(chosen)

    def _is_rejected(self, text: Text) -> bool:
        return bool(self._signers(text, self.rules)[1])


def _parts(text: Text) -> set[object]:
    words = (text.label, text.body, text.effective, text.owner, text.kind, bool(text.drawing), text.withdrawn)
    return {words, *([text.drawing] if text.drawing else [])}


def _is_role(counted: Counted, need: str, owner: str) -> bool:
    """Whether an act was made in a role; `owner` stands for whoever owns the document, a role or a person."""
    act = counted.act
    claimed, wanted = (owner if role == "owner" else role for role in (act.role, need))
    return claimed == wanted and (wanted in counted.held or act.person == wanted)


def _fills(counted: Counted, need: Need, owner: str) -> bool:
    meaning, role = need
    return counted.act.meaning in (meaning, "reject") and _is_role(counted, role, owner)


def _can_fill(needs: Sequence[Need], people: Sequence[str], acts: Mapping[str, Sequence[Counted]], owner: str) -> bool:
    """Whether each of some people can fill a need of their own: all orders are tried."""
    return len(people) <= len(needs) and any(
        all(any(_fills(act, need, owner) for act in acts[person]) for person, need in zip(people, order, strict=True))
        for order in permutations(needs, len(people))
    )


def _months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
