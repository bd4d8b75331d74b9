"""Markdown of a controlled document as HTML that is safe to publish.

CommonMark 0.31 with GitHub's tables, task lists, alerts, strikethrough and bare addresses, footnotes, definition lists,
and links by id or path, `[[QP-004]]` too. Two doors keep a document from acting on the site: raw HTML passes tag by
tag, without classes, ids or roles (what is not allowed is shown as text, so that nothing of a controlled text is
hidden), and all of it passes an allow-list at the end (nh3, the ammonia library). No picture loads from elsewhere.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import groupby
from typing import Any, Literal
from urllib.parse import unquote

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.gfm_autolink import gfm_autolink_plugin
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, String, _TokenType
from pygments.token import Token as Kind

from qmsdocs.model import QmsError

PREFIX = "text-"  # every id that comes from a text begins so; ids of footnotes begin with note- and noteref-


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link to a document or file leads.

    `href` as the page needs it; `title` says what stands there (id and revision); `page` is false for a file, whose
    anchors are its own; `content` is a digest of the file, by which redlines see a picture that changed under its name.
    """

    href: str
    title: str = ""
    page: bool = True
    content: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn diagram: where the page finds it, and what it says to those who do not see it."""

    href: str
    alt: str = "Diagram"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading as shown: its level on the page, its words, the id to link to."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Use:
    """A link to a document or file (where it `embeds`, a picture), as written, decoded; `found` is None for nothing."""

    target: str
    anchor: str
    embeds: bool
    found: Target | None


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text as HTML, its headings, its links, its words for a search, and sentences for who builds the site."""

    html: str
    headings: tuple[Heading, ...]
    links: tuple[Use, ...]
    text: str
    notices: tuple[str, ...]


Resolve = Callable[[str], Target | None]
Draw = Callable[[str], Picture]


def render(body: str, resolve: Resolve, *, title: str = "", top: int = 2, draw: Draw | None = None) -> Rendered:
    """The body of a document as safe HTML.

    `resolve` is given the path or id of a link without its anchor, decoded; None renders the words with a mark. A first
    heading that repeats `title` is left out, as the page has it. The highest headings become level `top`, and no level
    is skipped on the way down (WCAG 1.3.1). `draw` turns the source of a Mermaid diagram into a picture, or raises
    `QmsError` with the reason; without it, and then, the source is shown as code with a sentence that says why.
    """
    page = _Page(resolve, draw)
    parser = _parser()
    environment: dict[str, Any] = {"page": page}
    tokens = parser.parse(body, environment)
    _Preparation(page, title, top).run(tokens)
    text = _CLEANER.clean(parser.renderer.render(tokens, parser.options, environment))
    if page.alerts:
        text = _ICON_PLACE.sub(lambda match: _icon(match[1]), text)
    return Rendered(text, tuple(page.headings), tuple(page.links), "\n".join(page.words), tuple(page.notices))


def slug(text: str) -> str:
    """The anchor GitHub gives a heading, before it is made unique: lower case, spaces as hyphens, no punctuation."""
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


