"""Take the README's screenshot from the running app: `make screenshot`, or any size, keys and theme by hand."""

import argparse
import asyncio
import os
import re
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from data.backends.native import NativeBackend
from triage.app import TriageApp
from triage.desk import Desk, Place, Session, TokenBox, sync_once
from triage.policy import load_policy
from triage.sandbox.process import start

ROOT = Path(__file__).parents[1]


def bare(svg: str) -> str:
    """Drop the web fonts that Rich names: the picture must not fetch anything."""
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL).replace("Fira Code", "monospace")


async def shoot(desk: Desk, options: argparse.Namespace) -> str:
    """Open the app, press the keys and return the screen as SVG."""
    app = TriageApp(desk, theme=options.theme, glyphs=options.glyphs)
    async with app.run_test(size=(options.columns, options.lines)) as pilot:
        await pilot.pause(1.0)
        for key in options.keys.split():
            await pilot.press(key)
            await pilot.pause(0.3)
        await pilot.pause(1.0)
        return app.export_screenshot(title="triage")


def main() -> None:
    """Start a server with a seeded book, sync, shoot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default=str(ROOT / "docs" / "inbox.svg"))
    parser.add_argument("--columns", type=int, default=140)
    parser.add_argument("--lines", type=int, default=40)
    parser.add_argument("--keys", default="", help="Textual key names, blank-separated")
    parser.add_argument("--theme", default="auto")
    parser.add_argument("--glyphs", default="unicode")
    parser.add_argument("--accounts", type=int, default=150)
    options = parser.parse_args()
    os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    with tempfile.TemporaryDirectory() as folder, start(accounts=options.accounts, seed=7) as server:
        home = Path(folder)
        session = Session(
            place=Place(server.url, "production", home / "state", home / "cache", "triage/screenshot"),
            policy=load_policy(),
            clock=lambda: datetime.now(UTC),
            connect=NativeBackend,
            token=TokenBox(lambda: server.token, lambda kept: None),
        )
        sync_once(session)
        with closing(Desk.open(session)) as desk:
            Path(options.out).write_text(bare(asyncio.run(shoot(desk, options))), encoding="utf-8")


if __name__ == "__main__":
    main()
