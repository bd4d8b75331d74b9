"""The reader of plain front matter against PyYAML: the same entries, or none and PyYAML decides."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from frontmatter.default_handlers import YAMLHandler
from hypothesis import given, settings
from hypothesis import strategies as st

from qmsdocs.document import yaml_events
from qmsdocs.document.flat import Entry, read_flat
from qmsdocs.document.parts import Unreadable, decode, split

HERE = Path(__file__).parents[2]
BUNDLE = Path(os.environ.get("QMSDOCS_EIPS_BUNDLE", HERE.parent / "shared" / "real" / "eips.bundle"))
LOADERS = list(dict.fromkeys([getattr(yaml, "CBaseLoader", yaml.BaseLoader), yaml.BaseLoader]))
LINES = [
    "id: QP-001", "title: Purchasing", "revision: 1.10", "change: Adds the register, of things", "clauses: [7.5.2, 7.5.3]",
    "references: [WI-004, 'FRM 7', \"a, b\"]", "tags:", "  - core", "  - 'x y'", "- a", "- b # c", "    - deep", "# a comment",
    "", "  # further right", 'x-a: "q q"', "author: A B (@ab), C <c@d.e>", "url: http://x.y/z?q#a", "list: []", "a: ''",
    "k: v # c", "spaced:   o  ut  ", "é: ü", "a-b: -1",
]  # fmt: skip
SCRAPS = [
    *"-?:,[]{}#&*!|>'\"%@`\\ \t=~<0é", "  ", "\n", " #", ": ", ":\n", "- ", "---", "...", "\n---\n", "\n...\n", "\n- ", "\n  - ",
    "\n ", "''", '""', "\\n", "\u00a0", "\u2028", "\x85", "\ufeff", "\U0001f600", "\x07", "\x7f", "<<", "!!str ", "&a ", "*a",
    "|\n", "x" * 1030, "\r", "\ue000", "\uffff", "\u3000", "[a]", "id: 1\n",
]  # fmt: skip


@st.composite
def nearly_ordinary(draw: st.DrawFn) -> str:
    """Ordinary front matter into which a few scraps were typed."""
    text = "\n".join(draw(st.lists(st.sampled_from(LINES), min_size=1, max_size=6))) + draw(st.sampled_from(["\n", ""]))
    for place, scrap in draw(st.lists(st.tuples(st.integers(0, 150), st.sampled_from(SCRAPS)), max_size=3)):
        at = place % (len(text) + 1)
        text = text[:at] + scrap + text[at:]
    return text


def by_yaml(text: str, loader: Any, monkeypatch: pytest.MonkeyPatch) -> list[Entry] | str:
    """What PyYAML makes of a text, or why it refuses it."""
    monkeypatch.setattr(yaml_events, "_LOADER", loader)
    try:
        return list(yaml_events.read_yaml(text, 1))
    except Unreadable as stop:
        return str(stop)


def agrees(text: str, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the plain form's reader takes a text; what it takes, every loader must read the same."""
    entries = read_flat(text, 1)
    if entries is None:
        return False
    for loader in LOADERS:
        assert by_yaml(text, loader, monkeypatch) == entries, (text, loader)
    return True


