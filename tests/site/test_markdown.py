"""Markdown as HTML: what it looks like, where its links lead, and that no text can act on the site."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qmsdocs.model import QmsError
from qmsdocs.site.markdown import Heading, Picture, Rendered, Target, Use, code_style, render, slug

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

KNOWN = {
    "QP-004": Target("../QP-004/", "QP-004 revision 3"),
    "QP-002-records.md": Target("../QP-002/", "QP-002 revision 1"),
    "a b.md": Target("../AB/"),
    "flow.svg": Target("files/flow.svg", "", page=False, content="5f2c"),
    "form.pdf": Target("files/form.pdf", "", page=False),
}


def made(body: str, **options: str) -> Rendered:
    return render(body, KNOWN.get, **options)  # type: ignore[arg-type]


def html(body: str) -> str:
    return made(body).html.strip()


# --- links --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("[it](QP-004)", '<a href="../QP-004/" title="QP-004 revision 3">it</a>'),
        ("[[QP-004]]", '<a href="../QP-004/" title="QP-004 revision 3">QP-004</a>'),
        ("[[QP-004|the *rules*]]", '<a href="../QP-004/" title="QP-004 revision 3">the *rules*</a>'),
        ("[[QP-004#Two words]]", '<a href="../QP-004/#text-two-words" title="QP-004 revision 3">QP-004, Two words</a>'),
        ("[x](QP-002-records.md#5-Scope)", '<a href="../QP-002/#text-5-scope" title="QP-002 revision 1">x</a>'),
        ("[x](a%20b.md)", '<a href="../AB/">x</a>'),
        ("[x](<a b.md>)", '<a href="../AB/">x</a>'),
        ("[x][r]\n\n[r]: QP-004 'own words'", '<a href="../QP-004/" title="QP-004 revision 3">x</a>'),
        ("[x](form.pdf#page=2)", '<a href="files/form.pdf#page=2">x</a>'),
        ("[x](https://example.com/a?b=1&c)",
         '<a href="https://example.com/a?b=1&amp;c" class="external" rel="noopener noreferrer">x</a>'),
        ("https://example.com",
         '<a href="https://example.com" class="external" rel="noopener noreferrer">https://example.com</a>'),
        ("[x](mailto:a@example.com)", '<a href="mailto:a@example.com">x</a>'),
        ("![flow](flow.svg)", '<img src="files/flow.svg" alt="flow" data-content="5f2c" loading="lazy">'),
        ("![[flow.svg]]", '<img src="files/flow.svg" alt="flow.svg" data-content="5f2c" loading="lazy">'),
        ("![](flow.svg)", '<img src="files/flow.svg" alt="" data-content="5f2c" loading="lazy">'),
        ('x <img src="flow.svg" alt="f" width=20 height="x" onerror=a>',
         'x <img src="files/flow.svg" alt="f" data-content="5f2c" loading="lazy" width="20">'),
        ('<a href="QP-004">x</a>', '<a href="../QP-004/" title="QP-004 revision 3">x</a>'),
        ("[![f](flow.svg)](QP-004)",
         '<a href="../QP-004/" title="QP-004 revision 3"><img src="files/flow.svg" alt="f" data-content="5f2c" loading="lazy"></a>'),
        ("[a](WI-9.md)", '<span class="unresolved">a <span class="mark">[not found: WI-9.md]</span></span>'),
        ("[[WI-9]]", '<span class="unresolved">WI-9 <span class="mark">[not found: WI-9]</span></span>'),
        ("![a](no.png)", '<span class="unresolved">a <span class="mark">[not found: no.png]</span></span>'),
        ("[a](#nowhere)", '<span class="unresolved">a <span class="mark">[no heading: nowhere]</span></span>'),
        ("![logo](https://example.com/a.png)",
         '<a href="https://example.com/a.png" class="external" rel="noopener noreferrer">'
         'logo <span class="mark">[picture on another site]</span></a>'),
        ("`[[QP-004]]` [[0, 1]] [[1]](QP-004)",
         '<code>[[QP-004]]</code> [[0, 1]] <a href="../QP-004/" title="QP-004 revision 3">[1]</a>'),
    ],
)  # fmt: skip
def test_where_a_link_leads(body: str, expected: str) -> None:
    assert html(body) == f"<p>{expected}</p>"


def test_links_are_on_record_as_written() -> None:
    found = made("[a](QP-004#x) ![b](flow.svg) [[WI-9]] [c](https://example.com) [d](#e)").links
    assert found == (
        Use("QP-004", "x", False, KNOWN["QP-004"]),
        Use("flow.svg", "", True, KNOWN["flow.svg"]),
        Use("WI-9", "", False, None),
    )


def test_a_wiki_link_in_a_table_may_escape_its_bar() -> None:
    assert ">words</a></td>" in html("| a |\n|---|\n| [[QP-004\\|words]] |")


def test_a_link_within_the_page_finds_headings_and_named_places_before_and_after_it() -> None:
    body = '[a](#scope) [b](#Scope) [c](#here) [d](#scope-1)\n\n# Scope\n\n# Scope\n\n<a id="here"></a>x\n\n<a name="there"></a>'
    shown = html(body)
    assert re.findall(r'href="#([^"]*)">', shown) == ["text-scope", "text-scope", "text-here", "text-scope-1"]
    assert [shown.count(f'id="text-{place}"') for place in ("scope", "scope-1", "here", "there")] == [1, 1, 1, 1]


# --- headings -----------------------------------------------------------------------------------------------------


def test_headings_have_githubs_anchors_unique_and_levels_that_do_not_skip() -> None:
    found = made("# A `b` & *c*!\n\n#### Deep\n\n# Deep\n\n## Ünïcode_1\n\n# !\n").headings
    assert found == (
        Heading(2, "A b & c!", "text-a-b--c"),
        Heading(3, "Deep", "text-deep"),
        Heading(2, "Deep", "text-deep-1"),
        Heading(3, "Ünïcode_1", "text-ünïcode_1"),
        Heading(2, "!", "text-section"),
    )


@pytest.mark.parametrize(
    ("text", "anchor"), [("Two Words", "two-words"), (" 4.2 Scope? ", "42-scope"), ("a - b", "a---b")]
)
def test_an_anchor_is_githubs(text: str, anchor: str) -> None:
    assert slug(text) == anchor


def test_a_first_heading_that_repeats_the_title_is_left_to_the_page() -> None:
    found = made("# Control of  *documents*\n\n## Scope\n\n[up](#control-of-documents)", title="Control of documents")
    assert found.headings == (Heading(2, "Scope", "text-scope"),)
    assert '<span id="text-control-of-documents"></span>' in found.html
    assert 'href="#text-control-of-documents"' in found.html
    assert "<h2" in made("# Other", title="Control").html


# --- blocks -------------------------------------------------------------------------------------------------------


def test_a_table_is_a_region_that_a_keyboard_reaches() -> None:
    shown = html("# Parts\n\n| A | |\n|--:|---|\n| 1 | 2 |\n\n| B |\n|---|\n")
    assert '<div class="table" role="region" tabindex="0" aria-label="Table 1: Parts"><table>' in shown
    assert 'aria-label="Table 2: Parts"' in shown
    assert '<th class="right" scope="col">A</th>\n<td></td>' in shown
    assert '<td class="right">1</td>' in shown


def test_a_task_has_a_disabled_box_with_its_words_as_label() -> None:
    shown = html("- [ ] lock *it*\n- [x] tag it\n- plain")
    assert '<label><input type="checkbox" disabled=""> lock <em>it</em></label>' in shown
    assert '<label><input type="checkbox" disabled="" checked=""> tag it</label>' in shown
    assert shown.count("<input") == 2


@pytest.mark.parametrize("kind", ["Note", "Tip", "Important", "Warning", "Caution"])
def test_an_alert_has_an_icon_and_a_word(kind: str) -> None:
    shown = html(f"> [!{kind.upper()}]\n> Mind it.")
    assert f'<div class="alert alert-{kind.lower()}" role="note">\n<p class="alert-title"><svg class="icon"' in shown
    assert f"</svg> {kind}</p>\n<p>Mind it.</p>" in shown


def test_footnotes_lead_there_and_back() -> None:
    shown = html("a[^n] b[^n]\n\n[^n]: Note.")
    assert '<a href="#note-1" id="noteref-1" aria-label="Footnote 1">[1]</a>' in shown
    assert 'id="noteref-1-2"' in shown
    assert '<section class="footnotes" aria-label="Footnotes">\n<ol>\n<li id="note-1"><p>Note. <a class="back"' in shown
    assert 'href="#noteref-1-2" aria-label="Back to footnote 1 in the text, place 2"' in shown


def test_code_is_coloured_by_classes() -> None:
    shown = html('```python title\ndef f(x):  # <b>\n    return "a"\n```')
    assert (
        '<div class="code" role="group" tabindex="0" aria-label="Code 1: python"><pre><code class="language-python">'
        in shown
    )
    assert '<span class="code-k">def</span> <span class="code-f">f</span>(x):' in shown
    assert '<span class="code-c"># &lt;b&gt;</span>' in shown
    assert "style=" not in shown
    assert "<code>a &lt; b" in html("    a < b")
    assert '<code class="language-befunge93">&lt;v' in html("```befunge93\n<v\n```")
    assert "<span" not in html("```python\n" + "x = 1\n" * 10_000 + "```")


def test_a_list_nested_deep_keeps_its_words() -> None:
    body = "".join(f"{'  ' * depth}- item {depth}\n" for depth in range(30))
    assert "item 29" in html(body)


def test_definition_lists_and_strikethrough() -> None:
    assert html("Term\n: Meaning ~~old~~") == "<dl>\n<dt>Term</dt>\n<dd>Meaning <s>old</s></dd>\n</dl>"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_of_code_have_contrast_enough(scheme: str) -> None:
    """WCAG 1.4.6: 7 to 1, on the grounds that code stands on."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    ground = luminance("#f6f8fa" if scheme == "light" else "#1c2128")
    colours = re.findall(r"color:(#\w+)", code_style("light" if scheme == "light" else "dark"))
    assert len(colours) == 8
    for colour in colours:
        brighter, darker = sorted((ground, luminance(colour)), reverse=True)
        assert (brighter + 0.05) / (darker + 0.05) >= 7, colour


