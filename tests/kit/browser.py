"""Headless Chromium by its own protocol: a page, the keys typed into it, and the text that stands on its terminal."""

import asyncio
import base64
import contextlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
from kit.terminal import Emulated

BINARY = 2
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_SPECIAL = {"enter": ("Enter", "\r", 13), "escape": ("Escape", "", 27)}


def chromium() -> str | None:
    """The program, None where this machine has none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Page:
    """One page of one browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket, self._number = socket, 0
        self._emulated: Emulated | None = None

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """One call of the protocol; what it answered."""
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": params})
        while True:
            answer = json.loads((await self._socket.receive(60)).data)
            self._note(answer.get("method", ""), answer.get("params", {}))
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                found: dict[str, Any] = answer["result"]
                return found

    def _note(self, event: str, told: dict[str, Any]) -> None:
        """The page draws on a canvas: what it is sent is emulated, at the size that it asked for."""
        if event == "Network.webSocketCreated":
            asked = parse_qs(urlsplit(told["url"]).query)
            self._emulated = Emulated(int(asked["width"][0]), int(asked["height"][0]))
        elif event == "Network.webSocketFrameReceived" and self._emulated and told["response"]["opcode"] == BINARY:
            self._emulated.feed(base64.b64decode(told["response"]["payloadData"]))

    async def run(self, script: str) -> Any:
        """The value of a script."""
        found = await self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    async def text(self) -> str:
        """What the terminal shows, line by line."""
        await self.run("1")  # takes in what has arrived
        return "\n".join(self._emulated.screen.display) if self._emulated else ""

    async def until(self, holds: Callable[[str], bool], seconds: float = 60) -> str:
        """Wait until the text says something; the limit only ends a broken run."""
        ends = asyncio.get_running_loop().time() + seconds
        while not holds(text := await self.text()):
            assert asyncio.get_running_loop().time() < ends, f"never came; the page is:\n{text}"
            await asyncio.sleep(0.1)
        return text

    async def click(self, x: int, y: int) -> None:
        """Press and let go of the left button."""
        for kind in ("mousePressed", "mouseReleased"):
            await self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
        await asyncio.sleep(0.5)  # keys right after the focus came back trigger nothing

    async def keys(self, *keys: str) -> None:
        """Press keys one after the other: letters, enter, escape, ctrl+LETTER."""
        for key in keys:
            if key.startswith("ctrl+"):
                letter = key[-1]
                told = {"key": letter, "code": f"Key{letter.upper()}", "windowsVirtualKeyCode": ord(letter.upper())}
                for kind in ("rawKeyDown", "keyUp"):
                    await self.ask("Input.dispatchKeyEvent", type=kind, modifiers=2, **told)
            else:
                name, text, code = _SPECIAL.get(key, (key, key, 0))
                told = {"key": name, "windowsVirtualKeyCode": code}
                await self.ask("Input.dispatchKeyEvent", type="keyDown", text=text, **told)
                await self.ask("Input.dispatchKeyEvent", type="keyUp", **told)
            await asyncio.sleep(0.08)


@contextlib.asynccontextmanager
async def opened(url: str) -> AsyncIterator[Page]:
    """A browser at an address, with a profile of its own that is thrown away."""
    program = chromium()
    assert program is not None
    with tempfile.TemporaryDirectory(prefix="triage-browser-", ignore_cleanup_errors=True) as folder:
        words = [
            program,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
        ]
        words += ["--remote-debugging-port=0", f"--user-data-dir={folder}", "--window-size=1400,900", "about:blank"]
        running = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            port = await _port(Path(folder) / "DevToolsActivePort")
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://127.0.0.1:{port}/json/list") as listed:
                    target = next(one for one in await listed.json() if one["type"] == "page")
                async with session.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                    page = Page(socket)
                    await page.ask("Page.enable")
                    await page.ask("Network.enable")
                    await page.ask("Emulation.setFocusEmulationEnabled", enabled=True)
                    await page.ask("Page.navigate", url=url)
                    yield page
        finally:
            running.terminate()
            running.wait(20)


async def _port(file: Path) -> int:
    for _ in range(600):
        if file.exists() and (lines := file.read_text().splitlines()):
            return int(lines[0])
        await asyncio.sleep(0.1)
    raise AssertionError("the browser did not start")