# --- what is taken ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("id: QP-001", [("id", "QP-001", 2)]),
        ("id: QP-001  \n", [("id", "QP-001", 2)]),
        ("\n# c\n  # c: d\na: 1\n\nb: 2\n", [("a", "1", 5), ("b", "2", 7)]),
        ("a: no # b\nb: c#d\n", [("a", "no", 2), ("b", "c#d", 3)]),
        ("a:\nb: # c\nc: ''\n", [("a", "", 2), ("b", "", 3), ("c", "", 4)]),
        ("a: http://b.c/d:e?f, g [h]\n", [("a", "http://b.c/d:e?f, g [h]", 2)]),
        ("a: ' b: # '\nb: \"c'd\"   # e\n", [("a", " b: # ", 2), ("b", "c'd", 3)]),
        ("a: []\nb: [ ]\nc: [ d  e , f ]\n", [("a", (), 2), ("b", (), 3), ("c", ("d  e", "f"), 4)]),
        ("a: ['b, c', \"d]\", it's, '']\n", [("a", ("b, c", "d]", "it's", ""), 2)]),
        ("a:\n- b\n- 'c: d' # e\n\nb:\n   # c\n   -  d  e\n   # f\n   - g\n", [("a", ("b", "c: d"), 2), ("b", ("d  e", "g"), 6)]),
        ("Größe_1-x: é ü 漢字 😀\n1: 010\n", [("Größe_1-x", "é ü 漢字 😀", 2), ("1", "010", 3)]),
    ],
)  # fmt: skip
def test_the_plain_form(text: str, entries: list[Entry], monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_flat(text, 1) == entries
    assert agrees(text, monkeypatch)


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", "# c\n", "a", "a:b", "a : b", "a: b\na: c", " a: b", "- a", "- a\nb: c", "a: b: c", "a: b:", "a: b: # c",
        "a: b\n  c", "a: b\n  - c", "a: ''\n- c", "a:\n  - b\n - c", "a:\n - b\n  - c", "a:\n- b\nc: d\n- e", "a:\n-\n", "a:\n- # b\n",
        "a:\n- b: c", "a:\n- - b", "a:\n- [b]", "a: -b", "a: ?b", "a: &b c", "a: *b", "a: !b c", "a: |", "a: >\n  b", "a: %b", "a: @b",
        "a: `b`", "a: {b: c}", "a: [b, [c]]", "a: [b: c]", "a: [b,, c]", "a: [b,]", "a: [b # c]", "a: [b", "a: b\n]", "a: [b] c",
        "a: 'b''c'", "a: 'b' c", 'a: "b\\n"', 'a: "b', "a: 'b'#c", "a:\tb", "a: b\t", "a: b\u2028", "a: b\x85", "a: \u00a0b", "\ufeffa: b",
        "a: b\r", "a: b\x07", "a: b\x7f", "a: b\ufffe", "---\na: b", "a: b\n---\n", "a: b\n...\n", "%YAML 1.1\n---\na: b", "? a\n: b", "-a: b",
        "<<: b", "a b: c", "'a': b", f"{'a' * 101}: b",
    ],
)  # fmt: skip
def test_doubt_is_left_to_pyyaml(text: str) -> None:
    assert read_flat(text, 1) is None


# --- the same as PyYAML ----------------------------------------------------------------------------------------------


