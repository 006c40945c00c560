"""The doctor: a sound home, each fault named with its cure, and the rescue of a damaged outbox."""

import json
import sqlite3
import stat

REASON = "Written before the disk went bad"


def by_name(ran):
    return {one["name"]: one for one in ran.json}


def test_a_sound_home_is_all_ok(cli):
    ran = cli("doctor")
    assert ran.code == 0, ran
    assert all(line.startswith("ok  ") for line in ran.out.splitlines())
    found = cli("doctor", "--json")
    assert all(list(one) == ["name", "ok", "what", "todo"] for one in found.json)
    assert {
        "config",
        "policy",
        "state",
        "cache",
        "outbox.db",
        "cache.db",
        "keyring",
        "token",
        "backend",
        "identity",
    } <= {*by_name(found)}


def test_changed_signing_keys_are_said_until_a_person_accepts_them(cli):
    with sqlite3.connect(next(cli.home.rglob("outbox.db"))) as outbox:
        outbox.execute("UPDATE pinned_key SET public_key = ?", ("A" * 43 + "=",))
        outbox.execute("UPDATE head SET seq = seq + 100")
    outbox.close()
    ran = cli("sync")
    assert ran.code == 0 and "not the ones seen before" in ran.err and "triage doctor --accept-keys" in ran.err
    assert cli("audit", "verify").code == 1
    accepted = cli("doctor", "--accept-keys")
    assert accepted.code == 0 and "key_" in accepted.out, accepted
    ran = cli("sync")
    assert (ran.code, ran.err) == (0, ""), ran
    assert cli("audit", "verify").code == 0


def test_each_fault_is_named_with_what_to_do(cli, bare):
    next(cli.home.rglob("cache.db")).chmod(0o644)
    next(cli.home.rglob("outbox.db")).parent.chmod(0o755)
    found = cli.changed(TRIAGE_BASE_URL="http://127.0.0.1:9")("doctor", "--json")
    assert found.code == 1
    named = by_name(found)
    assert "chmod 600" in named["cache.db"]["todo"] and "chmod 700" in named["state"]["todo"]
    assert not named["backend"]["ok"] and named["backend"]["todo"]
    assert not by_name(bare.changed(TRIAGE_BASE_URL=None)("doctor", "--json"))["backend"]["ok"]
    assert "triage login" in by_name(bare.changed(TRIAGE_TOKEN=None)("doctor", "--json"))["token"]["todo"]
    loose = bare.home.parent / "token"
    loose.write_text(bare.environ["TRIAGE_TOKEN"])
    loose.chmod(0o644)
    token = by_name(bare.changed(TRIAGE_TOKEN=None, TRIAGE_TOKEN_FILE=str(loose))("doctor", "--json"))["token"]
    assert not token["ok"] and "chmod 600" in token["todo"]
    bare.home.mkdir(exist_ok=True)
    (bare.home / "config.toml").write_text("hold_second = 1")
    broken = bare("doctor")
    assert broken.code == 1 and "Did you mean hold_seconds?" in broken.out


def test_old_data_and_what_is_stuck_are_said(cli):
    assert by_name(cli("doctor", "--json"))["data"]["what"].startswith("synced ")
    ids = queue_three(cli)
    assert by_name(cli("doctor", "--json"))["outbox"] == {"name": "outbox", "ok": True, "what": "3 wait", "todo": ""}
    path = next(cli.home.rglob("outbox.db"))

    def put(sql, *values):
        with sqlite3.connect(path) as outbox:
            outbox.execute(sql, values)
        outbox.close()

    put("UPDATE change SET authored_at = authored_at - 7200 WHERE change_id = ?", ids[0])
    late = by_name(cli("doctor", "--json"))["outbox"]
    assert not late["ok"] and late["what"].startswith("3 wait, the first since 20") and "triage sync" in late["todo"]
    put("UPDATE change SET state = 'conflict' WHERE change_id = ?", ids[0])
    put("UPDATE change SET unknown = 1, attempts = 5 WHERE change_id = ?", ids[1])
    stuck = by_name(cli("doctor", "--json"))["outbox"]
    assert not stuck["ok"] and stuck["what"] == "waits for you: 1 conflict, 1 without an answer to 5 tries"
    cache = next(cli.home.rglob("cache.db"))
    with sqlite3.connect(cache) as book:
        book.execute("UPDATE meta SET value = CAST(value AS REAL) - 9000 WHERE key = 'synced_at'")
    book.close()
    data = by_name(cli("doctor", "--json"))["data"]
    assert not data["ok"] and "older than the limit of 1 h" in data["what"] and "triage sync" in data["todo"]


