"""Signed records."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from qmsdocs.model import Meaning, Problem, ReviewVerdict
from qmsdocs.signature import MAX_RECORD, SignedRecord, read_record, record_path, write_record

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

RECORD = SignedRecord(
    document="QP-001",
    revision="3",
    content="qmsdocs-1:sha256:" + "5f2c" * 16,
    meaning=Meaning.APPROVE,
    role="quality-manager",
    person="jane-doe",
    name="Jane Doe",
    signed=datetime(2026, 11, 23, 10, 12, tzinfo=UTC),
)
BYTES = write_record(RECORD)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NAMES = TEXTS.filter(str.strip)
IDS = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9_-]{0,20}[A-Za-z0-9])?", fullmatch=True)


@st.composite
def records(draw: st.DrawFn) -> SignedRecord:
    meaning = draw(st.sampled_from(Meaning))
    return SignedRecord(
        document=draw(IDS),
        revision=draw(IDS),
        content=f"qmsdocs-1:sha256:{draw(st.binary(min_size=32, max_size=32)).hex()}",
        meaning=meaning,
        role=draw(NAMES),
        person=draw(IDS),
        name=draw(NAMES),
        signed=draw(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1))).replace(
            microsecond=0, tzinfo=timezone(timedelta(minutes=draw(st.integers(-720, 720))))
        ),
        witness=draw(st.one_of(st.none(), st.just("9f3c" * 10))),
        comment=draw(st.one_of(st.none(), TEXTS)),
        verdict=draw(st.sampled_from(ReviewVerdict)) if meaning is Meaning.PERIODIC_REVIEW else None,
    )


def altered(old: str, new: str) -> bytes:
    assert old in BYTES.decode()
    return BYTES.decode().replace(old, new).encode()


def why_not(data: bytes) -> str:
    found = read_record(data)
    assert isinstance(found, Problem)
    assert (found.rule, found.line) == ("unreadable-record", 1)
    return found.message


@given(records())
def test_a_record_reads_back_as_written(record: SignedRecord) -> None:
    data = write_record(record)
    assert read_record(data) == record
    assert isinstance(again := read_record(data), SignedRecord)
    assert write_record(again) == data


@given(records())
def test_a_record_is_yaml(record: SignedRecord) -> None:
    values = yaml.load(write_record(record), Loader=yaml.BaseLoader)
    assert (values["name"], values["role"], values.get("comment")) == (record.name, record.role, record.comment)


@given(st.one_of(TEXTS, st.text("ab :#-?,[]{}&*!|>'\"%@`\\", max_size=8)))
def test_a_value_is_read_as_yaml_reads_it_or_refused(value: str) -> None:
    read = read_record(BYTES + f"comment: {value}\n".encode())
    if isinstance(read, SignedRecord):
        assert yaml.load(f"comment: {value}\n", Loader=yaml.BaseLoader) == {"comment": read.comment}


@given(st.one_of(st.binary(max_size=200), st.binary(max_size=30).map(lambda tail: BYTES + b"comment: " + tail)))
def test_reading_never_fails(data: bytes) -> None:
    assert isinstance(read_record(data), SignedRecord | Problem)


def test_the_form_of_version_1_never_changes() -> None:
    record = replace(
        RECORD,
        witness="9f3c",
        comment="Read: all of it.",
        signed=datetime(2026, 11, 23, 11, 12, tzinfo=timezone(timedelta(hours=1))),
    )
    assert write_record(record).decode().splitlines() == [
        "qmsdocs: 1",
        "document: QP-001",
        "revision: 3",
        f"content: qmsdocs-1:sha256:{'5f2c' * 16}",
        "meaning: approve",
        "role: quality-manager",
        "person: jane-doe",
        "name: Jane Doe",
        "signed: 2026-11-23T10:12:00+00:00",
        "witness: 9f3c",
        'comment: "Read: all of it."',
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "missing keys"),
        (b"\xff", "utf-8"),
        (BYTES + b"x" * MAX_RECORD, "bytes"),
        (BYTES.replace(b"\n", b"\r\n"), "wants quotes"),
        (b"\xef\xbb\xbf" + BYTES, "is not 'key: value'"),
        (b"---\n" + BYTES, "is not 'key: value'"),
        (BYTES + b"# comment\n", "is not 'key: value'"),
        (BYTES + b"name: Joe\n", "'name' stands twice"),
        (BYTES + b"approved: yes\n", "unknown keys: approved"),
        (BYTES + b"verdict: keep\n", "belongs to a periodic review"),
        (altered("approve", "periodic-review"), "belongs to a periodic review"),
        (altered("approve", "bless"), "'bless' is not a valid Meaning"),
        (altered("qmsdocs: 1", "qmsdocs: 2"), "its format is '2'"),
        (altered("5f2c", "5F2C"), "is not a content digest"),
        (altered("Jane Doe", ""), "missing keys: name"),
        (altered("Jane Doe", '" "'), "missing keys: name"),
        (altered("QP-001", "../QP-001"), "'document' is not an id"),
        (altered("jane-doe", "../../jane"), "'person' is not an id"),
        (altered("revision: 3", "revision: ../3"), "'revision' is not a label"),
        (altered("+00:00", ""), "has no offset"),
        (altered("2026-11-23T10:12:00+00:00", "0001-01-01T00:00:00+14:00"), "not a time anybody"),
    ],
)
def test_what_is_no_record(data: bytes, reason: str) -> None:
    assert reason in why_not(data)


@pytest.mark.parametrize(
    "value",
    ["[" * 15_000, '"a": ' + "[" * 15_000, '"\\UFFFFFFFF"', '"\\U00110000"', '"\\ud800"', "&a x", "*a", "!!str x", "|", "a: b",
     "a #b", "a:", "- x", "? x", " x", "x ", "x\ty", "\u2028x", '"x" # y', '"x', "'x''", "@x", "%x", "{x: y}"],
)  # fmt: skip
def test_a_value_that_is_no_plain_or_quoted_text_is_refused(value: str) -> None:
    assert "wants quotes" in (reason := why_not(altered("Jane Doe", value))) or "is not a text" in reason


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ("QP-001", "signatures/QP/QP-001/3/20261123T101200Z-approve-jane-doe.yaml"),
        ("LONGPREFIX-1", "signatures/LONGPREF/LONGPREFIX-1/3/20261123T101200Z-approve-jane-doe.yaml"),
        ("4711", "signatures/47/4711/3/20261123T101200Z-approve-jane-doe.yaml"),
    ],
)
def test_where_a_record_is_kept(document: str, path: str) -> None:
    assert record_path(replace(RECORD, document=document)) == path
