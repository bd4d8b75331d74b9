"""Time in a story: jobs that run side by side, each a generator that yields the days until its next step."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

STARTS, ENDS = datetime(2018, 11, 5, 8, tzinfo=UTC), datetime(2026, 10, 9, 17, tzinfo=UTC)
DAY = timedelta(days=1)
SPAN = (ENDS - STARTS) / DAY  # days
_OPENS, _CLOSES, _FRIDAY = 7, 17, 4  # hours; a day of the week

Job = Iterator[float]


class Diary:
    """Takes the steps of all jobs in the order of their time, at hours when people work, so that time never goes back."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.now = STARTS
        self._queue: list[tuple[datetime, int, Job]] = []
        self._noted = 0

    @property
    def elapsed(self) -> float:
        """The part of the time that has gone by."""
        return (self.now - STARTS) / (ENDS - STARTS)

    def note(self, job: Job, days: float) -> None:
        """Take the next step of a job some days from now."""
        self._noted += 1
        heapq.heappush(self._queue, (self._at_work(self.now + days * DAY), self._noted, job))

    def step(self) -> None:
        """Go on to the next step of any job, and take it."""
        self.now, _, job = heapq.heappop(self._queue)
        delay = next(job, None)
        if delay is not None:
            self.note(job, delay)

    def _at_work(self, when: datetime) -> datetime:
        """The same time, or a later one at which people work."""
        if when.weekday() > _FRIDAY:
            when += (7 - when.weekday()) * DAY
        if not _OPENS <= when.hour < _CLOSES:
            day = when + DAY if when.hour >= _CLOSES else when
            when = day.replace(hour=_OPENS, minute=self.random.randrange(60), second=self.random.randrange(60))
            return self._at_work(when)
        return when.replace(microsecond=0)