# --- the page that is made ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Page:
    """What is gathered while one text is rendered."""

    resolve: Resolve
    draw: Draw | None
    headings: list[Heading] = field(default_factory=list)
    links: list[Use] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    anchors: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    closings: list[str] = field(default_factory=list)
    tables: int = 0
    codes: int = 0
    alerts: bool = False
    section: str = ""

    def anchor(self, text: str) -> str:
        """A new id for a heading or a named place."""
        base = unique = slug(text) or "section"
        number = 0
        while unique in self.anchors:
            number += 1
            unique = f"{base}-{number}"
        self.anchors[unique] = PREFIX + unique
        return PREFIX + unique

    def open_link(self, address: str, title: str) -> str:
        """The opening of a link; its closing waits in `closings`."""
        if self.closings:  # a link within a link
            self.closings.append("")
            return ""
        found = self._found(address, embeds=False)
        if isinstance(found, str):
            self.closings.append(f"{_mark(found)}</span>")
            return '<span class="unresolved">'
        self.closings.append("</a>")
        return f"<a{_attributes({'href': found.href, **_link_attributes(found, title)})}>"

    def close_link(self) -> str:
        """The closing of the link that was opened last."""
        return self.closings.pop() if self.closings else ""

    def image(self, address: str, alt: str, title: str, size: dict[str, str]) -> str:
        """A picture; one from another site is a link, as no page may load anything from elsewhere."""
        if _DATA_PICTURE.fullmatch(address) and len(address) <= _DATA_MOST:
            return f"<img{_attributes({'src': address, 'alt': alt, 'title': title, 'loading': 'lazy', **size})}>"
        found = self._found(address, embeds=True)
        if isinstance(found, str):
            return f'<span class="unresolved">{html.escape(alt)}{_mark(found)}</span>'
        if _scheme(address):
            words = html.escape(alt or address) + _mark("picture on another site")
            return f"{self.open_link(address, title)}{words}{self.close_link()}"
        named = {"title": title or found.title, "data-content": found.content}
        return f"<img{_attributes({'src': found.href, 'alt': alt, **named, 'loading': 'lazy', **size})}>"

    def _found(self, address: str, *, embeds: bool) -> Target | str:
        """Where an address leads, or what is wrong with it."""
        scheme = _scheme(address)
        if scheme in _SCHEMES:
            return Target(address, page=False)
        if scheme or _FOREIGN.match(address):
            return "link removed: only http, https, mailto and tel leave the site"
        path, _, anchor = address.partition("#")
        path, anchor = unquote(path), unquote(anchor)
        if not path:
            own = self.anchors.get(anchor) or self.anchors.get(slug(anchor))
            return Target(f"#{own}" if own else "#", page=False) if own or not anchor else f"no heading: {anchor}"
        found = self.resolve(path)
        self.links.append(Use(path, anchor, embeds, found))
        if found is None:
            return f"not found: {path}"
        if anchor and not embeds:
            href = f"{found.href}#{PREFIX + slug(anchor) if found.page else anchor}"
            return Target(href, found.title, found.page, found.content)
        return found


_SCHEMES = {"http", "https", "mailto", "tel"}
_FOREIGN = re.compile(r"[\\/]{2}")  # to a browser, a backslash is a slash
_DATA_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]*")
_DATA_MOST = 100_000


_UNSEEN = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202e\ufeff]")


def _scheme(address: str) -> str:
    """The scheme of an address as a browser sees it, which passes over blanks and controls (URL Standard 4.4)."""
    match = re.match(r"[a-z][a-z0-9+.-]*(?=:)", _UNSEEN.sub("", address).lower())
    return match[0] if match else ""


def _link_attributes(found: Target, title: str) -> dict[str, str]:
    if _scheme(found.href) in ("http", "https"):
        return {"title": title, "class": "external", "rel": "noopener noreferrer"}
    return {"title": found.title or title, "data-content": found.content}


def _attributes(named: dict[str, str]) -> str:
    """Attributes as text; one without a value is left out, but never an `alt`."""
    return "".join(f' {name}="{html.escape(value)}"' for name, value in named.items() if value or name == "alt")


def _mark(words: str) -> str:
    return f' <span class="mark">[{html.escape(words)}]</span>'


# --- tokens made ready --------------------------------------------------------------------------------------------


