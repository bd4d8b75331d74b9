"""Random honest and dishonest histories in real git, with real signatures, against the oracle. QMSDOCS_LONG=1 plays more."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test
from kit import ADA, BOB, ENVIRONMENT, JANE, OWEN, POLICY, QUINN, TOM, Qms, Someone, doc

from oracle.oracle import POLICY_ID, READERS, Edit, Oracle, Past, Text, Told
from oracle.story import (
    APPROVE,
    BLAKE,
    FORGERIES,
    FULL,
    IDS,
    JANE_AT_HOME,
    MAKER,
    MANAGER,
    SIGNERS,
    TOP,
    TWISTS,
    WRITERS,
    ZONE,
    Signer,
    Story,
    policy_text,
    rules_of,
)
from qmsdocs.lifecycle import Dossier, Revision, State, replay, revision_status, stand
from qmsdocs.model import Meaning, ReviewVerdict

LONG = bool(os.environ.get("QMSDOCS_LONG"))
POLICIES = st.builds(
    "{} {} {}".format, st.sampled_from(sorted(APPROVE)), st.sampled_from(TWISTS), st.sampled_from((-9, 0, 1, 3, 12))
)
"""Which approvals a procedure needs, what else is odd, and from how many days after today."""

PLAYS: dict[str, tuple[int, dict[str, Sequence[Any]]]] = {}


def play(together: int = 5, **choices: Sequence[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A rule whose every choice is also played once, that many one after another in one history."""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        PLAYS[function.__name__] = (together, choices)
        strategies: dict[str, Any] = {name: st.sampled_from(list(values)) for name, values in choices.items()}
        made: Callable[[Callable[..., None]], Callable[..., None]] = rule(id=st.sampled_from(IDS), **strategies)
        return made(function)

    return decorate


