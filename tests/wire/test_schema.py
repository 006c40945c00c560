"""data/tables.py is the one definition of both schemas; data/schema.py says the same in SQL."""

import ast
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import MetaData, create_engine
from sqlmodel import SQLModel

from data import schema, tables

ROOT = Path(schema.__file__).parent.parent


def test_schema_py_is_what_tables_py_writes() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "data.tables"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    written = Path(schema.__file__).read_text(encoding="utf-8")
    assert ast.dump(ast.parse(made)) == ast.dump(ast.parse(written)), "run: python -m data.tables > data/schema.py"


def shape(connection: sqlite3.Connection) -> dict[str, object]:
    """Everything SQLite knows about the tables and indexes of a file."""
    found: dict[str, object] = {}
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall():
        found[name] = connection.execute(f"PRAGMA table_info({name})").fetchall()
        for _, index, *kind in connection.execute(f"PRAGMA index_list({name})").fetchall():
            found[f"{name}.{index}"] = kind, connection.execute(f"PRAGMA index_xinfo({index})").fetchall()
    return found


@pytest.mark.parametrize(
    ("base", "sql"), [(tables.CacheTable, schema.CACHE_SQL), (tables.OutboxTable, schema.OUTBOX_SQL)]
)
def test_both_ways_make_the_same_file(tmp_path: Path, base: type[SQLModel], sql: str) -> None:
    metadata: MetaData = base.metadata
    engine = create_engine(f"sqlite:///{tmp_path / 'model.db'}")
    metadata.create_all(engine)
    engine.dispose()
    by_model, by_sql = sqlite3.connect(tmp_path / "model.db"), sqlite3.connect(tmp_path / "sql.db")
    by_sql.executescript(sql)
    assert shape(by_model) == shape(by_sql)
    assert len(shape(by_sql)) > 5
    by_model.close()
    by_sql.close()


def test_the_reading_path_imports_neither_sqlmodel_nor_network_nor_signatures() -> None:
    code = (
        "import sys, data.cache, data.pull; "
        "print([m for m in ('sqlmodel', 'sqlalchemy', 'pydantic', 'httpx', 'cryptography', 'textual') "
        "if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
