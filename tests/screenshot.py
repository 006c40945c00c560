"""Take the README's screenshots from the running app: `make screenshot`, or one of any size, keys and theme by hand."""

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
from triage.desk.policies import Policies
from triage.sandbox.process import start

ROOT = Path(__file__).parents[1]
DOCS = {
    "inbox": "",
    "why": "6 j j j j w",
    "interview": "6 i",
    "outreach": "6 j o",
    "portfolio": "t",
}  # by the keys that open it


def bare(svg: str) -> str:
    """Drop the web fonts that Rich names: the picture must not fetch anything."""
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL).replace("Fira Code", "monospace")


async def shoot(desk: Desk, options: argparse.Namespace, keys: str) -> str:
    """Open the app, press the keys and return the screen as SVG."""
    app = TriageApp(desk, theme=options.theme, glyphs=options.glyphs)
    async with app.run_test(size=(options.columns, options.lines)) as pilot:
        await pilot.pause(1.0)
        for key in keys.split():
            await pilot.press(key)
            await pilot.pause(0.3)
        await pilot.pause(1.0)
        return app.export_screenshot(title="triage")


def main() -> None:
    """Start a server with a seeded book, sync, shoot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", help="one picture, opened by --keys; without it those of docs")
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
            policies=Policies(),
            clock=lambda: datetime.now(UTC),
            connect=NativeBackend,
            token=TokenBox(lambda: server.token, lambda kept: None),
        )
        sync_once(session)
        wanted = (
            {options.out: options.keys} if options.out else {f"{ROOT}/docs/{name}.svg": DOCS[name] for name in DOCS}
        )
        for path, keys in wanted.items():
            with closing(Desk.open(session)) as desk:
                Path(path).write_text(bare(asyncio.run(shoot(desk, options, keys))), encoding="utf-8")


if __name__ == "__main__":
    main()
