"""The bench: figures beside those of peers measured in the same run, in turns; docs/benchmarks.md and the README."""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

from figures import Row
from screen import Broken
from table import Page, as_text
from world import ROOT, alone, in_memory, lend

from data.errors import TriageError

# each group is the module rows_GROUP; those marked are measured with a million accounts too
GROUPS = {
    "start": True,
    "list": True,
    "sync": True,
    "delta": True,
    "again": True,
    "search": True,
    "portfolio": True,
    "live": False,
    "push": False,
    "rules": False,
}
USUAL, MILLION = 100_000, 1_000_000
PAGE, README = ROOT / "docs" / "benchmarks.md", ROOT / "README.md"


def main() -> int:
    """Measure the groups asked for; 0 unless something did not run at all."""
    options = _options()
    usual = options.out is None and options.accounts == USUAL
    page = Page(PAGE if usual else options.out, README if usual else None, list(GROUPS))
    runs = [(group, options.accounts) for group in options.rows]
    runs += [(group, MILLION) for group in options.rows if options.million and GROUPS[group]]
    broken = 0
    if options.book is not None:
        lend(MILLION, options.book)
    in_memory()
    with alone():
        for group, accounts in runs:
            begun = time.monotonic()
            try:
                for row in _rows_of(group)(accounts, options.rounds):
                    print(as_text(row), flush=True)
                    page.take(row)
            except (Broken, OSError, subprocess.CalledProcessError, TriageError) as error:
                broken += 1
                print(f"{group} is broken: {error}", file=sys.stderr)
                continue
            page.close(group, accounts)
            print(f"{group}: {time.monotonic() - begun:.0f} s", file=sys.stderr)
    return 1 if broken else 0


def _rows_of(group: str) -> Callable[[int, int], Iterator[Row]]:
    found: Callable[[int, int], Iterator[Row]] = import_module(f"rows_{group}").rows
    return found


def _groups(text: str) -> list[str]:
    asked = text.split(",")
    for name in asked:
        if name not in GROUPS:
            raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(GROUPS)}")
    return asked


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--accounts",
        type=int,
        default=USUAL,
        help="size of the book (100000); another is only printed, unless --out says where to",
    )
    parser.add_argument("--rows", type=_groups, default=list(GROUPS), metavar="GROUP,…", help=", ".join(GROUPS))
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured (5)")
    parser.add_argument("--million", action="store_true", help="also with 1,000,000 accounts, where that is a row")
    parser.add_argument("--book", type=Path, default=None, help="a million that triage sandbox --db seeded before")
    parser.add_argument("--out", type=Path, default=None, help="the page to write (docs/benchmarks.md)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
