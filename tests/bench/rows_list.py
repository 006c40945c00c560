"""Keys in the open list: to the last byte that a key causes, and how many bytes, beside Textual's DataTable."""

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from statistics import median

import peers
from figures import Row, absent, ratio
from rows_start import first_frame, opened
from screen import Paint, Program
from world import Site, environment, site

from data.cache import Cache
from data.ports_list import View

GROUP = "list"
TABLE = "DataTable, 100k rows"
TABLE_ROWS = 100_000
FAST = "textual-fastdatatable, the same rows (parquet)"
HEADS = "name\ttier\tmrr\tcategory\tseq\tversion\tid"
EDGE = "key j at the edge, the list scrolls"
LETTER = "From a@b.example Sat Nov  1 10:00:00 2025\nFrom: A <a@b.example>\nSubject: Message {}\n\nText\n\n"
LETTERS = 20_000
SCREENFUL = 45
KEYS = 8  # of one program before it is the other's turn
FILTER_QUIET = 0.25  # echo and list are two paints
Paints = list[Paint]


def rows(accounts: int, rounds: int) -> Iterator[Row]:
    """All rows of the group."""
    with site(accounts) as made, tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        table = write_rows(made, scratch / "rows.tsv", min(TABLE_ROWS, accounts))
        yield from _keys(made, table, scratch, rounds)
        yield _opening(made, scratch, rounds)


def write_rows(made: Site, path: Path, most: int) -> Path:
    """The rows of the book as a TSV file, in the order of the list."""
    with closing(Cache.open(made.cache.parent, None)) as cache, path.open("w", encoding="utf-8") as file:
        numbers = cache.ids(View.BOOK, limit=most)
        file.write(f"{HEADS}\n")
        for begun in range(0, len(numbers), 1000):
            for row in cache.rows(numbers[begun : begun + 1000]):
                cells = (row.name, row.tier, row.mrr, row.category or "-", row.seq, row.version, row.id)
                file.write("\t".join(str(cell).replace("\t", " ").replace('"', "'") for cell in cells) + "\n")
    return path


def whole_book(made: Site) -> Program:
    """Our app with the view of the whole book open."""
    program, _, _ = opened(made, made.first_row())
    program.rest(1)
    program.press("9", 0.5)
    program.until(lambda text: f"1 of {made.accounts:,}" in text)
    return program


def _keys(made: Site, table: Path, scratch: Path, rounds: int) -> Iterator[Row]:
    with whole_book(made) as ours, Program([peers.ours(), peers.script("data_table"), str(table)], made.env) as peer:
        first = table.read_text(encoding="utf-8").splitlines()[1].split("\t")[0][:12]
        peer.until(lambda text: first in text)
        peer.rest(1)
        inside = _in_turns(rounds, lambda: _pressed(ours, "jk"), lambda: _pressed(peer, "\x1b[B", "\x1b[A"))
        for program, key in ((ours, "j"), (peer, "\x1b[B")):
            for _ in range(SCREENFUL):
                program.press(key, 0.02)
        edge = _in_turns(rounds, lambda: _pressed(ours, "j"), lambda: _pressed(peer, "\x1b[B"))
        page = _in_turns(rounds, lambda: _pressed(ours, "\x1b[6~"), lambda: _pressed(peer, "\x1b[6~"))
        ends = _in_turns(rounds, lambda: _pressed(ours, "Gg"), lambda: _pressed(peer, "\x1b[1;5F", "\x1b[1;5H"))
        typed = _typed(ours, made, rounds)
    yield from _pair(made, "key j inside the view", inside, 0.5, 0.3)
    yield from _pair(made, EDGE, edge, 0.4, 0.3)
    yield from _neomutt(made, scratch, edge[0])
    yield _time(made, "page down", page, 0.25)
    yield _time(made, "first and last row", ends, 0.25)
    yield _time(made, "filter keystroke (beside a page down)", (typed, page[1]), 0.25)


