"""docs/benchmarks.md: rows that were measured anew replace those of their group and book, all others stay."""

import importlib.metadata
import os
import platform
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from figures import Row

REMARKS = Path(__file__).with_name("remarks.toml")
HEADS = ("group", "what", "compared with", "goal", "figure", "ours", "peer", "", "accounts", "date")
NAMED = ("textual", "httpx", "msgspec")

QUOTED = 6  # cells of a row in the README: what, compared with, goal, figure, pass or short, accounts
ONE_SIZE = ("rules",)  # measured over a book of its own, whatever was asked for

Cells = tuple[str, ...]


class Page:
    """The page that rows are written to as they come, and the README, which quotes some of them; None: only printed."""

    def __init__(self, page: Path | None, readme: Path | None, groups: Sequence[str]) -> None:
        """`groups` gives the order on the page; rows of groups that are not among them go."""
        self._page, self._readme, self._groups = page, readme, groups
        self._fresh: set[Cells] = set()

    def take(self, row: Row) -> None:
        """Write a row in the place of its older self."""
        cells = _cells(row)
        self._fresh.add(_name(cells))
        self._write([*(old for old in self._rows() if _name(old) != _name(cells)), cells])

    def close(self, group: str, accounts: int) -> None:
        """A group was measured whole: what its rows were called before goes."""
        book = f"{accounts:,}"
        here = self._fresh if group in ONE_SIZE else {name for name in self._fresh if name[-1] == book}
        self._write(
            [
                old
                for old in self._rows()
                if old[0] != group or _name(old) in here or (group not in ONE_SIZE and old[8] != book)
            ]
        )

    def _rows(self) -> list[Cells]:
        return read(self._page) if self._page else []

    def _write(self, rows: Sequence[Cells]) -> None:
        if self._page is None:
            return
        known = [cells for cells in rows if cells[0] in self._groups]
        listed = sorted(known, key=lambda cells: (self._groups.index(cells[0]), int(cells[8].replace(",", ""))))
        self._page.write_text(_page(listed), encoding="utf-8")
        if self._readme is not None:
            said = self._readme.read_text(encoding="utf-8")
            self._readme.write_text(quoting(said, listed), encoding="utf-8")


def quoting(readme: str, rows: Sequence[Cells]) -> str:
    """The README with the rows that it quotes as they stand on the page now."""
    quotes = {(cells[1], cells[2], cells[8]): _quote(cells) for cells in rows}

    def anew(line: str) -> str:
        cells = _split(line) if line.startswith("| ") else ()
        return quotes.get((cells[0], cells[1], cells[-1]), line) if len(cells) == QUOTED else line

    return "\n".join(map(anew, readme.split("\n")))


def _quote(cells: Cells) -> str:
    return _line((*cells[1:5], cells[7], cells[8]))


def _name(cells: Cells) -> Cells:
    return (*cells[:3], cells[8])


def as_text(row: Row) -> str:
    """The row as it stands in the table."""
    return _line(_cells(row))


def _cells(row: Row) -> Cells:
    told = (row.group, row.what, row.versus, row.goal, row.figure, row.ours, row.peer, row.verdict, f"{row.book:,}")
    return (*told, f"{datetime.now(UTC):%Y-%m-%d}")


def read(page: Path) -> list[Cells]:
    """The rows of a page, as cells."""
    if not page.exists():
        return []
    found = [_split(line) for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [cells for cells in found if len(cells) == len(HEADS) and cells[0] != HEADS[0]]


def _split(line: str) -> Cells:
    return tuple(cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|"))


def _line(cells: Cells) -> str:
    return f"| {' | '.join(cells)} |"


def _page(listed: Sequence[Cells]) -> str:
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in NAMED)
    remarks = tomllib.loads(REMARKS.read_text(encoding="utf-8"))
    said = [f"- **{name}**: {' '.join(text.split())}" for name, text in remarks.items()]
    return "\n".join(
        [
            "# Benchmarks",
            "",
            "Written by `make bench`; `make bench ARGS='--rows start,push'` measures and replaces only these groups,",
            "`make bench ARGS=--million` measures a book of a million accounts too. Each row: our figure beside its",
            "peer's in turns in one run, as a ratio of medians; in brackets least and greatest. Screens are emulated",
            "(pyte, 120×40, a real pty); times of keys go to the last byte that they cause. A time never fails a run.",
            "Remarks on rows that fall short are below the table.",
            "",
            f"Last run with Python {platform.python_version()}, {versions}, {os.cpu_count()} cores, "
            f"{platform.system()} {platform.machine()}.",
            "",
            _line(HEADS),
            f"|{'---|' * len(HEADS)}",
            *map(_line, listed),
            "",
            "## Remarks",
            "",
            *said,
            "",
        ]
    )
