"""Aligned text, tab-separated text and CSV for people and spreadsheets; nothing in it acts on a terminal."""

import csv
import io
from collections.abc import Iterable, Sequence

from data.safe_text import cell_width, safe_text

_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def aligned(heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = ()) -> Iterable[str]:
    """Yield a heading and rows with columns padded to their widest cell; columns named in `right` end flush."""
    table = [list(heads), *([_safe(cell) for cell in row] for row in rows)]
    widths = [max(cell_width(row[column]) for row in table) for column in range(len(heads))]
    for row in table:
        cells = []
        for cell, head, width in zip(row, heads, widths, strict=True):
            space = " " * (width - cell_width(cell))
            cells.append(space + cell if head in right else cell + space)
        yield "  ".join(cells).rstrip()


def plain(rows: Iterable[Sequence[str]]) -> Iterable[str]:
    """Yield lines with one tab between cells and no heading, for cut and awk."""
    for row in rows:
        yield "\t".join(_safe(cell) for cell in row) + "\n"


def csv_text(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return CSV (RFC 4180); cells that a spreadsheet would run as a formula get a leading apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heads)
    writer.writerows([_guarded(cell) for cell in row] for row in rows)
    return out.getvalue()


def _guarded(cell: object) -> object:
    """A number stays a number; text that begins like a formula does not stay one."""
    if cell is None or isinstance(cell, int | float):
        return cell
    text = str(cell)
    return "'" + _safe(text) if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else _safe(text)


def _safe(cell: str) -> str:
    return safe_text(cell, cells=None)
