"""Planted bugs: the suite must fail with each of them, in the very tests that docs/planted-bugs.md names."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from kit.planted.every import PAGE, PLANTS, page_text
from kit.planted.hand import FAST, PACKAGES, ROOT, Plant, Stale, environment, problem_of, put, run, scratch_copy

# the fifteen of quality.md each time, the others in long runs and by `make planted`
CHOSEN = [name if plant.named else pytest.param(name, marks=pytest.mark.soak) for name, plant in PLANTS.items()]


@pytest.mark.parametrize("name", CHOSEN)
def test_the_suite_catches(name, tmp_path, tally):
    plant = PLANTS[name]
    tally("planted bugs")
    root = scratch_copy(tmp_path / "copy")
    put(plant, root)
    outcome = run(root, *FAST, *plant.caught_by)
    shutil.rmtree(root)
    assert outcome.code == 1, outcome.output[-3000:]
    for test in plant.caught_by:
        caught = [node for node in outcome.failed if node == test or node.startswith(test + "[")]
        assert caught, f"{test} does not notice: {plant.harm}\n{outcome.output[-3000:]}"
    tally("planted bugs caught")


def test_every_plant_finds_its_place_and_says_what_it_does():
    assert [wrong for plant in PLANTS.values() if (wrong := problem_of(plant))] == []
    assert sum(plant.named for plant in PLANTS.values()) == 15
    for plant in PLANTS.values():
        assert plant.harm.endswith(".") and plant.caught_by, plant.name


def test_a_stale_plant_is_named_and_not_planted(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "push.py").write_text("twice twice")
    for old, found in (("once", 0), ("twice", 2)):
        plant = Plant("example", "data/push.py", old, "x", "Nothing.", ())
        with pytest.raises(Stale, match=f"example is stale: its old text is {found} times"):
            put(plant, tmp_path)
    assert (tmp_path / "data" / "push.py").read_text() == "twice twice"


def test_the_copy_wins_over_the_installed_packages_in_every_process(tmp_path):
    root = scratch_copy(tmp_path / "copy")
    asked = f"import {', '.join(PACKAGES)}; print(*({', '.join(f'{name}.__file__' for name in PACKAGES)},))"
    said = subprocess.run(
        [sys.executable, "-c", asked], cwd=tmp_path, env=environment(root), capture_output=True, text=True, check=True
    )
    found = [Path(path) for path in said.stdout.split()]
    assert len(found) == 4 and all(path.is_relative_to(root) and not path.is_relative_to(ROOT) for path in found)


def test_the_page_lists_every_plant_with_the_tests_that_catch_it():
    assert PAGE.read_text(encoding="utf-8") == page_text(), "make planted writes it anew"