class Histories(Story):
    """People at work, and one who cheats."""

    def teardown(self) -> None:
        self.compare(0)
        assert self.qms.root
        shutil.rmtree(self.qms.root)

    def under(self, rules: str) -> None:
        """Have a plain policy in force, if it is not."""
        if self.main[POLICY_ID].body.split()[:2] != rules.split():
            self.enforce(f"{rules} 0", 1)

    # --- what people do -----------------------------------------------------------------------------------------

    @initialize(rules=POLICIES, later=st.sampled_from((None, 4)))
    def begin(self, rules: str, later: int | None) -> None:
        """Most of what can go wrong needs a revision and a second policy."""
        self.issue(IDS[0], later, FULL, 0, 1)
        self.enforce(rules, 2)

    @rule(rules=POLICIES, hours=st.sampled_from((1, 20, 24 * 7)))
    def enforce(self, rules: str, hours: int) -> None:
        """A change of the policy as it should be; nothing is in its way, for Quinn never writes one."""
        kind, days = rules.rsplit(" ", 1)
        label = max(text.label for text in self.texts[POLICY_ID]) + 1
        text = Text(POLICY_ID, label, f"{kind} {self.today + timedelta(days=int(days))}")
        self.put(BOB, text)
        self.qms.now += timedelta(hours=hours)
        self.sign(QUINN, TOP, text)

    @rule(hours=st.sampled_from((1, 5, 11, 13, 30, 24 * 9, 24 * 40)))
    def time_passes(self, hours: int) -> None:
        self.qms.now += timedelta(hours=hours)

    @rule(id=st.sampled_from(IDS), who=st.sampled_from(WRITERS), number=st.sampled_from(range(4)), step=st.sampled_from((0, 1, 1, 1, 2, -1)),
          later=st.sampled_from((None, None, 0, 3, 12, -20)), branch=st.booleans(),
          co=st.sampled_from(((), (), (JANE,), (QUINN,))))  # fmt: skip
    def write(
        self, id: str, who: Someone, number: int, step: int, later: int | None, branch: bool, co: tuple[Someone, ...]
    ) -> None:
        text = self.old(id, 0, branch)
        effective = None if later is None else self.qms.now.date() + timedelta(days=later)
        label = max(0, text.label + step)
        self.put(who, replace(text, label=label, body=f"Text {number}.", effective=effective), branch, co)

    @rule(id=st.sampled_from(IDS), who=st.sampled_from(WRITERS), number=st.sampled_from((1, 2, 3)), branch=st.booleans(),
          step=st.sampled_from((0, 1)))  # fmt: skip
    def draw(self, id: str, who: Someone, number: int, branch: bool, step: int) -> None:
        """A drawing comes or changes; the first one comes on the mainline while nobody works beside it."""
        text = self.old(id, 0, branch)
        if text.drawing or self.branch is None:
            self.put(who, replace(text, label=text.label + step, drawing=f"{id} drawing {number}"), branch)

    @rule(
        id=st.sampled_from(IDS), who=st.sampled_from(WRITERS), back=st.sampled_from((1, 2, 3, 4)), branch=st.booleans()
    )
    def write_an_old_text(self, id: str, who: Someone, back: int, branch: bool) -> None:
        text = self.old(id, back, branch)
        if self.branch is None or bool(text.drawing) == bool(self.old(id, 0, branch).drawing):
            self.put(who, text, branch)

    @rule(
        id=st.sampled_from(IDS),
        later=st.sampled_from((None, None, 5, 20)),
        order=st.permutations(FULL),
        late=st.sampled_from((0, 0, 13, -5)),
        step=st.sampled_from((1, 1, 1, 0, 2)),
    )
    def issue(self, id: str, later: int | None, order: Sequence[Signer], late: int, step: int) -> None:
        """All of it as it should be, but that a label may be used or skipped."""
        self.pass_on(ADA, self.next(id, step, later), order, late)

    @rule(id=st.sampled_from(IDS), signer=st.sampled_from(SIGNERS), back=st.sampled_from((0, 0, 0, 1, 2)), branch=st.booleans(),
          late=st.sampled_from((0, 0, 13, 24 * 8, -5, -72)), plain=st.sampled_from((False, False, True)),
          meaning=st.sampled_from((Meaning.APPROVE,) * 4 + (Meaning.REJECT, Meaning.REVIEW, Meaning.BASELINE)))  # fmt: skip
    def sign_a_text(
        self, id: str, signer: Signer, back: int, branch: bool, late: int, meaning: Meaning, plain: bool
    ) -> None:
        self.sign(*signer, self.old(id, back, branch), meaning, branch=branch, late=late, plain=plain)

    @rule(id=st.sampled_from(IDS), signer=st.sampled_from(SIGNERS), back=st.sampled_from((0, 0, 1)), late=st.sampled_from((0, 0, 24 * 8)),
          meaning=st.sampled_from((Meaning.REVOKE, Meaning.PERIODIC_REVIEW, Meaning.ACKNOWLEDGE)),
          verdict=st.sampled_from((ReviewVerdict.KEEP, ReviewVerdict.REVISE)))  # fmt: skip
    def act_on_a_revision(
        self, id: str, signer: Signer, back: int, late: int, meaning: Meaning, verdict: ReviewVerdict
    ) -> None:
        chosen = verdict if meaning is Meaning.PERIODIC_REVIEW else None
        self.sign(*signer, self.old(id, back), meaning, late=late, verdict=chosen)

    # --- plays that aim at one rule -----------------------------------------------------------------------------

    @rule(id=st.sampled_from(IDS), early=st.sampled_from(SIGNERS), rules=POLICIES, who=st.sampled_from(WRITERS))
    def sign_before_the_policy_changes(self, id: str, early: Signer, rules: str, who: Someone) -> None:
        """What waits when a new policy comes in force, with the first signature made under the old one."""
        text = self.next(id)
        self.put(who, text)
        self.sign(*early, text)
        self.enforce(rules, 1)
        for signer in SIGNERS[:2]:
            self.sign(*signer, text)

    @play(signer=(FULL[0], FULL[1]), rules=("one plain", "three plain", "two no-owen"))
    def wait_for_a_policy(self, id: str, signer: Signer, rules: str) -> None:
        """One has signed; then a policy comes by which that may be enough, or too little, or was no owner's."""
        self.under("two plain")
        text = self.next(id)
        self.put(ADA, text)
        self.sign(*signer, text)
        self.under(rules)
        self.compare(1)
        self.sign(*FULL[0], text)
        self.sign(*FULL[2], text)

    @play(
        later=(0, 1),
        hours=(1, 11, 40),
        signer=((JANE, MANAGER), (TOM, TOP), (OWEN, MAKER), (ADA, READERS)),
        again=(False, True),
    )
    def revoke_about_its_day(self, id: str, later: int, hours: int, signer: Signer, again: bool) -> None:
        """By some who may and some who may not, once or twice."""
        self.under("two plain")
        text = self.next(id, later=later)
        self.pass_on(ADA, text)
        for _ in range(1 + again):
            self.qms.now += timedelta(hours=hours)
            self.sign(*signer, text, Meaning.REVOKE)

    @play(meaning=(Meaning.REVOKE, Meaning.ACKNOWLEDGE, Meaning.PERIODIC_REVIEW))
    def act_too_early(self, id: str, meaning: Meaning) -> None:
        """On what is approved only afterwards."""
        self.under("two plain")
        text = self.next(id)
        self.put(ADA, text)
        self.sign(*FULL[0], text)
        who = {Meaning.REVOKE: FULL[1], Meaning.ACKNOWLEDGE: (ADA, READERS)}.get(meaning, FULL[0])
        self.sign(*who, text, meaning, verdict=ReviewVerdict.REVISE if meaning is Meaning.PERIODIC_REVIEW else None)
        self.sign(*FULL[1], text)

    @play(first=(2, 3))
    def issue_a_lower_label(self, id: str, first: int) -> None:
        """A label is skipped, and the one that was left out comes after it."""
        self.under("two plain")
        self.pass_on(ADA, self.next(id, first))
        self.pass_on(ADA, self.next(id, -1))

    @play(twice=(JANE, BLAKE, QUINN), second=("same", "other role", "other person"))
    def sign_twice(self, id: str, twice: Someone, second: str) -> None:
        """Two records of one person where two people are needed; or of two people."""
        self.under("three plain")
        other = twice if second != "other person" else JANE if twice is not JANE else BLAKE
        text = self.next(id)
        self.pass_on(
            ADA, text, ((OWEN, "owner"), (twice, MANAGER), (other, MAKER if second == "other role" else MANAGER))
        )

    @play(last=(FULL[0], FULL[1], (QUINN, MANAGER)))
    def sign_in_two_roles(self, id: str, last: Signer) -> None:
        """Quinn could fill either need, and fills the one that the others leave."""
        self.under("two plain")
        self.pass_on(ADA, self.next(id), ((QUINN, MAKER), (QUINN, MANAGER), last))

    @play(days=(-1, 0, 1), late=(0, 14, 72))
    def sign_with_a_lost_key(self, id: str, days: int, late: int) -> None:
        """About the day from which the key counts for nothing."""
        self.enforce(f"two stolen {days}", 1)
        self.pass_on(ADA, self.next(id), ((OWEN, "owner"), (BLAKE, MANAGER)), late)

    @play(twist=("ends", "starts"), days=(-1, 0, 1), hours=(0, 24, 72))
    def sign_about_the_day_a_role_turns(self, id: str, twist: str, days: int, hours: int) -> None:
        """Signed that many hours before it lands: the role may be held on one of the two days only."""
        self.enforce(f"two {twist} {days}", 1)
        self.pass_on(ADA, self.next(id), ((OWEN, "owner"), (JANE if twist == "ends" else BLAKE, MANAGER)), hours)

    @play(late=(-5, -23, -30))
    def sign_with_a_clock_ahead(self, id: str, late: int) -> None:
        self.under("two plain")
        self.pass_on(ADA, self.next(id), ((OWEN, "owner"), (BLAKE, MANAGER)), late)

    @play(who=((QUINN, MANAGER), (JANE, MANAGER), (OWEN, "owner")), early=(False, True), again=(None, 0, 72))
    def reject_and_approve(self, id: str, who: Signer, early: bool, again: int | None) -> None:
        """A rejection, then all that is needed from the others; who rejected may sign after all, or have signed before."""
        self.under("two plain")
        text = self.next(id)
        self.put(ADA, text)
        if early:
            self.sign(*who, text)
        self.sign(*who, text, Meaning.REJECT)
        for signer in (*FULL, (QUINN, MAKER)):
            if signer[0] is not who[0]:
                self.sign(*signer, text)
        if again is not None:
            self.sign(*who, text, late=again)

    @play(author=(OWEN, JANE_AT_HOME, BLAKE), how=("alone", "co", "draft", "drawing"))
    def approve_own_work(self, id: str, author: Someone, how: str) -> None:
        """Someone whose signature is needed wrote the text, a draft of it, or its drawing."""
        if how == "drawing" and self.branch is not None:
            return
        self.under("two plain")
        text = self.next(id)
        if how == "draft":
            self.put(author, replace(text, body="First of all."))
        if how == "drawing":
            self.put(ADA, replace(text, drawing=f"{id} first"))
            text = replace(text, drawing=f"{id} {text.body}")
        self.put(ADA if how in ("co", "draft") else author, text, co=(author,) if how == "co" else ())
        for signer in (FULL[0], FULL[2] if author is BLAKE else FULL[1]):
            self.sign(*signer, text)

    @play(author=(JANE_AT_HOME, BLAKE))
    def approve_what_followed(self, id: str, author: Someone) -> None:
        """Who wrote a revision that others approved may approve the next one, which somebody else wrote."""
        self.under("two plain")
        self.pass_on(author, self.next(id))
        self.pass_on(ADA, self.next(id), (FULL[0], FULL[2] if author is BLAKE else FULL[1]))

    @play(how=("merge", "slip", "squash"), plain=(False, True), who=(JANE, BOB))
    def approve_what_was_merged(self, id: str, how: str, plain: bool, who: Someone) -> None:
        """One signature comes with the branch, the other from Jane, who may have merged it and slipped something in."""
        if self.branch is not None or id not in self.main:
            return
        self.under("two attributed" if plain else "two plain")
        self.start_a_branch()
        self.put(ADA, self.next(id), branch=True)
        self.sign(*FULL[0], self.old(id, 0, True), branch=True, plain=plain)
        self.join_the_branch(who, id if how == "slip" else None, how == "squash", False)
        for signer in FULL[:2]:
            self.sign(*signer, self.main[id])

    @play(author=(BLAKE, BOB))
    def bring_back_a_draft(self, id: str, author: Someone) -> None:
        """What one wrote on a branch, and another put in place of what was approved since."""
        if self.branch is not None or id not in self.main:
            return
        self.under("two plain")
        self.start_a_branch()
        draft = self.next(id, 2)
        self.put(author, draft, branch=True)
        self.put(ADA, self.next(id, -1), branch=True)
        self.join_the_branch(BOB, None, False, False)
        for text, signer in ((self.main[id], FULL[1]), (draft, FULL[2])):
            self.put(ADA, text)
            self.sign(*FULL[0], text)
            self.sign(*signer, text)

    @play(owner=(MAKER, MANAGER, TOP, "jane"), kind=("procedure", "instruction"), full=(False, True),
          first=((OWEN, "owner"), (JANE, "owner"), (TOM, "owner")))  # fmt: skip
    def hand_over(self, id: str, owner: str, kind: str, full: bool, first: Signer) -> None:
        """Another owner, another type, and signatures that may be those of the new one only."""
        self.under("two plain")
        text = replace(self.next(id), owner=owner, kind=kind)
        self.put(ADA, text)
        self.sign(*first, text)
        self.sign(BLAKE, MANAGER, text)
        if full:
            self.pass_on(ADA, text)

    @play(days=(-2, 2), new=(MAKER, MANAGER))
    def take_over(self, id: str, days: int, new: str) -> None:
        """Jane owns a document and leaves; another owner takes it over without her, if she is gone by then."""
        self.under("two plain")
        self.pass_on(ADA, replace(self.next(id), owner="jane", kind="procedure"))
        self.enforce(f"two ends {days}", 1)
        text = replace(self.next(id), owner=new)
        self.put(ADA, text)
        for signer in (FULL[0], FULL[2], (QUINN, MANAGER), (JANE, "owner")):
            self.sign(*signer, text)

    @play(reviewer=((OWEN, MAKER), (QUINN, MAKER), (JANE, MANAGER), (OWEN, "owner")), meaning=(Meaning.REVIEW, Meaning.APPROVE),
          signer=(FULL[1], (QUINN, MANAGER)), approves=(Meaning.APPROVE, Meaning.REVIEW))  # fmt: skip
    def review_an_instruction(
        self, id: str, reviewer: Signer, meaning: Meaning, signer: Signer, approves: Meaning
    ) -> None:
        self.under("two plain")
        for _ in range(2):  # the first time it may be a procedure that becomes one
            text = replace(self.next(id), kind="instruction")
            self.put(ADA, text)
            self.sign(*reviewer, text, meaning)
            self.sign(*signer, text, approves)

    @play(
        1, signer=((JANE, MANAGER), (ADA, READERS), (TOM, TOP), (OWEN, "owner")), own=(False, True), again=(False, True)
    )
    def bring_in(self, id: str, signer: Signer, own: bool, again: bool) -> None:
        """A baseline: of a text older than the policy, or of one's own; and then another one."""
        if own:
            self.put(JANE_AT_HOME, self.next(id))
        self.sign(*signer, self.old(id, 0), Meaning.BASELINE)
        if again:
            self.put(ADA, self.next(id))
            self.sign(*signer, self.old(id, 0), Meaning.BASELINE)

    @play(later=(None, 3), back=(False, True))
    def withdraw(self, id: str, later: int | None, back: bool) -> None:
        self.under("two plain")
        self.pass_on(ADA, replace(self.next(id, later=later), withdrawn=True))
        if back:
            self.pass_on(ADA, self.next(id))

    @play(reader=((ADA, READERS), (BOB, READERS), (BOB, MANAGER), (OWEN, READERS)), back=(False, True))
    def read_and_understand(self, id: str, reader: Signer, back: bool) -> None:
        self.under("two bob")
        text = self.next(id)
        self.pass_on(ADA, text)
        self.sign(*reader, text, Meaning.ACKNOWLEDGE)
        if back:
            self.pass_on(ADA, self.next(id))

    @play(reviewer=((OWEN, "owner"), (OWEN, MAKER), (BLAKE, MANAGER)), verdict=(ReviewVerdict.KEEP, ReviewVerdict.REVISE),
          hours=(30, 24 * 40), late=(0, 24 * 8))  # fmt: skip
    def review_in_time(self, id: str, reviewer: Signer, verdict: ReviewVerdict, hours: int, late: int) -> None:
        self.under("two plain")
        text = self.next(id)
        self.pass_on(ADA, text)
        self.qms.now += timedelta(hours=hours)
        self.sign(*reviewer, text, Meaning.PERIODIC_REVIEW, verdict=ReviewVerdict.KEEP)
        self.qms.now += timedelta(hours=hours)
        self.sign(*reviewer, text, Meaning.PERIODIC_REVIEW, verdict=verdict, late=late)

    @play(attributed=(False, True), cheat=(False, True))
    def sign_without_a_key(self, id: str, attributed: bool, cheat: bool) -> None:
        self.under("two attributed" if attributed else "two plain")
        text = self.next(id)
        self.put(ADA, text)
        self.sign(JANE, MANAGER, text, plain=True)
        self.sign(OWEN, "owner", text, plain=not cheat, forgery="unsigned" if cheat else "")

    @play(how=("move", "copy"), rules=("two bob 0", "two attributed 0"))
    def carry_a_refused_record_over(self, id: str, how: str, rules: str) -> None:
        """What did not count when it landed is put elsewhere under a policy by which it would."""
        self.under("two plain")
        text = self.next(id)
        self.put(ADA, text)
        self.sign(*FULL[0], text)
        self.sign(BOB, MANAGER, text)
        self.sign(JANE, MANAGER, text, plain=True)
        refused = self.records[-2:]
        self.enforce(rules, 1)
        for path in refused:
            self.spoil(path, how)

    # --- the one who cheats -------------------------------------------------------------------------------------

    @rule(id=st.sampled_from((*IDS, POLICY_ID)), signer=st.sampled_from(SIGNERS[:3]), how=st.sampled_from(FORGERIES),
          meaning=st.sampled_from((Meaning.APPROVE, Meaning.APPROVE, Meaning.REVOKE, Meaning.REJECT)))  # fmt: skip
    def forge_a_record(self, id: str, signer: Signer, how: str, meaning: Meaning) -> None:
        signer = (TOM, TOP) if id == POLICY_ID else signer
        self.sign(*signer, self.old(id, 0), meaning, forgery=how)

    @play(how=FORGERIES, victim=(0, 1))
    def issue_with_one_forgery(self, id: str, how: str, victim: int) -> None:
        self.under("two plain")
        text = self.next(id)
        self.put(BOB, text)
        for place, (who, role) in enumerate(FULL[:2]):
            self.sign(who, role, text, forgery=how if place == victim else "")

    @play(drawn=(False, True))
    def sign_another_text(self, id: str, drawn: bool) -> None:
        """All sign one text; another stands under the same label, or the same with another drawing."""
        if drawn and self.branch is not None:
            return
        text = self.next(id)
        text = replace(text, drawing=f"{id} {text.body}") if drawn else text
        self.put(ADA, text)
        self.put(BOB, replace(text, drawing="Redrawn.") if drawn else replace(text, body=f"Not what {text.body}"))
        for signer in FULL:
            self.sign(*signer, text)

    @play(how=("remove", "move", "copy", "alter"))
    def spoil_an_approval(self, id: str, how: str) -> None:
        self.under("two plain")
        self.pass_on(ADA, self.next(id))
        self.spoil(self.records[-1], how)

    @play(edit=(False, True), who=(JANE, OWEN))
    def move_and_approve(self, id: str, edit: bool, who: Someone) -> None:
        """Who moves a file does not make its text; who edits it on the way does."""
        self.under("two plain")
        self.put(ADA, self.next(id))
        self.move_the_file(id, edit, who)
        if not edit:
            self.put(ADA, self.next(id))
        for signer in FULL[:2]:
            self.sign(*signer, self.old(id, 0))
        self.delete(id)

    @precondition(lambda self: self.records)
    @rule(number=st.sampled_from(range(41)), how=st.sampled_from(("remove", "move", "copy", "alter")))
    def tamper(self, number: int, how: str) -> None:
        self.spoil(self.records[number % len(self.records)], how)

    @rule(id=st.sampled_from(IDS), edit=st.booleans(), who=st.sampled_from((JANE, OWEN)))
    def move_the_file(self, id: str, edit: bool, who: Someone) -> None:
        if self.branch is not None or id not in self.main:
            return
        self.changes += 1
        old, new = self.paths[id], f"documents/{self.changes}/{id}.md"
        text = replace(self.main[id], body=f"Moved {self.changes}.") if edit else self.main[id]
        self.paths[id], self.main[id] = new, text
        gone = [old, *([self.drawing(old, id)] if text.drawing else [])]
        self.qms.commit(who, {**dict.fromkeys(gone), **self.parts(text)})
        self.texts[id].append(text)
        self.land([Edit(text, frozenset({who.id}))] if edit else [])

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
        if squash:
            edits = self.squash(who, (ADA, QUINN) if co else (), changed)
            acts = [replace(act, by=who.id) if act.by else act for act in acts]
        else:
            edits = [*edits, *self.merge(who, slip, changed)]
        self.branch = None
        self.land(edits, acts)

    # --- the policy ---------------------------------------------------------------------------------------------

    @rule(who=st.sampled_from((BOB, BOB, TOM)), rules=POLICIES, step=st.sampled_from((0, 1, 1, 1)),
          signer=st.sampled_from((None, (TOM, TOP), (TOM, TOP), (QUINN, TOP), (BOB, TOP), (JANE, MANAGER))))  # fmt: skip
    def edit_the_policy(self, who: Someone, rules: str, step: int, signer: Signer | None) -> None:
        kind, days = rules.rsplit(" ", 1)
        text = Text(POLICY_ID, self.main[POLICY_ID].label + step, f"{kind} {self.today + timedelta(days=int(days))}")
        self.put(who, text)
        if signer:
            self.sign(*signer, self.main[POLICY_ID])

    # --- the comparison -----------------------------------------------------------------------------------------

    @rule(days=st.sampled_from((-30, -9, -2, -1, 1, 6, 15)))
    def look(self, days: int) -> None:
        self.compare(days)

    def compare(self, days: int) -> None:
        library, today = self.qms.library(), self.today
        told_today = [Oracle(self.log, rules_of, ZONE, today).tell(id) for id in IDS]
        days_due = {told.review_by for told in told_today if told.review_by and told.review_by > today}
        for day in days_due | {today, *(max(self.first, today + timedelta(days=d)) for d in (days, -10))}:
            state, oracle = replay(library, day), Oracle(self.log, rules_of, ZONE, day)
            for id in IDS:
                program, expected = told(state, id), oracle.tell(id)
                if self.spoilt:
                    program, expected = (
                        replace(t, conditions=t.conditions - {"approval broken"}) for t in (program, expected)
                    )
                assert program == expected, f"{id} on {day}: {program}, the oracle says {expected}"
            assert [(start, int(rules.revision)) for start, _, rules in state.policies] == oracle.periods
            acts = [act for dossier in state.dossiers.values() for act in dossier.acts]
            assert {act.path for act in acts if not act.refusal} == {counted.act.name for counted in oracle.acts}, day
            for act in acts:
                refused = act.refusal or act.blob in state.dossiers[act.record.document].refusals
                assert refused or act.blob not in self.forged, act.path
            found = {(i.rule, i.source.path) for i in state.incidents if i.rule in ("record-removed", "record-changed")}
            assert found == self.spoilt if day >= today else found <= self.spoilt


