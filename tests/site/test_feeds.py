"""The calendar and the feed: the same thing keeps its name, whatever becomes of its day."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

from firm import Firm

ATOM = "{http://www.w3.org/2005/Atom}"


def built(firm: Firm) -> Path:
    """The firm's site."""
    said = firm.say("site", "--output", str(firm.root.parent / "site"))
    assert said.code == 0, said.err
    return firm.root.parent / "site"


def approved(firm: Firm, identifier: str) -> None:
    """A procedure in force."""
    firm.procedure(identifier, "dan")
    for person in ("ann", "bob"):
        assert firm.sign("approve", identifier, person).code == 0


def event(site: Path, identifier: str) -> dict[str, str]:
    """The event of a document, unfolded."""
    text = (site / "reviews.ics").read_bytes().decode().replace("\r\n ", "")
    found = next(part for part in text.split("BEGIN:VEVENT\r\n")[1:] if f"SUMMARY:Review {identifier} " in part)
    pairs = [line.split(":", 1) for line in found.split("BEGIN:VALARM")[0].splitlines()]
    return {pair[0]: pair[1] for pair in pairs}


def test_a_review_that_was_done_moves_its_event(firm: Firm) -> None:
    approved(firm, "QP-001")
    before = event(built(firm), "QP-001")
    firm.now = "2026-05-04T09:00:00+00:00"
    assert firm.sign("periodic-review", "QP-001", "bob", "--verdict", "keep").code == 0
    after = event(built(firm), "QP-001")
    assert before["DTSTART;VALUE=DATE"] == "20280302"
    assert after["DTSTART;VALUE=DATE"] == "20280504"
    assert after["DTEND;VALUE=DATE"] == "20280505"
    assert after["UID"] == before["UID"]
    assert int(after["SEQUENCE"]) > int(before["SEQUENCE"])


def test_a_text_cannot_break_out_of_its_event(firm: Firm) -> None:
    path = "documents/procedures/QP-001.md"
    title = '"Ä; b, c\\\\d\\nEND:VEVENT' + " é" * 60 + '"'
    front = f"id: QP-001\ntitle: {title}\ntype: procedure\nrevision: 1\nowner: quality-manager\nchange: First issue.\n"
    firm.write(path, f"---\n{front}---\n\nDo it.\n")
    firm.commit("Draft", by="dan")
    for person in ("ann", "bob"):
        assert firm.sign("approve", "QP-001", person).code == 0
    site = built(firm)
    raw = (site / "reviews.ics").read_bytes()
    assert raw.count(b"\r\nEND:VEVENT\r\n") == raw.count(b"BEGIN:VEVENT")
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    assert event(site, "QP-001")["SUMMARY"].startswith("Review QP-001 Ä\\; b\\, c\\\\d")


def test_an_entry_of_the_feed_keeps_its_id_when_the_title_changes(firm: Firm) -> None:
    approved(firm, "QP-001")
    first = ET.parse(built(firm) / "feed.xml").getroot()
    firm.now = "2026-05-04T09:00:00+00:00"
    approved(firm, "QP-002")
    second = ET.parse(built(firm) / "feed.xml").getroot()
    ids = [
        {entry.findtext(f"{ATOM}title"): entry.findtext(f"{ATOM}id") for entry in feed.iter(f"{ATOM}entry")}
        for feed in (first, second)
    ]
    assert ids[0].items() <= ids[1].items()
    assert next(re.sub(",.*", "", title or "") for title in ids[1]) == "QP-002 How to do QP-002"
    assert first.findtext(f"{ATOM}id") == second.findtext(f"{ATOM}id")
