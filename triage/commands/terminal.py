"""What the terminal can do: size, colours, and how wide it draws ■ (look.md §3)."""

import os
import re
import select
import shutil
import sys
from collections.abc import Iterator, Mapping

WAIT = 1.0


def examine_terminal(environ: Mapping[str, str]) -> Iterator[tuple[bool, str, str]]:
    """Yield (ok, what, what to do); the width is asked of a real terminal only."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        yield True, "not a terminal; the app needs one, the commands don't", ""
        return
    yield from _multiplexer(environ)
    yield from _letters(environ)
    columns, lines = shutil.get_terminal_size()
    small = columns < 60 or lines < 16
    yield (
        not small,
        f"{columns}×{lines}, TERM={environ.get('TERM', '')}, {_colours(environ)}",
        ("The app needs 60×16 at least, 80×24 for everything." if small else ""),
    )
    width = glyph_width("■")
    if width is None:
        yield True, "does not tell where its cursor is, so the width of ■ is unknown", ""
    elif width == 1:
        yield True, "draws ■ one cell wide", ""
    else:
        yield False, f"draws ■ {width} cells wide", 'Put glyphs = "ascii" into the config file.'


def glyph_width(glyph: str) -> int | None:
    """Print a glyph at the line's start, ask where the cursor is, and wipe it; None where no answer comes in 1 s."""
    import termios
    import tty

    handle = sys.stdin.fileno()
    before = termios.tcgetattr(handle)
    try:
        tty.setcbreak(handle)
        sys.stdout.write(f"\r{glyph}\x1b[6n")
        sys.stdout.flush()
        answer = b""
        while select.select([handle], [], [], WAIT)[0]:
            answer += os.read(handle, 32)
            if found := re.search(rb"\x1b\[\d+;(\d+)R", answer):
                return int(found.group(1)) - 1
        return None
    finally:
        sys.stdout.write("\r\x1b[K")
        sys.stdout.flush()
        termios.tcsetattr(handle, termios.TCSADRAIN, before)


def _colours(environ: Mapping[str, str]) -> str:
    if environ.get("NO_COLOR"):
        return "no colours (NO_COLOR)"
    if environ.get("COLORTERM") in ("truecolor", "24bit"):
        return "16 million colours"
    return "256 colours" if "256" in environ.get("TERM", "") else "16 colours or fewer"


def _multiplexer(environ: Mapping[str, str]) -> Iterator[tuple[bool, str, str]]:
    """Say what stands between the app and the terminal, and what that needs for colours and for copying."""
    term = environ.get("TERM", "")
    if environ.get("TMUX"):
        poor = not term.startswith(("tmux", "screen")) or "256" not in term
        todo = 'In tmux.conf: set -g default-terminal "tmux-256color"' if poor else ""
        yield not poor, f"inside tmux, TERM={term}; copying needs set-clipboard on", todo
    elif environ.get("STY") or term.startswith("screen"):
        yield True, f"inside screen, TERM={term}", ""
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        yield True, "over SSH: nothing moves, copying goes by OSC 52", ""


def _letters(environ: Mapping[str, str]) -> Iterator[tuple[bool, str, str]]:
    """Say where the locale has no UTF-8: names then come out as question marks."""
    locale = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""
    if "utf" not in locale.lower() and environ.get("TERM") != "linux":
        named = locale or "not set"
        yield False, f"the locale is {named}: names and marks are drawn in ASCII", "export LANG=C.UTF-8"