# --- diagrams -----------------------------------------------------------------------------------------------------

MERMAID = "```mermaid\ngraph TD\n A-->B\n```\n"


def test_a_diagram_is_a_picture_with_its_source() -> None:
    found = render(MERMAID, KNOWN.get, draw=lambda source: Picture(f"drawn-{len(source)}.svg", "Diagram: flow"))
    assert (
        '<figure class="diagram"><img src="drawn-16.svg" alt="Diagram: flow" loading="lazy"><details><summary>'
        in found.html
    )
    assert "graph TD\n A--&gt;B" in found.html
    assert found.notices == ()


def test_a_diagram_that_cannot_be_drawn_is_its_source_with_a_sentence() -> None:
    def draw(_: str) -> Picture:
        raise QmsError("It could not be <drawn>.")

    found = render(MERMAID, KNOWN.get, draw=draw)
    assert '<figure class="diagram"><p class="mark">It could not be &lt;drawn&gt;.</p><div class="code"' in found.html
    assert found.notices == ("It could not be <drawn>.",)
    assert "no tool that draws Mermaid" in html(MERMAID)


# --- words --------------------------------------------------------------------------------------------------------


def test_the_words_for_a_search() -> None:
    body = "# Scope\n\nThe *first* `code` [[QP-004]]\nnext <b>bold</b> <name>\n\n- [ ] do\n\n| a |\n|---|\n| 1 |\n\n"
    body += "<div>in a div &amp; more</div>\n\n```\nx = 1\n```\n\n![flow](flow.svg) w[^1]\n\n[^1]: noted"
    assert made(body).text.split("\n") == [
        "Scope", "The first code QP-004 next bold <name>", "do", "a", "1", "in a div & more", "x = 1", "flow w", "noted",
    ]  # fmt: skip


