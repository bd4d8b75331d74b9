"""Random small histories, honest but untidy: what must hold whatever people do, in whatever order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from kit import ADA, BOB, DOC, JANE, OWEN, Qms, doc, policy

from qmsdocs.dates import local_day
from qmsdocs.library import Library
from qmsdocs.lifecycle import State, period, replay, revision_status, stand
from qmsdocs.model import Meaning, ReviewVerdict, Status

SECOND = "documents/QP-002.md"
POLICIES = tuple(
    policy(number, zone="Pacific/Auckland", approve=approve, settings='review_every = "2 months"')
    for number, approve in (
        (1, '["owner", "quality-manager"]'),
        (2, '["quality-manager"]'),
        (3, '["owner", "2 of quality-manager"]'),
    )
)


class Player:
    """Plays acts on the mainline; each names the document it is about and a small number to vary it."""

    def __init__(self) -> None:
        self.qms = Qms()
        self.qms.start(POLICIES[0])
        self.policy = 1
        self.approved = {DOC: 0, SECOND: 0}

    def text(self, path: str, number: int, **keys: str) -> None:
        """The next revision; now and then a label that is used, or skips one."""
        label = self.approved[path] + {0: 0, 5: 2}.get(number, 1)
        self.write(path, doc(label, f"Text {number}.", id=path[10:16], **keys))

    def draft(self, path: str, number: int) -> None:
        self.text(path, number)

    def draft_for_later(self, path: str, number: int) -> None:
        self.text(path, number, effective_date=str(self.qms.now.date() + timedelta(days=number * 9)))

    def withdraw(self, path: str, number: int) -> None:
        self.text(path, number, withdrawn="Not needed.")

    def write(self, path: str, text: str) -> None:
        if self.qms.files().get(path) != text.encode():
            self.qms.write(ADA, text, path=path)

    def remove(self, path: str, number: int) -> None:
        self.qms.commit(BOB, {path: None} if path in self.qms.files() else {"notes.txt": str(number)})

    def approve(self, path: str, _: int) -> None:
        if path in self.qms.files():
            self.qms.approve(path=path)
            self.approved[path] += 1

    def issue(self, path: str, number: int) -> None:
        (self.draft_for_later if number % 2 else self.draft)(path, number)
        self.approve(path, number)

    def owner_signs(self, path: str, _: int) -> None:
        self.sign(path, Meaning.APPROVE, owner=True)

    def quality_signs(self, path: str, _: int) -> None:
        self.sign(path, Meaning.APPROVE)

    def reject(self, path: str, _: int) -> None:
        self.sign(path, Meaning.REJECT)

    def revoke(self, path: str, _: int) -> None:
        self.sign(path, Meaning.REVOKE)

    def keep(self, path: str, _: int) -> None:
        self.sign(path, Meaning.PERIODIC_REVIEW, owner=True, verdict=ReviewVerdict.KEEP)

    def sign(self, path: str, meaning: Meaning, owner: bool = False, verdict: ReviewVerdict | None = None) -> None:
        if path in self.qms.files():
            who, role = (OWEN, "owner") if owner else (JANE, "quality-manager")
            self.qms.sign(who, role, meaning, path=path, verdict=verdict)

    def change_policy(self, _: str, __: int) -> None:
        if self.policy < len(POLICIES):
            self.policy += 1
            self.qms.enforce(POLICIES[self.policy - 1], who=BOB)


ACTS: tuple[Callable[[Player, str, int], None], ...] = (
    Player.issue, Player.issue, Player.issue, Player.draft, Player.draft_for_later, Player.approve, Player.revoke,
    Player.owner_signs, Player.quality_signs, Player.reject, Player.keep, Player.withdraw, Player.remove, Player.change_policy,
)  # fmt: skip
STEP = st.tuples(st.sampled_from(ACTS), st.sampled_from((DOC, DOC, SECOND)), st.integers(0, 5), st.integers(0, 800))


@st.composite
def histories(draw: st.DrawFn) -> Qms:
    player = Player()
    for act, path, number, hours in draw(st.lists(STEP, min_size=4, max_size=12)):
        player.qms.now += timedelta(hours=hours)
        act(player, path, number)
    return player.qms


def told(library: Library, day: date) -> dict[str, object]:
    """All that a register would tell of a day."""
    state = replay(library, day)
    return {name: _told(state, name) for name, dossier in state.dossiers.items() if dossier.paths or dossier.revisions}


def _told(state: State, name: str) -> object:
    dossier = state.dossiers[name]
    draft = dossier.draft
    standing = stand(dossier, state)
    revisions = [
        (
            r.label,
            r.approved_on,
            r.effective_on,
            str(revision_status(r, dossier.revisions, state.as_of)),
            [a.path for a in r.approvals],
        )
        for r in dossier.revisions
    ]
    waits = draft and (draft.content.digest, draft.status, [str(need) for need in draft.missing], draft.authors)
    return revisions, waits, standing.status, standing.review_by, standing.conditions, dict(dossier.refusals)


def days(library: Library) -> list[date]:
    state = replay(library, date.max)
    return [local_day(landing.time, state.policy.timezone) for landing in library.landings]


@settings(max_examples=60, deadline=None)
@given(histories(), st.integers(0, 120))
def test_a_day_told_from_the_whole_history_is_the_day_told_from_the_history_cut_there(qms: Qms, offset: int) -> None:
    whole = qms.memory()
    landed = days(whole)
    day = landed[0] + timedelta(days=offset)
    cut = qms.memory(sum(on <= day for on in landed))
    assert told(whole, day) == told(cut, day)


@settings(max_examples=30, deadline=None)
@given(histories())
def test_what_is_committed_later_changes_no_day_before(qms: Qms) -> None:
    whole = qms.memory()
    for count, (_, following) in enumerate(pairwise(days(whole)), 1):
        eve = following - timedelta(days=1)
        assert told(qms.memory(count), eve) == told(whole, eve)


@settings(max_examples=60, deadline=None)
@given(histories())
def test_at_most_one_revision_is_in_force_on_any_day(qms: Qms) -> None:
    library = qms.memory()
    for day in {on + timedelta(days=more) for on in days(library) for more in (0, 1, 20)}:
        for dossier in replay(library, day).dossiers.values():
            statuses = [revision_status(r, dossier.revisions, day) for r in dossier.revisions]
            assert sum(status in (Status.EFFECTIVE, Status.SUSPENDED, Status.OBSOLETE) for status in statuses) <= 1
            spans = [(r, period(r, dossier.revisions)) for r in dossier.revisions]
            within = [r.label for r, (start, end) in spans if start and start <= day and (end is None or day < end)]
            shown = [
                r.label
                for r, status in zip(dossier.revisions, statuses, strict=True)
                if status in (Status.EFFECTIVE, Status.OBSOLETE)
            ]
            assert within == shown


@settings(max_examples=40, deadline=None)
@given(histories())
def test_labels_only_rise_and_each_approval_rests_on_people_who_did_not_write(qms: Qms) -> None:
    for dossier in replay(qms.memory(), date.max).dossiers.values():
        numbers = [int(revision.label) for revision in dossier.revisions]
        assert numbers == sorted(set(numbers))
        for revision in dossier.revisions[1 if dossier.id == "QMS-001" else 0 :]:
            signers = [act.record.person for act in revision.approvals]
            assert signers
            assert len(signers) == len(set(signers))
            assert {act.record.content for act in revision.approvals} == {revision.content.digest}
            assert ADA.id not in signers