@settings(deadline=None, derandomize=True, max_examples=2000)
@given(text=nearly_ordinary())
def test_what_is_taken_is_read_as_pyyaml_reads_it(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        agrees(text, patch)


@pytest.mark.parametrize(
    ("start", "characters", "length", "least"),
    [
        ("k: ", "a :-#'\"[],\n", 4, 1_000),
        ("k:", " -\na:#", 6, 1_000),
        ("k:\n- ", "a :-#'\"[],\n", 4, 1_000),
        ("k: [", "a :-#'\"],\n", 5, 100),
        ("", "a :-#'\n[]", 6, 500),
    ],
)
def test_every_short_text(
    start: str, characters: str, length: int, least: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = 0
    for size in range(length + 1):
        taken += sum(agrees(start + "".join(end), monkeypatch) for end in itertools.product(characters, repeat=size))
    assert taken > least


@pytest.mark.parametrize(
    "form", ["{}", "a: {}", "a: b{}", "a: b{}c", "a: [{}]", "a: [b{}c, d]", "a:\n- {}", "a: '{}'", 'a: "{}"', "a{}: b"]
)
def test_every_sign_in_every_place(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    printable = [chr(code) for code in range(0x20, 0x7F)]
    pairs = map("".join, itertools.product("-?:,[]{}#&*!|>'\"%@` a", repeat=2))
    for sign in itertools.chain(printable, [char + "b" for char in printable], pairs):
        agrees(form.replace("{}", sign), monkeypatch)


def test_our_own_documents_are_in_the_plain_form(monkeypatch: pytest.MonkeyPatch) -> None:
    fronts = [split(decode(path.read_bytes()))[1] for path in (HERE / "sample-qms" / "files").glob("*/**/*.md")]
    assert len(fronts) > 30
    assert [front for front in fronts if not agrees(front, monkeypatch)] == []


def test_templates_are_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (HERE / "templates").glob("*/*.md"):
        front = split(decode(path.read_bytes()))[1]
        agrees(front, monkeypatch)
        assert agrees(front.replace("{{", "").replace("}}", ""), monkeypatch), path


@pytest.mark.skipif(
    not BUNDLE.is_file(), reason=f"the bundle is not at {BUNDLE} (QMSDOCS_EIPS_BUNDLE names another place)"
)
def test_every_version_of_a_real_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "LOADERS", LOADERS[:1])
    fronts = list(_fronts(tmp_path / "eips"))
    taken = sum(agrees(front, monkeypatch) for front in fronts)
    assert len(fronts) > 7_000
    assert taken / len(fronts) > 0.98


def _fronts(clone: Path) -> Iterator[str]:
    """The front matter of every version of every Markdown file."""
    subprocess.run(["git", "clone", "-q", "--bare", str(BUNDLE), str(clone)], check=True)
    git = ["git", "-C", str(clone)]
    objects = subprocess.run(
        [*git, "rev-list", "--all", "--objects"], check=True, capture_output=True, text=True
    ).stdout
    ids = [line.split(" ", 1)[0] for line in objects.splitlines() if line.endswith(".md")]
    batch = [*git, "cat-file", "--batch", "--buffer"]
    out = subprocess.run(batch, input="\n".join(ids).encode() + b"\n", check=True, capture_output=True).stdout
    position = 0
    while position < len(out):
        end = out.index(b"\n", position)
        size = int(out[position:end].split()[2])
        position = end + size + 2
        try:
            yield split(decode(out[end + 1 : end + 1 + size]))[1]
        except Unreadable:
            continue


# --- the fences, and what reading imports ----------------------------------------------------------------------------


FENCES = st.lists(
    st.sampled_from(["---", "----", "--", "-", "\n", "\n---", "\n--- ", "\n---\n", " ", "\t", "\r", "a: b", "---\n", "\n\n", "\u2028", "\x0b", "\x85"]),
    max_size=9,
).map("".join)  # fmt: skip


@settings(deadline=None, derandomize=True, max_examples=1500)
@given(text=st.one_of(FENCES, FENCES.map(lambda rest: "---\n" + rest)))
def test_fences_are_found_as_python_frontmatter_finds_them(text: str) -> None:
    bounds = [bound.start() for bound in itertools.islice(YAMLHandler.FM_BOUNDARY.finditer(text), 2)]
    try:
        opening, front, body, body_line = split(text)
    except Unreadable as stop:
        found = str(stop)
        assert found == ("there is no front matter" if not bounds or bounds[0] else "the front matter has no end")
        assert len(bounds) < 2 or bounds[0]
        return
    assert bounds == [0, text.index("\n") + 1 + len(front)]
    assert (opening, text[text.index("\n") + 1 :][: len(front)]) == (1, front)
    assert text.endswith(body)
    assert body_line == text.count("\n", 0, len(text) - len(body)) + 1


@pytest.mark.parametrize(
    ("data", "imported"),
    [
        (b"---\nid: QP-001\nclauses: [7.5]\n---\nText.\n", []),
        (b"# Without front matter\n", []),
        (b"---\nid: QP-001\nno end\n", []),
        (b"---\nid: QP-001\ntitel: Text\n---\n", ["difflib"]),
        (b"---\nid: 'QP''1'\n---\n", ["yaml"]),
        (b"----\nid: QP-001\n---\n", ["frontmatter", "yaml"]),
        (b"---\nid: QP-001\n---\n[A](b.md)\n", []),
        (b"---\nid: QP-001\n---\n`x` [A](b.md)\n", ["html.parser", "markdown_it"]),
    ],
)
def test_only_what_a_text_needs_is_imported(data: bytes, imported: list[str]) -> None:
    program = f"""if True:
        import sys, qmsdocs.editing
        from qmsdocs.document import KeyNames, body_of, read_document
        from qmsdocs.links import read_links
        read_document({data!r}, KeyNames())
        read_links(body_of({data!r}), 1)
        print(*sorted({{"difflib", "frontmatter", "html.parser", "markdown_it", "yaml"}} & set(sys.modules)))"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, sys.path))}
    said = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, env=environment)
    assert said.stdout.split() == imported
