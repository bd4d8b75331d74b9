"""The site on disk: the same bytes from the same, only what changed is made again, nothing of others is ever lost."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from firm import Firm, procedure, say

from qmsdocs import publish

Run = Callable[..., str]
ATTACK = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"


def tree(folder: Path) -> dict[str, bytes]:
    """Every file of a site by its path, but for the manifest."""
    files = (file for file in folder.rglob("*") if file.is_file() and file.name != publish.MANIFEST)
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def built(firm: Firm, name: str = "site", *more: str) -> Path:
    """The firm's site."""
    output = firm.root.parent / name
    said = firm.say("site", "--output", str(output), *more)
    assert said.code == 0, said.err
    return output


def page(folder: Path, path: str) -> str:
    """A page's text."""
    return (folder / path).read_text("utf-8")


def approved(firm: Firm, identifier: str = "QP-001", text: str = "Do it well.") -> None:
    """A procedure in force."""
    firm.procedure(identifier, "dan", text)
    for person in ("ann", "bob"):
        assert firm.sign("approve", identifier, person).code == 0


# --- the same bytes -----------------------------------------------------------------------------------------------


def test_two_builds_of_a_commit_and_day_are_the_same(run: Run, sample: Path, site: Path, tmp_path: Path) -> None:
    run("site", "--repo", str(sample), "--output", str(tmp_path / "again"))
    assert tree(tmp_path / "again") == tree(site)
    assert (tmp_path / "again" / publish.MANIFEST).read_bytes() == (site / publish.MANIFEST).read_bytes()


def test_a_build_after_a_change_makes_what_changed_and_gives_what_a_clean_one_gives(firm: Firm) -> None:
    for number in range(1, 6):
        approved(firm, f"QP-00{number}", f"See [QP-001](QP-001.md) and {number}.")
    site = built(firm)
    before = tree(site)
    firm.write("documents/procedures/QP-003.md", procedure("QP-003", "Now otherwise.", "2"))
    firm.commit("Revise", by="dan")
    for person in ("ann", "bob"):
        firm.sign("approve", "QP-003", person)
    said = firm.say("site", "--output", str(site))
    assert re.search(r"[1-9]\d* taken over", said.err)
    after = tree(site)
    assert after == tree(built(firm, "clean"))
    changed = {
        path.split("/")[1] for path in after if path.startswith("documents/") and after[path] != before.get(path)
    }
    assert changed == {"QP-001", "QP-003"}  # QP-001 no longer is used by QP-003


def test_a_document_that_comes_mends_the_links_of_those_that_waited_for_it(firm: Firm) -> None:
    firm.procedure("QP-001", text="See [the next](QP-002.md).")
    site = built(firm)
    assert "not found" in page(site, "documents/QP-001/index.html")
    firm.procedure("QP-002")
    assert built(firm) == site
    assert 'href="../../documents/QP-002/index.html"' in page(site, "documents/QP-001/index.html")
    assert tree(site) == tree(built(firm, "clean"))


def test_a_page_that_somebody_touched_is_made_again(firm: Firm) -> None:
    approved(firm)
    site = built(firm)
    before = tree(site)
    (site / "documents/QP-001/index.html").write_text("Approved, honestly.")
    (site / "search-index.js").unlink()
    built(firm)
    assert tree(site) == before


def test_by_several_processes_or_one_it_is_the_same(
    sample: Path, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "_FEW", 10**6)
    monkeypatch.setenv("QMSDOCS_NOW", "2026-11-20T12:00:00+00:00")
    assert say(monkeypatch, "site", "--repo", str(sample), "--output", str(tmp_path / "one")).code == 0
    assert tree(tmp_path / "one") == tree(site)


# --- as it stood --------------------------------------------------------------------------------------------------


def test_on_a_past_day_the_site_says_so_and_shows_what_was_in_force(run: Run, sample: Path, tmp_path: Path) -> None:
    run("site", "--repo", str(sample), "--as-of", "2025-03-14", "--output", str(tmp_path / "then"))
    text = page(tmp_path / "then", "documents/QP-001/index.html")
    assert "It is not the present state." in text
    assert re.search(r"<dt>Revision</dt><dd class=\"big\">3</dd>", text)
    assert not (tmp_path / "then/documents/QP-001/revision-4.html").exists()


def test_today_has_no_such_banner(firm: Firm) -> None:
    approved(firm)
    assert "not the present state" not in page(built(firm), "index.html")
    assert "not the present state" not in page(built(firm, "named", "--as-of", firm.now[:10]), "index.html")


