"""The walk along the mainline, oldest landing first, that derives the state of every document.

At each landing the changed documents and records are taken in and judged by the policy then in force; a policy that the
landing completes is in force from the next one on, and what still waits is weighed by it at once. The first usable policy
that lands is the trust root.
"""

from __future__ import annotations

from datetime import date

from qmsdocs.dates import local_day
from qmsdocs.history import Landing
from qmsdocs.library import Library
from qmsdocs.lifecycle.authorship import Authorship
from qmsdocs.lifecycle.dossier import Moment, State
from qmsdocs.lifecycle.intake import Intake
from qmsdocs.lifecycle.judging import Judging
from qmsdocs.lifecycle.policies import Policies, first_policy


def replay(library: Library, as_of: date) -> State:
    """The state at the end of a day. Raises QmsError where no usable policy ever landed."""
    walk = _Walk(library)
    last: Landing | None = None
    for index, landing in enumerate(library.landings):
        day = local_day(landing.time, walk.policies.reading.timezone)
        if day > as_of:
            break
        walk.step(landing, Moment(index, landing.commit, day))
        last = landing
    return walk.state(as_of, last)


class _Walk:
    def __init__(self, library: Library) -> None:
        self.library = library
        self.policies = Policies(first_policy(library))
        authorship = Authorship()
        self.intake = Intake(library, self.policies, authorship)
        self.judging = Judging(self.policies, authorship)

    def step(self, landing: Landing, now: Moment) -> None:
        for dossier in self.intake.take(landing, now):
            self.judging.evaluate(dossier, now)
        self.enforce_policy(now)

    def enforce_policy(self, now: Moment) -> None:
        """Put the newest approved policy in force, and weigh what waits by it; that may be a newer policy."""
        dossier = self.intake.dossiers.get(self.policies.root.id)
        while self.policies.current is not None and dossier is not None and dossier.revisions:
            version = self.library.policies.get(dossier.revisions[-1].content.blob)
            if version is None or version.read.policy is None or version.read.policy is self.policies.current:
                return
            before = self.policies.current
            self.policies.enforce(version.read.policy, now)
            self.intake.read_again(before)
            for waiting in list(self.intake.dossiers.values()):
                if waiting.acts or waiting.paths:
                    self.judging.evaluate(waiting, now)

    def state(self, as_of: date, last: Landing | None) -> State:
        for dossier in self.intake.dossiers.values():
            self.judging.finish(dossier)
        return State(
            as_of=as_of,
            head=self.library.head,
            policy=self.policies.reading,
            dossiers=self.intake.dossiers,
            policies=self.policies.periods,
            incidents=self.intake.incidents,
            tree=self.intake.tree,
            signed_blobs=frozenset(blob for blob, count in self.intake.signed_blobs.items() if count > 0),
            unread=self.intake.unread,
            unread_records=self.intake.unread_records,
            landing=last,
        )
