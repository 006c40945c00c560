"""`triage serve`: a remedy from a browser's keys to the server's audit log, and nobody let in without the key."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from kit.browser import chromium, opened

from triage.sandbox.process import Running, start

pytest.importorskip("textual_serve", reason="textual-serve is not installed: pip install '.[serve]'")
REASON = "Asked for in the browser, council tonight"


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with start(accounts=40, seed=5) as running:
        yield running


class Serving:
    """`triage serve` as a process on a home of its own."""

    def __init__(self, server: Running, home: Path, *args: str) -> None:
        kept = {name: text for name, text in os.environ.items() if not name.startswith(("TRIAGE_", "XDG_"))}
        environ = kept | {"TRIAGE_BASE_URL": server.url, "TRIAGE_TOKEN": server.token, "TZ": "UTC"}
        words = [sys.executable, "-m", "triage", "--home", str(home), "serve", "--port", "0", *args]
        self._errors = (home.parent / "serve.err").open("w+")
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=self._errors, text=True, env=environ)
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().strip()
        self.origin = "{0.scheme}://{0.netloc}".format(urlsplit(self.address))

    @property
    def said(self) -> str:
        self._errors.seek(0)
        return self._errors.read()

    def children(self) -> list[str]:
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return found.read_text().split()

    def end(self) -> int:
        self.process.terminate()
        code = self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._errors.close()
        return code


@pytest.fixture
def serving(server: Running, tmp_path: Path) -> Iterator[Serving]:
    made = Serving(server, tmp_path / "home")
    yield made
    assert made.end() == 0


def audit_with(server: Running, reason: str) -> list[object]:
    answer = httpx.get(f"{server.url}/v1/audit?limit=1000", headers={"Authorization": f"Bearer {server.token}"})
    return [entry for entry in answer.json()["entries"] if entry["reason"] == reason]


@pytest.mark.skipif(chromium() is None, reason="there is no Chromium on this machine: apt-get install chromium")
async def test_a_remedy_from_the_browser_to_the_audit_log(serving: Serving, server: Running) -> None:
    async with opened(serving.address) as page:
        await page.until(lambda text: "Blocked" in text and "1 of " in text)
        assert await page.run("location.href") == f"{serving.origin}/", "the key does not stay in the address"
        assert await page.run("document.cookie") == ""
        await page.click(600, 8)  # where nothing is to be clicked: the page has the keys now
        await page.keys("R")
        await page.until(lambda text: "Reset usage" in text and "Reason" in text)
        await page.keys(*REASON)
        await page.until(lambda text: REASON[-20:] in text)
        await page.keys("ctrl+s")
        await page.until(lambda text: "takes it back" in text)
        await page.keys("b")
        await page.until(lambda text: "applied" in text and "audit" in text)
        assert len(audit_with(server, REASON)) == 1
        assert len(serving.children()) == 1
    ends = time.monotonic() + 20
    while serving.children() and time.monotonic() < ends:
        time.sleep(0.1)
    assert serving.children() == [], "closing the window quits its app"
    assert server.token not in serving.said and "Traceback" not in serving.said


def test_nobody_is_let_in_without_the_key_or_from_another_page(serving: Serving) -> None:
    host = urlsplit(serving.origin).netloc
    with httpx.Client(base_url=serving.origin) as client:
        for path in ("/", "/?key=guess", "/ws", "/static/js/textual.js", "/download/x"):
            assert client.get(path).status_code == 403, path
        entered = client.get(serving.address)
        assert entered.status_code == 302 and entered.headers["location"] == "/"
        cookie = entered.headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
        page = client.get("/")
        assert page.status_code == 200 and f"ws://{host}/ws" in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        upgrade |= {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
        for headers in (
            {**upgrade, "Origin": "https://evil.example"},
            {**upgrade, "Origin": serving.origin.replace("127.0.0.1", "localhost")},
            {**upgrade, "Host": "evil.example"},
            upgrade,
        ):
            assert client.get("/ws", headers=headers).status_code == 403, headers
    assert serving.children() == []


def test_another_address_is_named_and_warned_of(server: Running, tmp_path: Path) -> None:
    everywhere = [sys.executable, "-m", "triage", "--home", str(tmp_path), "serve", "--host", "0.0.0.0"]
    environ = {**os.environ, "TRIAGE_BASE_URL": server.url, "TRIAGE_TOKEN": server.token}
    refused = subprocess.run(everywhere, env=environ, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 2 and "one address" in refused.stderr
    nobody = [*everywhere[:-1], "192.0.2.1"]  # an address that no machine has
    refused = subprocess.run(nobody, env=environ, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 1 and "cannot be used" in refused.stderr
    assert "nothing on the way is encrypted" in refused.stderr