def test_the_revision_in_force_is_shown_while_the_file_is_a_draft(firm: Firm) -> None:
    approved(firm)
    firm.write("documents/procedures/QP-001.md", procedure("QP-001", "Do it otherwise.", "2"))
    firm.commit("Draft", by="dan")
    site = built(firm)
    assert "Do it well." in page(site, "documents/QP-001/index.html")
    draft = page(site, "documents/QP-001/draft.html")
    assert "Do it otherwise." in draft
    assert 'class="banner b-draft" role="note"' in draft
    redline = page(site, "documents/QP-001/changes-draft.html")
    assert re.search(r"<del[^>]*>well</del>", redline)
    assert re.search(r"<ins[^>]*>otherwise</ins>", redline)


# --- the folder ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["thesis.txt", ".git/HEAD", publish.MANIFEST])
def test_a_folder_of_somebody_else_is_left_alone(firm: Firm, name: str) -> None:
    other = firm.root.parent / "site"
    file = other / name
    file.parent.mkdir(parents=True)
    file.write_text("{}")
    said = firm.say("site", "--output", str(other))
    assert said.code == 2
    assert "--output" in said.err
    assert file.read_text() == "{}"


def test_a_file_that_somebody_put_into_the_site_is_not_lost(firm: Firm) -> None:
    site = built(firm)
    (site / "CNAME").write_text("qms.example.com")
    said = firm.say("site", "--output", str(site))
    assert said.code == 2
    assert "CNAME" in said.err
    assert (site / "CNAME").exists()


@pytest.mark.parametrize("path", ["../outside.html", "/etc/passwd", "documents/../../up.html", "a\\b"])
def test_a_manifest_that_names_what_lies_outside_is_none_of_ours(firm: Firm, path: str) -> None:
    site = built(firm)
    file = site / publish.MANIFEST
    manifest = json.loads(file.read_text("utf-8"))
    manifest["files"][path] = "0" * 64
    file.write_text(json.dumps(manifest))
    said = firm.say("site", "--output", str(site))
    assert said.code == 2
    assert "holds no site of ours" in said.err


def test_a_link_to_a_folder_and_a_file_are_no_place(firm: Firm, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    said = firm.say("site", "--output", str(tmp_path / "link"))
    assert said.code == 2
    assert list((tmp_path / "real").iterdir()) == []


def test_a_build_that_fails_leaves_the_old_site_and_nothing_else(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    site = built(firm)
    before, beside = tree(site), sorted(site.parent.iterdir())

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device", "site")

    approved(firm)
    monkeypatch.setattr(publish, "_swap", fails)
    assert firm.say("site", "--output", str(site)).code == 2
    assert tree(site) == before
    assert sorted(site.parent.iterdir()) == beside


# --- what is hostile ----------------------------------------------------------------------------------------------


def test_hostile_metadata_and_text_stay_text(firm: Firm) -> None:
    path = "documents/procedures/QP-001.md"
    front = f"id: QP-001\ntitle: '{ATTACK}'\ntype: procedure\nrevision: 1\nowner: '{ATTACK}'\nchange: '{ATTACK}'\nclauses: ['{ATTACK}', '7.5']"
    firm.write(path, f"---\n{front}\n---\n# {ATTACK}\n\n{ATTACK} [x](javascript:alert(1))\n")
    firm.commit(ATTACK)
    site = built(firm)
    for name, data in tree(site).items():
        if name.endswith((".html", ".xml", ".js")):
            text = data.decode()
            assert "<script>alert" not in text, name
            assert "<img src=x" not in text, name
    assert "&lt;img src=x" in page(site, "documents/QP-001/index.html")


def test_hostile_ids_and_labels_make_no_hostile_paths(firm: Firm) -> None:
    for number, (identifier, label) in enumerate([("CON", "1"), ("con", "1"), ("É.x", "1"), ("QP-7", "'../../up'")]):
        firm.write(f"documents/procedures/{number}.md", procedure(identifier, "x", label))
    firm.commit("Odd names")
    names = tree(built(firm))
    folders = {name.split("/")[1] for name in names if name.startswith("documents/")}
    assert len({folder.casefold() for folder in folders}) == len(folders) >= 4
    assert all(re.fullmatch(r"[A-Za-z0-9_.~/-]+", name) and ".." not in name for name in names)


def test_an_svg_that_acts_can_only_be_saved(firm: Firm) -> None:
    for name, inside in (("good", "<rect width='9' height='9'/>"), ("bad", "<script>alert(1)</script>")):
        firm.write(f"documents/procedures/{name}.svg", f'<svg xmlns="http://www.w3.org/2000/svg">{inside}</svg>')
    more = "attachments: [good.svg, bad.svg]\n"
    firm.write("documents/procedures/QP-001.md", procedure("QP-001", "![Flow](good.svg)", more=more))
    firm.commit("Drawings")
    site = built(firm)
    files = [name.rpartition("/")[2] for name in tree(site) if "/files/" in name]
    assert sorted(name.partition("~")[0] + name[name.rindex(".") :] for name in files) == ["bad.bin", "good.svg"]
    assert re.search(r'<img [^>]*src="[^"]*files/good~[0-9a-f]+\.svg"', page(site, "documents/QP-001/index.html"))


# --- the organisation's own ---------------------------------------------------------------------------------------


def branded(firm: Firm, lines: str) -> None:
    """The firm's first policy with a brand: the firm starts anew."""
    text = (firm.root / "qms.toml").read_text("utf-8")
    firm.write("qms.toml", f"{text}\n[brand]\n{lines}\n")
    firm.git("add", "--all")
    firm.git("commit", "-q", "--amend", "-m", "Start")


def test_colour_logo_and_address_of_the_organisation(firm: Firm) -> None:
    firm.write("brand/logo.svg", '<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>')
    branded(firm, 'logo = "brand/logo.svg"\ncolour = "#7a0050"\nurl = "https://qms.example.com/docs"')
    site = built(firm)
    assert "--accent: #7a0050" in page(site, "site.css")
    assert '<img src="../../logo.svg"' in page(site, "documents/QMS-001/index.html")
    assert "<loc>https://qms.example.com/docs/documents/QMS-001/index.html</loc>" in page(site, "sitemap.xml")


@pytest.mark.parametrize(
    "line", ['colour = "red"', 'url = "javascript:alert(1)"', 'logo = "../x.svg"', 'logo = "x.html"', "font = 'x'"]
)
def test_a_brand_that_cannot_be_used_is_a_problem_of_the_policy(firm: Firm, line: str) -> None:
    branded(firm, line)
    said = firm.say("check")
    assert said.code == 1
    assert "invalid-policy" in said.out


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "is not in the repository"),
        ("<svg><script>alert(1)</script></svg>", "only draws"),
        ("x" * 600_000, "smaller"),
    ],
)
def test_a_logo_that_cannot_be_used(firm: Firm, data: str | None, words: str) -> None:
    if data:
        firm.write("brand/logo.svg", data)
    branded(firm, 'logo = "brand/logo.svg"')
    said = firm.say("site", "--output", str(firm.root.parent / "site"))
    assert said.code == 2
    assert words in said.err


