"""What a hook loads: the whole list of modules is written down, so that nobody makes every commit slower by accident."""

from __future__ import annotations

import json
import subprocess
import sys

from firm import Firm, procedure

HEAVY = (
    "git", "gitdb", "click", "yaml", "frontmatter", "markdown_it", "mdit_py_plugins", "jinja2", "rich", "pydantic", "tomllib",
    "tomlkit", "watchdog", "xlsxwriter", "nh3", "pygments", "difflib", "html.parser", "logging", "argparse", "asyncio", "unittest",
)  # fmt: skip
OURS = [
    "qmsdocs", "qmsdocs.cli", "qmsdocs.cli.console", "qmsdocs.cli.judged", "qmsdocs.cli.proposed", "qmsdocs.cli.staged",
    "qmsdocs.cli.told", "qmsdocs.codec", "qmsdocs.dates", "qmsdocs.document", "qmsdocs.document.checks", "qmsdocs.document.flat",
    "qmsdocs.document.keys", "qmsdocs.document.parts", "qmsdocs.document.reading", "qmsdocs.document.scalars", "qmsdocs.document.text",
    "qmsdocs.eligibility", "qmsdocs.gate", "qmsdocs.history", "qmsdocs.labels", "qmsdocs.library", "qmsdocs.lifecycle",
    "qmsdocs.lifecycle.acts", "qmsdocs.lifecycle.approval", "qmsdocs.lifecycle.authorship", "qmsdocs.lifecycle.dossier",
    "qmsdocs.lifecycle.intake", "qmsdocs.lifecycle.judging", "qmsdocs.lifecycle.policies", "qmsdocs.lifecycle.replay",
    "qmsdocs.lifecycle.standing", "qmsdocs.links", "qmsdocs.links.plain", "qmsdocs.load", "qmsdocs.load.assembly", "qmsdocs.load.history",
    "qmsdocs.load.part", "qmsdocs.load.proposed", "qmsdocs.load.worktree", "qmsdocs.model", "qmsdocs.plumbing", "qmsdocs.policy",
    "qmsdocs.policy.reading", "qmsdocs.policy.settings", "qmsdocs.policy.system", "qmsdocs.policy.system_sections",
    "qmsdocs.policy.tables", "qmsdocs.policy.values", "qmsdocs.render", "qmsdocs.render.printable", "qmsdocs.render.sections",
    "qmsdocs.render.text", "qmsdocs.rules", "qmsdocs.rules.approval", "qmsdocs.rules.base", "qmsdocs.rules.identity",
    "qmsdocs.rules.integrity", "qmsdocs.rules.metadata", "qmsdocs.rules.policy", "qmsdocs.rules.references", "qmsdocs.rules.review_date",
    "qmsdocs.rules.revision", "qmsdocs.session", "qmsdocs.signature", "qmsdocs.sshsig", "qmsdocs.store",
]  # fmt: skip
RUN = """
import json, sys
sys.argv = ["qmsdocs", "check", "--staged"]
from qmsdocs.cli import main
try:
    main()
except SystemExit as leave:
    print(json.dumps([leave.code, sorted(sys.modules)]), file=sys.stderr)
"""


def test_what_a_hook_loads(gated: Firm) -> None:
    path = gated.procedure()
    assert gated.sign("approve", "QP-001", "cat").code == 0
    assert gated.sign("approve", "QP-001", "bob").code == 0
    assert gated.say("hooks", "install").code == 0
    gated.write(path, procedure("QP-001", "See [QP-001](QP-001.md).", "2"))
    gated.git("add", "--all")
    done = subprocess.run([sys.executable, "-c", RUN], cwd=gated.root, capture_output=True, check=True)
    code, modules = json.loads(done.stderr)
    assert code == 0
    assert [module for module in modules if module.split(".")[0] in HEAVY] == []
    assert [module for module in modules if module.startswith("qmsdocs")] == OURS