def _in_turns(rounds: int, ours: Callable[[], Paints], peer: Callable[[], Paints]) -> tuple[Paints, Paints]:
    pairs = [(ours(), peer()) for _ in range(rounds)]
    return [paint for pair in pairs for paint in pair[0]], [paint for pair in pairs for paint in pair[1]]


def _pressed(program: Program, *keys: str) -> Paints:
    each = keys if len(keys) > 1 else keys[0] if not keys[0].startswith("\x1b") else keys
    return [program.press(each[at % len(each)]) for at in range(KEYS)]


def _typed(program: Program, made: Site, rounds: int) -> Paints:
    """The letters of a name, typed into the filter and taken back by escape."""
    paints: Paints = []
    word = made.first_row().split()[0].lower()[:6]
    for _ in range(rounds):
        program.press("/", FILTER_QUIET)
        paints += [program.press(letter, FILTER_QUIET) for letter in word]
        program.press("\x1b", 0.5)
    return paints


def _pair(made: Site, what: str, both: tuple[Paints, Paints], time: float, count: float) -> Iterator[Row]:
    yield _time(made, f"{what}: time", both, time)
    ours, peer = ([*map(_count, paints)] for paints in both)
    yield ratio(GROUP, made.accounts, f"{what}: bytes", TABLE, count, ours, peer, "B")


def _time(made: Site, what: str, both: tuple[Paints, Paints], goal: float) -> Row:
    ours, peer = ([*map(_last, paints)] for paints in both)
    return ratio(GROUP, made.accounts, what, TABLE, goal, ours, peer, beside=(_first(both[0]), _first(both[1])))


def _first(paints: Paints) -> str:
    return f", first byte {median(paint.first for paint in paints):.1f} ms"


def _opening(made: Site, scratch: Path, rounds: int) -> Row:
    """From exec to the first row, of the whole file in the peer's case."""
    what, bin_folder = "opening the list, from exec to the first row", peers.installed("textual-fastdatatable")
    if bin_folder is None:
        return absent(GROUP, made.accounts, what, FAST, 0.2)
    python, parquet = str(bin_folder / "python"), scratch / "rows.parquet"
    table = write_rows(made, scratch / "all.tsv", made.accounts)
    argv = [python, peers.script("fast_table")]
    subprocess.run([*argv, "--make", str(table), str(parquet)], check=True)
    with table.open(encoding="utf-8") as lines:
        lines.readline()
        first = lines.readline().split("\t")[0][:12]
    ours, peer = [], []
    for _ in range(max(2, rounds // 2)):
        program, _, late = opened(made, made.first_row())
        program.close()
        ours.append(late)
        peer.append(first_frame([*argv, str(parquet)], environment(None), first)[0])
    return ratio(GROUP, made.accounts, what, FAST, 0.2, ours, peer)


def _neomutt(made: Site, scratch: Path, edge: Paints) -> Iterator[Row]:
    """Our edge beside that of a mail reader in C, for comparison only."""
    whats = f"{EDGE}: time", f"{EDGE}: bytes"
    program = peers.of_the_system("neomutt")
    if program is None:
        yield from (absent(GROUP, made.accounts, what, "neomutt", None) for what in whats)
        return
    box, settings = scratch / "mbox", scratch / "muttrc"
    box.write_text("".join(LETTER.format(at) for at in range(LETTERS)), encoding="utf-8")
    settings.write_text(f"set menu_scroll=yes\nset sort=mailbox-order\nset folder={scratch}\n", encoding="utf-8")
    env = environment(None) | {"HOME": str(scratch)}
    with Program([program, "-n", "-R", "-F", str(settings), "-f", str(box)], env) as reader:
        reader.until(lambda text: "Message 3" in text)
        reader.rest(1)
        for _ in range(SCREENFUL):
            reader.press("j", 0.02)
        peer = _pressed(reader, "j") + _pressed(reader, "j")
    for what, unit, of in ((whats[0], "ms", _last), (whats[1], "B", _count)):
        yield ratio(GROUP, made.accounts, what, "neomutt", None, [*map(of, edge)], [*map(of, peer)], unit)


def _last(paint: Paint) -> float:
    return paint.last


def _count(paint: Paint) -> float:
    return float(paint.count)