class _Preparation:
    """One walk over the tokens before they are rendered: anchors first, so that a link may point ahead."""

    def __init__(self, page: _Page, title: str, top: int) -> None:
        self._page, self._title, self._top = page, title, top
        self._shown = top - 1

    def run(self, tokens: list[Token]) -> None:
        self._title_out(tokens)
        levels = [int(token.tag[1]) for token in tokens if token.type == "heading_open"]
        shift = self._top - min(levels, default=self._top)
        for at, token in enumerate(tokens):
            kind = token.type
            if kind == "inline":
                self._inline(token)
            elif kind == "heading_open":
                self._heading(tokens, at, shift)
            elif kind in ("fence", "code_block"):
                self._page.words.append(token.content.strip())
            elif kind == "html_block":
                self._page.words.append(_raw_words(token.content))
                self._places(token)
            elif kind == "table_open":
                token.meta["region"] = _table_region(self._page)
            elif kind in ("td_open", "th_open"):
                _cell(tokens, at)
            elif kind == "list_item_open" and "checked" in token.meta:
                _task(tokens, at)

    def _title_out(self, tokens: list[Token]) -> None:
        first = tokens[:2]
        if len(first) < 2 or first[0].type != "heading_open" or not self._title:
            return
        words = _plain(first[1].children)
        if words.casefold().split() == self._title.casefold().split():
            place = Token("raw", "", 0, content=f'<span id="{self._page.anchor(words)}"></span>\n')
            tokens[:3] = [place]

    def _heading(self, tokens: list[Token], at: int, shift: int) -> None:
        token, words = tokens[at], _plain(tokens[at + 1].children)
        level = max(1, min(int(token.tag[1]) + shift, self._shown + 1, 6))
        anchor = self._page.anchor(words)
        token.tag = tokens[at + 2].tag = f"h{level}"
        token.attrs["id"] = anchor
        tokens[at + 2].meta["anchor"], tokens[at + 2].meta["words"] = anchor, words
        if token.level == 0:
            self._shown = level
            self._page.section = words
            self._page.headings.append(Heading(level, words, anchor))

    def _inline(self, token: Token) -> None:
        children = token.children or []
        if any(child.type == "html_inline" for child in children):
            for child in children:
                self._places(child)
            token.children = children = _balanced(children)
        if words := _plain(children):
            self._page.words.append(words)

    def _places(self, token: Token) -> None:
        """The places that raw HTML names, for links from before them."""
        for match in _TAG.finditer(token.content) if token.type in ("html_inline", "html_block") else ():
            if (match["name"] or "").lower() == "a" and (named := _named_place(_read_attributes(match))):
                self._page.places.setdefault(named, self._page.anchor(named))


