"""A small independent telling of section 4 of the design: it knows only the log of what was done, and no code of ours.

It is slow and plain on purpose: every landing weighs everything again. What a file, a commit or a signature looks like is
not its business; it is told which records their signers really made (`honest`).
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

POLICY_ID = "QMS-001"
OWNER = ("owner", "production-manager")  # who owns each document here, as a record may call it
REVOKERS = ("quality-manager", "top-management")
REVIEW_MONTHS = 2
CLOCKS = timedelta(days=1)  # how far clocks may differ


@dataclass(frozen=True)
class Text:
    """One text of a document (or of the policy, whose body names its rules)."""

    document: str
    label: int
    body: str
    effective: date | None = None


@dataclass(frozen=True)
class Rules:
    """What a policy says: the approvals a document needs, who holds which role until when, keys revoked from a day."""

    approve: tuple[str, ...]
    roles: Mapping[str, Mapping[str, date | None]]
    revoked: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True)
class Edit:
    """A commit that wrote a text; one that merely moved a file or took a side of a merge is none."""

    text: Text
    people: frozenset[str]


@dataclass(frozen=True)
class Act:
    """A record that landed; `honest` where the person named really signed just this for this project."""

    text: Text
    meaning: str
    role: str
    person: str
    signed: datetime
    honest: bool = True
    verdict: str | None = None


@dataclass(frozen=True)
class Landed:
    """What one commit on the mainline brought; `stands` is what each document says after it."""

    time: datetime
    edits: tuple[Edit, ...]
    acts: tuple[Act, ...]
    stands: Mapping[str, Text]


@dataclass
class Approved:
    """A revision."""

    text: Text
    landing: int
    effective_on: date
    people: frozenset[str]
    revoked: date | None = None
    anchor: date = date.min

    @property
    def cancelled(self) -> bool:
        """Revoked before its day."""
        return self.revoked is not None and self.revoked < self.effective_on


@dataclass(frozen=True)
class Told:
    """How a document stands on a day."""

    status: str
    shown: int | None = None
    effective_on: date | None = None
    approved_by: frozenset[str] = frozenset()
    review_by: date | None = None
    draft: tuple[int, str] | None = None


class Oracle:
    """Tells how each document stands at the end of a day."""

    def __init__(self, log: Sequence[Landed], policies: Mapping[str, Rules], zone: str, day: date) -> None:
        self.policies, self.zone, self.day = policies, ZoneInfo(zone), day
        self.edits: list[tuple[int, Edit]] = []
        self.acts: list[tuple[int, Act]] = []
        self.first: dict[Text, int] = {}
        self.stands: Mapping[str, Text] = {}
        self.revisions: dict[str, list[Approved]] = {}
        for index, landed in enumerate(log):
            if self.day_of(landed.time) <= day:
                self._land(index, landed)

    def day_of(self, moment: datetime) -> date:
        """The day it is then where the organisation is."""
        return moment.astimezone(self.zone).date()

    @property
    def rules(self) -> Rules:
        """The rules in force."""
        return self.policies[self.revisions[POLICY_ID][-1].text.body]

    def tell(self, document: str) -> Told:
        """How a document stands."""
        revisions, draft = self.revisions.get(document, []), self._draft(document)
        living = [r for r in revisions if not r.cancelled]
        begun = [r for r in living if r.effective_on <= self.day]
        shown = (begun or living)[-1:] or ([] if draft else revisions[-1:])
        if not shown:
            return Told(draft[1] if draft else "Draft", draft=draft)
        revision = shown[0]
        status = "Effective" if begun else "Cancelled" if revision.cancelled else "Approved"
        if begun and revision.revoked:
            status = "Suspended"
        review_by = _months(revision.anchor, REVIEW_MONTHS) if status in ("Effective", "Approved") else None
        return Told(status, revision.text.label, revision.effective_on, revision.people, review_by, draft)

    # --- a landing ----------------------------------------------------------------------------------------------

    def _land(self, index: int, landed: Landed) -> None:
        today = self.day_of(landed.time)
        self.stands = landed.stands
        self.edits += [(index, edit) for edit in landed.edits]
        for text in landed.stands.values():
            self.first.setdefault(text, index)
        if POLICY_ID not in self.revisions:  # the trust root
            root = Approved(landed.stands[POLICY_ID], index, today, frozenset())
            self.revisions[POLICY_ID] = [root]
        acts = [act for act in landed.acts if self._counts(act, landed.time)]
        self.acts += [(index, act) for act in acts]
        while True:
            count, rules = len(self.revisions[POLICY_ID]), self.rules
            for text in sorted(self.first, key=lambda text: self.first[text]):
                self._approve(text, index, today, rules)
            if len(self.revisions[POLICY_ID]) == count:
                break
        for act in acts:
            self._apply(act, today)

    def _counts(self, act: Act, landed: datetime) -> bool:
        """Judged by the rules in force when it lands: key and role, on the day signed and on the day landed."""
        last = max(self.day_of(act.signed), self.day_of(landed))
        held = _holds(act, last, self.rules)
        revoked = self.rules.revoked.get(act.person, date.max)
        return act.honest and act.signed <= landed + CLOCKS and held and last < revoked

    # --- approval -----------------------------------------------------------------------------------------------

    def _approve(self, text: Text, index: int, today: date, rules: Rules) -> None:
        revisions = self.revisions.setdefault(text.document, [])
        if any(text.label <= revision.text.label for revision in revisions):
            return
        able, rejected = self._signers(text, rules)
        needs = _needs(text, rules)
        chosen: list[str] = []
        for person in able:
            if _can_fill(needs, [*chosen, person], able):
                chosen.append(person)
        if rejected or len(chosen) < len(needs):
            return
        days = [today, *(self.day_of(able[person][0].signed) for person in chosen)]
        effective = today if text.document == POLICY_ID else max(days + ([text.effective] if text.effective else []))
        revisions.append(Approved(text, index, effective, frozenset(chosen), anchor=effective))

    def _signers(self, text: Text, rules: Rules) -> tuple[dict[str, list[Act]], set[str]]:
        """Who signed a text and counts, in the order of signing; and whose rejection stands."""
        able: dict[str, list[Act]] = {}
        rejected: set[str] = set()
        wanted = {role for need in _needs(text, rules) for role in _fills(need)}
        authors = self._authors(text)
        ours = [(act.signed, at, act.person, act) for at, act in self.acts if act.text == text and act.role in wanted]
        for _, _, person, act in sorted(ours, key=lambda found: found[:3]):
            if act.meaning == "reject":
                able.pop(person, None)
                rejected.add(person)
            elif act.meaning == "approve" and person not in authors:
                rejected.discard(person)
                able.setdefault(person, []).append(act)
        return able, rejected

    def _authors(self, text: Text) -> set[str]:
        """Who changed the document since the revision before this text landed, and who first made this text."""
        landed = self.first[text]
        before = [self.first[r.text] for r in self.revisions.get(text.document, []) if self.first[r.text] < landed]
        since = max(before, default=-1)
        edits = [(at, edit) for at, edit in self.edits if edit.text.document == text.document]
        first = next((edit.people for _, edit in edits if edit.text == text), frozenset[str]())
        return set(first).union(*(edit.people for at, edit in edits if since < at <= landed))

    # --- other acts ---------------------------------------------------------------------------------------------

    def _apply(self, act: Act, today: date) -> None:
        revision = next((r for r in self.revisions.get(act.text.document, []) if r.text == act.text), None)
        if revision is None:
            return
        signed = self.day_of(act.signed)
        if act.meaning == "revoke" and act.role in REVOKERS and revision.revoked is None:
            revision.revoked = max(today, signed)
        if act.meaning == "periodic-review" and act.role in OWNER and act.verdict == "keep":
            revision.anchor = max(revision.anchor, signed)

    def _draft(self, document: str) -> tuple[int, str] | None:
        text = self.stands.get(document)
        if text is None or any(r.text == text for r in self.revisions.get(document, [])):
            return None
        return text.label, "In review" if any(self._signers(text, self.rules)) else "Draft"


def _holds(act: Act, day: date, rules: Rules) -> bool:
    held = rules.roles.get(act.person, {})
    role = OWNER[1] if act.role == "owner" else act.role
    return role in held and day <= (held[role] or date.max)


def _needs(text: Text, rules: Rules) -> tuple[str, ...]:
    return ("top-management",) if text.document == POLICY_ID else rules.approve


def _fills(need: str) -> tuple[str, ...]:
    return OWNER if need == "owner" else (need,)


def _can_fill(needs: Sequence[str], people: Sequence[str], acts: Mapping[str, Sequence[Act]]) -> bool:
    """Whether each of some people can fill a need of their own: all orders are tried."""
    return len(people) <= len(needs) and any(
        all(any(act.role in _fills(need) for act in acts[person]) for person, need in zip(people, order, strict=True))
        for order in permutations(needs, len(people))
    )


def _months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