def test_the_certificate_and_what_of_its_cycle_has_passed(firm: Firm) -> None:
    text = (firm.root / "qms.toml").read_text("utf-8")
    days = "issued = 2024-12-05\nexpires = 2027-12-04\nsurveillance = [2025-11-18, 2026-11-17]"
    firm.write("qms.toml", f'{text}\n[certificate]\nbody = "Northern"\nnumber = "QM 12345"\nscope = "Valves"\n{days}\n')
    firm.git("add", "--all")
    firm.git("commit", "-q", "--amend", "-m", "Start")
    front = page(built(firm), "index.html")
    assert "Certificate QM 12345" in front
    stones = re.findall(r"<li( class=\"done\")?><b>(\w+)</b><small>([\w ]+)", front)
    assert [(words, day, bool(done)) for done, words, day in stones] == [
        ("Issued", "5 Dec 2024", True),
        ("Surveillance", "18 Nov 2025", True),
        ("Surveillance", "17 Nov 2026", False),
        ("Expires", "4 Dec 2027", False),
    ]


def test_own_templates_take_the_place_of_ours(firm: Firm) -> None:
    own = '{% extends "page.html.j2" %}{% block title %}Mine{% endblock %}{% block main %}<h1>{{ commit }} {{ "<b>" }}</h1>{% endblock %}'
    firm.write("templates/site/verify.html.j2", own)
    firm.commit("Own template")
    text = page(built(firm), "verify.html")
    assert "<title>Mine ·" in text
    assert "&lt;b&gt;" in text


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ("{% if %}", "verify.html.j2:1"),
        ("{{ nothing }}", "'nothing' is undefined"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{{ '<b>'|safe }}", "No filter named 'safe'"),
        ("{{ range(10**9)|list }}", "Range too big"),
        ("{% include '/etc/passwd' %}", "/etc/passwd"),
        ("{{ 1 // 0 }}", "ZeroDivisionError"),
    ],
)
def test_an_own_template_that_cannot_be_used(firm: Firm, own: str, words: str) -> None:
    firm.write("templates/site/verify.html.j2", own)
    firm.commit("Own template")
    said = firm.say("site", "--output", str(firm.root.parent / "site"))
    assert said.code == 2
    assert words in said.err
    assert "Traceback" not in said.err
    assert not (firm.root.parent / "site").exists()


def test_the_manifest_names_every_file(firm: Firm) -> None:
    approved(firm)
    site = built(firm)
    manifest = json.loads((site / publish.MANIFEST).read_text("utf-8"))
    assert set(manifest["files"]) == set(tree(site))