def _plain(children: Iterable[Token] | None) -> str:
    """The words of an inline text."""
    parts: list[str] = []
    for token in children or ():
        if token.type in ("text", "code_inline", "text_special"):
            parts.append(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif token.type == "image":
            parts.append(_plain(token.children))
        elif token.type == "html_inline" or "match" in token.meta:
            parts.append(_raw_words(token.content))
    return " ".join("".join(parts).split())


def _cell(tokens: list[Token], at: int) -> None:
    """Alignment as a class, as no style leaves here; a head without words is no head (axe: empty-table-header)."""
    token = tokens[at]
    style = str(token.attrs.pop("style", ""))
    if style:
        token.attrs["class"] = style.removeprefix("text-align:")
    if token.type == "th_open":
        if tokens[at + 1].content:
            token.attrs["scope"] = "col"
        else:
            token.tag = tokens[at + 2].tag = "td"


def _task(tokens: list[Token], at: int) -> None:
    """The box of a task, its words as the label."""
    checked = ' checked=""' if tokens[at].meta["checked"] else ""
    box = f'<input type="checkbox" disabled=""{checked}'
    if at + 2 < len(tokens) and tokens[at + 1].type == "paragraph_open" and tokens[at + 2].type == "inline":
        inline = tokens[at + 2]
        start, end = Token("raw", "", 0, content=f"<label>{box}> "), Token("raw", "", 0, content="</label>")
        inline.children = [start, *(inline.children or []), end]
    else:
        tokens[at].meta["box"] = f'{box} aria-label="Task">'


# --- raw HTML -----------------------------------------------------------------------------------------------------

_TAG = re.compile(
    r"<!--.*?(?:-->|$)"
    r"|<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9-]*)"
    r"(?P<attributes>(?:\s+[A-Za-z_:][\w.:-]*(?:\s*=\s*(?:[^\s\"'=<>`]+|'[^']*'|\"[^\"]*\"))?)*)\s*/?>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"([A-Za-z_:][\w.:-]*)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'=<>`]+))?")


def _names(text: str) -> set[str]:
    return set(text.split())


_INLINE_TAGS = _names("b i strong em u s sub sup small mark kbd samp var abbr cite q code dfn")
_BLOCK_TAGS = _names("p blockquote ul ol li dl dt dd thead tbody tfoot tr th td caption details summary")
_BLOCK_TAGS |= {"figure", "figcaption", "pre"}
_LONE_TAGS = {"br", "hr", "wbr"}
_RENAMED = {"del": "s", "strike": "s", "ins": "u", "tt": "code"}  # ins and del belong to the redline
_RENAMED |= {f"h{level}": "p" for level in range(1, 7)}
_LAYOUT = _names("div span font center big section article header footer main nobr col colgroup address picture")
_KEPT = {"td": ("colspan", "rowspan"), "th": ("colspan", "rowspan", "scope"), "abbr": ("title",), "ol": ("start",)}
_KEPT |= {"details": ("open",), "li": ("value",)}


def _known(name: str) -> bool:
    name = _RENAMED.get(name, name)
    return name in _INLINE_TAGS | _BLOCK_TAGS | _LONE_TAGS | _LAYOUT or name in ("a", "img", "table")


def _raw_words(content: str) -> str:
    """The words of a piece of raw HTML as it is shown."""
    shown = _TAG.sub(lambda match: match[0] if match["name"] and not _known(match["name"].lower()) else "", content)
    return html.unescape(shown).strip()


def _filtered(content: str, page: _Page) -> str:
    """Raw HTML with harmless tags only, without class, id, role or style; comments gone, other tags as text."""
    parts, at = [], 0
    for match in _TAG.finditer(content):
        parts.append(content[at : match.start()].replace("<", "&lt;"))
        parts.append(_tag(match, page))
        at = match.end()
    parts.append(content[at:].replace("<", "&lt;"))
    while page.closings:  # a link ends with its block
        parts.append(page.close_link())
    return "".join(parts)


def _balanced(children: list[Token]) -> list[Token]:
    """An inline text whose raw tags are closed where it ends, so that none spills over into the next paragraph."""
    kept: list[Token] = []
    open_tags: list[str] = []
    for child in children:
        match = _TAG.fullmatch(child.content) if child.type == "html_inline" else None
        if child.type != "html_inline":
            kept.append(child)
            continue
        name = _RENAMED.get(match["name"].lower(), match["name"].lower()) if match and match["name"] else ""
        if match and name in _INLINE_TAGS | {"a"}:
            if not match["end"]:
                open_tags.append(name)
            elif name in open_tags:
                while open_tags[-1] != name:
                    kept.append(_raw_end(open_tags.pop()))
                open_tags.pop()
            else:
                continue
        if match:
            kept.append(Token("raw", "", 0, content=child.content, meta={"match": match}))
        else:
            kept.append(Token("text", "", 0, content=child.content))
    return kept + [_raw_end(name) for name in reversed(open_tags)]


def _raw_end(name: str) -> Token:
    return Token("raw", "", 0, meta={"match": _TAG.fullmatch(f"</{name}>")})


def _tag(match: re.Match[str], page: _Page) -> str:
    """One raw tag as it may stand on the page."""
    if not match["name"]:
        return ""
    name, end = match["name"].lower(), bool(match["end"])
    name = _RENAMED.get(name, name)
    if name == "a":
        return page.close_link() if end else _raw_link(_read_attributes(match), page)
    if name == "img":
        return "" if end else _raw_image(_read_attributes(match), page)
    if name == "table":
        return "</table></div>" if end else f"{_table_region(page)}<table>"
    if name in _LAYOUT:
        return ""
    if name in _LONE_TAGS:
        return "" if end else f"<{name}>"
    if name not in _INLINE_TAGS and name not in _BLOCK_TAGS:
        return html.escape(match[0], quote=False)
    return f"</{name}>" if end else _raw_tag(name, match)


def _raw_tag(name: str, match: re.Match[str]) -> str:
    given = _read_attributes(match) if name in _KEPT else {}
    kept = "".join(f' {key}="{html.escape(given[key])}"' for key in _KEPT.get(name, ()) if key in given)
    focus = ' tabindex="0"' if name == "pre" else ""
    return f"<{name}{kept}{focus}>"


def _read_attributes(match: re.Match[str]) -> dict[str, str]:
    found = _ATTRIBUTE.findall(match["attributes"])
    return {name.lower(): html.unescape(value.strip("\"'")) for name, value in reversed(found)}


def _raw_link(given: dict[str, str], page: _Page) -> str:
    anchor = page.places.pop(_named_place(given), "")
    place = f'<span id="{html.escape(anchor)}"></span>' if anchor else ""
    if "href" in given:
        return place + page.open_link(given["href"], given.get("title", ""))
    page.closings.append("")
    return place


def _named_place(given: dict[str, str]) -> str:
    return given.get("id") or given.get("name") or ""


def _raw_image(given: dict[str, str], page: _Page) -> str:
    size = {key: given[key] for key in ("width", "height") if given.get(key, "").isdecimal()}
    return page.image(given.get("src", ""), given.get("alt", ""), given.get("title", ""), size)


# --- rendering ----------------------------------------------------------------------------------------------------


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: ARG002, N802  # theirs
        """Addresses are judged where they are rendered, so that a bad one leaves its words and a mark."""
        return True


@cache
def _parser() -> MarkdownIt:
    """Made once; what belongs to one text is in its environment."""
    options = {"html": True, "tasklists": True, "alerts": True, "strikethrough_single_tilde": True, "maxNesting": 100}
    parser = _Parser("commonmark", options, renderer_cls=_Renderer).enable(["table", "strikethrough"])
    parser.use(footnote_plugin, inline=False).use(deflist_plugin).use(gfm_autolink_plugin)
    parser.inline.ruler.before("link", "wiki_link", _wiki_link)
    parser.renderer.rules.update(_Renderer(parser).rules)  # type: ignore[attr-defined]  # over those of the plugins
    return parser


_WIKI = re.compile(
    r"(!?)\[\[(?=[^\[\]|#\n]*[^\W\d_])([^\W_][\w ./-]*)(?:#([^\[\]|\n]*))?(?:\|([^\[\]\n]*))?\]\](?![(\[])"
)


def _wiki_link(state: StateInline, silent: bool) -> bool:
    """`[[QP-004]]`, `[[QP-004#scope|the words]]`, `![[flow.svg]]`, as Obsidian writes them."""
    source = state.src
    if not source.startswith(("[[", "![["), state.pos):
        return False
    match = _WIKI.match(source, state.pos)
    if not match or normalizeReference(match[2]) in state.env.get("references", {}):
        return False
    if not silent:
        address = match[2].strip().replace("%", "%25") + (f"#{match[3]}" if match[3] else "")
        words = match[4] or match[2].strip() + (f", {match[3]}" if match[3] else "")
        text = Token("text", "", 0, content=words)
        if match[1]:
            token = state.push("image", "img", 0)
            token.attrs, token.children = {"src": address, "alt": ""}, [text]
        else:
            state.push("link_open", "a", 1).attrs = {"href": address}
            state.push("text", "", 0).content = words
            state.push("link_close", "a", -1)
    state.pos = match.end()
    return True


class _Renderer(RendererHTML):
    """How each token looks; markdown-it finds a token's rule by the name of the method."""

    def raw(self, tokens: Sequence[Token], at: int, _options: Any, env: Any) -> str:
        match = tokens[at].meta.get("match")
        return _tag(match, env["page"]) if match else tokens[at].content

    def html_block(self, tokens: Sequence[Token], at: int, _options: Any, env: Any) -> str:
        return _filtered(tokens[at].content, env["page"])

    def heading_close(self, tokens: Sequence[Token], at: int, _options: Any, _env: Any) -> str:
        token = tokens[at]
        named = _attributes({"class": "anchor", "href": f"#{token.meta['anchor']}"})
        label = _attributes({"aria-label": f"Link to: {token.meta['words'] or 'this heading'}"})
        return f"<a{named}{label}></a></{token.tag}>\n"

    def table_open(self, tokens: Sequence[Token], at: int, _options: Any, _env: Any) -> str:
        return f"{tokens[at].meta['region']}<table>\n"

    def table_close(self, _tokens: Sequence[Token], _at: int, _options: Any, _env: Any) -> str:
        return "</table></div>\n"

    def list_item_open(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return self.renderToken(tokens, at, options, env) + str(tokens[at].meta.get("box", ""))

    def alert_open(self, tokens: Sequence[Token], at: int, _options: Any, env: Any) -> str:
        env["page"].alerts = True
        return f'<div class="alert alert-{tokens[at].meta["kind"].lower()}" role="note">\n'

    def alert_title_open(self, tokens: Sequence[Token], at: int, _options: Any, _env: Any) -> str:
        kind = tokens[at - 1].meta["kind"].lower()
        return f'<p class="alert-title"><span class="icon icon-{kind}"></span> '

    def link_open(self, tokens: Sequence[Token], at: int, _options: Any, env: Any) -> str:
        given = tokens[at].attrs
        page: _Page = env["page"]
        return page.open_link(str(given.get("href", "")), str(given.get("title", "")))

    def link_close(self, _tokens: Sequence[Token], _at: int, _options: Any, env: Any) -> str:
        page: _Page = env["page"]
        return page.close_link()

    def image(self, tokens: Sequence[Token], at: int, _options: Any, env: Any) -> str:
        token, page = tokens[at], env["page"]
        drawn: str = page.image(
            str(token.attrs.get("src", "")), _plain(token.children), str(token.attrs.get("title", "")), {}
        )
        return drawn

    def code_block(self, tokens: Sequence[Token], at: int, _options: Any, env: Any) -> str:
        return _code(tokens[at].content, "", env["page"])

    def fence(self, tokens: Sequence[Token], at: int, _options: Any, env: Any) -> str:
        token, page = tokens[at], env["page"]
        language = html.unescape(token.info).strip().partition(" ")[0].lower()
        if language == "mermaid":
            return _diagram(token.content, page)
        return _code(token.content, language, page)

    def footnote_ref(self, tokens: Sequence[Token], at: int, _options: Any, _env: Any) -> str:
        number, again = tokens[at].meta["id"] + 1, tokens[at].meta["subId"]
        label = f' aria-label="Footnote {number}"'
        place = _again("noteref", number, again)
        return f'<sup class="footnote"><a href="#note-{number}" id="{place}"{label}>[{number}]</a></sup>'

    def footnote_block_open(self, _tokens: Sequence[Token], _at: int, _options: Any, _env: Any) -> str:
        return '<section class="footnotes" aria-label="Footnotes">\n<ol>\n'

    def footnote_block_close(self, _tokens: Sequence[Token], _at: int, _options: Any, _env: Any) -> str:
        return "</ol>\n</section>\n"

    def footnote_open(self, tokens: Sequence[Token], at: int, _options: Any, _env: Any) -> str:
        return f'<li id="note-{tokens[at].meta["id"] + 1}">'

    def footnote_close(self, _tokens: Sequence[Token], _at: int, _options: Any, _env: Any) -> str:
        return "</li>\n"

    def footnote_anchor(self, tokens: Sequence[Token], at: int, _options: Any, _env: Any) -> str:
        number, again = tokens[at].meta["id"] + 1, tokens[at].meta["subId"]
        place = _again("noteref", number, again)
        label = f"Back to footnote {number} in the text" + (f", place {again + 1}" if again else "")
        return f' <a class="back" href="#{place}" aria-label="{label}">↩︎</a>'


def _again(name: str, number: int, again: int) -> str:
    return f"{name}-{number}" + (f"-{again + 1}" if again else "")


def _table_region(page: _Page) -> str:
    """A table scrolls in a region of its own, which a keyboard can reach (WCAG 2.1.1) and whose name is its alone."""
    page.tables += 1
    name = f"Table {page.tables}" + (f": {page.section}" if page.section else "")
    return f'<div class="table" role="region" tabindex="0"{_attributes({"aria-label": name})}>'


_ICON_PLACE = re.compile(r'<span class="icon icon-(\w+)"></span>')
_ICONS = {
    "note": '<circle cx="8" cy="8" r="6.5"/><path d="M8 7.2v4M8 4.6v.2"/>',
    "tip": '<path d="M6 13.5h4M6.2 11.5c0-1.6-2-2.2-2-4.8a3.8 3.8 0 0 1 7.6 0c0 2.6-2 3.2-2 4.8z"/>',
    "important": '<path d="M2 2.5h12v8.5H8.5L5.5 14v-3H2zM8 4.6v2.8M8 9v.2"/>',
    "warning": '<path d="M8 1.8 14.8 14H1.2zM8 6.2v3.6M8 11.7v.2"/>',
    "caution": '<path d="M5.2 1.5h5.6l3.7 3.7v5.6l-3.7 3.7H5.2l-3.7-3.7V5.2zM8 4.6v4M8 11v.2"/>',
}


def _icon(kind: str) -> str:
    """Put in after the allow-list, which lets no SVG through."""
    drawn = 'fill="none" stroke="currentColor" stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round"'
    return (
        f'<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" {drawn}>'
        f"{_ICONS.get(kind, '')}</svg>"
    )


# --- code and diagrams --------------------------------------------------------------------------------------------

_COLOURED = _names(
    "asm bash c c++ cmd console cpp cs csharp css csv cypher diff docker dockerfile go golang groovy haskell html "
    "http ini java javascript js json julia kotlin lua make makefile markdown matlab md objective-c octave perl "
    "php powershell ps1 properties py pycon python r rb rst ruby rust scala sh shell solidity sql swift tcl toml "
    "ts typescript vb.net vbnet verilog vhdl xml yaml yml zsh"
)  # patterns of rarer lexers may take very long on a text made for it
_COLOURED_MOST = 50_000
_PAINT: tuple[tuple[_TokenType, str], ...] = (
    (Comment, "c"),
    (Keyword, "k"),
    (Operator.Word, "k"),
    (String, "s"),
    (Number, "n"),
    (Name.Function, "f"),
    (Name.Class, "f"),
    (Name.Tag, "f"),
    (Name.Decorator, "f"),
    (Name.Builtin, "b"),
    (Name.Attribute, "b"),
    (Name.Variable, "b"),
    (Generic.Deleted, "d"),
    (Generic.Inserted, "i"),
    (Generic.Heading, "k"),
    (Generic.Subheading, "k"),
    (Generic.Prompt, "c"),
)
_COLOURS = {
    "c": ("#4a535e", "#a9b3bd"),
    "k": ("#a0111f", "#ff8f85"),
    "s": ("#0a3069", "#a5d6ff"),
    "n": ("#0550ae", "#79c0ff"),
    "f": ("#5f33ad", "#d2a8ff"),
    "b": ("#7a3c00", "#ffb070"),
    "d": ("#82071e", "#ffa198"),
    "i": ("#0b5323", "#7ee787"),
}  # each at least 7 to 1 on code's background (WCAG 1.4.6)


def code_style(scheme: Literal["light", "dark"]) -> str:
    """The style sheet that colours code, for light or for dark pages."""
    side = 0 if scheme == "light" else 1
    rules = [f".code-{name}{{color:{pair[side]}}}" for name, pair in _COLOURS.items()]
    return "\n".join([*rules, ".code-c{font-style:italic}"]) + "\n"


def _code(source: str, language: str, page: _Page) -> str:
    page.codes += 1
    name = f"Code {page.codes}" + (f": {language}" if language else "")
    named = _attributes({"aria-label": name})
    lang = _attributes({"class": f"language-{language}" if re.fullmatch(r"[\w+#.-]+", language) else ""})
    code = f"<pre><code{lang}>{_coloured(source, language)}</code></pre>"
    return f'<div class="code" role="group" tabindex="0"{named}>{code}</div>\n'


def _coloured(source: str, language: str) -> str:
    if language not in _COLOURED or len(source) > _COLOURED_MOST:
        return html.escape(source, quote=False)
    parts = []
    for paint, run in groupby(_lexer(language).get_tokens(source), key=lambda piece: _paint(piece[0])):
        words = html.escape("".join(value for _, value in run), quote=False)
        parts.append(f'<span class="code-{paint}">{words}</span>' if paint and not words.isspace() else words)
    return "".join(parts)


@cache
def _lexer(language: str) -> Lexer:
    return get_lexer_by_name(language, stripnl=False)


@lru_cache(maxsize=512)
def _paint(kind: _TokenType) -> str:
    while kind is not Kind:
        for found, paint in _PAINT:
            if kind is found:
                return paint
        kind = kind.parent  # type: ignore[assignment]
    return ""


def _diagram(source: str, page: _Page) -> str:
    """The picture with its source, which says the same to those who cannot see it, and which a redline compares."""
    code = _code(source, "mermaid", page)
    try:
        if page.draw is None:
            raise QmsError("This diagram is shown as its source, as no tool that draws Mermaid is set up.")
        picture = page.draw(source)
    except QmsError as error:
        page.notices.append(str(error))
        return f'<figure class="diagram"><p class="mark">{html.escape(str(error))}</p>{code}</figure>\n'
    image = f"<img{_attributes({'src': picture.href, 'alt': picture.alt, 'loading': 'lazy'})}>"
    return (
        f'<figure class="diagram">{image}<details><summary>Source of the diagram</summary>{code}</details></figure>\n'
    )


# --- the last door ------------------------------------------------------------------------------------------------


def _address_allowed(element: str, attribute: str, value: str) -> str | None:
    """An address in data: only for a small picture; the schemes are seen to by the allow-list."""
    if attribute in ("href", "src") and _scheme(value) == "data":
        return value if element == "img" and attribute == "src" and _DATA_PICTURE.fullmatch(value) else None
    return value


_CLEANER = nh3.Cleaner(
    tags=_INLINE_TAGS
    | _BLOCK_TAGS
    | _LONE_TAGS
    | {"a", "img", "table", "div", "span", "section", "label", "input", "h1", "h2", "h3", "h4", "h5", "h6"},
    attributes={
        "*": {"class", "id"},
        "a": {"href", "title", "rel", "aria-label", "data-content"},
        "img": {"src", "alt", "title", "loading", "width", "height", "data-content"},
        "abbr": {"title"},
        "div": {"role", "tabindex", "aria-label"},
        "section": {"aria-label"},
        "input": {"checked", "disabled", "aria-label"},
        "pre": {"tabindex"},
        "ol": {"start"},
        "li": {"value"},
        "details": {"open"},
        "td": {"colspan", "rowspan"},
        "th": {"colspan", "rowspan", "scope"},
    },
    tag_attribute_values={"input": {"type": {"checkbox"}}},
    set_tag_attribute_values={"input": {"disabled": ""}},
    attribute_filter=_address_allowed,
    url_schemes={*_SCHEMES, "data"},
    link_rel=None,
)