def told(state: State, id: str) -> Told:
    """What the program tells of a document, in the oracle's words."""
    if id not in state.dossiers:
        return Told("Draft", gone=True)
    dossier = state.dossiers[id]
    standing, draft = stand(dossier, state), dossier.draft
    return Told(
        str(standing.status),
        int(standing.shown.label) if standing.shown else None,
        standing.review_by,
        (int(draft.content.label), str(draft.status), sum(n.requirement.count for n in draft.missing))
        if draft
        else None,
        dossier.path is None,
        frozenset(str(condition) for condition in standing.conditions),
        frozenset(person.id for person in standing.outstanding),
        tuple(approved(revision, dossier, state) for revision in dossier.revisions),
    )


def approved(revision: Revision, dossier: Dossier, state: State) -> Past:
    """What the program tells of one revision."""
    revoked, reviews = revision.revoked, dossier.counting(Meaning.PERIODIC_REVIEW, revision)
    return Past(
        int(revision.label),
        str(revision_status(revision, dossier.revisions, state.as_of)),
        revision.effective_on,
        frozenset(act.record.person for act in revision.approvals),
        max(revoked.day, revoked.signed_day) if revoked else None,
        tuple((act.signed_day, str(act.record.verdict)) for act in reviews),
        frozenset(act.record.person for act in dossier.counting(Meaning.ACKNOWLEDGE, revision)),
    )


