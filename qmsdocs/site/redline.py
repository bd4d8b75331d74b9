"""The redline of two rendered texts: blocks are matched first, then words in them.

Tables are compared cell by cell, code line by line. It works on HTML as `qmsdocs.site.markdown.render` gives it
(well-formed, quoted attributes). Removed text stands in `del`, added text in `ins`, with the class `block` around whole
blocks; each change has an anchor where it begins, `change-1` and so on. A change of formatting alone is a removal and
an addition of the same words, with the class `format`. Ids, labels and colours of code are no content.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

_PIECE = re.compile(r'</?[a-zA-Z](?:[^>"]|"[^"]*")*>|[^<]+|<')
_NAME = re.compile(r"</?([a-zA-Z][\w-]*)")
_ATTRIBUTE = re.compile(r'\s([\w-]+)(?:="([^"]*)")?')
_WORD = re.compile(r"\w+|[^\w\s]")
_PART = re.compile(r"\s+|&[#\w]+;|\w+|[^\w\s]")
_CONTENT = {"href", "src", "alt", "data-content", "start", "value", "checked", "colspan", "rowspan"}
_VOID = {"br", "hr", "img", "input", "wbr"}
_FOOTNOTE = '<sup class="footnote">'
_ATOMS = {"br", "img", "input", "svg"}
_INLINE = {"a", "abbr", "b", "br", "cite", "code", "dfn", "em", "i", "img", "input", "kbd", "label", "mark", "q", "s"}
_INLINE |= {"samp", "small", "span", "strong", "sub", "sup", "svg", "u", "var", "wbr"}
_INSIDE = {"li", "td", "th", "dt", "dd", "summary", "figcaption", "caption"}  # no ins or del may stand around these
_ROWS = {"tr", "thead", "tbody", "tfoot"}
_DEEPEST = 200
_SIMILAR, _SIMILAR_ALONE = 0.4, 0.2
_SAME_KEY = 0.6  # rows whose first cells are the same
_GAP_MOST = 900  # pairs that are all compared with each other
_WINDOW = 8
_WORDS_MOST, _COST_MOST = 1_500, 100_000
_EXCERPT = 80

Mark = Literal["del", "ins", ""]
Triple = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Change:
    """One change: the id where it begins, and the beginnings of what was removed and what was added."""

    anchor: str
    removed: str
    added: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """The marked text, and its changes in order; none where the two are the same."""

    html: str
    changes: tuple[Change, ...]


def redline(old_html: str, new_html: str) -> str:
    """The new text with what was removed and added marked; the new text itself where nothing was."""
    return compare(old_html, new_html).html


def compare(old_html: str, new_html: str) -> Comparison:
    """The redline, with its changes as a list."""
    if old_html == new_html:
        return Comparison(new_html, ())
    known: dict[tuple[Hashable, ...], int] = {}
    old, new = _tree(old_html, known), _tree(new_html, known)
    writer = _Writer()
    if old is None or new is None:
        writer.wholly(old_html, new_html)
    elif old.identity == new.identity:
        return Comparison(new_html, ())
    elif old.leaf and new.leaf:
        writer.leaf(old, new)
    else:
        writer.children(old, new)
    return writer.finished()


# --- trees --------------------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class _Node:
    """An element, or a run of inline content without one (its `name` and `tag` are empty)."""

    name: str
    tag: str
    key: str
    pieces: list[str]
    first: int
    last: int = 0
    children: list[_Node | int] = field(default_factory=list)  # a number is a piece of text
    identity: int = -1
    bag: Counter[str] | None = None

    @property
    def end(self) -> str:
        return f"</{self.name}>" if self.name and self.name not in _VOID else ""

    @property
    def inline(self) -> bool:
        return self.name in _INLINE

    @property
    def leaf(self) -> bool:
        return all(isinstance(child, int) or child.inline for child in self.children)

    def text(self) -> str:
        """The words, with what stands for pictures."""
        return _spoken(self.pieces[self.first : self.last])

    def words(self) -> Counter[str]:
        if self.bag is None:
            self.bag = Counter(_WORD.findall(self.text()))
        return self.bag

    def elements(self) -> list[_Node]:
        return [child for child in self.children if isinstance(child, _Node)]


def _spoken(pieces: Iterable[str]) -> str:
    """The words of a piece of HTML."""
    return html.unescape("".join(map(_said, pieces)))


@lru_cache(maxsize=4096)
def _said(piece: str) -> str:
    if not piece.startswith("<"):
        return piece
    named = dict(_ATTRIBUTE.findall(piece))
    if piece.startswith("<img"):
        return f" [picture: {named.get('alt') or named.get('src', '')}] "
    if piece.startswith("<input"):
        return " ☑ " if "checked" in named else " ☐ "
    return "" if _name(piece) in _INLINE else " "


def _name(piece: str) -> str:
    match = _NAME.match(piece)
    return match[1].lower() if match else ""


@lru_cache(maxsize=4096)
def _key(tag: str) -> str:
    """A tag less what is no content: ids, labels, classes (but those of a div: what kind of alert it is)."""
    name = _name(tag)
    kept = sorted(
        (key, value)
        for key, value in _ATTRIBUTE.findall(tag)
        if (key in _CONTENT and not (key == "href" and value.startswith("#note"))) or (key == "class" and name == "div")
    )
    return " ".join([name, *(f'{key}="{value}"' for key, value in kept)])


def _tree(source: str, known: dict[tuple[Hashable, ...], int]) -> _Node | None:
    """The elements of a text; None where it nests too deep to walk."""
    pieces = _PIECE.findall(source)
    stack = [_Node("", "", "", pieces, 0)]
    for at, piece in enumerate(pieces):
        name = _name(piece) if piece[0] == "<" else ""
        if not name:
            stack[-1].children.append(at)
        elif piece[1] == "/":
            if len(stack) > 1:
                _close(stack.pop(), at + 1, known)
        else:
            node = _Node(name, piece, _key(piece), pieces, at)
            stack[-1].children.append(node)
            if name in _VOID or piece.endswith("/>"):
                _close(node, at + 1, known)
            else:
                stack.append(node)
        if len(stack) > _DEEPEST:
            return None
    while stack:
        root = stack.pop()
        _close(root, len(pieces), known)
    return root


def _close(node: _Node, last: int, known: dict[tuple[Hashable, ...], int]) -> None:
    """Two nodes have the same identity exactly when their content is the same."""
    node.last = last
    if not node.leaf:
        node.children = list(_grouped(node, known))
    node.identity = known.setdefault(tuple(_content(node)), len(known))


def _content(node: _Node) -> Iterator[Hashable]:
    yield node.key
    for child in node.children:
        if isinstance(child, int):
            text = node.pieces[child]
            yield text if node.name in ("pre", "code", "span") else " ".join(f"|{text}|".split())
        elif child.name != "span" or child.children:
            yield child.identity


def _grouped(node: _Node, known: dict[tuple[Hashable, ...], int]) -> Iterator[_Node]:
    """The children of an element that holds blocks: inline content between these makes blocks without a tag."""
    run: _Node | None = None
    for child in node.children:
        if isinstance(child, _Node) and not child.inline:
            if run:
                _close(run, run.last, known)
            run = None
            yield child
        elif run or not isinstance(child, int) or not node.pieces[child].isspace():
            if run is None:
                run = _Node("", "", "", node.pieces, child if isinstance(child, int) else child.first)
                yield run
            run.children.append(child)
            run.last = child + 1 if isinstance(child, int) else child.last
    if run:
        _close(run, run.last, known)


def _blocks(node: _Node) -> list[_Node]:
    """The blocks in an element; if it holds inline content alone, that is its block, the same only as itself."""
    if not node.leaf:
        return node.elements()
    run = _Node("", "", "", node.pieces, node.first + (1 if node.tag else 0), node.last - (1 if node.end else 0))
    run.children, run.identity = node.children, -1 - id(run)
    return [run] if node.children else []


# --- which belongs to which ---------------------------------------------------------------------------------------


def _align(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Triple]:
    """Runs that both have, in order: (place in old, place in new, length). Coarser where exactness would take long."""
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    runs = [(0, 0, head)] if head else []
    between = _between(old[head : len(old) - tail], new[head : len(new) - tail])
    runs += [(i + head, j + head, size) for i, j, size in between]
    return [*runs, (len(old) - tail, len(new) - tail, tail)] if tail else runs


def _between(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Triple]:
    if not old or not new:
        return []
    counts, others = Counter(old), Counter(new)
    cost = sum(count * others[key] for key, count in counts.items() if key in others)
    if len(old) + len(new) <= 2 * _WORDS_MOST and cost <= _COST_MOST:
        matcher = SequenceMatcher(None, old, new, autojunk=False)
        return [(i, j, size) for i, j, size in matcher.get_matching_blocks() if size]
    places = {key: at for at, key in enumerate(new) if others[key] == 1}
    pairs = [(at, places[key]) for at, key in enumerate(old) if counts[key] == 1 and key in places]
    return [(i, j, 1) for i, j in _rising(pairs)]


def _rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest run of pairs that rise on both sides (patience sorting)."""
    tops: list[int] = []
    piles: list[int] = []
    before: list[int] = []
    for at, (_, place) in enumerate(pairs):
        pile = bisect_left(tops, place)
        before.append(piles[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [place]
        piles[pile : pile + 1] = [at]
    found, at = [], piles[-1] if piles else -1
    while at >= 0:
        found.append(pairs[at])
        at = before[at]
    return found[::-1]


def _pairs(old: list[_Node], new: list[_Node]) -> Iterator[tuple[_Node | None, _Node | None]]:
    """Blocks side by side: the same, alike, or on one side only (then the removed ones come first)."""
    i = j = 0
    for start, other, size in [*_align([n.identity for n in old], [n.identity for n in new]), (len(old), len(new), 0)]:
        yield from _gap(old[i:start], new[j:other])
        yield from zip(old[start : start + size], new[other : other + size], strict=True)
        i, j = start + size, other + size


def _gap(old: list[_Node], new: list[_Node]) -> Iterator[tuple[_Node | None, _Node | None]]:
    i = j = 0
    for at, other in [*_alike(old, new), (len(old), len(new))]:
        yield from ((node, None) for node in old[i:at])
        yield from ((None, node) for node in new[j:other])
        if at < len(old) and other < len(new):
            yield old[at], new[other]
        i, j = at + 1, other + 1


def _alike(old: list[_Node], new: list[_Node]) -> list[tuple[int, int]]:
    """Which of two runs of blocks resemble each other most, in order."""
    if not old or not new:
        return []
    if len(old) * len(new) > _GAP_MOST:
        return _alike_near(old, new)
    least = _SIMILAR_ALONE if len(old) == len(new) == 1 else _SIMILAR
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    likeness = [[_likeness(a, b, least) for b in new] for a in old]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            paired = likeness[i][j] + best[i + 1][j + 1] if likeness[i][j] else 0.0
            best[i][j] = max(paired, best[i + 1][j], best[i][j + 1])
    found, i, j = [], 0, 0
    while i < len(old) and j < len(new):
        if likeness[i][j] and best[i][j] == likeness[i][j] + best[i + 1][j + 1]:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return found


def _alike_near(old: list[_Node], new: list[_Node]) -> list[tuple[int, int]]:
    """Too many to compare all: each with the next few."""
    found, at = [], 0
    for j, node in enumerate(new):
        near = [(_likeness(a, node, _SIMILAR), -i) for i, a in enumerate(old[at : at + _WINDOW])]
        likeness, back = max(near, default=(0.0, 0))
        if likeness:
            found.append((at - back, j))
            at += 1 - back
    return found


def _likeness(old: _Node, new: _Node, least: float) -> float:
    """How much two blocks share of their words, 0 to 1; 0 where it is less than `least` or they are of two kinds."""
    if (old.name or "p") != (new.name or "p"):
        return 0.0
    words, others = old.words(), new.words()
    total = words.total() + others.total()
    shared = sum(min(count, others[word]) for word, count in words.items() if word in others)
    likeness = 2 * shared / total if total else 1.0
    if old.name == "tr" and _first_cell(old) and _first_cell(old) == _first_cell(new):
        likeness = max(likeness, _SAME_KEY)
    return likeness if likeness >= least else 0.0


def _first_cell(row: _Node) -> str:
    cells = row.elements()
    return cells[0].text().strip() if cells else ""


def _columns(old: _Node, new: _Node) -> list[tuple[int | None, int | None]]:
    """Which columns of two tables belong together, told by their first rows; empty where cells span."""
    heads = _head(old), _head(new)
    if any("span=" in cell.key for head in heads for cell in head):
        return []
    before, after = ([cell.text().strip() for cell in head] for head in heads)
    found: list[tuple[int | None, int | None]] = []
    i = j = 0
    for start, other, size in [*_align(before, after), (len(before), len(after), 0)]:
        both = min(start - i, other - j)
        found += [(i + n, j + n) for n in range(both)]
        found += [(n, None) for n in range(i + both, start)]
        found += [(None, n) for n in range(j + both, other)]
        found += [(start + n, other + n) for n in range(size)]
        i, j = start + size, other + size
    return found


def _head(table: _Node) -> list[_Node]:
    rows = [row for part in table.elements() for row in ([part] if part.name == "tr" else part.elements())]
    return rows[0].elements() if rows else []


# --- words --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Item:
    """A piece of inline content: a word or atom (`key` says when two are the same), a blank, or something unseen."""

    kind: Literal["word", "blank", "unseen"]
    shown: str
    key: Hashable
    stack: tuple[_Node, ...]


def _items(node: _Node, lines: bool = False) -> list[_Item]:
    """The inline content of a block, without blanks at its ends; in code each line is one word."""
    found = list(_walk(node, (), "", lines))
    if lines:
        return found
    while found and found[-1].kind == "blank":
        found.pop()
    start = next((at for at, item in enumerate(found) if item.kind != "blank"), 0)
    return found[start:]


def _walk(node: _Node, stack: tuple[_Node, ...], form: str, lines: bool) -> Iterator[_Item]:
    for child in node.children:
        if isinstance(child, int):
            parts = re.findall(r"[^\n]*\n|[^\n]+", node.pieces[child]) if lines else _PART.findall(node.pieces[child])
            for part in parts:
                blank = not lines and part.isspace()
                yield _Item("blank" if blank else "word", part, "" if blank else (part, form), stack)
        elif child.name in _ATOMS or child.tag == _FOOTNOTE:
            yield _Item("word", "".join(child.pieces[child.first : child.last]), child.identity, stack)
        elif not child.children:
            yield _Item("unseen", "".join(child.pieces[child.first : child.last]), "", stack)
        else:
            inner = form if child.key in ("span", "label") or lines else f"{form}>{child.key}"
            yield from _walk(child, (*stack, child), inner, lines)


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a block and where in its items each begins."""

    items: list[_Item]
    places: list[int]

    @property
    def keys(self) -> list[Hashable]:
        return [self.items[at].key for at in self.places]

    def span(self, first: int, last: int) -> list[_Item]:
        """Words first to last with the blanks after each."""
        if first >= last:
            return []
        return self.items[self.places[first] : self._after(last - 1)]

    def trail(self, word: int) -> list[_Item]:
        return self.items[self.places[word] + 1 : self._after(word)]

    def _after(self, word: int) -> int:
        return self.places[word + 1] if word + 1 < len(self.places) else len(self.items)


def _words(node: _Node) -> _Words:
    items = _items(node)
    return _Words(items, [at for at, item in enumerate(items) if item.kind == "word"])


def _runs(old: _Words, new: _Words) -> list[Triple]:
    """The words that stay, less what is too little between two changes to help a reader."""
    runs = _align(old.keys, new.keys)
    most = max(len(old.places), len(new.places))
    if most > _WINDOW and sum(size for *_, size in runs) < _SIMILAR_ALONE * most:
        return []
    kept: list[Triple] = []
    for at, (i, j, size) in enumerate(runs):
        inner = 0 < at < len(runs) - 1
        letters = sum(len(item.shown) for item in new.span(j, j + size) if item.shown.isalnum())
        if not inner or letters > 3 or not _crowded(runs, at):
            kept.append((i, j, size))
    return kept


def _crowded(runs: list[Triple], at: int) -> bool:
    """Whether more changes on both sides of a run than stays in it."""
    (i0, j0, size0), (i, j, size), (i1, j1, _) = runs[at - 1 : at + 2]
    return min(max(i - i0, j - j0) - size0, max(i1 - i, j1 - j) - size) > size


# --- writing ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Open:
    """A change that is being written: where its marks stand in the output, what was removed and added."""

    places: list[int] = field(default_factory=list)
    said: dict[str, list[str]] = field(default_factory=lambda: {"del": [], "ins": []})

    def text(self, mark: str) -> str:
        return " ".join("".join(self.said[mark]).split())


class _Writer:
    """Writes the marked text from front to back."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._changes: list[_Open] = []
        self._running = False
        self._columns: list[tuple[int | None, int | None]] = []

    def finished(self) -> Comparison:
        """The text with its anchors, now that each change is known whole."""
        found = []
        for number, change in enumerate(self._changes, 1):
            removed, added = change.text("del"), change.text("ins")
            form = removed and removed == added and "[picture: " not in added
            for at in change.places:
                tag = _with_class(self._out[at], "format") if form else self._out[at]
                self._out[at] = _with(tag, f' id="change-{number}"') if at == change.places[0] else tag
            found.append(Change(f"change-{number}", _excerpt(removed), _excerpt(added)))
        return Comparison("".join(self._out), tuple(found))

    def wholly(self, old: str, new: str) -> None:
        """All of the old text as removed, all of the new as added."""
        pieces = _PIECE.findall(old)
        self._begin("del", _spoken(pieces), block=True)
        self._out += [*map(_old, pieces), "</del>"]
        self._begin("ins", _spoken(_PIECE.findall(new)), block=True)
        self._out += [new, "</ins>"]

    def children(self, old: _Node, new: _Node) -> None:
        """What stands in two elements that belong together."""
        number, shifted = _start(new), False
        for before, after in _pairs(_blocks(old), _blocks(new)):
            tag = after.tag if after else ""
            if after and new.name == "ol" and after.name == "li":
                tag = _with(tag, f' value="{number}"') if shifted else tag
                number, shifted = number + 1, False
            shifted = shifted or after is None
            self._side(before, after, tag)
            self._out.append("\n")

    def _side(self, before: _Node | None, after: _Node | None, tag: str) -> None:
        if before and after:
            self._running = False
            if before.identity == after.identity and not (after.name == "tr" and self._moved()):
                self._out += (
                    [tag, *after.pieces[after.first + 1 : after.last]]
                    if tag
                    else after.pieces[after.first : after.last]
                )
            else:
                self._pair(before, after, tag)
            self._running = False
        elif before:
            self._whole(before, "del", before.tag)
        elif after:
            self._whole(after, "ins", tag)

    def _pair(self, old: _Node, new: _Node, tag: str) -> None:
        """Two elements that belong together but are not the same."""
        if old.key != new.key and (new.name == "div" or (new.name == "ol" and _same_children(old, new))):
            self._whole(old, "del", old.tag)
            self._whole(new, "ins", tag)
        elif new.name == "tr" and self._columns:
            self._row(old, new)
        elif new.name == "pre":
            self._out.append(tag)
            self._lines(old, new)
            self._out.append(new.end)
        elif old.leaf and new.leaf:
            self._out.append(tag)
            self.leaf(old, new)
            self._out.append(new.end)
        else:
            outer = self._columns
            self._columns = _columns(old, new) if new.name == "table" else outer
            opened = new.name == "details" and " open" not in tag
            self._out.append(_with(tag, " open") if opened else tag)
            self.children(old, new)
            self._out.append(new.end)
            self._columns = outer

    def _moved(self) -> bool:
        return any(before != after for before, after in self._columns)

    def _row(self, old: _Node, new: _Node) -> None:
        """Cell by cell, by the columns of the table."""
        before, after = old.elements(), new.elements()
        self._out.append(new.tag)
        for i, j in self._columns:
            was = before[i] if i is not None and i < len(before) else None
            now = after[j] if j is not None and j < len(after) else None
            self._side(was, now, now.tag if now else "")
        self._out.append("</tr>")

    def _whole(self, node: _Node, mark: Mark, tag: str) -> None:
        """A block that is on one side only."""
        tag = _old(tag) if mark == "del" and tag else tag
        if node.name in _INSIDE or node.name in _ROWS:
            self._out.append(_with_class(tag, "removed" if mark == "del" else "added"))
            if node.name in _ROWS:
                self._whole_cells(node, mark)
            elif node.children:
                self._marked(node, mark, node.first + 1, node.last - 1)
            self._out.append(node.end)
        else:
            self._marked(node, mark, node.first, node.last)

    def _whole_cells(self, node: _Node, mark: Mark) -> None:
        cells = node.elements()
        if node.name != "tr" or not self._columns:
            for cell in cells:
                self._whole(cell, mark, cell.tag)
            return
        for pair in self._columns:
            at = pair[0] if mark == "del" else pair[1]
            if at is not None and at < len(cells):
                self._whole(cells[at], mark, cells[at].tag)
            else:
                self._out.append("<td></td>")

    def _marked(self, node: _Node, mark: Mark, first: int, last: int) -> None:
        self._begin(mark, f"{node.text()} ", block=not node.leaf or (bool(node.name) and node.name not in _INSIDE))
        pieces = node.pieces[first:last]
        self._out += map(_old, pieces) if mark == "del" else pieces
        self._out.append(f"</{mark}>")

    def _begin(self, mark: Mark, said: str, block: bool = False) -> None:
        """The opening of a mark, which continues a change that is running or begins the next.

        One around blocks has the class `block`, as an `ins` or `del` has no box of its own around these.
        """
        if not self._running:
            self._changes.append(_Open())
        self._running = True
        self._changes[-1].places.append(len(self._out))
        self._changes[-1].said[mark].append(said)
        self._out.append(f'<{mark} class="block">' if block else f"<{mark}>")

    # --- inside a block ---

    def leaf(self, before: _Node, after: _Node) -> None:
        """Two runs of inline content, word by word."""
        old, new = _words(before), _words(after)
        first = new.places[0] if new.places else len(new.items)
        stream: list[tuple[Mark, _Item]] = [("", item) for item in new.items[:first]]
        i = j = 0
        for start, other, size in [*_runs(old, new), (len(old.places), len(new.places), 0)]:
            stream += _gone_and_come(old, new, (i, start), (j, other))
            for at in range(size):
                stream.append(("", new.items[new.places[other + at]]))
                stream += _trail(old.trail(start + at), new.trail(other + at))
            i, j = start + size, other + size
        self._inline(stream)

    def _lines(self, old: _Node, new: _Node) -> None:
        before, after = _code_lines(old), _code_lines(new)
        texts = [["".join(item.shown for item in line) for line in side] for side in (before, after)]
        stream: list[tuple[Mark, _Item]] = []
        i = j = 0
        for start, other, size in [*_align(*texts), (len(before), len(after), 0)]:
            stream += [("del", _plain_item(item)) for line in before[i:start] for item in line]
            stream += [("ins", _plain_item(item)) for line in after[j:other] for item in line]
            stream += [("", item) for line in after[other : other + size] for item in line]
            i, j = start + size, other + size
        self._inline(stream)

    def _inline(self, stream: Iterable[tuple[Mark, _Item]]) -> None:
        """Items in their elements, each mark within the innermost of these, so that a link is not cut in pieces."""
        tags = _Tags(self._out)
        current: Mark = ""
        for mark, item in stream:
            if mark == "del" and item.kind == "unseen":
                continue
            if mark != current or not tags.same(item.stack, mark):
                if current:
                    self._out.append(f"</{current}>")
                tags.go(item.stack, mark)
                if mark:
                    self._begin(mark, "")
                current = mark
            if mark:
                self._changes[-1].said[mark].append(_spoken(_PIECE.findall(item.shown)))
            elif item.kind == "word":
                self._running = False
            self._out += map(_old, _PIECE.findall(item.shown)) if mark == "del" else [item.shown]
        if current:
            self._out.append(f"</{current}>")
        tags.go((), "")


class _Tags:
    """The inline elements that are open; one that both sides have is opened once."""

    def __init__(self, out: list[str]) -> None:
        self._out = out
        self._open: list[tuple[str, dict[bool, _Node]]] = []

    def same(self, stack: tuple[_Node, ...], mark: Mark) -> bool:
        return len(stack) == len(self._open) == self._shared(stack, mark)

    def go(self, stack: tuple[_Node, ...], mark: Mark) -> None:
        """Close and open elements until those of `stack` are open."""
        shared = self._shared(stack, mark)
        while len(self._open) > shared:
            name, _ = self._open.pop()
            self._out.append(f"</{name}>")
        for node in stack[shared:]:
            self._out.append(_old(node.tag) if mark == "del" else node.tag)
            self._open.append((node.name, {mark == "del": node}))

    def _shared(self, stack: tuple[_Node, ...], mark: Mark) -> int:
        """How many of the open elements stay, outermost first."""
        side = mark == "del"
        for at, (node, (_, nodes)) in enumerate(zip(stack, self._open, strict=False)):
            if side in nodes:
                if nodes[side] is not node:
                    return at
            elif nodes[not side].key == node.key:
                nodes[side] = node
            else:
                return at
        return min(len(stack), len(self._open))


def _gone_and_come(old: _Words, new: _Words, gone: tuple[int, int], come: tuple[int, int]) -> list[tuple[Mark, _Item]]:
    """Words removed and those in their place; a blank that follows both stays."""
    before, after = old.span(*gone), new.span(*come)
    last: list[tuple[Mark, _Item]] = []
    if before and after:
        trails = old.trail(gone[1] - 1), new.trail(come[1] - 1)
        before, after = before[: len(before) - len(trails[0])], after[: len(after) - len(trails[1])]
        last = _trail(*trails)
    marked: list[tuple[Mark, _Item]] = [("del", item) for item in before]
    return [*marked, *(("ins", item) for item in after), *last]


def _trail(old: list[_Item], new: list[_Item]) -> list[tuple[Mark, _Item]]:
    """The blanks after a word that stays: marked where there was none, or is none now."""
    gone = [item for item in old if item.kind == "blank"]
    come = any(item.kind == "blank" for item in new)
    if bool(gone) == come:
        return [("", item) for item in new]
    mark: Mark = "ins"
    marked: list[tuple[Mark, _Item]] = [(mark if item.kind == "blank" else "", item) for item in new]
    return [("del", item) for item in gone] + marked


def _code_lines(node: _Node) -> list[list[_Item]]:
    lines: list[list[_Item]] = [[]]
    for item in _items(node, lines=True):
        lines[-1].append(item)
        if item.shown.endswith("\n"):
            lines.append([])
    return lines if lines[-1] else lines[:-1]


def _plain_item(item: _Item) -> _Item:
    """Without colours, so that a changed line is one mark."""
    return _Item(item.kind, item.shown, item.key, tuple(node for node in item.stack if node.name != "span"))


@lru_cache(maxsize=4096)
def _old(piece: str) -> str:
    """A piece of the old text as it may stand beside the new: no id twice, no link to a place that is gone."""
    if not piece.startswith("<") or piece.startswith("</"):
        return piece
    if piece.startswith("<a ") and re.search(r'\shref="#', piece):
        return "<a>"
    return re.sub(r'\saria-label="', ' aria-label="Removed: ', re.sub(r'\sid="[^"]*"', "", piece))


def _with(tag: str, attribute: str) -> str:
    return f"{tag[:-1]}{attribute}>"


def _with_class(tag: str, name: str) -> str:
    if ' class="' in tag:
        return tag.replace(' class="', f' class="{name} ', 1)
    return _with(tag, f' class="{name}"')


def _same_children(old: _Node, new: _Node) -> bool:
    """Whether two lists differ in their numbers alone."""
    return [item.identity for item in old.elements()] == [item.identity for item in new.elements()]


def _start(node: _Node) -> int:
    match = re.search(r'\sstart="(\d+)"', node.tag)
    return int(match[1]) if match else 1


def _excerpt(text: str) -> str:
    text = text.replace(" ↩︎", "")
    return text if len(text) <= _EXCERPT else text[: _EXCERPT - 1].rstrip() + "…"