# --- raw HTML -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("H<sub>2</sub>O <kbd>Ctrl</kbd><br>x", "<p>H<sub>2</sub>O <kbd>Ctrl</kbd><br>x</p>"),
        ("Enter <name> here", "<p>Enter &lt;name&gt; here</p>"),
        ("a <b>bold", "<p>a <b>bold</b></p>"),
        ("a</b> b", "<p>a b</p>"),
        ("<ins>a</ins> <del>b</del>", "<p><u>a</u> <s>b</s></p>"),
        ("<b class=x id=y style=z role=alert>a</b>", "<p><b>a</b></p>"),
        ("a <!-- note --> b", "<p>a  b</p>"),
        ("<h1>Big</h1>", "<p>Big</p>"),
        ("<details open><summary>S</summary>\n\n**in**\n\n</details>",
         '<details open=""><summary>S</summary>\n<p><strong>in</strong></p>\n</details>'),
        ("</article></main></div>\n\nafter", "<p>after</p>"),
        ("<p>1 < 2</p>", "<p>1 &lt; 2</p>"),
        ("<table><tr><td colspan=2>a</td></tr></table>",
         '<div class="table" role="region" tabindex="0" aria-label="Table 1"><table><tbody><tr>'
         '<td colspan="2">a</td></tr></tbody></table></div>'),
    ],
)  # fmt: skip
def test_harmless_html_stays_and_the_rest_is_shown_as_text(body: str, expected: str) -> None:
    assert html(body) == expected


# --- attacks ------------------------------------------------------------------------------------------------------

