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

Cells = tuple[str, ...]


def merged(page: Path, rows: Sequence[Row], groups: Sequence[str]) -> str:
    """The page with these rows in it; `groups` gives their order."""
    fresh = [_cells(row) for row in rows]
    anew = {(cells[0], cells[8]) for cells in fresh}
    kept = [cells for cells in _read(page) if (cells[0], cells[8]) not in anew and cells[0] in groups]
    listed = sorted([*kept, *fresh], key=lambda cells: (groups.index(cells[0]), int(cells[8].replace(",", ""))))
    return _page(listed)


def as_text(rows: Sequence[Row]) -> str:
    """The rows as a table for a terminal's scrollback."""
    return "\n".join(_line(_cells(row)) for row in rows)


def _cells(row: Row) -> Cells:
    told = (row.group, row.what, row.versus, row.goal, row.figure, row.ours, row.peer, row.verdict, f"{row.book:,}")
    return (*told, f"{datetime.now(UTC):%Y-%m-%d}")


def _read(page: Path) -> list[Cells]:
    if not page.exists():
        return []
    lines = page.read_text(encoding="utf-8").splitlines()
    found = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines if line.startswith("| ")]
    return [cells for cells in found if len(cells) == len(HEADS) and cells[0] != HEADS[0]]


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
            "Written by `make bench`; `make bench ARGS='--rows start,push'` measures and replaces only these groups.",
            "Each row: our figure beside its peer's in turns in one run, as a ratio of medians; in brackets least and",
            "greatest. Screens are emulated (pyte, 120×40, a real pty); times of keys go to the last byte that they",
            "cause. A time never fails a run. Remarks on rows that fall short are below the table.",
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
