"""The tree in effect and the one that the config names: another text takes effect only once it is accepted (D18)."""

import hashlib
import os
from pathlib import Path

from data.errors import NotPossible
from data.health_tree import MARK, Tree
from triage.tree_file import SHIPPED, load_tree, read_bytes, tree_of

ACCEPTED = "tree.dag"  # in the state directory: the text that was accepted, whatever became of its file


class Trees:
    """One profile's trees. Without an accepted copy triage's own is in effect. May be shared by threads."""

    def __init__(self, directory: Path, wanted: Path | None) -> None:
        """`directory` keeps the accepted copy; `wanted` is the file that the config names, None: triage's own."""
        self._copy = directory / ACCEPTED
        self._wanted = wanted
        self._read: tuple[object, Tree] | None = None

    @property
    def wanted_file(self) -> Path | None:
        """The file that the config names, None where it names none."""
        return self._wanted

    def in_effect(self) -> Tree:
        """The tree that judges now, also where another process has accepted it. TreeError: the copy is damaged."""
        stamp = self._stamp()
        read = self._read
        if read is not None and read[0] == stamp:
            return read[1]
        from triage.rules.tree_text import TreeError  # who only compares marks parses no tree

        try:
            tree = load_tree(self._copy if stamp is not None else None)
        except TreeError as error:
            if read is not None:  # what judged a moment ago goes on; the next start says what is wrong
                return read[1]
            raise TreeError(
                f"{error} This is the accepted copy: remove it, and triage's own tree is in effect."
            ) from None
        self._read = (stamp, tree)
        return tree

    @property
    def mark(self) -> str:
        """The mark of the tree in effect; triage's own need not be parsed for it. TreeError as in `in_effect`."""
        if self._stamp() is not None:
            return self.in_effect().mark
        return hashlib.sha256(SHIPPED.read_bytes()).hexdigest()[:MARK]

    def waiting(self) -> Tree | None:
        """The tree that the config names where that is not the one in effect; TreeError where its file is none."""
        if self._wanted is None and self._stamp() is None:
            return None  # triage's own is both
        source = self._wanted or SHIPPED
        text = read_bytes(source)
        if hashlib.sha256(text).hexdigest() == self.in_effect().sha256:
            return None
        return tree_of(text, source)

    def accept(self, shown: Tree) -> None:
        """Let the config's tree take effect: exactly the text whose diff was `shown`, NotPossible where it changed."""
        source = self._wanted or SHIPPED
        text = read_bytes(source)
        if hashlib.sha256(text).hexdigest() != shown.sha256:
            raise NotPossible(f"{source} has changed since its diff was shown: look at it again.")
        if self._wanted is None:
            self._copy.unlink(missing_ok=True)
        else:
            _keep(text, self._copy)

    def _stamp(self) -> object:
        """What differs once the copy is another one; None where there is none."""
        try:
            found = self._copy.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size


def _keep(text: bytes, path: Path) -> None:
    """Write a private file whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
