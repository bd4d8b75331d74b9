"""CI: the workflows that `init --ci` writes, run as a CI would run them; the forge that a job runs on; what a change does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
import yaml
from firm import Firm, Said, procedure, say

from qmsdocs import __version__
from qmsdocs.changes import ChangedDocument, What, changed_documents
from qmsdocs.cli.opened import judged_mainline
from qmsdocs.forge import Forge, forge_here, forge_links, shallow_remedy
from qmsdocs.model import Condition, Kind, Meaning, Status

PROJECT = Path(__file__).resolve().parents[2]
ACTIONS = {"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://forge.example", "GITHUB_REPOSITORY": "tarn/qms"}
GITLAB = {"GITLAB_CI": "true", "CI": "true", "CI_PROJECT_URL": "https://forge.example/tarn/qms"}
FORGEJO = ACTIONS | {"FORGEJO_ACTIONS": "true", "GITEA_ACTIONS": "true"}
WORKFLOWS = {
    "github": (".github/workflows/qmsdocs.yml",),
    "gitlab": (".gitlab/qmsdocs.yml", ".gitlab-ci.yml"),
    "forgejo": (".forgejo/workflows/qmsdocs.yml",),
}
DAY = date(2026, 3, 2)


# --- init --ci ----------------------------------------------------------------------------------------------------


def files(root: Path) -> set[str]:
    return {
        path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file() and ".git" not in path.parts
    }


def workflow(firm: Firm, forge: str) -> dict[str, Any]:
    """The workflow that is written, as YAML reads it (`on` is no boolean here)."""
    said = firm.say("init", "--ci", forge)
    assert said.code == 0, said.err
    text = (firm.root / WORKFLOWS[forge][0]).read_text("utf-8")
    found: dict[str, Any] = yaml.load(text, yaml.BaseLoader)
    assert "{{mainline}}" not in text
    assert "{{version}}" not in text
    return found


@pytest.mark.parametrize("forge", WORKFLOWS)
def test_a_new_qms_gets_its_workflow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, forge: str) -> None:
    said = say(monkeypatch, "init", str(tmp_path / "new"), "--organisation", "Nuts", "--ci", forge)
    assert said.code == 0, said.err
    found = files(tmp_path / "new")
    assert found == {"qms.toml", ".gitattributes", ".gitignore", "README.md", *WORKFLOWS[forge]}


@pytest.mark.parametrize("forge", WORKFLOWS)
def test_a_qms_that_is_there_gets_the_workflow_alone(firm: Firm, forge: str) -> None:
    before = {path: (firm.root / path).read_bytes() for path in files(firm.root)}
    said = firm.say("init", "--ci", forge)
    assert (said.code, said.out) == (0, "")
    assert said.err.splitlines() == [f"Wrote {path}" for path in WORKFLOWS[forge]]
    assert files(firm.root) == {*before, *WORKFLOWS[forge]}
    assert {path: (firm.root / path).read_bytes() for path in before} == before


def test_a_workflow_that_is_there_is_kept(firm: Firm) -> None:
    firm.write(".github/workflows/qmsdocs.yml", "mine\n")
    assert firm.say("init", "--ci", "github").err == "Kept  .github/workflows/qmsdocs.yml\n"
    assert (firm.root / ".github/workflows/qmsdocs.yml").read_text() == "mine\n"


def test_a_gitlab_ci_that_is_there_is_kept_and_the_line_it_needs_is_told(firm: Firm) -> None:
    firm.write(".gitlab-ci.yml", "test:\n  script: make test\n")
    told = firm.say("init", "--ci", "gitlab").err
    assert "Wrote .gitlab/qmsdocs.yml\nKept  .gitlab-ci.yml\n" in told
    assert "'  - local: .gitlab/qmsdocs.yml'" in told
    assert "make test" in (firm.root / ".gitlab-ci.yml").read_text()
    firm.write(".gitlab-ci.yml", "include:\n  - local: .gitlab/qmsdocs.yml\n")
    assert "needs" not in firm.say("init", "--ci", "gitlab").err


def test_a_policy_that_cannot_be_read_is_told_of(firm: Firm) -> None:
    firm.write("qms.toml", "[document")
    said = firm.say("init", "--ci", "github")
    assert said.code == 2
    assert "is not a policy that can be read" in said.err
    assert not (firm.root / ".github").exists()


def test_a_forge_we_do_not_know_is_refused_with_those_we_know(firm: Firm) -> None:
    said = firm.say("init", "--ci", "bitbucket")
    assert said.code == 2
    assert "'github', 'gitlab', 'forgejo'" in said.err


@pytest.mark.parametrize("forge", ["github", "forgejo"])
def test_the_mainline_is_the_policys_own(firm: Firm, forge: str) -> None:
    odd = """rélease/"1": [x]"""
    firm.write("qms.toml", (firm.root / "qms.toml").read_text().replace('"main"', f"'{odd}'"))
    assert workflow(firm, forge)["on"]["push"]["branches"] == [odd]


@pytest.mark.parametrize("forge", ["github", "forgejo"])
def test_actions_clone_the_whole_history_with_no_more_rights_than_needed(firm: Firm, forge: str) -> None:
    found = workflow(firm, forge)
    job = found["jobs"]["documents"]
    actions = {step["uses"].partition("@")[0]: step for step in job["steps"] if "uses" in step}
    assert actions["actions/checkout"]["with"] == {"fetch-depth": "0", "persist-credentials": "false"}
    assert all(step["uses"].partition("@")[2].startswith("v") for step in actions.values())
    assert {"pull_request", "push", "schedule", "workflow_dispatch"} == set(found["on"])
    assert any(f"qmsdocs=={__version__}" in step.get("run", "") for step in job["steps"])
    assert steps(found)["Audit"]["if"] == "${{ !cancelled() && github.event_name != 'pull_request' }}"


def test_github_takes_the_findings_and_may_write_nothing_else(firm: Firm) -> None:
    found = workflow(firm, "github")
    assert found["permissions"] == {"contents": "read"}
    assert found["jobs"]["documents"]["permissions"] == {"contents": "read", "security-events": "write"}
    upload = steps(found)["Keep the findings under Security"]
    assert upload["uses"] == "github/codeql-action/upload-sarif@v4"
    assert upload["with"]["sarif_file"] == "qmsdocs.sarif"


@pytest.mark.parametrize("forge", ["github", "forgejo"])
def test_nothing_that_others_can_name_is_pasted_into_a_script(firm: Firm, forge: str) -> None:
    for step in steps(workflow(firm, forge)).values():
        assert "${{" not in step.get("run", "")


def test_gitlab_clones_the_whole_history_and_shows_its_reports(firm: Firm) -> None:
    found = workflow(firm, "gitlab")
    assert found[".qmsdocs"]["variables"] == {"GIT_DEPTH": "0"}
    assert found["documents"]["extends"] == found["documents-audit"]["extends"] == ".qmsdocs"
    assert found["documents"]["artifacts"]["reports"] == {
        "codequality": "qmsdocs-codequality.json",
        "junit": "qmsdocs-junit.xml",
    }
    assert found["documents-audit"]["rules"] == [{"if": '$CI_COMMIT_BRANCH == "main"'}]
    include = yaml.safe_load((firm.root / ".gitlab-ci.yml").read_text())
    assert include == {"include": [{"local": ".gitlab/qmsdocs.yml"}]}


# --- the workflows, run -------------------------------------------------------------------------------------------


def steps(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {step["name"]: step for step in found["jobs"]["documents"]["steps"] if "name" in step}


class Ci:
    """A runner: it clones what was pushed, checks a commit out and runs scripts as the CI's shell does."""

    def __init__(self, firm: Firm, folder: Path, *clone: str) -> None:
        self.root, self.summary = folder / "clone", folder / "summary.md"
        tools = folder / "bin"
        tools.mkdir(parents=True)
        (tools / "qmsdocs").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m qmsdocs "$@"\n')
        (tools / "qmsdocs").chmod(0o755)
        self.environ = {
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder), "PYTHONPATH": str(PROJECT),
            "GIT_CONFIG_GLOBAL": os.devnull, "LC_ALL": "C.UTF-8", "QMSDOCS_NOW": firm.now, "CI": "true",
            "GITHUB_STEP_SUMMARY": str(self.summary),
        }  # fmt: skip
        subprocess.run(["git", "clone", "-q", *clone, firm.root.as_uri(), self.root], check=True, capture_output=True)

    def run(self, script: str, sha: str, **environ: str) -> Said:
        subprocess.run(["git", "checkout", "-q", "--detach", sha], cwd=self.root, check=True, capture_output=True)
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        done = subprocess.run(
            shell, cwd=self.root, env=self.environ | environ, capture_output=True, encoding="utf-8", check=False
        )
        return Said(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def change(firm: Firm) -> str:
    """Revision 1 of a procedure is in force; revision 2 is to be merged. Returns the merge as it would be."""
    approve_first(firm)
    firm.git("checkout", "-q", "-b", "rev-2")
    firm.write("documents/procedures/QP-001.md", procedure("QP-001", "Do it better.", "2"))
    firm.commit("QP-001 revision 2", by="ann")
    return merged(firm, "rev-2")


def merged(firm: Firm, branch: str) -> str:
    """The commit that a merge would make, on a branch of its own, as GitHub makes it."""
    firm.git("checkout", "-q", "-B", "merge", "main")
    firm.git("merge", "-q", "--no-ff", "-m", f"Merge {branch}", branch)
    sha = firm.git("rev-parse", "HEAD").strip()
    firm.git("checkout", "-q", "main")
    return sha


def approve_first(firm: Firm) -> None:
    firm.procedure()
    for person in ("bob", "cat"):
        said = firm.sign("approve", "QP-001", person)
        assert said.code == 0, said.err


def checked(firm: Firm, ci: Ci, sha: str, event: str = "pull_request", forge: str = "github", **more: str) -> Said:
    ways = {"github": ACTIONS, "forgejo": FORGEJO}[forge]
    script = steps(workflow(firm, forge))["Check"]["run"]
    return ci.run(script, sha, **ways, GITHUB_SHA=sha, GITHUB_EVENT_NAME=event, **more)


def test_github_a_pull_request_that_is_in_order_passes_and_is_summed_up(
    firm: Firm, change: str, tmp_path: Path
) -> None:
    ci = Ci(firm, tmp_path / "ci")
    said = checked(firm, ci, change)
    assert said.code == 0, said.err
    assert "::error" not in said.out
    summary = ci.summary.read_text("utf-8")
    assert "1 document changes, 1 waits for signatures, 0 errors" in summary
    assert "| 1 → **2**<br>[redline](https://forge.example/tarn/qms/compare/" in summary
    assert "quality-manager: Bob Baker" in summary
    assert json.loads((ci.root / "qmsdocs.sarif").read_text("utf-8"))["runs"][0]["properties"]["commit"] == change


def test_github_a_pull_request_with_an_error_fails_after_all_is_written(firm: Firm, tmp_path: Path) -> None:
    approve_first(firm)
    firm.git("checkout", "-q", "-b", "sly")
    firm.write("documents/procedures/QP-001.md", procedure("QP-001", "Do it any way you like."))
    firm.commit("Typo", by="ann")
    sha = merged(firm, "sly")
    ci = Ci(firm, tmp_path / "ci")
    said = checked(firm, ci, sha)
    assert said.code == 1
    assert "::error file=documents/procedures/QP-001.md,line=5,title=RE301 changed-without-revision::" in said.out
    assert "error RE301" in ci.summary.read_text("utf-8")
    results = json.loads((ci.root / "qmsdocs.sarif").read_text("utf-8"))["runs"][0]["results"]
    assert "RE301" in [result["ruleId"] for result in results]


def test_github_the_mainline_is_judged_as_it_stands_and_audited(firm: Firm, tmp_path: Path) -> None:
    approve_first(firm)
    sha = firm.git("rev-parse", "HEAD").strip()
    ci = Ci(firm, tmp_path / "ci")
    said = checked(firm, ci, sha, event="push")
    assert said.code == 0, said.err
    assert "## Document control: 0 errors" in ci.summary.read_text("utf-8")
    audit = ci.run(steps(workflow(firm, "github"))["Audit"]["run"], sha, **ACTIONS, GITHUB_SHA=sha)
    assert audit.code == 0, audit.err


def test_github_what_cannot_be_determined_never_passes(firm: Firm, change: str, tmp_path: Path) -> None:
    ci = Ci(firm, tmp_path / "ci", "--depth", "2", "--branch", "merge")
    said = checked(firm, ci, change)
    assert said.code != 0
    assert "This clone is shallow" in said.err
    assert "fetch-depth: 0" in said.err


def test_forgejo_a_branch_is_judged_against_its_base(firm: Firm, change: str, tmp_path: Path) -> None:
    ci = Ci(firm, tmp_path / "ci")
    head, base = f"{change}^2", firm.git("rev-parse", "main").strip()
    sha = firm.git("rev-parse", head).strip()
    said = checked(firm, ci, sha, forge="forgejo", BASE=base)
    assert said.code == 0, said.err
    assert said.out.splitlines()[-1].startswith("0 errors, 0 warnings, ")
    assert "1 document changes" in ci.summary.read_text("utf-8")
    assert f"https://forge.example/tarn/qms/src/commit/{sha}/documents/procedures/QP-001.md" in ci.summary.read_text()


def test_gitlab_writes_its_reports_and_the_summary(firm: Firm, change: str, tmp_path: Path) -> None:
    ci = Ci(firm, tmp_path / "ci")
    base, sha = (firm.git("rev-parse", name).strip() for name in ("main", f"{change}^2"))
    script = "\n".join(workflow(firm, "gitlab")["documents"]["script"])
    said = ci.run(script, sha, **GITLAB, CI_MERGE_REQUEST_DIFF_BASE_SHA=base, CI_COMMIT_SHA=sha)
    assert said.code == 0, said.err
    assert "](https://forge.example/tarn/qms/-/compare/" in (ci.root / "qmsdocs.md").read_text("utf-8")
    assert Xml.parse(ci.root / "qmsdocs-junit.xml").getroot().get("failures") == "0"
    quality = json.loads((ci.root / "qmsdocs-codequality.json").read_text("utf-8"))
    assert all(entry["severity"] != "major" for entry in quality)
    line = ci.run(script, sha, **GITLAB, CI_MERGE_REQUEST_DIFF_BASE_SHA="", CI_COMMIT_SHA=base)
    assert line.code == 0, line.err
    assert "## Document control: 0 errors" in (ci.root / "qmsdocs.md").read_text("utf-8")
    audit = ci.run(workflow(firm, "gitlab")["documents-audit"]["script"][0], base, **GITLAB, CI_COMMIT_SHA=base)
    assert audit.code == 0, audit.err


def test_gitlab_a_shallow_clone_is_told_its_own_line(firm: Firm, change: str, tmp_path: Path) -> None:
    ci = Ci(firm, tmp_path / "ci", "--depth", "1", "--branch", "merge")
    said = ci.run("qmsdocs check", change, **GITLAB)
    assert said.code == 3
    assert "'GIT_DEPTH: 0' under 'variables:' of this job in .gitlab-ci.yml" in said.err


# --- the forge, from the environment ------------------------------------------------------------------------------


def test_the_forge_that_a_job_runs_on() -> None:
    assert forge_here(ACTIONS) is Forge.GITHUB
    assert forge_here(GITLAB) is Forge.GITLAB
    assert forge_here(FORGEJO) is Forge.FORGEJO
    assert forge_here(ACTIONS | {"GITEA_ACTIONS": "true"}) is Forge.FORGEJO
    assert forge_here({"CI": "true"}) is None
    assert forge_here({"GITHUB_ACTIONS": "false", "GITLAB_CI": ""}) is None


def test_links_of_each_forge() -> None:
    path = "documents/a b.md"
    found = {name: forge_links(environ) for name, environ in (("h", ACTIONS), ("l", GITLAB), ("f", FORGEJO))}
    assert [links.to_file("c0", path) for links in found.values() if links] == [
        "https://forge.example/tarn/qms/blob/c0/documents/a%20b.md",
        "https://forge.example/tarn/qms/-/blob/c0/documents/a%20b.md",
        "https://forge.example/tarn/qms/src/commit/c0/documents/a%20b.md",
    ]
    # echo -n 'documents/a b.md' | sha256sum; … | sha1sum
    assert [links.to_redline("c0", "c1", path) for links in found.values() if links] == [
        "https://forge.example/tarn/qms/compare/c0...c1#diff-8463bd1cb3da43e5ed04b0fa9d2914a765c760187eebf571aea0162672c222d7",
        "https://forge.example/tarn/qms/-/compare/c0...c1#0c2300fc34daf4afcdf7acf3a47bb77dc174d15a",
        "https://forge.example/tarn/qms/compare/c0...c1#diff-0c2300fc34daf4afcdf7acf3a47bb77dc174d15a",
    ]


def test_no_links_are_made_up() -> None:
    assert forge_links({}) is None
    assert forge_links({"GITHUB_ACTIONS": "true"}) is None
    assert forge_links({"GITLAB_CI": "true"}) is None
    assert forge_links({"GITLAB_CI": "true", "CI_PROJECT_URL": "javascript:alert(1)"}) is None


def test_an_odd_address_stays_one_address() -> None:
    links = forge_links({"GITLAB_CI": "true", "CI_PROJECT_URL": "https://forge.example/{x})(<b>"})
    assert links
    assert links.to_file("c0", "a.md") == "https://forge.example/%7Bx%7D%29%28%3Cb%3E/-/blob/c0/a.md"


@pytest.mark.parametrize(
    ("environ", "remedy"),
    [
        ({}, "run 'git fetch --unshallow'"),
        ({"CI": "true"}, "have this CI clone with the whole history, or run 'git fetch --unshallow' before this step"),
        (GITLAB, "write 'GIT_DEPTH: 0' under 'variables:' of this job in .gitlab-ci.yml"),
        (
            GITLAB | {"CI_CONFIG_PATH": "ci/all.yml"},
            "write 'GIT_DEPTH: 0' under 'variables:' of this job in ci/all.yml",
        ),
        (
            ACTIONS | {"GITHUB_WORKFLOW_REF": "tarn/qms/.github/workflows/doc.yml@refs/heads/main"},
            "write 'with: {fetch-depth: 0}' under 'uses: actions/checkout' in .github/workflows/doc.yml",
        ),
        (
            ACTIONS,
            "write 'with: {fetch-depth: 0}' under 'uses: actions/checkout' in the workflow under .github/workflows/",
        ),
        (
            FORGEJO,
            "write 'with: {fetch-depth: 0}' under 'uses: actions/checkout' in the workflow under .forgejo/workflows/",
        ),
    ],
)
def test_a_shallow_clone_is_mended_where_it_was_made(environ: dict[str, str], remedy: str) -> None:
    assert shallow_remedy(environ) == remedy


# --- what a change does -------------------------------------------------------------------------------------------


def changes(firm: Firm, before: str, after: str = "main") -> dict[str, ChangedDocument]:
    """What differs between two commits, by id."""
    states = [judged_mainline(firm.root, at, DAY).state for at in (before, after)]
    found = {document.id: document for document in changed_documents(*states)}
    assert changed_documents(states[1], states[1]) == ()
    return found


def tip(firm: Firm) -> str:
    return firm.git("rev-parse", "HEAD").strip()


def test_a_first_draft_is_new_and_waits_for_all(firm: Firm) -> None:
    before = tip(firm)
    path = firm.procedure()
    found = changes(firm, before)["QP-001"]
    assert (found.what, found.before, found.after, found.status) == ((What.NEW,), None, "1", Status.DRAFT)
    assert (found.title, found.type, found.path, found.change) == (
        "How to do QP-001", "Procedure", path, "First issue.",
    )  # fmt: skip
    assert [(need.requirement, need.people) for need in found.missing] == [
        ("engineer", ("Cat Clark",)),
        ("quality-manager", ("Bob Baker",)),
    ]
    assert found.given == ()
    assert not found.complete


def test_a_signature_counts_and_takes_its_signer_off_the_list(firm: Firm) -> None:
    firm.procedure()
    before = tip(firm)
    firm.sign("approve", "QP-001", "bob")
    found = changes(firm, before)["QP-001"]
    assert (found.what, found.status) == ((What.SIGNATURE,), Status.IN_REVIEW)
    assert [(one.name, one.role, one.day, one.meaning) for one in found.given] == [
        ("Bob Baker", "quality-manager", DAY, Meaning.APPROVE)
    ]
    assert [need.requirement for need in found.missing] == ["engineer"]


def test_the_last_signature_puts_it_in_force(firm: Firm) -> None:
    before = tip(firm)
    approve_first(firm)
    found = changes(firm, before)["QP-001"]
    assert (found.what, found.status, found.effective_on) == ((What.NEW, What.SIGNATURE), Status.EFFECTIVE, DAY)
    assert [one.name for one in found.given] == ["Bob Baker", "Cat Clark"]
    assert found.complete
    assert found.review_by == date(2028, 3, 2)


def test_the_next_revision_names_the_one_in_force_before_it(firm: Firm, change: str) -> None:
    found = changes(firm, "main", change)["QP-001"]
    assert (found.what, found.before, found.after, found.status) == ((What.TEXT,), "1", "2", Status.DRAFT)
    assert found.before_commit == firm.git("log", "--format=%H", "--diff-filter=A", "main", "--", found.path).strip()
    assert Condition.CHANGE_PENDING in found.conditions


def test_an_approved_text_that_was_changed_waits_for_nobody_since_nobody_can_sign_it(firm: Firm) -> None:
    approve_first(firm)
    before = tip(firm)
    firm.write("documents/procedures/QP-001.md", procedure("QP-001", "Something else."))
    firm.commit("Typo")
    found = changes(firm, before)["QP-001"]
    assert (found.what, found.before, found.after, found.missing) == ((What.TEXT,), "1", "1", ())
    assert Condition.APPROVAL_BROKEN in found.conditions


def test_a_periodic_review_shows_itself_and_not_the_old_approvals(firm: Firm) -> None:
    approve_first(firm)
    before = tip(firm)
    firm.sign("periodic-review", "QP-001", "bob", "--verdict", "keep")
    found = changes(firm, before)["QP-001"]
    assert (found.what, found.before, found.after) == ((What.SIGNATURE,), "1", "1")
    assert [(one.name, one.meaning) for one in found.given] == [("Bob Baker", Meaning.PERIODIC_REVIEW)]


def test_a_rejection_is_told_with_its_reason(firm: Firm) -> None:
    firm.procedure()
    before = tip(firm)
    firm.sign("reject", "QP-001", "bob", "--comment", "Too short")
    found = changes(firm, before)["QP-001"]
    assert found.rejected
    assert (found.rejected.name, found.rejected.comment) == ("Bob Baker", "Too short")
    assert found.given == ()
    assert not found.complete


def test_a_move_and_a_tag_change_no_text(firm: Firm) -> None:
    path = firm.procedure()
    firm.procedure("QP-002")
    before = tip(firm)
    firm.git("mv", path, "documents/procedures/moved.md")
    firm.write("documents/procedures/QP-002.md", procedure("QP-002", more="tags: [core]\n"))
    firm.commit("Tidy")
    found = changes(firm, before)
    assert found["QP-001"].what == (What.MOVE,)
    assert found["QP-001"].path == "documents/procedures/moved.md"
    assert found["QP-002"].what == (What.ADMINISTRATIVE,)


def test_a_removed_file_is_told_of_by_the_place_it_had(firm: Firm) -> None:
    approve_first(firm)
    before = tip(firm)
    path = "documents/procedures/QP-001.md"
    firm.git("rm", "-q", path)
    firm.commit("Away")
    found = changes(firm, before)["QP-001"]
    assert (found.what, found.path, found.before, found.after) == ((What.REMOVAL,), path, "1", "1")
    assert found.status is Status.EFFECTIVE


def test_a_draft_that_was_removed_is_told_of(firm: Firm) -> None:
    path = firm.procedure()
    before = tip(firm)
    firm.git("rm", "-q", path)
    firm.commit("Away")
    found = changes(firm, before)["QP-001"]
    assert (found.what, found.path, found.title) == ((What.REMOVAL,), path, "How to do QP-001")


def test_a_withdrawal_is_told_apart_from_another_text(firm: Firm) -> None:
    approve_first(firm)
    before = tip(firm)
    firm.write("documents/procedures/QP-001.md", procedure("QP-001", revision="2", more="withdrawn: Not needed.\n"))
    firm.commit("Withdraw")
    assert changes(firm, before)["QP-001"].what == (What.WITHDRAWAL,)


def test_a_record_and_the_policy_are_told_of_too(firm: Firm) -> None:
    before = tip(firm)
    firm.write(
        "records/internal-audits/IA-2026-01.md",
        "---\nid: IA-2026-01\ntitle: Audit\ntype: internal-audit\ndate: 2026-03-01\n---\n\nAll well.\n",
    )
    firm.write("qms.toml", (firm.root / "qms.toml").read_text().replace("revision = 1", "revision = 2"))
    firm.commit("Record")
    found = changes(firm, before)
    assert list(found) == ["IA-2026-01", "QMS-001"]
    assert (found["IA-2026-01"].kind, found["IA-2026-01"].missing) == (Kind.RECORD, ())
    assert [need.requirement for need in found["QMS-001"].missing] == ["top-management"]


def test_a_document_that_a_branch_does_not_have_is_removed_by_it(firm: Firm) -> None:
    before = tip(firm)
    firm.procedure()
    assert changes(firm, "main", before)["QP-001"].what == (What.REMOVAL,)
