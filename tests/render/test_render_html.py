"""The page, in a browser: as it is read, sorted, filtered, opened up, printed, and attacked."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from qmsdocs.register import Register
from qmsdocs.render.html import register_html

from .sample import large_register

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
needs_browser = pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium: apt-get install chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def address(register: Register, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the page stands, as a file."""
    path = tmp_path_factory.mktemp("page") / "register.html"
    path.write_text(register_html(register), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The page, opened; nothing may go wrong or ask the network for anything while it is."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened, troubles = context.new_page(), list[str]()
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on("console", lambda message: troubles.append(message.text))
    opened.on("request", lambda request: troubles.append(request.url) if "file:" not in request.url else None)
    opened.goto(address)
    yield opened
    context.close()
    assert troubles == []


def ids(page: Page, table: str = "documents") -> list[str]:
    """The ids a reader sees in a table, in their order."""
    return page.locator(f".t-{table} tbody:visible th").all_inner_texts()


# --- without a browser --------------------------------------------------------------------------------------------


def test_one_file_that_needs_nothing_else(register: Register) -> None:
    text = register_html(register)
    loaded = re.findall(r"<(?:link|img|iframe|object|embed)\b|\bsrc=|@import|url\(", text.replace("img src=x", ""))
    assert [found for found in loaded if "&lt;" not in found] == []
    assert "default-src 'none'" in text
    assert "unsafe-inline" not in text
    assert not re.search(r"<[^>]+ (?:style|on\w+)=", text)


def test_the_same_register_gives_the_same_page(register: Register) -> None:
    assert register_html(register) == register_html(replace(register))


def test_everything_from_documents_is_escaped(register: Register) -> None:
    text = register_html(register)
    text.encode()
    assert text.count("<script>") == 1
    assert "&lt;script&gt;window.hacked=1" in text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]", text)


def test_every_cell_names_its_source(register: Register) -> None:
    text = register_html(register)
    assert 'title="documents/procedures/QP-001.md:3 @ 9f3c2ab1d0"' in text
    assert "review by (line 41)" in text


def test_an_empty_register(register: Register) -> None:
    text = register_html(replace(register, documents=(), external=(), records=(), findings=(), root=None))
    assert "There are no documents yet." in text
    assert "No findings." in text


def test_only_web_addresses_become_links(register: Register) -> None:
    row = replace(register.external[0], source="javascript:alert(1)")
    text = register_html(replace(register, external=(row,)))
    assert 'href="javascript' not in text
    assert 'href="https://www.iso.org/standard/62085.html"' in register_html(register)


# --- in a browser -------------------------------------------------------------------------------------------------


@needs_browser
def test_sorting_by_a_head_and_by_keyboard(page: Page) -> None:
    first = ids(page)
    head = page.locator(".t-documents th[data-key=title]")
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    titles = page.locator(".t-documents tbody .u").all_inner_texts()
    assert titles.index("Calibration") < titles.index("Internal audit") < titles.index("Quality policy")
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") is None
    assert ids(page) == first


@needs_browser
def test_dates_sort_by_day_and_absent_ones_come_last(page: Page) -> None:
    for _ in ("up", "down"):
        page.locator(".t-documents th[data-key=review] button").click()
        assert ids(page)[-1] in {"QP-002", "QP-003", "QP-005", "QP-006", "QP-007"}
    page.locator(".t-documents th[data-key=effective] button").click()
    page.locator(".t-documents th[data-key=effective] button").click()
    assert ids(page)[0] == "QP-004"


@needs_browser
def test_filters_and_the_address_that_keeps_them(page: Page) -> None:
    page.get_by_label("Status").select_option("Effective")
    page.get_by_label("Condition").select_option("overdue")
    expect(page).to_have_url(re.compile("#.*condition=overdue"))
    assert ids(page) == ["QP-008"]
    assert page.locator("#_h-documents").inner_text() == "Documents 1 of 13"
    page.get_by_label("Condition").select_option("")
    page.get_by_label("Search").fill("INTERNAL aud")
    expect(page).to_have_url(re.compile("#.*q="))
    kept = page.url
    page.goto("about:blank")
    page.goto(kept)
    assert ids(page) == ["QP-009"]
    assert page.get_by_label("Status").input_value() == "Effective"
    page.get_by_role("button", name="Clear").click()
    expect(page).to_have_url(re.compile("^[^#]+$"))
    assert len(ids(page)) == 13


