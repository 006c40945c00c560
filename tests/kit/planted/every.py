"""All planted bugs, and the page that lists them."""

from kit.planted import client, files, guards, server
from kit.planted.hand import ROOT, Plant

PLANTS: dict[str, Plant] = {plant.name: plant for part in (client, server, files, guards) for plant in (*part.PLANTS,)}
PAGE = ROOT / "docs" / "planted-bugs.md"


def page_text() -> str:
    """The page docs/planted-bugs.md: the fifteen of the goals first, which each `make test` proves anew."""
    named = [plant for plant in PLANTS.values() if plant.named]
    more = [plant for plant in PLANTS.values() if not plant.named]
    return "\n".join(
        [
            "# Planted bugs",
            "",
            "Does the suite notice when the program is wrong? `tests/faults/test_planted.py` copies the program,",
            "plants one bug and runs the tests named here: each of them must fail. One bug by hand, with the whole of",
            'its test files: `make plant NAME="global FIFO"`. This page anew: `make planted`.',
            "",
            f"{len(PLANTS)} bugs, {len(PLANTS)} caught: the fifteen by each `make test`, all by `make soak`.",
            "",
            *_table("The fifteen of the goals", named),
            "",
            *_table("More", more),
            "",
        ]
    )


def _table(title: str, plants: list[Plant]) -> list[str]:
    lines = [f"## {title}", "", "| bug | planted in | what it would do to a person | caught by |", "|---|---|---|---|"]
    for plant in plants:
        tests = "<br>".join(f"`{_short(test)}`" for test in plant.caught_by)
        lines.append(f"| {plant.name} | `{plant.file}` | {plant.harm} | {tests} |")
    return lines


def _short(test: str) -> str:
    """A node id without `tests/` and with nothing that would end a table's cell."""
    return test.removeprefix("tests/").replace("|", "\\|")
