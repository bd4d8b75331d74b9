"""The preview of `watch`, in a real browser: a save is on the page, with its findings and its redline; nothing else gets in."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from firm import Firm, procedure
from playwright.sync_api import Browser, expect

FILE = "documents/procedures/QP-001.md"
HOSTILE = (
    "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">\n\n"
    "[go](javascript:document.title='owned')\n\n<svg onload=\"document.title='owned'\"></svg>"
)


@pytest.fixture
def address(firm: Firm) -> Iterator[str]:
    """The preview of a firm whose QP-001 is in force at revision 1."""
    firm.procedure()
    firm.sign("approve", "QP-001", "cat")
    firm.sign("approve", "QP-001", "bob")
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUNBUFFERED": "1", "QMSDOCS_NOW": firm.now}
    command = [sys.executable, "-m", "qmsdocs", "watch", "--port", "0"]
    with subprocess.Popen(
        command, cwd=firm.root, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stderr
        found = re.search(r"http://127\.0\.0\.1:\d+/", process.stderr.readline())
        assert found
        process.stdout.readline()
        yield found[0]
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


def asked(address: str, path: str, host: str | None = None, method: str = "GET") -> http.client.HTTPResponse:
    """An answer of the server to a request that may name any host."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host or urlsplit(address).netloc)
    connection.endheaders()
    return connection.getresponse()


def test_a_save_is_on_the_page_with_its_finding_and_its_redline(address: str, firm: Firm, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(f"{address}QP-001")
    expect(page.locator(".banner")).to_contain_text("word for word")
    firm.write(FILE, procedure("QP-001", "Do it well.\n\nThen do it [again](no.md).", revision="2"))
    expect(page.locator("article")).to_contain_text("Then do it again")
    expect(page.locator(".banner")).to_contain_text("Draft, not in force")
    expect(page.locator("article .note").first).to_contain_text("no.md")
    assert page.locator("article > .notes + p").inner_text().startswith("Then do it")
    page.get_by_role("link", name="Redline against revision 1").click()
    expect(page.locator("article ins").first).to_contain_text("Then do it")
    firm.write(FILE, procedure("QP-001"))
    expect(page.locator("article ins")).to_have_count(0)
    expect(page.locator(".banner")).to_contain_text("word for word")
    page.close()


def test_a_file_that_cannot_be_read_keeps_its_last_text(address: str, firm: Firm, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{address}QP-001")
    firm.write(FILE, procedure("QP-001", "Words of the last good text."))
    expect(page.locator("article")).to_contain_text("Words of the last good text.")
    firm.write(FILE, '---\nid: QP-001\ntitle: "half')
    expect(page.get_by_role("alert")).to_contain_text("Cannot be read")
    expect(page.locator("article")).to_contain_text("Words of the last good text.")
    page.close()


def test_a_hostile_text_runs_nothing(address: str, firm: Firm, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{address}QP-001")
    firm.write(FILE, procedure("QP-001", f"{HOSTILE}\n\nEnd."))
    expect(page.locator("article")).to_contain_text("End.")
    page.reload()
    expect(page.locator("article")).to_contain_text("End.")
    assert page.locator("article :is(script, svg, [onerror], [onload], a[href^=javascript])").count() == 0
    assert "owned" not in page.title()
    page.close()


def test_only_this_machine_by_its_own_name_may_read(address: str) -> None:
    port = urlsplit(address).port
    for host in ("evil.example", f"evil.example:{port}", f"127.0.0.1.evil.example:{port}", "127.0.0.1:1"):
        refused = asked(address, "/QP-001", host)
        assert refused.status == 421
        assert b"QP-001" not in refused.read()
    answer = asked(address, "/QP-001", f"localhost:{port}")
    assert answer.status == 200
    assert (answer.getheader("Content-Security-Policy") or "").startswith("default-src 'none'")
    assert asked(address, "/QP-001", method="POST").status == 501


@pytest.mark.parametrize("path", ["/../qms.toml", "/_/../../qms.toml", "/%2e%2e%2fqms.toml", "/_/files/0/x", "/.git"])
def test_nothing_but_documents_is_served(address: str, path: str) -> None:
    answer = asked(address, path)
    assert answer.status == 404
    assert b"[organisation]" not in answer.read()
