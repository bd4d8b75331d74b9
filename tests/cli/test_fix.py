"""`check --fix`: what has one right answer is put right in drafts, shown as a diff; every other byte and file stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from firm import Firm, Said, procedure

from qmsdocs.cli.console import emit

FOLDER = "documents/procedures"
PATH = f"{FOLDER}/QP-001.md"


def in_force(firm: Firm, identifier: str = "QP-001", text: str | None = None) -> None:
    firm.write(f"{FOLDER}/{identifier}.md", text or procedure(identifier))
    firm.commit(f"Draft {identifier}")
    approve(firm, identifier)


def approve(firm: Firm, identifier: str) -> None:
    for person in ("cat", "bob"):
        assert firm.sign("approve", identifier, person).code == 0


def replace(firm: Firm, old: str, new: str, path: str = PATH) -> None:
    before = (firm.root / path).read_bytes()
    assert old.encode() in before
    (firm.root / path).write_bytes(before.replace(old.encode(), new.encode()))


def text(firm: Firm, path: str = PATH) -> str:
    return (firm.root / path).read_bytes().decode()


def files(root: Path) -> dict[str, bytes]:
    found = [file for file in root.rglob("*") if file.is_file() and ".git" not in file.relative_to(root).parts]
    return {file.relative_to(root).as_posix(): file.read_bytes() for file in found}


def fix(firm: Firm) -> Said:
    """Mend, and see that mending again changes nothing."""
    said = firm.say("check", "--fix")
    mended = files(firm.root)
    again = firm.say("check", "--fix")
    assert files(firm.root) == mended
    assert "qmsdocs: Nothing was mended." in again.err
    assert said.out.endswith(again.out)
    assert said.code == again.code
    return said


def untouched(firm: Firm, *why: str) -> None:
    before = files(firm.root)
    said = firm.say("check", "--fix")
    assert files(firm.root) == before
    assert "--- a/" not in said.out
    for part in why:
        assert part in said.err


# --- the revision -------------------------------------------------------------------------------------------------


def test_changed_approved_text_gets_its_next_label_and_has_to_say_what_changed(firm: Firm) -> None:
    in_force(firm)
    replace(firm, "Do it well.", "Do it better.")
    said = fix(firm)
    diff, findings = said.out.split("\n\n", 1)
    assert diff == (
        f"--- a/{PATH}\n+++ b/{PATH}\n@@ -2,9 +2,9 @@\n id: QP-001\n title: How to do QP-001\n type: procedure\n"
        "-revision: 1\n+revision: 2\n owner: quality-manager\n-change: First issue.\n"
        '+change: ""\n ---\n \n # QP-001'
    )
    assert "RE301" not in findings
    assert "error MD208" in findings
    assert said.code == 1
    assert said.err == (
        f"{PATH}: revision 1 becomes 2; 'change' still told of revision 1 and is empty now: say what changes.\n"
        f"qmsdocs: 1 file mended, nothing staged; if you agree: git add {PATH}\n"
    )
    assert firm.git("diff", "--cached") == ""


def test_a_change_summary_of_its_own_stays(firm: Firm) -> None:
    in_force(firm)
    replace(firm, "First issue.", "'Better: now.'  # ours")
    replace(firm, "revision: 1", "revision:   '1'  # label")
    expected = text(firm).replace("'1'", "'2'")
    assert fix(firm).code == 0
    assert text(firm) == expected


@pytest.mark.parametrize("label", ["5", "0"])
def test_a_skipped_or_lowered_label_becomes_the_next(firm: Firm, label: str) -> None:
    in_force(firm)
    replace(firm, "revision: 1", f"revision: {label}")
    replace(firm, "First issue.", "More.")
    expected = text(firm).replace(f"revision: {label}", "revision: 2")
    assert fix(firm).code == 0
    assert text(firm) == expected


def test_a_changed_attachment_asks_for_the_next_label_too(firm: Firm) -> None:
    firm.write(f"{FOLDER}/flow.svg", "<svg/>")
    in_force(firm, text=procedure("QP-001", more="attachments: [flow.svg]\n"))
    firm.write(f"{FOLDER}/flow.svg", "<svg></svg>")
    fix(firm)
    assert "revision: 2\n" in text(firm)
    assert text(firm, f"{FOLDER}/flow.svg") == "<svg></svg>"


@pytest.mark.parametrize(
    ("written", "expected"), [("1.0", "2.0"), ("1.4", "1.1"), ("4.0", "2.0"), ("3.2", None), ("0.9", None)]
)
def test_labels_with_two_parts_keep_the_part_that_was_raised(firm: Firm, written: str, expected: str | None) -> None:
    path = "documents/specifications/SPEC-001.md"
    firm.write(path, procedure("SPEC-001", revision="1.0").replace("type: procedure", "type: specification"))
    firm.commit()
    assert firm.sign("approve", "SPEC-001", "bob").code == 0
    replace(firm, "Do it well.", "Do it better.", path)
    replace(firm, "First issue.", "Better.", path)
    replace(firm, "revision: 1.0", f"revision: {written}", path)
    if expected is None:
        untouched(firm, f"whether revision {written} is to be 2.0 or the administrative 1.1.")
    else:
        assert fix(firm).code == 0
        assert f"revision: {expected}\n" in text(firm, path)


def test_the_organisations_own_key_names_are_used(firm: Firm) -> None:
    replace(
        firm,
        "[roles]",
        '[front_matter]\nid = "doc_no"\nrevision = "issue"\nattachments = "files"\n\n[roles]',
        "qms.toml",
    )
    replace(firm, "revision = 1", "revision = 2", "qms.toml")
    firm.commit(by="bob")
    assert firm.sign("approve", "QMS-001", "cat").code == 0
    in_force(firm, text=procedure("QP-001").replace("id:", "doc_no:").replace("revision:", "issue:"))
    firm.write(f"{FOLDER}/a.png", "a")
    replace(firm, "Do it well.", "![](a.png)")
    replace(firm, "First issue.", "A drawing.")
    before = text(firm)
    assert fix(firm).code == 0
    assert text(firm) == before.replace("issue: 1\n", "issue: 2\n").replace(
        "A drawing.\n", "A drawing.\nfiles: [a.png]\n"
    )


# --- attachments --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "attachments: [a.png, Ablauf über.svg]\n"),
        ("attachments: []  # none\n", "attachments: [a.png, Ablauf über.svg]  # none\n"),
        ("attachments: ['b.png',  c.png]  # two\n", "attachments: ['b.png',  c.png, a.png, Ablauf über.svg]  # two\n"),
        ('attachments: ["b.png"]\n', 'attachments: ["b.png", "a.png", "Ablauf über.svg"]\n'),
        ("attachments: b.png, c.png\n", "attachments: b.png, c.png, a.png, Ablauf über.svg\n"),
        (
            "attachments:\n  - 'b.png'  # one\n# two\n",
            "attachments:\n  - 'b.png'  # one\n  - 'a.png'\n  - 'Ablauf über.svg'\n# two\n",
        ),
        (
            "attachments: [\n  b.png  # one\n]  # all\n",
            "attachments: [\n  b.png,  # one\n  a.png,\n  Ablauf über.svg\n]  # all\n",
        ),
    ],
)
@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_files_that_belong_to_the_text_are_attached_in_the_style_of_the_list(
    firm: Firm, before: str, after: str, ends: str
) -> None:
    for name in ("a.png", "b.png", "c.png", "Ablauf über.svg"):
        firm.write(f"{FOLDER}/{name}", name)
    body = "![A](a.png) and [it](<Ablauf über.svg> 'title')\n\n`![no](c.png)` ![again](./a.png)"
    (firm.root / PATH).write_bytes(procedure("QP-001", body, more=before).replace("\n", ends).encode())
    firm.commit()
    assert "error RF605" in firm.say("check").out
    assert fix(firm).code == 0
    assert text(firm) == procedure("QP-001", body, more=after).replace("\n", ends)


def test_what_is_linked_from_the_top_or_lies_above_is_named_from_the_documents_folder(firm: Firm) -> None:
    firm.write("documents/forms/f.xlsx", "f")
    firm.write("documents/g.png", "g")
    firm.write(PATH, procedure("QP-001", "[F](/documents/forms/f.xlsx) ![G](../g.png)"))
    fix(firm)
    assert 'attachments: ["../forms/f.xlsx", "../g.png"]\n' in text(firm)


# --- links --------------------------------------------------------------------------------------------------------


def test_a_link_to_where_a_document_was_leads_to_where_it_is(firm: Firm) -> None:
    in_force(firm, "QP-002")
    body = (
        "[Two](QP-002.md#so 'QP-002.md') and [two](<./QP-002.md>) [ref] [top](/documents/procedures/QP%2D002.md)\n"
        "`[Two](QP-002.md)` and QP-002.md\n\n[ref]: QP-002.md\n\n    [code]: QP-002.md\n"
    )
    firm.write(PATH, procedure("QP-001", body))
    firm.commit()
    before = text(firm)
    (firm.root / "documents/Käufe (neu)").mkdir()
    firm.git("mv", f"{FOLDER}/QP-002.md", "documents/Käufe (neu)/QP-002.md")
    firm.commit()
    said = fix(firm)
    assert "RF601" not in said.out
    new = "Käufe%20%28neu%29/QP-002.md"
    assert text(firm) == before.replace("(QP-002.md#so", f"(../{new}#so").replace(
        "<./QP-002.md>", f"<../{new}>"
    ).replace("(/documents/procedures/QP%2D002.md)", f"(/documents/{new})").replace(
        "\n[ref]: QP-002.md", f"\n[ref]: ../{new}"
    )


def test_links_in_approved_text_stay(firm: Firm) -> None:
    in_force(firm, "QP-002")
    in_force(firm, text=procedure("QP-001", "[Two](QP-002.md)"))
    firm.write("documents/x/QP-002.md", text(firm, f"{FOLDER}/QP-002.md"))
    (firm.root / FOLDER / "QP-002.md").unlink()
    firm.commit()
    assert "RF601" in firm.say("check").out
    untouched(
        firm,
        f"{PATH}: left as it is: this text is approved; it can change with its next revision: 'qmsdocs revise QP-001",
    )


# --- line ends ----------------------------------------------------------------------------------------------------


def test_mixed_line_ends_and_a_byte_order_mark_go_from_a_draft(firm: Firm) -> None:
    mixed = "\ufeff" + procedure("QP-001", "One\r\ntwo\rthree  \r\n").replace("---\n", "---\r\n")
    (firm.root / PATH).parent.mkdir(parents=True)
    (firm.root / PATH).write_bytes(mixed.encode())
    said = fix(firm)
    assert said.out.startswith(
        f"--- a/{PATH}\n+++ b/{PATH}\n\\ Byte order mark removed\n\\ 4 line ends: CRLF becomes LF\n\n"
    )
    assert text(firm) == mixed.replace("\r\n", "\n")[1:]
    assert "its byte order mark is removed; every line ends in LF." in said.err


def test_what_was_crlf_throughout_becomes_so_again(firm: Firm) -> None:
    whole = procedure("QP-001").replace("\n", "\r\n")
    (firm.root / PATH).parent.mkdir(parents=True)
    (firm.root / PATH).write_bytes(whole.encode())
    firm.commit()
    untouched(firm)
    (firm.root / PATH).write_bytes((whole + "\nMore.\n").encode())
    assert "\\ 2 line ends: LF becomes CRLF" in fix(firm).out
    assert text(firm) == whole + "\r\nMore.\r\n"


@pytest.mark.parametrize(
    ("attributes", "setting", "mended"),
    [
        ("*.md text eol=lf", "false", False),
        ("*.md text eol=crlf", "false", False),
        ("*.md text=auto", "false", False),
        ("", "true", False),
        ("", "input", False),
        ("", "false", True),
        ("* -text", "true", True),
    ],
)
def test_where_git_makes_line_ends_lf_they_are_left_to_it(
    firm: Firm, attributes: str, setting: str, mended: bool
) -> None:
    firm.write(".gitattributes", attributes + "\n")
    firm.git("config", "core.autocrlf", setting)
    firm.write(PATH, procedure("QP-001").replace("\n", "\r\n"))
    if mended:
        fix(firm)
        assert "\r" not in text(firm)
    else:
        untouched(firm)


def test_what_git_already_has_with_other_line_ends_it_does_not_mend(firm: Firm) -> None:
    firm.git("config", "core.autocrlf", "false")
    firm.write(PATH, procedure("QP-001", "One\r\ntwo."))
    firm.commit()
    firm.git("config", "core.autocrlf", "input")
    assert "\\ 1 line end: CRLF becomes LF" in fix(firm).out


def test_an_approved_text_keeps_its_line_ends(firm: Firm) -> None:
    in_force(firm)
    (firm.root / PATH).write_bytes(b"\xef\xbb\xbf" + (firm.root / PATH).read_bytes().replace(b"\n", b"\r\n"))
    untouched(firm)


# --- what is never touched ----------------------------------------------------------------------------------------


def test_without_its_next_label_nothing_in_approved_text_is_mended(firm: Firm) -> None:
    in_force(firm)
    replace(firm, "[types.procedure]", '[types.procedure]\nscheme = "letter"', "qms.toml")
    replace(firm, "revision = 1", "revision = 2", "qms.toml")
    firm.commit(by="bob")
    assert firm.sign("approve", "QMS-001", "cat").code == 0
    replace(firm, "Do it well.\n", "Do it better.\r\n")
    untouched(firm, f"{PATH}: left as it is: The next revision cannot be told")


def test_a_file_whose_name_cannot_be_listed_is_left(firm: Firm) -> None:
    firm.write(f"{FOLDER}/ a.png", "a")
    firm.write(PATH, procedure("QP-001", "![](%20a.png)"))
    untouched(firm, "a file whose name begins or ends with a space cannot be attached; rename it.")


def test_an_old_revision_that_was_changed_is_left_to_its_author(firm: Firm) -> None:
    in_force(firm)
    old = text(firm)
    assert firm.say("revise", "QP-001", "--change", "More.").code == 0
    firm.commit()
    approve(firm, "QP-001")
    firm.write(PATH, old.replace("well", "badly"))
    untouched(firm, "this is revision 1 changed, and revision 2 is approved since", "'qmsdocs diff QP-001 1 2'")


def test_what_somebody_signed_is_left(firm: Firm) -> None:
    in_force(firm, "QP-002")
    firm.procedure(text="[Two](QP-002.md)")
    assert firm.sign("approve", "QP-001", "cat").code == 0
    (firm.root / "documents/x").mkdir()
    firm.git("mv", f"{FOLDER}/QP-002.md", "documents/x/QP-002.md")
    firm.commit()
    untouched(firm, f"{PATH}: left as it is: Cat Clark signed this very text; edit it by hand, and it is signed anew.")


def test_a_first_label_is_left_for_it_may_be_one_from_paper(firm: Firm) -> None:
    firm.write(PATH, procedure("QP-001", revision="7"))
    untouched(firm, "only you know whether revision 7 was approved on paper ('qmsdocs baseline QP-001')")


def test_a_record_that_landed_is_left_and_a_new_one_mended(firm: Firm) -> None:
    path = "records/internal-audits/IA-2026-01.md"
    record = "---\nid: IA-2026-01\ntitle: Audit\ntype: internal-audit\ndate: 2026-02-01\n---\n![](a.png)\n"
    firm.write("records/internal-audits/a.png", "a")
    firm.write(path, record)
    fix(firm)
    assert "attachments: [a.png]\n" in text(firm, path)
    firm.write(path, record)
    firm.commit()
    untouched(firm, "a record that has landed is put right by hand")


def test_signed_records_obsolete_documents_and_the_policy_are_left(firm: Firm) -> None:
    in_force(firm)
    assert firm.say("withdraw", "QP-001", "--reason", "Sold.").code == 0
    firm.commit()
    approve(firm, "QP-001")
    replace(firm, "Do it well.", "Do it again.")
    signed = next(file for file in (firm.root / "signatures").rglob("*.yaml"))
    signed.write_bytes(signed.read_bytes().replace(b"\n", b"\r\n"))
    replace(firm, "revision = 1", "revision = 9", "qms.toml")
    untouched(firm, f"{PATH}: left as it is: the document is obsolete.", "the policy is changed by hand")


def test_two_files_with_one_id_are_left(firm: Firm) -> None:
    in_force(firm)
    replace(firm, "well", "badly")
    firm.write(f"{FOLDER}/copy.md", procedure("QP-001", "Otherwise."))
    untouched(firm, "2 files have the id QP-001, and only you know which is meant")


def test_a_read_only_file_is_left_and_the_others_mended(firm: Firm) -> None:
    in_force(firm)
    in_force(firm, "QP-002")
    for name in ("QP-001", "QP-002"):
        replace(firm, "well", "badly", f"{FOLDER}/{name}.md")
    (firm.root / PATH).chmod(0o444)
    before = text(firm)
    said = firm.say("check", "--fix")
    assert text(firm) == before
    assert f"{PATH}: left as it is: it is read-only.\n" in said.err
    assert "revision: 2\n" in text(firm, f"{FOLDER}/QP-002.md")


def test_a_file_keeps_its_permissions(firm: Firm) -> None:
    in_force(firm)
    replace(firm, "well", "badly")
    (firm.root / PATH).chmod(0o640)
    fix(firm)
    assert (firm.root / PATH).stat().st_mode & 0o777 == 0o640


def test_a_link_out_of_the_tree_is_not_followed(firm: Firm, tmp_path: Path) -> None:
    in_force(firm)
    outside = tmp_path / "outside.md"
    outside.write_bytes((firm.root / PATH).read_bytes().replace(b"well", b"badly"))
    (firm.root / PATH).unlink()
    (firm.root / PATH).symlink_to(outside)
    before = outside.read_bytes()
    firm.say("check", "--fix")
    assert outside.read_bytes() == before
    assert (firm.root / PATH).is_symlink()


def test_a_file_that_changes_meanwhile_is_left(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    in_force(firm)
    replace(firm, "well", "badly")

    def change_while_it_is_shown(data: str | bytes, output: Path | None) -> None:
        replace(firm, "badly", "quickly")
        emit(data, output)

    monkeypatch.setattr("qmsdocs.cli.fix.emit", change_while_it_is_shown)
    said = firm.say("check", "--fix")
    assert f"{PATH}: left as it is: it changed meanwhile; run the command again.\n" in said.err
    assert "revision: 1\n" in text(firm)
    assert "quickly" in text(firm)


# --- the command --------------------------------------------------------------------------------------------------


def test_a_dry_run_shows_the_same_and_writes_nothing(firm: Firm) -> None:
    in_force(firm)
    replace(firm, "well", "badly")
    before = files(firm.root)
    dry = firm.say("check", "--fix", "--dry-run")
    assert files(firm.root) == before
    assert "error RE301" in dry.out
    assert dry.code == 1
    assert dry.err.endswith("qmsdocs: 1 file would be mended; nothing was written.\n")
    assert dry.out.split("\n\n")[0] == fix(firm).out.split("\n\n")[0]


def test_data_stays_data(firm: Firm) -> None:
    in_force(firm)
    replace(firm, "well", "badly")
    said = firm.say("check", "--fix", "--format", "json")
    assert [finding["code"] for finding in json.loads(said.out)["findings"]] == ["MD208", "AP401"]
    assert f"--- a/{PATH}\n" in said.err


def test_the_index_is_left_as_it_is(firm: Firm) -> None:
    in_force(firm)
    replace(firm, "well", "badly")
    firm.git("add", PATH)
    staged = firm.git("ls-files", "-s")
    fix(firm)
    assert firm.git("ls-files", "-s") == staged


def test_nothing_in_a_text_steers_the_terminal(firm: Firm) -> None:
    firm.write(PATH, procedure("QP-001", "\x1b[2Jx\r\n"))
    said = fix(firm)
    assert "\x1b" not in said.out + said.err


@pytest.mark.parametrize(
    "arguments",
    [("--fix", "--staged"), ("--fix", "--commit", "HEAD"), ("--fix", "--as-of", "2026-01-01"), ("--dry-run",)],
)
def test_it_mends_the_files_as_they_stand_and_nothing_else(firm: Firm, arguments: tuple[str, ...]) -> None:
    assert firm.say("check", *arguments).code == 2


def test_without_a_policy_nothing_is_mended_and_check_says_why(tmp_path: Path, firm: Firm) -> None:
    empty = Firm(tmp_path / "empty", firm.keys, firm.monkeypatch)
    empty.write(PATH, procedure("QP-001").replace("\n", "\r\n"))
    empty.git("init", "-q", "-b", "main")
    before = files(empty.root)
    assert empty.say("check", "--fix") == empty.say("check")
    assert empty.say("check").code == 2
    assert files(empty.root) == before
