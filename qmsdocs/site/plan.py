"""All files of the site, batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib import resources

from qmsdocs.model import QmsError
from qmsdocs.render.csv import register_csv
from qmsdocs.render.json import register_json
from qmsdocs.render.xlsx import register_xlsx
from qmsdocs.site.batches import Batch, file_batch, page_batch, text_batch
from qmsdocs.site.catalogue import Catalogue
from qmsdocs.site.documents import document_batch
from qmsdocs.site.engine import Engine, Frame, Page, style_sheet
from qmsdocs.site.feeds import feed_xml, reviews_ics, sitemap_xml
from qmsdocs.site.front import front_batch
from qmsdocs.site.listing import list_batches
from qmsdocs.site.markdown import code_style
from qmsdocs.site.names import safe_name
from qmsdocs.site.overview import overview_batches
from qmsdocs.site.search import INDEX, Card, cards, search_index

_SCRIPTS = ("site.js", "register.js", "search.js")


def batches(catalogue: Catalogue, engine: Engine, url: str | None) -> Iterator[Batch]:
    """Everything but the index of the search and the sitemap, which follow from the rest."""
    yield front_batch(catalogue, engine)
    yield from list_batches(catalogue, engine)
    yield from overview_batches(catalogue, engine)
    yield page_batch(engine, "search.html", "search.html.j2")
    yield from _outputs(catalogue, url)
    yield from _assets(engine.frame)
    for entry in catalogue.entries.values():
        yield document_batch(entry, catalogue, engine)


def _outputs(catalogue: Catalogue, url: str | None) -> Iterator[Batch]:
    """The register and its reviews for other programs."""
    register = catalogue.material.register
    plain = register_json(register)
    yield text_batch("register.json", plain)
    yield text_batch("register.csv", register_csv(register))
    yield file_batch("register.xlsx", lambda: register_xlsx(register), plain)
    yield text_batch("reviews.ics", reviews_ics(catalogue, url))
    yield text_batch("feed.xml", feed_xml(catalogue, url))


def _assets(frame: Frame) -> Iterator[Batch]:
    folder = resources.files("qmsdocs.site") / "assets"
    style = style_sheet((folder / "site.css").read_text("utf-8"), frame)
    dark = f"@media screen and (prefers-color-scheme: dark) {{\n{code_style('dark')}}}\n"
    yield text_batch("site.css", style + code_style("light") + dark)
    yield text_batch("icon.svg", style_sheet((folder / "icon.svg").read_text("utf-8"), frame))
    for name in _SCRIPTS:
        yield text_batch(name, (folder / name).read_text("utf-8"))


def index_page(found: Iterable[Card], texts: Mapping[str, str]) -> Page:
    """The index of the search, from the scripts with the texts."""
    return Page(INDEX, search_index(found, texts).encode("utf-8", "backslashreplace"))


def sitemap_page(addresses: Iterable[str], url: str) -> Page:
    """The sitemap."""
    return Page("sitemap.xml", sitemap_xml(addresses, url).encode())


def search_cards(catalogue: Catalogue) -> tuple[Card, ...]:
    """What the search can find."""
    return cards(catalogue)


def require_apart(catalogue: Catalogue) -> None:
    """Raise QmsError where two documents would share a folder, also where upper and lower case are the same."""
    seen: dict[str, str] = {}
    for identifier, entry in catalogue.entries.items():
        other = seen.setdefault(entry.folder.casefold(), identifier)
        if other != identifier:
            raise QmsError(
                f"'{identifier}' and '{other}' would have the same page {safe_name(identifier)}; give one another id."
            )
