"""Over SSH on a thin line: few bytes for a key, none for nothing, no queue of old screens. Counted, never timed."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from kit.slow_line import SlowLine
from kit.terminal import command

from triage.sandbox.process import Running, start

Line = Callable[..., SlowLine]
REASON = "Council session tonight at seven"
DOWN, TOP, BOTTOM = "\x1b[6~", "g", "G"


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with start(accounts=200, seed=5) as running:
        yield running


@pytest.fixture
def over(server: Running, tmp_path: Path) -> Iterator[Line]:
    """Start `triage` at the far end of a line, over SSH, and wait for the list; it is quiet then."""
    opened: list[SlowLine] = []

    def started(bits: int = 0, delay: float = 0.0, size: tuple[int, int] = (80, 24), **env: str) -> SlowLine:
        words, settings = command(server, tmp_path / "home", **{"SSH_TTY": "/dev/pts/9", **env})
        line = SlowLine(words, settings, bits, delay, size)
        opened.append(line)
        line.until(lambda text: "■ Blocked" in text and "1 of " in text and "synced" in text)
        line.quiet(1.5)
        return line

    yield started
    for line in opened:
        line.close()


def spent_on(line: SlowLine) -> dict[str, int]:
    """Bytes of each thing that people do, the pane's following included."""
    spent = {"j": line.spent("j"), "k": line.spent("k")}
    spent |= {"page down": line.spent(DOWN), "end": line.spent(BOTTOM), "at the edge": 0, "home": line.spent(TOP)}
    line.keys(*"j" * 14)
    line.quiet()
    spent["at the edge"] = line.spent("j")
    line.keys(TOP, "/")
    line.quiet()
    spent["letter of a filter"] = line.spent("n")
    line.keys("\x1b")
    line.quiet()
    spent["help"] = line.spent("?")
    spent["help closed"] = line.spent("?")
    spent["form"] = line.spent("R")
    line.spent("T")
    spent["letter of a reason"] = line.spent("h")
    spent["form closed"] = line.spent("\x1b")
    return spent


# measured 2026-11-22 and about a third more; before, Textual wrote 4,000 to 48,000 for each of these at 80×24
BUDGET = {
    "j": 2200, "k": 2200, "page down": 2800, "end": 3800, "at the edge": 1900, "home": 3800,
    "letter of a filter": 2200, "help": 5500, "help closed": 5500, "form": 3800, "letter of a reason": 220,
    "form closed": 4000,
}  # fmt: skip


def test_bytes_for_a_key(over: Line) -> None:
    spent = spent_on(over())
    assert {name: count for name, count in spent.items() if count > BUDGET[name]} == {}


def test_no_bytes_while_nothing_happens_nor_for_a_sync_that_changes_nothing(over: Line) -> None:
    line = over()
    before = len(line.received)
    line.read(6)  # as many ticks of ages, looks at the files
    assert len(line.received) - before < 70, line.received[before:]  # at most the age of a row
    spent = line.spent("r")  # "Syncing now." comes and goes, nothing else
    assert spent < 400, line.received[before:]


def test_nothing_moves_nor_blinks_nor_dims(over: Line) -> None:
    line = over()
    assert b"\x1b[?1003h" not in line.received
    line.spent("R")
    before = len(line.received)
    line.read(3)  # a caret that blinks would be seen
    assert len(line.received) - before < 40, line.received[before:]


@pytest.mark.soak
def test_keys_held_down_make_no_queue_of_screens(over: Line) -> None:
    line = over(bits=9_600, delay=0.15)
    line.keys("9")  # the whole book, for it is long enough
    line.quiet(1.5)
    before = len(line.received)
    line.keys(*"j" * 60)
    line.until(lambda text: "61 of " in text)
    line.quiet(1.5)
    assert len(line.received) - before < 14_000  # 60 screens would be twice as much


@pytest.mark.parametrize("bits", [57_600, pytest.param(9_600, marks=pytest.mark.soak)])
def test_a_whole_remedy_over_few_bits(over: Line, server: Running, bits: int, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir(mode=0o700)
    (tmp_path / "home" / "config.toml").write_text("hold_seconds = 5\n")
    line = over(bits=bits, delay=0.3)
    line.keys("j", "R")
    line.until(lambda text: "Reset usage" in text and "Reason" in text)
    line.keys(*REASON)
    line.until(lambda text: REASON in text)
    line.keys("\x13")
    line.until(lambda text: "takes it back" in text)
    line.until(lambda text: "takes it back" not in text and "outbox empty" in text)
    answer = httpx.get(f"{server.url}/v1/audit?limit=1000", headers={"Authorization": f"Bearer {server.token}"})
    assert REASON in [entry["reason"] for entry in answer.json()["entries"]]


def ageless(text: str) -> list[str]:
    """The lines below the header, their ages taken out."""
    return [" ".join(re.sub(r"\b\d+[smhdwy]\b", "", line).split()) for line in text.splitlines()[1:]]


STORMS = {
    "of many sizes": ((100, 30), (64, 18), (120, 40), (80, 24), (81, 24), (120, 40), (80, 24)),
    "that ends where it began": ((100, 30), (80, 24)),
}


@pytest.mark.parametrize("sizes", STORMS.values(), ids=STORMS)
def test_the_screen_is_whole_after_a_storm_of_sizes(over: Line, sizes: tuple[tuple[int, int], ...]) -> None:
    """The terminal forgets lines on the way; all is drawn again, also where the sizes become one that was there."""
    line = over(bits=57_600, delay=0.05)
    before = line.text
    for columns, lines in sizes:
        line.resize(columns, lines)
        line.read(0.002 if len(sizes) == 2 else 0.03)
    line.until(lambda text: ageless(text) == ageless(before))


def test_the_screen_is_whole_after_somebody_wrote_on_it(over: Line) -> None:
    line = over(bits=57_600, delay=0.05)
    settled = line.text
    line.take(b"\x1b[5;1HBroadcast message: the machine goes down\x1b[20;1Hat noon")
    line.keys("\x0c")
    line.until(lambda text: ageless(text) == ageless(settled))
    assert "■ Blocked" in settled and "Broadcast" not in settled