@needs_browser
def test_a_person_finds_what_they_signed_and_nothing_matches_is_said(page: Page) -> None:
    page.get_by_label("Search").fill("no such words")
    expect(page.locator("#_count")).to_contain_text("Nothing matches")
    page.get_by_label("Search").fill("jane doe")
    expect(page.locator("#_count")).to_contain_text("rows shown")
    assert "QP-002" not in ids(page)
    assert "QP-001" in ids(page)


@needs_browser
def test_pictures_lead_to_their_documents(page: Page) -> None:
    page.locator(".legend a", has_text="Suspended").click()
    expect(page.get_by_label("Status")).to_have_value("Suspended")
    assert ids(page) == ["QP-006"]


@needs_browser
def test_a_row_opens_from_its_address_and_tells_all(page: Page) -> None:
    page.evaluate("location.hash = 'QP-001'")
    details = page.locator("#QP-001 details[open]")
    details.wait_for()
    text = details.inner_text()
    for words in (
        "Jane Doe",
        "approved as quality-manager",
        "signed",
        "attributed",
        "Still missing: owner, 2 of engineer",
    ):
        assert words in text
    page.locator("#POL-001 summary").focus()
    page.keyboard.press("Enter")
    assert "Sam Okafor" in page.locator("#POL-001 details").inner_text()


@needs_browser
def test_a_hostile_title_is_only_text(page: Page) -> None:
    assert page.evaluate("window.hacked") is None
    assert "<script>window.hacked=1</script>" in page.locator("#QP-010 .u").inner_text()


@needs_browser
def test_without_script_the_page_is_whole(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert len(ids(page)) == 13
    assert ids(page, "obsolete") == ["QP-100"]
    assert not page.locator("#_filters").is_visible()
    page.locator("#QP-001 summary").click()
    assert page.locator("#QP-001 .d").is_visible()
    context.close()


@needs_browser
@pytest.mark.parametrize("width", [320, 700, 1000, 1200, 1600])
def test_no_width_makes_the_page_scroll_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.locator("#QP-001 summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    outside = "[...document.querySelectorAll('td')].some((cell) => cell.getBoundingClientRect().right > innerWidth + 1)"
    assert not page.evaluate(outside)


@needs_browser
def test_on_paper(page: Page) -> None:
    page.get_by_label("Type").select_option("Policy")
    expect(page).to_have_url(re.compile("#.*type="))
    page.emulate_media(media="print")
    assert not page.locator("#_filters").is_visible()
    head = page.locator(".t-documents tr.print").inner_text()
    assert "Tarn Valves & Fittings Ltd · Documents as of 23 Nov 2026 · commit 9f3c2ab1d0" in head
    assert "Uncontrolled when printed" in head
    assert "Selection only: 1 of 20 rows (type Policy)" in head
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    names = ["ink", "quiet", "link", "green", "blue", "amber", "red"]
    for ground in ("paper", "wash", "target"):
        for name in names:
            colours = [
                page.evaluate(f"getComputedStyle(document.documentElement).getPropertyValue('--{n}')")
                for n in (name, ground)
            ]
            assert contrast(*colours) >= 4.5, (scheme, name, ground)


def contrast(one: str, other: str) -> float:
    """The ratio of two colours' luminance, as WCAG has it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`."""
    parts = [int(colour.strip()[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@needs_browser
def test_many_documents_filter_at_once(browser: Browser, tmp_path: Path) -> None:
    text = register_html(large_register())
    assert len(text.encode()) < 3_000_000
    path = tmp_path / "large.html"
    path.write_text(text, encoding="utf-8")
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(path.as_uri())
    began = time.monotonic()
    page.get_by_label("Search").fill("WI-0777")
    expect(page.locator("#_count")).to_contain_text("1 of 1014")
    assert time.monotonic() - began < 2
    page.get_by_label("Search").fill("")
    expect(page.locator(".t-documents tbody:not([hidden])")).to_have_count(927)
    context.close()
