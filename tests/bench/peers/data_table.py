"""Textual's DataTable over the rows of a TSV file; column widths are given, so that nothing has to be measured."""

import sys
from pathlib import Path

from textual.app import App, ComposeResult
from textual.widgets import DataTable

WIDTHS = (26, 14, 12, 10, 12, 12, 12)


class Table(App[None]):
    """The table and nothing else."""

    def compose(self) -> ComposeResult:
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        """Fill it before the first frame."""
        table = self.query_one(DataTable)
        heads, *lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
        for head, width in zip(heads.split("\t"), WIDTHS, strict=True):
            table.add_column(head, width=width)
        table.add_rows(line.split("\t") for line in lines)
        table.focus()


Table().run()
