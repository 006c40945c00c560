"""Take the README's screenshots from the running app: `make screenshot`, or one of any size, keys and theme by hand."""

import argparse
import asyncio
import os
import re
import shutil
import tempfile
from pathlib import Path

from kit import fixed_day

from triage.app import TriageApp
from triage.desk import sync_once

ROOT = Path(__file__).parents[1]
DOCS = {
    "inbox": "",
    "why": "6 j j j j w",
    "interview": "6 i",
    "outreach": "6 j o",
    "portfolio": "t",
    "case": "7 c",
    "my-day": "d",
    "bulk": "space j space R",
    "palette": "colon",
}  # by the keys that open it


def bare(svg: str) -> str:
    """Drop the web fonts that Rich names: the picture must not fetch anything."""
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL).replace("Fira Code", "monospace")


async def shoot(app: TriageApp, keys: str, size: tuple[int, int]) -> str:
    """Open the app, press the keys and return the screen as SVG."""
    async with app.run_test(size=size) as pilot:
        await fixed_day.at_rest(pilot)
        for key in keys.split():
            await pilot.press(key)
            await fixed_day.at_rest(pilot)
        return bare(app.export_screenshot(title="triage"))


def main() -> None:
    """Start the server of the fixed day, sync, shoot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", help="one picture, opened by --keys; without it those of docs")
    parser.add_argument("--columns", type=int, default=140)
    parser.add_argument("--lines", type=int, default=40)
    parser.add_argument("--keys", default="", help="Textual key names, blank-separated")
    parser.add_argument("--theme", default="auto")
    parser.add_argument("--glyphs", default="unicode")
    options = parser.parse_args()
    os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "TZ": "UTC"}
    with tempfile.TemporaryDirectory() as folder, fixed_day.server() as server:
        first = Path(folder) / "first"
        sync_once(fixed_day.session_on(server, first))
        docs = {f"{ROOT}/docs/{name}.svg": DOCS[name] for name in DOCS}
        for number, (path, keys) in enumerate(({options.out: options.keys} if options.out else docs).items()):
            home = Path(folder) / str(number)
            shutil.copytree(first, home)
            with fixed_day.app_on(server, home, options.theme, options.glyphs) as app:
                seen = asyncio.run(shoot(app, keys, (options.columns, options.lines)))
            Path(path).write_text(seen, encoding="utf-8")


if __name__ == "__main__":
    main()
