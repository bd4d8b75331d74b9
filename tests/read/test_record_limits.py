"""Limits of a signed record's form: its size, blank lines, escapes, fractions of a second and offsets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from read.test_signature import BYTES, RECORD, altered, why_not

from qmsdocs.signature import MAX_RECORD, SignedRecord, read_record, record_path, write_record


@pytest.mark.parametrize(("more", "read"), [(0, True), (1, False)])
def test_a_record_may_be_as_long_as_we_say_and_no_longer(more: int, read: bool) -> None:
    head = BYTES + b"comment: "
    data = head + b"x" * (MAX_RECORD - len(head) - 1 + more) + b"\n"
    assert len(data) == MAX_RECORD + more
    assert isinstance(read_record(data), SignedRecord) is read


def test_a_blank_line_ends_nothing() -> None:
    assert read_record(BYTES.replace(b"\nperson", b"\n\nperson")) == RECORD


@pytest.mark.parametrize("value", ['"\\q"', '"\\x4"', '"a\\'])
def test_an_escape_that_yaml_does_not_know_is_refused(value: str) -> None:
    assert "is not a text" in (reason := why_not(altered("Jane Doe", value))) or "wants quotes" in reason


def test_all_keys_that_are_missing_are_named() -> None:
    assert why_not(altered("role: quality-manager\n", "").replace(b"name: Jane Doe\n", b"")).endswith(
        "missing keys: role, name"
    )


def test_a_time_is_written_in_whole_seconds_of_utc() -> None:
    east = timezone(timedelta(hours=13))
    record = replace(RECORD, signed=datetime(2026, 11, 24, 1, 30, 5, 999_999, tzinfo=east))
    assert b"\nsigned: 2026-11-23T12:30:05+00:00\n" in write_record(record)
    assert record_path(record) == record_path(replace(RECORD, signed=datetime(2026, 11, 23, 12, 30, 5, tzinfo=UTC)))
    assert "/20261123T123005Z-" in record_path(record)


@pytest.mark.parametrize("key", ["qmsdocs", "document", "revision", "content", "meaning", "role", "person", "signed"])
def test_every_key_but_three_is_required(key: str) -> None:
    lines = [line for line in BYTES.decode().splitlines(keepends=True) if not line.startswith(f"{key}: ")]
    assert why_not("".join(lines).encode()).endswith(f"missing keys: {key}")


@pytest.mark.parametrize(("key", "value"), [("witness", "9f3c"), ("comment", "As agreed")])
def test_a_witness_and_a_comment_are_read(key: str, value: str) -> None:
    record = read_record(BYTES + f"{key}: {value}\n".encode())
    assert isinstance(record, SignedRecord)
    assert getattr(record, key) == value