def test_a_config_that_others_can_change_is_said_and_remapped_keys_are_counted(cli):
    file = cli.home / "config.toml"
    file.write_text('[keys]\ngo.help = "H"\n')
    file.chmod(0o666)
    found = by_name(cli("doctor", "--json"))
    assert not found["config file"]["ok"] and f"chmod go-w {file}" in found["config file"]["todo"]
    assert found["keys"]["what"].startswith("1 changed")


def test_tmux_and_a_locale_without_utf8_are_said(monkeypatch):
    from triage.commands.terminal import examine_terminal

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr("triage.commands.terminal.glyph_width", lambda _glyph: 1)
    poor = list(examine_terminal({"TERM": "xterm", "TMUX": "/tmp/x,1,0", "LANG": "C", "SSH_TTY": "/dev/pts/1"}))
    assert any(not ok and "inside tmux" in what and "tmux-256color" in todo for ok, what, todo in poor)
    assert any(not ok and "the locale is C" in what for ok, what, _ in poor)
    assert any("over SSH" in what for _, what, _ in poor)
    fine = list(examine_terminal({"TERM": "tmux-256color", "TMUX": "x", "LANG": "C.UTF-8", "COLORTERM": "truecolor"}))
    assert all(ok for ok, what, _ in fine if "tmux" in what or "locale" in what)


def test_clock_skew_is_seen(tmp_path, program):
    from triage.sandbox.process import start

    with start(accounts=5, clock_offset=600) as running:
        found = by_name(program(tmp_path / "home", running.url, running.token)("doctor", "--json"))
    assert not found["clock"]["ok"] and "behind" in found["clock"]["what"]


def queue_three(cli):
    ids = []
    for row in cli("list", "--category", "at_cap", "--json").json[:3]:
        ran = cli(
            *("remedy", "apply_discount", row["id"], "--set", "kind=scholarship", "--set", "percent=7"),
            *("--reason", REASON, "--json"),
        )
        assert ran.code == 0, ran
        ids.append(ran.json["change_id"])
    return ids


def rescued(ran):
    return {
        line["values"]["change_id"]
        for line in map(json.loads, ran.out.splitlines())
        if line["table"] in ("change", "body")
    }


def test_rescue_reads_a_sound_a_cut_and_a_headless_outbox_and_never_touches_it(cli, tmp_path):
    ids = set(queue_three(cli))
    path = next(cli.home.rglob("outbox.db"))
    whole = path.read_bytes()
    assert rescued(cli("doctor", "--rescue-outbox")) == ids
    for damaged in (b"\0" * 100 + whole[100:], whole[:4096] + b"\xff" * 4096 + whole[8192:], whole[: len(whole) // 2]):
        path.write_bytes(damaged)
        ran = cli("doctor", "--rescue-outbox")
        assert path.read_bytes() == damaged
        assert ran.code == (0 if ran.out else 1)
        assert rescued(ran) <= ids
    path.write_bytes(b"\0" * 100 + whole[100:])
    assert rescued(cli("doctor", "--rescue-outbox")) == ids
    assert "rescue-outbox" in cli("doctor").out
    out = tmp_path / "rescued.jsonl"
    assert cli("doctor", "--rescue-outbox", "--out", out).code == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600 and REASON in out.read_text()


def test_a_foreign_file_is_told_from_ours(cli):
    path = next(cli.home.rglob("cache.db"))
    for other in cli.home.rglob("cache.db*"):
        other.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    found = by_name(cli("doctor", "--json"))
    assert "another program" in found["cache.db"]["what"] and "sync" in found["cache.db"]["todo"]
