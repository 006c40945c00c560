"""The programs we are compared with: each in a virtual environment of its own, installed by its pins at first use."""

import shutil
import subprocess
import sys
from pathlib import Path

from world import KEPT

HERE = Path(__file__).parent / "peers"


def script(name: str) -> str:
    """A peer of a few lines, beside this file."""
    return str(HERE / f"{name}.py")


def ours() -> str:
    """The interpreter with the libraries that triage itself uses: peers by the same Textual, httpx and SQLModel."""
    return sys.executable


def installed(name: str) -> Path | None:
    """The folder of a peer's programs; None where it cannot be installed here."""
    pins = HERE / f"{name}.txt"
    home = KEPT / f"peer-{name}"
    mark, wanted = home / "pins", f"{home}\n{pins.read_text(encoding='utf-8')}"
    if mark.exists() and mark.read_text(encoding="utf-8") == wanted and _lives(home):
        return home / "bin"
    print(f"installing {name} …", file=sys.stderr, flush=True)
    pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        subprocess.run([*pip, "--no-deps", "-r", str(pins)], check=True, stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"{name} cannot be installed: {error}", file=sys.stderr)
        return None
    mark.write_text(wanted, encoding="utf-8")
    return home / "bin"


def _lives(home: Path) -> bool:
    """Whether it still works: a moved one names its old place in its programs, one without its Python does not run."""
    try:
        asked = [str(home / "bin" / "python"), "-m", "pip", "--version"]
        return subprocess.run(asked, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def of_the_system(name: str) -> str | None:
    """A program of the distribution, None where it is not installed."""
    return shutil.which(name)
