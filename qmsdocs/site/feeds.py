"""What calendars, feed readers and search engines read: iCalendar (RFC 5545), Atom (RFC 4287), a sitemap (sitemaps.org)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from xml.sax.saxutils import escape, quoteattr

from qmsdocs.model import Status
from qmsdocs.register import DocumentRow, Register
from qmsdocs.render.printable import printable
from qmsdocs.site.catalogue import Catalogue
from qmsdocs.site.front import News, news
from qmsdocs.site.names import safe_name

ALARMS = (30, 7)  # days before a review falls due
NEWEST = 50  # entries of the feed
_LINE = 75  # octets (RFC 5545, 3.1)


def reviews_ics(catalogue: Catalogue, url: str | None = None) -> str:
    """The reviews of documents in force as events of a day, each with alarms.

    An event keeps its UID when its day moves, so that a calendar moves it too; its SEQUENCE then grows, because a day only
    moves by a review or a revision.
    """
    register = catalogue.material.register
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//qmsdocs//reviews//EN", "CALSCALE:GREGORIAN"]
    lines.append(f"X-WR-CALNAME:{_ics(f'Document reviews, {register.organisation}')}")
    for row in (*register.documents, *register.external):
        if row.review_by and row.status is Status.EFFECTIVE:
            lines += _event(row, catalogue, url)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _event(row: DocumentRow, catalogue: Catalogue, url: str | None) -> Iterator[str]:
    assert row.review_by is not None
    entry = catalogue.entries[row.id]
    words = f"Review {row.id} {row.title or ''}".strip()
    owner = row.owner_name or row.owner
    yield from ("BEGIN:VEVENT", f"UID:review-{safe_name(row.id)}-{_seed(catalogue.material.register).hex[:16]}@qmsdocs")
    yield f"SEQUENCE:{len(entry.dossier.revisions) + len(entry.dossier.acts)}"
    yield f"DTSTAMP:{datetime.combine(catalogue.day, time(), UTC):%Y%m%dT%H%M%SZ}"
    yield f"DTSTART;VALUE=DATE:{row.review_by:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{row.review_by + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{_ics(words)}"
    about = [f"Revision {row.revision}, review by {row.review_by}", *([f"owner: {owner}"] if owner else [])]
    yield f"DESCRIPTION:{_ics('; '.join(about))}"
    if url:
        yield f"URL:{_absolute(url, entry.address)}"
    yield "TRANSP:TRANSPARENT"
    for days in ALARMS:
        yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"TRIGGER:-P{days}D", f"DESCRIPTION:{_ics(words)}", "END:VALARM")
    yield "END:VEVENT"


def _ics(text: str) -> str:
    """A text value (RFC 5545, 3.3.11)."""
    shown = printable(text)
    return shown.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """A line in pieces of at most 75 octets, cut between characters."""
    piece, size = "", 0
    for char in line:
        length = len(char.encode("utf-8", "backslashreplace"))
        if size + length > _LINE:
            yield piece
            piece, size = " ", 1
        piece += char
        size += length
    yield piece


def feed_xml(catalogue: Catalogue, url: str | None = None) -> str:
    """The newest revisions that came into force."""
    register = catalogue.material.register
    entries = news(catalogue)[:NEWEST]
    updated = max((item.day for item in entries), default=register.as_of)
    base = f" xml:base={quoteattr(url)}" if url else ""
    parts = [
        '<?xml version="1.0" encoding="utf-8"?>\n',
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-GB"{base}>\n',
        f"<id>{_seed(register).urn}</id>\n<title>{_xml(f'New revisions, {register.organisation}')}</title>\n",
        f"<updated>{updated}T00:00:00Z</updated>\n<author><name>{_xml(register.organisation)}</name></author>\n",
        '<link href="index.html"/>\n',
        *(f'<link rel="self" href={quoteattr(_absolute(url, "feed.xml"))}/>\n' for _ in range(url is not None)),
        *(_entry(item, register) for item in entries),
        "</feed>\n",
    ]
    return "".join(parts)


def _entry(item: News, register: Register) -> str:
    name = f"{item.document.id}\n{item.revision}"
    what = "withdrawn" if item.is_withdrawal else f"revision {item.revision}"
    return (
        f"<entry>\n<id>{uuid.uuid5(_seed(register), name.encode('utf-8', 'backslashreplace').decode()).urn}</id>\n"
        f"<title>{_xml(f'{item.document.id} {item.document.title}, {what}')}</title>\n"
        f"<updated>{item.day}T00:00:00Z</updated>\n<link href={quoteattr(item.document.address)}/>\n"
        f"<summary>{_xml(item.change or f'In force from {item.day}.')}</summary>\n</entry>\n"
    )


def sitemap_xml(addresses: Iterable[str], url: str) -> str:
    """Every page, by its whole address."""
    listed = "".join(f"<url><loc>{_xml(_absolute(url, address))}</loc></url>\n" for address in sorted(addresses))
    return f'<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{listed}</urlset>\n'


def _absolute(url: str | None, address: str) -> str:
    return f"{(url or '').rstrip('/')}/{address}"


def _seed(register: Register) -> uuid.UUID:
    """What the ids of this organisation's feed and calendar begin with: the trust root, which never changes."""
    return uuid.uuid5(uuid.NAMESPACE_OID, register.root or f"organisation {register.organisation}")


def _xml(text: str) -> str:
    return escape(printable(text))