PAYLOADS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=https://x.example/a.js></SCRIPT>",
    "a <script>alert(1)</script> b",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script\n>alert(1)</script\n>",
    "<script/x>alert(1)</script>",
    "<<script>alert(1)//<</script>",
    "<style>*{background:url(https://x.example)}</style>",
    "<style>@import 'https://x.example'</style>\n\n<p>a",
    "<iframe src=https://x.example></iframe>",
    '<iframe srcdoc="<script>alert(1)</script>">',
    "<frameset><frame src=x></frameset>",
    "<object data=x.swf></object>",
    "<embed src=x.swf>",
    "<applet code=x></applet>",
    "<base href=https://x.example>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<link rel=stylesheet href=https://x.example/a.css>",
    "<form action=https://x.example><input name=p><button>go</button></form>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<input autofocus onfocus=alert(1)>",
    "<textarea><script>alert(1)</script></textarea>",
    "<select onchange=alert(1)><option>x</select>",
    "<img src=x onerror=alert(1)>",
    "<img src=flow.svg onerror=alert(1)>",
    "<img src='flow.svg' alt='\" onerror=\"alert(1)'>",
    "<IMG SRC=javascript:alert(1)>",
    "<img src=`javascript:alert(1)`>",
    "<img src=data:text/html,<script>alert(1)</script>>",
    "<img src=data:image/svg+xml;base64,PHN2Zz4=>",
    "<img srcset='https://x.example/a.png 1x' src=flow.svg>",
    "<img src=https://x.example/a.png>",
    "<svg onload=alert(1)></svg>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href=javascript:alert(1)><text>x</text></a></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<math href=javascript:alert(1)>x</math>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>",
    "<video src=https://x.example autoplay onplay=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<body onload=alert(1)>",
    "<html onclick=alert(1)>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<details open ontoggle=alert(1)>x</details>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='JaVaScRiPt:alert(1)'>x</a>",
    "<a href='java&#x09;script:alert(1)'>x</a>",
    "<a href='&#106;avascript&colon;alert(1)'>x</a>",
    "<a href=' \x01javascript:alert(1)'>x</a>",
    "<a href='//x.example'>x</a>",
    "<a href='\\\\x.example\\share'>x</a>",
    "<a href='data:text/html;base64,PHNjcmlwdD4='>x</a>",
    "<a href=https://a.example onclick=alert(1) style=position:fixed target=_top ping=https://x.example>x</a>",
    "<div style='position:fixed;inset:0' onmouseover=alert(1) class=control-block id=register>x</div>",
    "<p style='background:url(javascript:alert(1))'>x",
    "<table background=javascript:alert(1)><tr><td style=x onclick=alert(1)>x</table>",
    "<b onclick=alert(1) tabindex=0 role=button aria-label=x data-x=y>x</b>",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    "<!--><script>alert(1)</script>-->",
    "<!-- --!><script>alert(1)</script>",
    "<!-- unclosed <script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo '<script>alert(1)</script>'; ?>",
    "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>",
    "<xmp><script>alert(1)</script></xmp>",
    "<plaintext><script>alert(1)</script>",
    "<title><script>alert(1)</script></title>",
    "<a name=register id=register>x</a>",
    "[x](javascript:alert(1))",
    "[x](JAVASCRIPT:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](<java&#10;script:alert(1)>)",
    "[x](&#x6A;avascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](file:///etc/passwd)",
    "[x](blob:https://x.example/1)",
    "[x](view-source:https://x.example)",
    "[x](//x.example/a)",
    "[x](\\\\x.example\\a)",
    "[x](/\\x.example)",
    "<javascript:alert(1)>",
    "<vbscript:x>",
    "[x]: javascript:alert(1)\n\n[x]",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "![x](https://x.example/pixel.gif)",
    '![x" onerror="alert(1)](flow.svg)',
    '[x](QP-004 "a\\" onmouseover=\\"alert(1)")',
    '![x](flow.svg "\' onerror=alert(1) \'")',
    "[[javascript:alert(1)]]",
    "[[QP-004|<img src=x onerror=alert(1)>]]",
    "![[https://x.example/a.png]]",
    "`<script>alert(1)</script>`",
    "```html\n<script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "```x onclick=alert(1)\nx\n```",
    "```mermaid\n</code></pre><script>alert(1)</script>\n```",
    "# <script>alert(1)</script>\n\n[t](#scriptalert1script)",
    '# "><img src=x onerror=alert(1)>\n\n| a |\n|---|\n',
    "| <script>alert(1)</script> |\n|---|\n| <img src=x onerror=alert(1)> |",
    "- [ ] <script>alert(1)</script>",
    "> [!NOTE]\n> <script>alert(1)</script>",
    "> [!<script>]\n> x",
    "a[^<script>alert(1)</script>]\n\n[^<script>alert(1)</script>]: <iframe src=x>",
    "Term\n: <svg/onload=alert(1)>",
    '<span class="icon icon-note"></span>\n\n> [!NOTE]\n> x',
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "<a href='x\">'><script>alert(1)</script></a>",
    "<p title=\"<script>\">alert(1)</p title=\"</script>\">",
    "<isindex action=javascript:alert(1)>",
    "<image src=x onerror=alert(1)>",
    "<bgsound src=javascript:alert(1)>",
    "<label for=register>x</label><output onclick=x>",
    "\x00<scr\x00ipt>alert(1)</scr\x00ipt>",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "＜script＞alert(1)＜/script＞",
]  # fmt: skip

