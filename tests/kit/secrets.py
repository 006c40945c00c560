"""The search for secrets: every form a text may take, in every artefact; and who runs below us with what."""

import base64
import json
import os
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote


@lru_cache(4096)
def forms(secret: str) -> list[bytes]:
    """The text as it stands, as JSON and URLs write it, in UTF-16, and inside base64 at each of three offsets."""
    raw = secret.encode()
    found = [raw, json.dumps(secret)[1:-1].encode(), quote(secret, safe="").encode(), secret.encode("utf-16-le")]
    for offset in range(3):
        whole = base64.b64encode(b"x" * offset + raw + b"x" * (-(offset + len(raw)) % 3)).rstrip(b"=")
        found.append(whole[4 if offset else 0 : len(whole) - 4])  # only what does not depend on the neighbours
    return [form for form in dict.fromkeys(found) if len(form) >= 4]


def hits(content: bytes, secrets: dict[str, str]) -> list[str]:
    """The names of the secrets that a content holds in any form."""
    return [name for name, secret in secrets.items() if any(form in content for form in forms(secret))]


def holders(folder: Path, secrets: dict[str, str]) -> dict[str, list[str]]:
    """The files below `folder` that hold a secret, or have one in their name: path below it, and which."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        if which := hits(name.encode() + b"\n" + content, secrets):
            found[name] = which
    return found


def open_to_others(folder: Path) -> list[str]:
    """Files and directories below `folder` that anybody else may read, write or enter, with their modes."""
    found = []
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            mode = stat.S_IMODE(path.lstat().st_mode)
            if mode & 0o077 or mode != (0o700 if path.is_dir() else 0o600):
                found.append(f"{path.relative_to(folder)} {mode:o}")
    return found


class Watch:
    """What was seen while it ran: command lines of everything below us, environments of triage's own children."""

    def __init__(self, folder: Path | None) -> None:
        self.argv: set[bytes] = set()
        self.environ: dict[bytes, bytes] = {}  # by command line
        self.open_to_others: set[str] = set()
        self.files: set[str] = set()
        self._folder = folder
        self._over = threading.Event()

    def run(self) -> None:
        """Look every 30 ms: the shortest child, the keyring's, lives some 150 ms."""
        while not self._over.wait(0.03):
            self._look(os.getpid(), 0)
            if self._folder is not None and self._folder.exists():
                self.open_to_others.update(open_to_others(self._folder))
                self.files.update(path.name for path in self._folder.rglob("*"))

    def end(self) -> None:
        """Stop looking."""
        self._over.set()

    def _look(self, pid: int, depth: int) -> None:
        with suppress(OSError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                for child in map(int, (task / "children").read_text().split()):
                    self._note(child, depth + 1, pid)

    def _note(self, pid: int, depth: int, parent: int) -> None:
        argv = Path(f"/proc/{pid}/cmdline").read_bytes()
        if b"triage.sandbox" in argv:  # the server of the test
            return
        self.argv.add(argv)
        own = argv != Path(f"/proc/{parent}/cmdline").read_bytes()  # else it was only forked yet
        if depth > 1 and own:  # triage's own environment is what the person gave it
            self.environ[argv] = Path(f"/proc/{pid}/environ").read_bytes()
        self._look(pid, depth)


@contextmanager
def watching(folder: Path | None = None) -> Iterator[Watch]:
    """Watch processes below this one, and the modes of what appears in `folder`."""
    watch = Watch(folder)
    thread = threading.Thread(target=watch.run, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        time.sleep(0.05)
        watch.end()
        thread.join()
