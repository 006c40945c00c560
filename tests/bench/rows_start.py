"""Cold start, memory and `triage list`: from exec to a known text on the screen, or to the end of the process."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import peers
from figures import Row, absent, ratio
from screen import DRIVER_STARTED, Program
from whole import in_turns, processor, run, walls
from world import Site, environment, site

GROUP = "start"
HELLO = "an empty Textual app"
SMALL = 10_000
REST = 2.0  # seconds until what starts beside the first frame has settled
COLD = "cold start to the first at-risk row, pty 120×40"
MEMORY = "resident memory, list open"


def opened(made: Site, first: str) -> tuple[Program, float, float]:
    """Our app in a pty; milliseconds to its first row on the screen whoever drew it, and as the app has drawn it."""
    program = Program(made.triage(), made.env)
    try:
        early = program.until(lambda text: first in text)
        late = early if program.driven else program.until(lambda text: first in text, after=DRIVER_STARTED)
    except BaseException:
        program.close()
        raise
    return program, early, late


def first_frame(argv: list[str], env: dict[str, str], text: str) -> tuple[float, float]:
    """Milliseconds from exec until a peer's known text is on the screen, and its processor time until then."""
    with Program(argv, env) as program:
        return program.until(lambda screen: text in screen), program.processor()


def rows(accounts: int, rounds: int) -> Iterator[Row]:
    """All rows of the group."""
    with site(accounts) as made:
        yield _listed(made, rounds)
        yield from _memory(made)
        with site(SMALL) as small, tempfile.TemporaryDirectory() as scratch:
            yield from _cold(made, small, rounds, Path(scratch))


def _listed(made: Site, rounds: int) -> Row:
    ours, peer = in_turns(
        rounds * 2,
        lambda: run(made.triage("list", "--limit", "20"), made.env),
        lambda: run([peers.ours(), "-c", "import sqlite3"], made.env),
    )
    what, versus = "`triage list --limit 20`, whole process", '`python -c "import sqlite3"`'
    beside = processor(ours), processor(peer)
    return ratio(GROUP, made.accounts, what, versus, 4.0, walls(ours), walls(peer), beside=beside)


def _cold(made: Site, small: Site, rounds: int, scratch: Path) -> Iterator[Row]:
    book, plain = made.accounts, environment(None) | {"HOME": str(scratch)}
    posting, harlequin = peers.installed("posting"), peers.installed("harlequin")
    names = made.first_row(), small.first_row()
    found: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        found.setdefault(name, []).append(value)

    def noted(name: str, frame: tuple[float, float]) -> None:
        note(name, frame[0])
        note(f"{name} used", frame[1])

    def beside(name: str) -> tuple[str, str]:
        return _used(found["ours used"]), _used(found[f"{name} used"])

    for _ in range(rounds):
        for name, one, first in (("ours", made, names[0]), ("small", small, names[1])):
            program, early, late = opened(one, first)
            note(f"{name} used", program.processor())
            program.close()
            note(name, late)
            note(f"{name} early", early)
        noted("hello", first_frame([peers.ours(), peers.script("hello")], plain, "first row"))
        if posting:
            noted("posting", first_frame([str(posting / "posting")], plain, "Send"))
        if harlequin:
            noted("harlequin", first_frame([str(harlequin / "harlequin")], plain, "Data Catalog"))
    yield ratio(GROUP, book, COLD, HELLO, 1.2, found["ours"], found["hello"], beside=beside("hello"))
    for name, goal in (("posting", 0.3), ("harlequin", None)):
        there = name in found
        versus = name.title()
        yield (
            ratio(GROUP, book, COLD, versus, goal, found["ours"], found[name], beside=beside(name))
            if there
            else absent(GROUP, book, COLD, versus, goal)
        )
    yield ratio(GROUP, book, COLD, f"the same with {SMALL:,} accounts", 1.2, found["ours"], found["small"])
    first = "first useful data on the screen, whoever drew it"
    yield ratio(GROUP, book, first, HELLO, 0.2, found["ours early"], found["hello"])


def _used(values: list[float]) -> str:
    return f", processor {median(values):.0f} ms"


def _memory(made: Site) -> Iterator[Row]:
    program, _, _ = opened(made, made.first_row())
    with program, Program([peers.ours(), peers.script("hello")], environment(None)) as hello:
        hello.until(lambda text: "first row" in text)
        program.rest(REST)
        ours, peer = program.resident(), hello.resident()
    yield ratio(GROUP, made.accounts, MEMORY, HELLO, 2.0, [ours], [peer], "MB")
