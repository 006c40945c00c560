"""By hand: `python -m kit.planted NAME` plants one bug in a copy; without a name it writes the page."""

import sys
import tempfile
from pathlib import Path

from kit.planted.every import PAGE, PLANTS, page_text
from kit.planted.hand import put, run, scratch_copy


def main(words: list[str]) -> int:
    """Exit 0 when the bug was caught (or the page written), 1 when it lived, 2 for an unknown name."""
    if not words:
        PAGE.write_text(page_text(), encoding="utf-8")
        return 0
    plant = PLANTS.get(" ".join(words))
    if plant is None:
        print("Planted bugs:", *sorted(PLANTS), sep="\n  ", file=sys.stderr)
        return 2
    files = sorted({test.split("::")[0] for test in plant.caught_by})
    with tempfile.TemporaryDirectory(prefix="planted-") as scratch:
        root = scratch_copy(Path(scratch))
        put(plant, root)
        print(f"{plant.name}: {plant.harm}\nPlanted in {plant.file}; now the whole of {', '.join(files)}.", flush=True)
        outcome = run(root, *files, seconds=1800)
    print(outcome.output, *(f"caught by {test}" for test in outcome.failed), sep="\n")
    return 0 if outcome.failed else 1


sys.exit(main(sys.argv[1:]))