@pytest.mark.parametrize("name", PLAYS)
def test_each_play_with_each_choice(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chance alone plays some of them never; together they are the smallest histories that show each rule."""
    for key, value in ENVIRONMENT.items():
        monkeypatch.setenv(key, value)
    together, choices = PLAYS[name]
    every = [dict(zip(choices, chosen, strict=True)) for chosen in product(*choices.values())]
    for start in range(0, len(every), together):
        histories = Histories()
        for place, chosen in enumerate(every[start : start + together], start + 1):
            getattr(histories, name)(id=IDS[place % len(IDS)], **chosen)
        histories.teardown()


def test_the_program_tells_what_the_oracle_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=1000 if LONG else 80,
            stateful_step_count=30 if LONG else 18,
            derandomize=not LONG,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_who_was_no_owner_when_a_record_landed_does_not_become_one_by_a_later_policy(tmp_path: Path) -> None:
    qms = Qms(tmp_path)
    qms.start(policy_text(1, "two plain 2026-01-01"))
    qms.write(ADA, doc())
    qms.sign(BOB, "owner")
    qms.sign(JANE, "quality-manager")
    qms.commit(ADA, {POLICY: policy_text(2, "two bob 2026-01-01")})
    qms.sign(TOM, "top-management", path=POLICY)
    assert qms.dossier().revisions == []
