"""Days and intervals."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qmsdocs.dates import Interval, local_day, parse_date, parse_instant, parse_interval

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

UNITS = st.sampled_from(["day", "week", "month", "year"])
LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("anchor", "interval", "times", "expected"),
    [
        ("2026-01-31", "1 month", 1, "2026-02-28"),
        ("2026-01-31", "1 month", 2, "2026-03-31"),
        ("2024-01-31", "1 month", 1, "2024-02-29"),
        ("2024-02-29", "1 year", 1, "2025-02-28"),
        ("2024-02-29", "1 year", 4, "2028-02-29"),
        ("2026-08-31", "6 months", 1, "2027-02-28"),
        ("2026-12-01", "24 months", 1, "2028-12-01"),
        ("2026-12-31", "6 weeks", 1, "2027-02-11"),
        ("2026-12-31", "90 days", 2, "2027-06-29"),
        ("2026-12-31", "1 month", 0, "2026-12-31"),
    ],
)
def test_interval_ends_on_the_anchors_day_or_the_months_last(
    anchor: str, interval: str, times: int, expected: str
) -> None:
    assert parse_interval(interval).after(date.fromisoformat(anchor), times) == date.fromisoformat(expected)


@pytest.mark.parametrize("unit", ["day", "week", "month", "year"])
def test_interval_past_the_calendar_overflows(unit: str) -> None:
    with pytest.raises(OverflowError):
        Interval(9999, unit).after(date(9998, 12, 31), 400)


@given(UNITS, st.integers(1, 600), st.dates(max_value=date(2900, 1, 1)), st.integers(0, 10))
def test_intervals_only_go_forward(unit: str, count: int, anchor: date, times: int) -> None:
    interval = Interval(count, unit)
    assert anchor <= interval.after(anchor, times) < interval.after(anchor, times + 1)


@given(UNITS, st.integers(1, 9999))
def test_interval_reads_back_as_printed(unit: str, count: int) -> None:
    assert parse_interval(str(Interval(count, unit))) == Interval(count, unit)


@pytest.mark.parametrize("text", ["", "months", "0 days", "1", "-1 day", "1.5 years", "12345 days", "1 month 2 days"])
def test_what_is_no_interval_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an interval"):
        parse_interval(text)


@given(st.dates())
def test_date_reads_back_as_printed(day: date) -> None:
    assert parse_date(f" {day.isoformat()} ") == day


@pytest.mark.parametrize(
    "text", ["", "2026-02-30", "2026-1-1", "20260101", "2026-W01-1", "01/02/2026", "2026-01-01T00:00", "٢٠٢٦-٠١-٠١"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a d"):
        parse_date(text)


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-11-23", "2026-11-23T10:12:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-14:00"],
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a time|has no offset"):
        parse_instant(text)


def test_instants_of_two_offsets_are_the_same() -> None:
    assert parse_instant("2026-11-23T10:12:00+00:00") == parse_instant("2026-11-23T11:12:00+01:00")
    assert parse_instant("2026-11-23T10:12:00Z") == datetime(2026, 11, 23, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2026-07-01T22:59:59+00:00", "2026-07-01"),
        ("2026-07-01T23:00:00+00:00", "2026-07-02"),
        ("2026-12-01T23:59:59+00:00", "2026-12-01"),
        ("2026-12-02T00:00:00+00:00", "2026-12-02"),
    ],
)
def test_day_is_that_of_the_zone_in_summer_and_winter(instant: str, day: str) -> None:
    assert local_day(parse_instant(instant).timestamp(), LONDON) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("seconds", "day"),
    [(99_999_999_999_999, date.max), (2**63, date.max), (-(10**15), date.min), (253_402_300_799, date.max)],
)
def test_a_clock_outside_the_calendar_has_its_first_or_last_day(seconds: int, day: date) -> None:
    assert local_day(seconds, ZoneInfo("Pacific/Kiritimati")) == day


@given(st.integers(-(10**14), 10**14), st.integers(0, 10**12))
def test_a_later_second_is_never_an_earlier_day(seconds: int, more: int) -> None:
    assert local_day(seconds, LONDON) <= local_day(seconds + more, LONDON)


@given(st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29)))
def test_a_day_in_any_zone_is_near_that_of_utc(moment: datetime) -> None:
    seconds = (moment - datetime(1970, 1, 1)) // timedelta(seconds=1)
    assert abs(local_day(seconds, ZoneInfo("Pacific/Kiritimati")) - moment.date()) <= timedelta(days=1)
