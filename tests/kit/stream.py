"""What a terminal is told, taken apart: our own control functions by a whitelist, the rest must be plain text."""

import re

from kit.hostile import EVIL, NASTY, acts

# Textual's own and those of widgets/screen_diff.py, by shape: colours, cursor, erasing, scrolling, modes, the pointer's
# shape, and what it asks a terminal.
_NUMBERS = r"(?:\d{1,3}[;:]){0,24}\d{0,3}"
OURS = re.compile(
    rf"\x1b\[(?:{_NUMBERS}m|\d{{1,3}};\d{{1,3}}H|\d{{0,3}}[ABCDGHJKST]|(?:\d{{1,3}};\d{{1,3}})?r|{_NUMBERS}t)"
    r"|\x1b\[\?(?:25|7|1000|1002|1003|1004|1006|1015|1016|1049|2004|2026|2031|2048)[hl]"
    r"|\x1b\[\?(?:2026|2048)\$p|\x1b\[[>=<]\d{0,2}u|\x1b\[\?u|\x1b\[[>]?[cq]|\x1b\[\?12[hl]|\x1b\[6n|\x1b[78]"
    r"|\x1b\]22;[a-z-]*\x07|\x1b\]2;[^\x00-\x1f\x7f-\x9f]*\x07"
)


TITLE = "\x1b]2;"


def alien(received: bytes) -> list[str]:
    """Return what is neither one of our control functions nor plain text; invalid UTF-8 raises."""
    text = received.decode("utf-8")
    plain = OURS.sub("", text)
    plain = plain.replace("\r\n", "").replace("\r", "").replace("\n", "").replace("\t", "")
    found = [f"{char} in …{_around(plain, char)}" for char in acts(plain)]
    titles = [one for one in OURS.findall(text) if one.startswith(TITLE)]  # they hold names, as text
    found += [f"{char} in the title" for one in titles for char in acts(one.removeprefix(TITLE).removesuffix("\x07"))]
    ours = "".join(one for one in OURS.findall(text) if one not in titles)
    return found + [word for word in (EVIL, str(NASTY)) if word in ours]


def functions(received: bytes) -> set[str]:
    """Return the shapes of the control functions that were sent, digits as `n`."""
    return {re.sub(r"\d+", "n", found) for found in OURS.findall(received.decode("utf-8"))}


def _around(plain: str, escaped: str) -> str:
    at = next((at for at, char in enumerate(plain) if ascii(char) == escaped), 0)
    return ascii(plain[max(0, at - 30) : at + 30])
