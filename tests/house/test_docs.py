"""What the pages name is there: files, links, make targets, and the options of the program."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WRITTEN_BY_A_RUN = {"docs/soak.md"}
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FILE = re.compile(
    r"(?<![\w/.])(?:tests|docs|\.ci|data|screens|widgets|triage)/[\w/.*-]*\w\*?\.(?:py|md|toml|txt|json|svg)"
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_and_target_that_a_page_names_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for name in {*FILE.findall(text)} - WRITTEN_BY_A_RUN:
        assert list(ROOT.glob(name)), f"{page.name} names {name}"
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (page.parent / link).exists(), f"{page.name} links {link}"
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for target in re.findall(r"(?:`| {4})make ([a-z]+)", text):
        assert target in targets, f"{page.name} names make {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_option_that_a_page_gives_to_a_command_is_one(page: Path) -> None:
    spans = re.findall(r"(?m)`triage ([^`]+)`|^    triage ([^#\n]+)", page.read_text(encoding="utf-8"))
    for said in filter(lambda one: "--" in one, (one or other for one, other in spans)):
        words = re.match(r"(?:[a-z][a-z-]*(?:\s|$))*", said)
        assert words is not None
        if not words[0]:
            continue  # an option before the command, which every command has
        asked = [sys.executable, "-m", "triage", *words[0].split(), "--help"]
        ran = subprocess.run(asked, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, f"{page.name}: triage {said}"
        for option in re.findall(r"--[a-z][a-z-]*", said):
            assert option in ran.stdout, f"{page.name}: triage {said}: {option}"


def test_the_readme_quotes_three_rows_of_the_benchmarks_as_they_stand_there() -> None:
    measured = {(cells[1], cells[2], cells[8]): cells for cells in rows_of(ROOT / "docs" / "benchmarks.md", 10)}
    quoted = [cells for cells in rows_of(ROOT / "README.md", 6) if cells[0] != "what"]
    assert len(quoted) >= 3
    for cells in quoted:
        row = measured[cells[0], cells[1], cells[5]]
        assert cells == (*row[1:5], row[7], row[8]), "make bench writes both pages"


def rows_of(page: Path, width: int) -> list[tuple[str, ...]]:
    """The rows of a page's tables that have so many cells."""
    lines = [line[1:-1].split("|") for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [tuple(cell.strip() for cell in cells) for cells in lines if len(cells) == width]
