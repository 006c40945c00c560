"""Small disks for the tests of full and read-only ones: a tmpfs where the process may mount, else they are skipped."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Mount a disk of so many KiB; skips where that is not allowed (the same faults are met by limits elsewhere)."""
    mounted: list[Path] = []

    def made(kib: int) -> Path:
        where = tmp_path / f"disk{len(mounted)}"
        where.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={kib}k,mode=700", "none", str(where)],
            capture_output=True,
            check=False,
        )
        if done.returncode:
            pytest.skip("this process may not mount a disk")
        mounted.append(where)
        return where

    yield made
    for where in mounted:
        subprocess.run(["umount", "-l", str(where)], check=True)
