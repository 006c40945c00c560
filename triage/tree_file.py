"""The decision tree as a file: the shipped one, or one that the user brings (D18)."""

from pathlib import Path

from data.health_tree import Tree
from triage.rules.tree_text import TreeError, parse_tree

SHIPPED = Path(__file__).with_name("tree.dag")


def load_tree(file: Path | None = None) -> Tree:
    """D1, D18: the tree of `file`, by default the seed's own text. Raises TreeError naming the file."""
    source = SHIPPED if file is None else file
    try:
        # bytes, so that the hash is that of the text as it stands, line ends included
        return parse_tree(source.read_bytes().decode("utf-8"))
    except OSError as error:
        raise TreeError(f"{source}: cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise TreeError(f"{source}: not UTF-8 text.") from None
    except TreeError as error:
        raise TreeError(f"{source}: {error}") from None