TAGS = set(
    "a abbr b blockquote br caption cite code dd del details dfn div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img "  # noqa: SIM905
    "input kbd label li mark ol p pre q s samp section small span strong sub summary sup svg table tbody td tfoot th thead "
    "tr u ul var wbr path circle".split()
)
ATTRIBUTES = set(
    "alt aria-hidden aria-label checked class colspan cx cy d data-content disabled fill height href id loading open r rel "  # noqa: SIM905
    "role rowspan scope src start stroke stroke-linecap stroke-linejoin stroke-width tabindex title type value viewbox width".split()
)
ADDRESS = re.compile(r"(?:https?://|mailto:|tel:|#text-|#note|\.\./|#$)")
SOURCE = re.compile(r"files/|drawn|data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]*$")
CLASSES = re.compile(
    r"alert(-\w+)?|anchor|back|center|code(-\w)?|contains-task-list|diagram|external|footnotes?|icon|language-[\w+#.-]+|left|mark|"
    r"right|table|task-list-item|unresolved"
)


class Guard(HTMLParser):
    """Reads a page as a browser would and lets nothing pass that it does not know."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        for name, value in attrs:
            assert name in ATTRIBUTES
            if name == "href":
                assert ADDRESS.match(value or "")
            elif name == "src":
                assert SOURCE.match(value or "")
            elif name == "id":
                assert (value or "").startswith(("text-", "note-", "noteref-"))
            elif name == "class":
                assert all(CLASSES.fullmatch(part) for part in (value or "").split())
        if tag == "input":
            assert ("type", "checkbox") in attrs
            assert "disabled" in dict(attrs)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)


def guard(shown: str) -> None:
    parser = Guard()
    parser.feed(shown)
    parser.close()


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize(
    "frame", ["{}", "words {} words", "- {}", "> {}", "<details>\n\n{}\n\n</details>", "<div>\n{}\n</div>"]
)
def test_no_text_can_act_on_the_site(payload: str, frame: str) -> None:
    guard(made(frame.format(payload)).html)


def test_there_are_many_attacks_and_the_guard_can_fail() -> None:
    assert len(set(PAYLOADS)) > 100
    for bad in ("<script>", "<p onclick=x>", '<a href="javascript:x">', '<p class="control">', "<input>", "<!-- x -->"):
        with pytest.raises(AssertionError):
            guard(bad)


PARTS = st.sampled_from(
    [
        *PAYLOADS,
        "<",
        ">",
        '"',
        "'",
        "`",
        "\n",
        "\n\n",
        "](",
        "![",
        "[[",
        "]]",
        "|",
        "\\",
        "&",
        "-->",
        "<!--",
        "<a href=",
        "</a>",
        "#",
    ]
)


@settings(max_examples=300)
@given(st.lists(st.one_of(PARTS, st.text(max_size=6)), max_size=12).map("".join))
def test_no_mixture_of_attacks_passes(body: str) -> None:
    guard(made(body).html)


def test_a_small_picture_may_be_written_into_the_text() -> None:
    assert (
        html("![x](data:image/png;base64,AAAA)")
        == '<p><img src="data:image/png;base64,AAAA" alt="x" loading="lazy"></p>'
    )
    assert "link removed" in html(f"![x](data:image/png;base64,{'A' * 100_001})")
    assert "link removed" in html("[x](data:image/png;base64,AAAA)")


@pytest.mark.parametrize(
    "bomb",
    [
        "[",
        "![",
        "> ",
        "- ",
        "`",
        "<a href=x>",
        "<b>",
        "<!--",
        "[[a",
        "[a](b ",
        "*a **b ",
        "| a ",
        "<details>",
        "[^a]",
        "&#",
        "~",
        "<table>",
    ],
)
def test_a_text_made_to_break_it_is_rendered(bomb: str) -> None:
    guard(made(bomb * 4_000).html)
