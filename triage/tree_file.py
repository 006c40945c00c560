"""The decision tree as a file: the shipped one, or one that the user brings (D18)."""

from pathlib import Path

from data.health_tree import Tree

SHIPPED = Path(__file__).with_name("tree.dag")


def read_bytes(file: Path) -> bytes:
    """The bytes of a tree's file: the hash is that of the text as it stands, line ends included; or TreeError."""
    try:
        return file.read_bytes()
    except OSError as error:
        from triage.rules.tree_text import TreeError

        raise TreeError(f"{file}: cannot be read ({error.strerror}).") from None


def tree_of(text: bytes, file: Path) -> Tree:
    """D1, D2: the tree of bytes that were read from `file`. Raises TreeError naming the file."""
    from triage.rules.tree_text import TreeError, parse_tree

    try:
        return parse_tree(text.decode("utf-8"))
    except UnicodeDecodeError:
        raise TreeError(f"{file}: not UTF-8 text.") from None
    except TreeError as error:
        raise TreeError(f"{file}: {error}") from None


def load_tree(file: Path | None = None) -> Tree:
    """D1, D18: the tree of `file`, by default the seed's own text. Raises TreeError naming the file."""
    source = SHIPPED if file is None else file
    return tree_of(read_bytes(source), source)
