"""Temporary files in memory, where there is room for them: ten thousand commits need not wait for a disk."""

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 2 << 30  # bytes; what a run leaves there at a time is a tenth of it


def pytest_configure() -> None:
    """Where temporary directories of the tests and of their servers begin, unless the caller has said so."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM:
        return
    os.environ["TMPDIR"] = str(MEMORY)
    tempfile.tempdir = None  # asked for anew
