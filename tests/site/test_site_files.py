"""The files of the site: every link leads somewhere, the HTML is valid, nothing leaves, the feeds can be read."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import html5lib
import openpyxl
import pytest

ATOM = "{http://www.w3.org/2005/Atom}"


class Read(HTMLParser):
    """What a page links to and loads, its ids, its inline code."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.acts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "href" and tag == "a":
                self.links.append(value or "")
            elif name in ("href", "src"):
                self.loads.append(value or "")
            elif name == "id":
                self.ids.append(value or "")
            elif name == "style" or name.startswith("on"):
                self.acts.append(f"<{tag} {name}>")
        if tag == "script" and not any(name == "src" for name, _ in attrs):
            self.acts.append("<script>")


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[Path, Read]:
    """Every page, read."""
    return {file: Read(file.read_text("utf-8")) for file in sorted(site.rglob("*.html"))}


def test_there_is_a_page_of_each_kind(site: Path, pages: dict[Path, Read]) -> None:
    names = {file.relative_to(site).as_posix() for file in pages}
    expected = "index register external records clauses reviews people findings verify search"
    assert {f"{name}.html" for name in expected.split()} <= names
    assert {f"documents/QP-001/{name}.html" for name in ("index", "revision-1", "changes-2")} <= names
    assert "documents/QP-008/draft.html" in names
    assert "records/IA-2026-01/index.html" in names


def test_every_link_leads_somewhere(site: Path, pages: dict[Path, Read]) -> None:
    dead = []
    for file, read in pages.items():
        for link in (*read.links, *read.loads):
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            anchors = pages[target].ids if target in pages and "=" not in parts.fragment else [unquote(parts.fragment)]
            if (
                not target.is_file()
                or not target.is_relative_to(site)
                or unquote(parts.fragment or anchors[0]) not in anchors
            ):
                dead.append(f"{file.relative_to(site)}: {link}")
    assert dead == []


def test_no_page_loads_anything_from_elsewhere_or_runs_anything_of_its_own(pages: dict[Path, Read]) -> None:
    assert {
        load for read in pages.values() for load in read.loads if urlsplit(load).scheme or load.startswith("//")
    } == set()
    assert {act for read in pages.values() for act in read.acts} == set()
    for file in pages:
        assert "default-src 'none'" in file.read_text("utf-8")


def test_ids_are_unique(pages: dict[Path, Read]) -> None:
    twice = {(file.name, name) for file, read in pages.items() for name, n in Counter(read.ids).items() if n > 1}
    assert twice == set()


def test_the_html_is_valid(pages: dict[Path, Read]) -> None:
    wrong = []
    for file in pages:
        parser = html5lib.HTMLParser()
        parser.parse(file.read_text("utf-8"))
        wrong += [f"{file.parent.name}/{file.name}:{place[0]} {code}" for place, code, _ in parser.errors]
    assert wrong == []


def test_no_page_is_heavy(pages: dict[Path, Read]) -> None:
    assert {file.name: file.stat().st_size for file in pages if file.stat().st_size > 100_000} == {}


def test_nothing_of_the_machine_stands_in_the_site(site: Path, sample: Path) -> None:
    for file in site.rglob("*"):
        if file.is_file():
            assert str(sample).encode() not in file.read_bytes()


# --- beside the pages ---------------------------------------------------------------------------------------------


def test_the_register_in_other_formats_says_the_same(site: Path) -> None:
    data = json.loads((site / "register.json").read_text("utf-8"))
    ids = {row["id"] for part in ("documents", "external", "records") for row in data[part]}
    lines = csv.reader(io.StringIO((site / "register.csv").read_text("utf-8-sig")))
    assert ids <= {cell for line in lines for cell in line}
    book = openpyxl.load_workbook(site / "register.xlsx", read_only=True)
    assert ids <= {cell for sheet in book for line in sheet.iter_rows(values_only=True) for cell in line}


def test_the_calendar_has_every_review_with_alarms(site: Path) -> None:
    raw = (site / "reviews.ics").read_bytes()
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    assert raw.count(b"\n") == raw.count(b"\r\n")
    text = raw.decode().replace("\r\n ", "")
    events = text.split("BEGIN:VEVENT")[1:]
    data = json.loads((site / "register.json").read_text("utf-8"))
    due = [
        row
        for part in ("documents", "external")
        for row in data[part]
        if row["review_by"] and row["status"] == "Effective"
    ]
    assert len(events) == len(due)
    uids = [re.search(r"UID:(.+)\r", event) for event in events]
    assert len({uid[1] for uid in uids if uid}) == len(events)
    for row, event in zip(
        sorted(due, key=lambda row: str(row["id"])),
        sorted(events, key=lambda e: e.split("SUMMARY:Review ")[1]),
        strict=True,
    ):
        assert f"DTSTART;VALUE=DATE:{row['review_by'].replace('-', '')}" in event
        assert event.count("BEGIN:VALARM") == 2


def test_the_feed_has_the_newest_revisions(site: Path) -> None:
    feed = ET.parse(site / "feed.xml").getroot()
    entries = feed.findall(f"{ATOM}entry")
    days = [date.fromisoformat(str(entry.findtext(f"{ATOM}updated"))[:10]) for entry in entries]
    assert days == sorted(days, reverse=True)
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == len(entries) == 50
    for link in feed.iter(f"{ATOM}link"):
        assert (site / link.attrib["href"]).is_file()


def test_the_data_of_the_register_is_all_of_it(site: Path) -> None:
    script = (site / "register-data.js").read_text("utf-8")
    data = json.loads(script.removeprefix("const qmsRegister = ").removesuffix(";\n"))
    listed = json.loads((site / "register.json").read_text("utf-8"))
    assert {row[0] for row in data["rows"]} == {row["id"] for part in ("documents", "external") for row in listed[part]}
    assert all((site / row[1]).is_file() for row in data["rows"])
