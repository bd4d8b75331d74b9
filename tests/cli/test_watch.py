"""`watch`: sees a save however it is made, does not wake at its own reading, and says each thing once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from firm import Firm, procedure

from qmsdocs.cli.watch import news
from qmsdocs.model import Finding, Severity, Source
from qmsdocs.watch import watching


def finding(message: str, line: int = 1) -> Finding:
    return Finding(
        "RF601", "broken-link", Severity.ERROR, Source("a.md", line), "QP-001", message, "Mend it", "ISO 9001 7.5.3"
    )


def test_a_save_by_rename_and_a_plain_one_are_seen_and_reading_is_not(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("one")
    with watching(tmp_path) as changes:
        file.read_text()
        assert changes.wait(0.5) == frozenset()
        file.write_text("two")
        assert str(file) in changes.wait(5)
        part = tmp_path / ".a.md.swp"
        part.write_text("three")
        part.replace(file)
        assert str(file) in changes.wait(5)
        assert changes.wait(0.5) == frozenset()


def test_only_news_is_said() -> None:
    old, new = finding("'x' leads to nothing"), finding("'y' leads to nothing")
    assert news(None, [], colour=False) == "no errors, no warnings\n"
    assert news([old], [finding("'x' leads to nothing", line=9)], colour=False) == ""
    said = news([old], [new], colour=False)
    assert said.startswith("mended  a.md: RF601 broken-link\n")
    assert "'y' leads to nothing" in said


def _heed() -> None:
    """A shell starts what runs in the background deaf to Ctrl-C, and so would be what the tests start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_watch_ends_by_ctrl_c(firm: Firm) -> None:
    command = [sys.executable, "-u", "-m", "qmsdocs", "watch"]
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, cwd=firm.root, env=env, stdout=subprocess.PIPE, text=True, preexec_fn=_heed
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "no errors, no warnings\n"
        firm.write("documents/procedures/QP-001.md", procedure("QP-001", "[x](no.md)"))
        assert "RF601" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
