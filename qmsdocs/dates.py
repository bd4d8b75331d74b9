"""Days and intervals. Nothing here reads the clock: the day is always handed in."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_INTERVAL = re.compile(r"(\d{1,4})\s*(day|week|month|year)s?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Interval:
    """A length of time in calendar units: `unit` is day, week, month or year."""

    count: int
    unit: str

    def __str__(self) -> str:
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"

    def after(self, anchor: date, times: int = 1) -> date:
        """The day `times` intervals after `anchor`.

        Months are counted from the anchor and clamped to the month's end, so that
        31 January + 1 month is 28 February and + 2 months is 31 March.
        Raises OverflowError past the year 9999.
        """
        count = self.count * times
        if self.unit in ("day", "week"):
            return anchor + timedelta(days=count * (7 if self.unit == "week" else 1))
        months = anchor.month - 1 + count * (12 if self.unit == "year" else 1)
        year, month = anchor.year + months // 12, months % 12 + 1
        if year > 9999:
            raise OverflowError(f"{anchor} + {self} is past the year 9999")
        return date(year, month, min(anchor.day, calendar.monthrange(year, month)[1]))


def parse_interval(text: str) -> Interval:
    """`24 months`, `2 years`, `6 weeks` or `90 days`. Raises ValueError on anything else."""
    found = _INTERVAL.fullmatch(text.strip().lower())
    if not found or int(found[1]) == 0:
        raise ValueError(f"{text!r} is not an interval such as '24 months', '2 years', '6 weeks' or '90 days'")
    return Interval(int(found[1]), found[2])


def parse_date(text: str) -> date:
    """An ISO 8601 calendar date, `YYYY-MM-DD` and nothing else. Raises ValueError."""
    if not _DATE.fullmatch(text.strip()):
        raise ValueError(f"{text!r} is not a date written as YYYY-MM-DD")
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is not a day in the calendar") from None


def parse_instant(text: str) -> datetime:
    """An RFC 3339 time with its offset from UTC. Raises ValueError without one."""
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is not a time such as 2026-11-23T10:12:00+00:00") from None
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no offset from UTC (add +00:00)")
    if not date.min.year < instant.year < date.max.year:  # else it has no place in some other zone
        raise ValueError(f"{text!r} is not a time anybody could have signed")
    return instant


def local_day(seconds: int | float, zone: ZoneInfo) -> date:
    """The calendar day in `zone` of a Unix time in seconds; the first or last there is for a time outside the calendar."""
    try:
        return datetime.fromtimestamp(seconds, UTC).astimezone(zone).date()
    except (ValueError, OverflowError, OSError):
        return date.min if seconds < 0 else date.max
