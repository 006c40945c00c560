"""`triage export`: the list in its order as a private file; cells that a spreadsheet would run are disarmed."""

import csv
import io
import sqlite3
import stat

from data.packed import Packing
from data.safe_text import escaped
from triage.commands.tables import csv_text


def test_csv_and_json_are_the_list_in_its_order_in_a_private_new_file(cli, tmp_path):
    out, other = tmp_path / "list.csv", tmp_path / "list.json"
    ran = cli("export", "--out", out, "--view", "book", "--sort", "mrr", "--filter", "red:yes")
    assert (ran.code, ran.out) == (0, "") and str(out) in ran.err
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    rows = cli("list", "--view", "book", "--sort", "mrr", "--filter", "red:yes", "--json").json
    with out.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert [one["id"] for one in found] == [row["id"] for row in rows] and len(rows) > 3
    assert {one["mrr"] for one in found} == {str(row["mrr"] if row["mrr"] is not None else "") for row in rows}
    assert cli("export", "--json", "--out", other, "--category", "at_cap", "--limit", 4).code == 0
    assert stat.S_IMODE(other.stat().st_mode) == 0o600
    wanted = cli("list", "--category", "at_cap", "--limit", 4, "--json")
    assert other.read_text() == wanted.out == cli("export", "--json", "--category", "at_cap", "--limit", 4).out
    kept = out.read_bytes()
    refused = cli("export", "--out", out)
    assert (refused.code, out.read_bytes()) == (1, kept) and "stays as it is" in refused.err


def test_stdout_is_csv_without_out_and_as_list_prints_it(cli):
    assert cli("export").out == cli("list", "--csv").out != ""
    (cli.home / "config.toml").write_text('[views.big]\nview = "book"\nsort = "mrr"\nfilter = "mrr-from:100000"')
    ran = cli("export", "--view", "big", "--limit", "5")
    mrr = [int(one["mrr"]) for one in csv.DictReader(io.StringIO(ran.out))]
    assert len(mrr) == 5 and mrr == sorted(mrr, reverse=True) and mrr[-1] >= 100_000


def test_a_name_that_begins_like_a_formula_is_text_in_every_form(cli):
    name = '=HYPERLINK("x")'
    account = cli("list", "--limit", 1, "--json").json[0]["id"]
    with sqlite3.connect(next(cli.home.rglob("cache.db"))) as connection:
        [(number, row)] = connection.execute(
            'SELECT number, "row" FROM verdict JOIN account USING (number) WHERE id = ?', (account,)
        ).fetchall()
        old = cli("show", account, "--json").json["name"].encode()
        packing = Packing()
        row = packing.unpack(row)
        mended = row.replace(b'"' + old + b'"', b'"' + name.replace('"', '\\"').encode() + b'"', 1)
        assert mended != row
        connection.execute('UPDATE verdict SET "row" = ? WHERE number = ?', (packing.pack(mended), number))
    connection.close()
    found = list(csv.DictReader(io.StringIO(cli("export").out)))
    assert [one["name"] for one in found if one["id"] == account] == ["'" + name]
    for cell in ("+1", "-1", "@x", "\t=1", " =1", "＝1", "\r+1"):
        assert csv_text(["a"], [[cell]]).splitlines()[1].lstrip('"').startswith("'"), cell
    assert escaped("\x9b") != "\x9b"


def test_without_data_no_file_is_made(bare, tmp_path):
    out = tmp_path / "none.csv"
    ran = bare("export", "--out", out)
    assert (ran.code, ran.out, out.exists()) == (3, "", False) and "triage sync" in ran.err
    ran = bare("export", "--json")
    assert (ran.code, ran.json) == (3, [])
