"""The house itself: import names, module docstrings, one direction of imports, nothing of this machine in the tree."""

import ast
import importlib.metadata
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import triage

ROOT = Path(__file__).parents[2]
PACKAGES = ("triage", "screens", "widgets", "data")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def test_no_other_distribution_claims_our_import_names() -> None:
    owners = importlib.metadata.packages_distributions()
    for name in PACKAGES:
        assert set(owners.get(name, ["cs-triage"])) == {"cs-triage"}, f"{name} is claimed by {owners[name]}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_opens_with_one_line_that_says_what_it_is(path: Path) -> None:
    first = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n\n")[0]
    assert first and first.rstrip().endswith((".", "…")), path


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 330, f"{path} asks to be split"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            assert node.end_lineno - node.lineno <= 50, f"{path}:{node.lineno} {node.name} asks to be split"


def test_tracked_files_name_no_index_and_no_path_of_a_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    hosts = "python" + "hosted" + r"\.org|pypi" + r"\.org/simple|registry\.npm" + "js"
    wanted = re.compile(rf"{hosts}|(?<![\w.])/(work|farm|root)/[a-z.]")
    for name in filter(None, listed):
        path = ROOT / name
        if path.is_file() and path.suffix not in (".png", ".svg"):
            assert not wanted.search(path.read_text(encoding="utf-8", errors="replace")), name


def test_the_pins_name_no_index_and_carry_hashes() -> None:
    pins = (ROOT / ".ci" / "requirements.txt").read_text(encoding="utf-8")
    assert "://" not in pins and "--index" not in pins
    names = re.findall(r"^([a-z0-9-]+)==", pins, re.MULTILINE)
    assert len(names) > 30 and pins.count("--hash=sha256:") >= len(names)


def test_the_program_says_the_version_that_is_packaged() -> None:
    packaged = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert packaged == triage.VERSION
