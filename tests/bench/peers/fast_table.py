"""textual-fastdatatable over a parquet file; `--make TSV PARQUET` writes the file."""

import sys
from pathlib import Path

if sys.argv[1] == "--make":
    from pyarrow import csv, parquet

    read = csv.read_csv(sys.argv[2], parse_options=csv.ParseOptions(delimiter="\t", quote_char=False))
    parquet.write_table(read, sys.argv[3])
    sys.exit()

from textual.app import App, ComposeResult
from textual_fastdatatable import DataTable

WIDTHS: list[int | None] = [26, 14, 12, 10, 12, 12, 12]


class Table(App[None]):
    """The table and nothing else."""

    def compose(self) -> ComposeResult:
        yield DataTable(data=Path(sys.argv[1]), cursor_type="row", column_widths=WIDTHS)


Table().run()
