"""The site in a browser: searched, filtered, sorted, printed, with and without script, by whoever reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from qmsdocs.site.listing import Row, register_data

KINDS = (
    "index.html",
    "register.html",
    "external.html",
    "records.html",
    "clauses.html",
    "reviews.html",
    "people.html",
    "findings.html",
    "verify.html",
    "search.html#q=torque",
    "documents/QP-001/index.html",
    "documents/QP-001/revision-1.html",
    "documents/QP-001/changes-5.html",
    "documents/QP-008/draft.html",
    "documents/WI-001/index.html",
    "documents/FRM-006/index.html",
    "documents/POL-001/revision-3.html",
    "documents/SPEC-001/index.html",
    "documents/QMS-001/index.html",
    "documents/EXT-001/index.html",
    "records/IA-2026-01/index.html",
)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page; nothing may go wrong on it, or ask for anything but a file."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    opened, troubles = context.new_page(), list[str]()
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on("console", lambda message: troubles.append(message.text))
    opened.on("request", lambda asked: None if asked.url.startswith(("file:", "blob:")) else troubles.append(asked.url))
    yield opened
    context.close()
    assert troubles == []


def go(page: Page, site: Path, path: str) -> None:
    """Open a page from the folder."""
    file, _, fragment = path.partition("#")
    page.goto((site / file).as_uri() + (f"#{fragment}" if fragment else ""))


def ids(page: Page) -> list[str]:
    """The ids a reader sees on the register."""
    return page.locator("#_register tbody th").all_inner_texts()


# --- for everybody ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_nothing_on_any_kind_of_page_and_nothing_sticks_out(
    browser: Browser, site: Path, scheme: str, width: int
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light", bypass_csp=True
    )
    page, found = context.new_page(), list[str]()
    for kind in KINDS:
        go(page, site, kind)
        result = Axe().run(page)
        found += [f"{kind}: {rule['id']} {rule['nodes'][0]['html'][:120]}" for rule in result.response["violations"]]
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found.append(f"{kind} is wider than the window")
    context.close()
    assert found == []


def test_without_script_all_can_be_read_and_nothing_pretends_to_work(browser: Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    go(page, site, "register.html")
    assert len(ids(page)) == 38
    expect(page.locator("#_filters")).to_be_hidden()
    page.get_by_role("link", name="QP-001").click()
    expect(page.get_by_role("heading", name="Control of documents")).to_be_visible()
    page.get_by_role("link", name="See what changed").click()
    expect(page.locator("#change-1")).to_be_visible()
    go(page, site, "index.html")
    expect(page.locator("form")).to_be_hidden()
    go(page, site, "search.html")
    expect(page.get_by_text("The search needs JavaScript")).to_be_visible()
    context.close()


def test_by_keyboard_alone(page: Page, site: Path) -> None:
    go(page, site, "register.html")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#_f-q")).to_be_focused()
    page.keyboard.type("torque")
    page.locator("th[data-key=title] button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("th[data-key=title]")).to_have_attribute("aria-sort", "ascending")
    page.locator("#_main").focus()
    page.keyboard.press("/")
    expect(page.locator("#_f-q")).to_be_focused()


# --- the register -------------------------------------------------------------------------------------------------


def test_the_register_by_script_is_what_the_page_had(browser: Browser, site: Path) -> None:
    texts = []
    for script in (True, False):
        context = browser.new_context(java_script_enabled=script)
        page = context.new_page()
        go(page, site, "register.html")
        texts.append(re.sub(r"\s+", " ", page.locator("#_register tbody").inner_html()).replace("> <", "><").strip())
        context.close()
    assert texts[0] == texts[1]


def test_filters_narrow_and_the_address_keeps_them(page: Page, site: Path) -> None:
    go(page, site, "register.html")
    page.locator("#_f-type").select_option("Work instruction")
    expect(page.locator("#_count")).to_have_text("6 of 38 documents")
    page.locator("#_f-status").select_option("Suspended")
    expect(page.locator("#_register tbody th")).to_have_text(["WI-001"])
    assert "type=Work+instruction" in page.url
    page.reload()
    expect(page.locator("#_register tbody th")).to_have_text(["WI-001"])
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#_count")).to_have_text("38 documents")
    assert "#" not in page.url


def test_filters_by_owner_clause_due_and_words(page: Page, site: Path) -> None:
    for state, expected in {
        "clause=7.5.3": {"QP-001", "QP-002"},
        "due=overdue": {"QP-012"},
        "due=30": {"QP-012", "QP-013", "QP-017", "EXT-002"},
        "q=needle+specification": {"SPEC-001"},
        "owner=Purchasing": {"QP-008"},
        "q=no-such-word": set(),
    }.items():
        go(page, site, "index.html")
        go(page, site, f"register.html#{state}")
        assert expected <= set(ids(page)) if state.startswith("clause") else expected == set(ids(page)), state


def test_sorting_up_down_and_back(page: Page, site: Path) -> None:
    go(page, site, "register.html")
    first = ids(page)
    head = page.locator("th[data-key=review]")
    head.get_by_role("button").click()
    days = page.locator("td[data-l='Review by'] time").evaluate_all("all => all.map(t => t.dateTime)")
    assert days == sorted(days)
    head.get_by_role("button").click()
    assert page.locator("td[data-l='Review by'] time").first.get_attribute("datetime") == max(days)
    head.get_by_role("button").click()
    assert ids(page) == first


def test_the_csv_of_the_view_has_the_view(page: Page, site: Path) -> None:
    go(page, site, "register.html#type=Policy")
    with page.expect_download() as got:
        page.locator("#_view a").click()
    lines = Path(got.value.path()).read_text("utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines] == ['"id"', '"POL-001"', '"POL-002"', '"POL-003"']


def test_ten_thousand_rows_are_filtered_at_once(browser: Browser, site: Path, tmp_path: Path) -> None:
    rows = [
        Row(
            f"QP-{n}",
            "x.html",
            f"Procedure {n}",
            "Procedure",
            "1",
            "Effective",
            (),
            None,
            None,
            f"Owner {n % 40}",
            ("7.5",),
            "Changed",
            "",
        )
        for n in range(10_000)
    ]
    for name in ("register.html", "register.js", "site.js", "site.css"):
        (tmp_path / name).write_bytes((site / name).read_bytes())
    (tmp_path / "register-data.js").write_text(register_data(rows), "utf-8")
    page = browser.new_page()
    page.goto((tmp_path / "register.html").as_uri())
    expect(page.locator("#_count")).to_have_text("10000 documents")
    assert len(ids(page)) == 100
    page.locator("#_f-q").fill("procedure 99")
    expect(page.locator("#_count")).to_have_text("280 of 10000 documents")
    page.get_by_role("button", name="Show more").click()
    assert len(ids(page)) == 200
    expect(page.locator("#_register tbody a").nth(200)).to_be_focused()
    page.close()


# --- the search ---------------------------------------------------------------------------------------------------


def test_search_finds_words_of_texts_and_shows_them(page: Page, site: Path) -> None:
    go(page, site, "index.html")
    page.locator("#_q").fill("cupboard door")
    page.keyboard.press("Enter")
    expect(page.locator("#_found")).to_contain_text("found")
    result = page.locator("#_results li").filter(has_text="QP-001")
    expect(result).to_contain_text("Purpose")
    expect(result.locator("mark").first).to_have_text("cupboard")
    result.get_by_role("link", name="Purpose").click()
    expect(page).to_have_url(re.compile(r"documents/QP-001/index\.html#text-1-purpose"))


def test_search_by_beginning_of_a_word_by_id_and_for_nothing(page: Page, site: Path) -> None:
    go(page, site, "search.html")
    for typed, expected in {"calibr": "QP-005", "wi-006": "WI-006", "pressure test bench b": "WI-006"}.items():
        page.locator("#_q").fill(typed)
        expect(page.locator("#_results li").filter(has_text=expected).first).to_be_visible()
    page.locator("#_q").fill("xyzzy")
    expect(page.locator("#_found")).to_contain_text("Nothing found")
    page.locator("#_q").fill("<img src=x onerror=alert(1)>")
    expect(page.locator("#_results img")).to_have_count(0)


def test_what_is_not_in_force_is_not_searched_in_its_text(page: Page, site: Path) -> None:
    go(page, site, "search.html#q=coolant+FRM-007")
    assert page.locator("#_results li").filter(has_text="WI-001").count() == 0


# --- documents ----------------------------------------------------------------------------------------------------


def test_a_redline_is_stepped_through(page: Page, site: Path) -> None:
    go(page, site, "documents/QP-001/changes-5.html")
    page.get_by_role("button", name="Next change").click()
    expect(page.locator("#change-1")).to_be_focused()
    page.get_by_role("button", name="Previous").click()
    expect(page.locator("#_steps [role=status]")).to_have_text("5 of 5")


def test_the_title_block_says_who_approved_what_and_when(page: Page, site: Path) -> None:
    go(page, site, "documents/SPEC-001/index.html")
    block = page.locator("header.block")
    for words in ("SPEC-001", "2.0", "Effective", "20 Mar 2026", "Design engineer", "Ruth Kendall", "signed", "PEEK"):
        expect(block).to_contain_text(words)
    expect(page.locator("svg.life")).to_have_attribute(
        "aria-label", re.compile("revision 2.0 in force from 2026-03-20")
    )
    assert page.locator("article.text img").evaluate("image => image.complete && image.naturalWidth > 0")


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("documents/QP-001/revision-1.html", "Superseded"),
        ("documents/QP-008/draft.html", "In review"),
        ("documents/WI-001/index.html", "Suspended"),
        ("documents/FRM-006/index.html", "Obsolete"),
        ("documents/POL-001/revision-3.html", "Approved"),
    ],
)
def test_what_does_not_count_cannot_be_mistaken(page: Page, site: Path, path: str, word: str) -> None:
    go(page, site, path)
    expect(page.locator(".banner strong")).to_have_text(word)
    page.emulate_media(media="print")
    expect(page.locator(".banner strong")).to_be_visible()
    expect(page.locator(".watermark")).to_have_attribute("data-word", word)
    expect(page.locator(".watermark")).to_be_visible()


def test_what_is_in_force_has_no_banner(page: Page, site: Path) -> None:
    go(page, site, "documents/QP-001/index.html")
    assert page.locator(".banner, .watermark").count() == 0


def test_on_paper_each_page_says_what_it_is(page: Page, site: Path) -> None:
    go(page, site, "documents/QP-001/index.html")
    own = page.locator("head > style").evaluate("style => style.sheet.cssRules[0].cssRules[0].style.content")
    assert own == '"QP-001  Control of documents  ·  Revision 5  ·  Effective"'
    style = (site / "site.css").read_text("utf-8")
    assert 'content: "Page " counter(page) " of " counter(pages)' in style
    assert 'content: "Uncontrolled when printed"' in style
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    day = page.locator(".printed").evaluate("place => place.textContent")
    assert re.fullmatch(r"\d{1,2} [A-Z][a-z]{2} \d{4}", day)
    sheets = "document.adoptedStyleSheets.map(sheet => sheet.cssRules[0].cssText).join()"
    assert f"Printed on {day}" in page.evaluate(sheets)
