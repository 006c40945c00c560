"""Files and variables that somebody hostile wrote: settings, policies, exports, a rescued outbox, names of paths."""

import io
import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from csv import writer
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kit.hostile import EVIL, acts
from kit.tally import Tally

from data.audit_proof import Evidence
from data.receipts import GENESIS, entry_hash
from triage.cli import main
from triage.commands import audit_file

Run = Callable[..., tuple[int, str, str]]
BAD = f"\x1b]0;{EVIL}\x07\u202e\x9b31m\x7f"
TOML = json.dumps(BAD)[1:-1].replace("\x7f", "\\u007f")
NAMED = f"x{BAD}".replace("\x07", "")
DEEP = 100_000
MARKS = "\u0301" * 40


@pytest.fixture
def run(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Run a command in this process: code, stdout, stderr. Nothing acts, nothing is a traceback."""

    def ran(*args: str, **environ: str) -> tuple[int, str, str]:
        kept = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TRIAGE_BASE_URL": "http://127.0.0.1:9"}
        kept |= {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
        code = main(argv=list(args), environ={name: text for name, text in (kept | environ).items() if text})
        out, err = (stream.decode() for stream in capfdbinary.readouterr())
        found = acts((out + err).replace("\r\n", "").replace("\n", "").replace("\t", ""))
        assert not found, f"{args}: {found}"
        return code, out, err

    return ran


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str, str | bytes], str]:
    """Write a file whose folder has a hostile name."""

    def written(name: str, content: str | bytes) -> str:
        path = tmp_path / NAMED / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return written


CONFIGS = {
    f'"{TOML}" = 1': "is no setting",
    f'theme = "{BAD}"': "is not TOML",
    f'base_url = "http://{TOML}"': "base_url",
    f'base_url = "https://e.example/{TOML}"': "base_url",
    f'base_url = "http://evi{MARKS}l.example"': "plain http",
    f'profile = "{TOML}"': "profile's name",
    f'profile = "a"\n[profiles."{TOML}"]\ntheme = "x"': "has no profile",
    f'[profiles."{TOML}"]\n"{TOML}" = "x"': "is no setting",
    f'stale_after = "{TOML}"': "stale_after",
    f'sync_every = "{"9" * 400}d"': "sync_every",
    f'glyphs = "{TOML}"': "glyphs",
    f'colour = "{TOML}"': "colour",
    'policy = "a\\u0000b"': "NUL",
    'policy = "~nobody-of-this-name/x"': "begins with ~",
    'token_command = "a \'b"': "split into words",
    'token_command = ["a\\u0000b"]': "NUL",
    f"a = {'[' * DEEP}": "nested too deeply",
    f"hold_seconds = {'9' * 10_000}": "is not TOML",
    "\x00": "is not TOML",
}


def test_a_config_file_that_tries_something_is_refused_with_a_sentence(run: Run, file: Callable[..., str]) -> None:
    for content, says in CONFIGS.items():
        path = file("config.toml", content)
        for command in ("config", "whoami"):
            code, _, err = run("--config", path, command, TRIAGE_BASE_URL="")
            assert code == 2 and says in err and err.startswith("triage: "), (content[:60], err)
    code, out, _ = run("--config", path, "doctor")
    assert code == 1 and "!!  config" in out


POLICIES = {
    f'"{TOML}" = 1': "unknown key",
    f'[tiers."{TOML}"]\norder = 1': "unknown key",
    f'[matrix.at_cap.frequent]\nsuggested = ["{TOML}"]': "Invalid enum value",
    BAD: "not valid TOML",
    f"a = {'[' * DEEP}": "nested too deeply",
    f"a = {'9' * 10_000}": "not valid TOML",
}


def test_a_policy_that_tries_something_is_refused_with_a_sentence(run: Run, file: Callable[..., str]) -> None:
    for content, says in POLICIES.items():
        file("policy.toml", content)
        config = file("config.toml", 'policy = "policy.toml"')
        code, _, err = run("--config", config, "list")
        assert code == 2 and says in err, (content[:60], err)
        assert "!!  policy" in run("--config", config, "doctor")[1]


@pytest.mark.parametrize("name", ["BASE_URL", "PROFILE", "CONFIG", "HOME", "TOKEN", "TOKEN_FILE"])
def test_variables_and_paths_that_try_something(name: str, run: Run, tmp_path: Path) -> None:
    for text in (f"{tmp_path}/{BAD}", f"~{BAD}", f"http://127.0.0.1:9/{BAD}"):
        for command in ("config", "whoami", "doctor", "list"):
            home = {"TRIAGE_HOME": str(tmp_path / "home")}
            if name != "HOME" or text[0] != "h":  # that would be a folder below this one
                run(command, **{**home, f"TRIAGE_{name}": text})
    code, _, err = run("whoami", TRIAGE_TOKEN_FILE="~nobody-of-this-name/token")
    assert code == 2 and "begins with ~" in err


# --- exports ---

CLOSING = {"triage_audit": 1, "backend": BAD, "exported_at": "2026-01-01T00:00:00Z", "entries": 0, "last_hash": ""}
CLOSING |= {"signed": None, "keys": [], "remembered": None}


def row(*cells: str) -> str:
    """A line of a CSV export: the first cell and the last, those between are empty."""
    out = io.StringIO()
    writer(out).writerow([cells[0], *[""] * (len(audit_file.HEADS) - 2), cells[1]])
    return out.getvalue()


def exports() -> dict[str, bytes]:
    """Exports as somebody hostile would write them."""
    end, heads = json.dumps(CLOSING) + "\n", ",".join(audit_file.HEADS) + "\r\n"
    table = row("closing", json.dumps(CLOSING))
    line = {"seq": 1, "raw": "", "prev_hash": BAD, "hash": BAD}
    signed = {"seq": 1, "hash": BAD, "signature": BAD, "key_id": BAD}
    made = {
        "hostile entry": json.dumps({**line, "raw": json.dumps({"reason": BAD})}) + "\n" + end,
        "hostile key": json.dumps({**line, BAD: 1}) + "\n" + end,
        "deep line": f'{{"seq":{"[" * DEEP}\n{end}',
        "deep text": json.dumps({**line, "raw": '{"before":' + "[" * DEEP}) + "\n" + end,
        "deep end": f'{{"triage_audit":1,"x":{"[" * DEEP}\n',
        "signed by nobody": json.dumps({**CLOSING, "signed": signed, "keys": [{"key_id": BAD, "public_key": BAD}]}),
        "no year": json.dumps({**CLOSING, "exported_at": "0001-01-01T00:00:00+14:00"}),
        "empty": "",
        "zeros": "\0\0\0",
        "table, no text": heads + row("1", "5") + table,
        "table, deep": heads + row("1", "[" * DEEP) + table,
        "table, huge": heads + row("9" * 5000, '""') + table,
        "table, long": f'{heads}"{"x" * (audit_file.LONGEST_CELL + 1)}",a\r\n{table}',
        "table, open": heads + '"abc\r\n' + table,
        "table, cut": heads + "closing\r\n",
    }
    raw = {name: text.encode() for name, text in made.items()}
    return raw | {"bytes": b"\xff\xfe\n" + end.encode(), "table, bytes": f"{heads}\xff,a\r\n{table}".encode("latin-1")}


def test_a_hostile_export_is_refused_with_a_sentence(run: Run, file: Callable[..., str], tally: Tally) -> None:
    made = exports()
    for name, content in made.items():
        path = file(name, content)
        code, out, err = run("audit", "verify", "--file", path)
        assert code == 1 and ("is broken at entry" in out or "closing line" in err), (name, out, err)
        code, out, _ = run("audit", "verify", "--file", path, "--json")
        told = json.loads(out)
        assert code == 1 and told["ok"] is False and told["why"], name
    tally("hostile strings x surfaces", len(made))


def test_a_text_with_a_delete_in_it_is_exported_plainly_and_verified(run: Run, file: Callable[..., str]) -> None:
    said = {"seq": 1, "staff_id": "s", "name": BAD, "action": "claim", "account_id": "acc_1", "workspace_id": None}
    said |= {"applied_at": "2026-01-01T00:00:00Z", "authored_at": "2026-01-01T00:00:00Z", "change_id": None}
    said |= {"actor": {"staff_id": "s", "name": BAD}, "outcome": "applied", "reason": f"\x7f{BAD}"}
    said |= {"before": {"\x7f": "\x7f"}, "after": {}, "params": {}, "client": "\x7f"}
    raw = json.dumps(said, ensure_ascii=False)
    digest = entry_hash(GENESIS, raw)
    entry = audit_file._entry(audit_file.Line(1, raw, GENESIS, digest), 1)
    for make in (audit_file.json_lines, audit_file.csv_lines):
        text = "".join(make([entry], Evidence(), "https://b.example", datetime.now(UTC)))
        assert not acts(text.replace("\r\n", "").replace("\n", ""))
        code, out, err = run("audit", "verify", "--file", file("export", text))
        assert code == 0 and "The chain holds: 1 entries" in out, (make.__name__, out, err)


def test_a_rescued_outbox_is_printed_plainly_and_unchanged(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "home/state/default"
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / "outbox.db")) as damaged:
        damaged.execute("CREATE TABLE trail (said TEXT)")
        damaged.execute("INSERT INTO trail VALUES (?)", (BAD,))
        damaged.commit()
    code, out, _ = run("--home", str(tmp_path / "home"), "doctor", "--rescue-outbox")
    assert code == 0 and json.loads(out) == {"table": "trail", "values": {"said": BAD}}
