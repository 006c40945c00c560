"""What is sent is less than what Textual writes, and the screen is the same, cell by cell."""

import random
import re

import pyte
import pytest
from kit.terminal import Emulated
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from widgets.screen_diff import ScreenDiff
from widgets.steady import steady
from widgets.thin_line import BEGIN, END, ThinLine

WIDTH, HEIGHT = 24, 12
INKS = ("0", "1;38;5;204;48;5;16", "38;5;188;48;5;17", "2", "7", "4;48;5;236", "38;2;1;2;3;48;2;17;19;21", "31;1;44")
WORDS = ("Blocked", "10.2/10", "      ", "■ At cap", " ", "—", "日本語", "stopped 9d", "▁▂▃", "שלום", "é", "नमस्ते")


class Both:
    """Two terminals: one takes what Textual writes, the other what is left of it."""

    def __init__(self) -> None:
        self.plain, self.thin = Emulated(WIDTH, HEIGHT), Emulated(WIDTH, HEIGHT)
        self.line = ThinLine(still=True)
        self.line.screen.forget(WIDTH, HEIGHT)
        self.written = self.sent = 0

    def frame(self, data: str) -> None:
        whole = steady(data)
        made = "".join(self.line.take(part) for part in (BEGIN, whole, END))
        self.plain.feed(whole.encode())
        self.thin.feed(made.encode())
        self.written, self.sent = self.written + len(whole.encode()), self.sent + len(made.encode())

    def differing(self) -> list[tuple[int, int, object, object]]:
        return [
            (y, x, one, other)
            for y in range(HEIGHT)
            for x in range(WIDTH)
            if (one := seen(self.plain.screen, y, x)) != (other := seen(self.thin.screen, y, x))
        ]


def seen(screen: pyte.Screen, y: int, x: int) -> tuple[object, ...]:
    """What a person sees in a cell: of a blank only its ground."""
    char = screen.buffer[y][x]
    ground = (char.bg, char.reverse, char.underscore) + ((char.fg,) if char.reverse else ())
    return (" ", *ground) if char.data == " " else (char.data, char.fg, char.bold, *ground)


def text_line(chance: random.Random, width: int) -> str:
    made, room = [], width
    while room > 0:
        ink, word = chance.choice(INKS), chance.choice(WORDS)
        cells = sum(
            2 if char in "日本語" else 0 if re.match("[\u0900-\u0903\u093a-\u094f]", char) else 1 for char in word
        )
        word, cells = (word, cells) if cells <= room else (" " * room, room)
        made.append(f"\x1b[{ink}m{word}\x1b[0m")
        room -= cells
    return "".join(made)


@pytest.mark.parametrize("seed", range(60))
def test_the_screen_is_the_same_cell_by_cell(seed: int) -> None:
    chance = random.Random(seed)
    lines = [text_line(chance, WIDTH) for _ in range(40)]
    both, top = Both(), 0
    for _ in range(25):
        act = chance.random()
        if act < 0.4:  # the list moves by a line, or jumps
            top = max(0, min(28, top + chance.choice((-1, 1, 1, 1, 7))))
            rows = range(HEIGHT)
        elif act < 0.8:  # some lines change
            rows = range(*sorted(chance.sample(range(HEIGHT), 2)))
            for y in rows:
                if chance.random() < 0.5:
                    lines[top + y] = text_line(chance, WIDTH)
        else:
            rows = range(HEIGHT)
        both.frame("\n".join(f"\x1b[{y + 1};1H{lines[top + y]}" for y in rows) + "\x1b[1;1H")
        assert both.differing() == []
    assert both.sent < both.written


@pytest.mark.parametrize("seed", range(20))
def test_strips_put_on_the_screen_look_as_their_codes_would(seed: int) -> None:
    chance, both, console = random.Random(seed), Both(), Console(color_system="truecolor", force_terminal=True)
    put = 0
    for _ in range(20):
        codes = []
        for y in sorted(chance.sample(range(HEIGHT), 4)):
            x = chance.choice((0, 0, 5))
            strip = Strip(
                [
                    Segment(word, Style.parse(chance.choice(("bold red", "on blue", "reverse", "#102030 on #405060"))))
                    for word in chance.sample(WORDS[:5], 2) + chance.sample(WORDS, 1)
                ]
            ).crop(0, WIDTH - x)
            whole = f"\x1b[{y + 1};{x + 1}H{strip.render(console)}"
            both.plain.feed(steady(whole).encode())
            if both.line.screen.put(y, x, strip, ColorSystem.TRUECOLOR):
                put += 1
            else:
                codes.append(whole)
        sent = both.line.take(steady("\n".join([*codes, "\x1b[1;1H"])))
        both.thin.feed(sent.encode())
        assert both.differing() == []
    assert put > 20


def test_a_frame_that_changes_nothing_sends_nothing() -> None:
    both = Both()
    frame = "\n".join(f"\x1b[{y + 1};1H\x1b[1;31m{'row ' * 6}\x1b[0m" for y in range(HEIGHT)) + "\x1b[1;1H"
    both.frame(frame)
    sent = both.sent
    both.frame(frame)
    both.frame(frame)
    assert both.sent == sent


def test_a_list_that_scrolls_sends_the_new_line_only() -> None:
    both = Both()

    def listed(top: int) -> str:
        rows = (f"\x1b[{y + 1};1H\x1b[38;5;188mAccount {top + y:<16}\x1b[0m" for y in range(1, HEIGHT - 1))
        return "\n".join(rows) + "\x1b[1;1H"

    both.frame(listed(0))
    for top in (1, 2, 3, 2, 1):
        before = both.sent
        both.frame(listed(top))
        assert both.sent - before < 90  # one line, the margins, the marks of a frame
        assert both.differing() == []


def test_of_a_forgotten_screen_everything_is_sent_again() -> None:
    diff = ScreenDiff()
    diff.forget(WIDTH, HEIGHT)
    frame = "\x1b[3;1H\x1b[31mBlocked\x1b[0m\x1b[1;1H"
    first = diff.frame(frame)
    assert "Blocked" in first and "Blocked" not in diff.frame(frame)
    diff.frame("\x1b[?1049h")  # another screen: nothing on it is ours
    assert "Blocked" in diff.frame(frame)
    diff.forget(WIDTH, HEIGHT)
    assert "Blocked" in diff.frame(frame)


def test_what_is_not_a_frame_goes_as_it_is() -> None:
    line = ThinLine(still=False)
    for code in ("\x1b[?1000h", "\x1b[>25u", "\x1b]52;c;QQ==\x07", "\x1bPtmux;\x1b\x1b]52;c;QQ==\x07\x1b\\", "\x07"):
        assert line.take(code) == code
    assert ThinLine(still=True).take("\x1b[?1003h") == ""  # each movement of the mouse would go up the line
