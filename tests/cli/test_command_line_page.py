"""What docs/command-line.md shows is tried: its view, its script around check, its crontab lines."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text(encoding="utf-8")


def block(first):
    """The indented block that begins with this line."""
    lines = PAGE[PAGE.index(f"    {first}") :].splitlines()
    end = next(number for number, line in enumerate(lines) if not line.startswith("    "))
    return "\n".join(line[4:] for line in lines[:end]) + "\n"


@pytest.fixture
def sh(cli, tmp_path):
    """Runs a script in which `triage` is the program in its home, and `page-on-call` says what it was told."""
    for name, text in {
        "triage": f'exec {sys.executable} -m triage "$@"',
        "page-on-call": 'echo "paged $*"; [ $# -gt 0 ] || cat',
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o700)
    path = os.pathsep.join((str(tmp_path), os.environ["PATH"]))
    environ = {**cli.environ, "TRIAGE_HOME": str(cli.home), "PATH": path, "PYTHONPATH": os.pathsep.join(sys.path)}

    def run(script):
        done = subprocess.run(
            ["sh", "-c", script], capture_output=True, text=True, env=environ, cwd=tmp_path, timeout=60
        )
        return done.returncode, done.stdout, done.stderr

    return run


def test_the_view_of_the_page_is_one(cli):
    (cli.home / "config.toml").write_text(block("[views.renewals]"))
    rows = cli("list", "--view", "renewals", "--json").json
    assert rows and {row["health"]["class"] for row in rows} <= {"high", "critical"}
    assert cli("list", "--view", "renewals").out.split("\n")[0].split() == ["ACCOUNT", "MRR", "HEALTH", "WHY", "NOW"]


def test_the_script_pages_when_something_needs_a_human_and_when_nobody_can_tell(cli, sh):
    script = block("triage check --json > needs-you.json")
    code, out, _ = sh(script)
    assert code == 0 and out.startswith("paged \n[{") or out.startswith("paged\n[{"), out[:80]
    (cli.home / "config.toml").write_text('stale_after = "0s"')
    code, out, _ = sh(script)
    assert (code, out) == (0, "paged triage cannot tell\n")
    (cli.home / "config.toml").write_text("stale_afer = 1")
    code, out, said = sh(script)
    assert (code, out) == (1, "") and "Did you mean stale_after?" in said


def test_the_lines_for_cron_run_and_page_once_a_line(cli, sh):
    for line in re.findall(r"(?m)^    (?:[*\d/-]+ ){5} ?(triage .*)$", PAGE):
        code, out, said = sh(line)
        assert "usage" not in said and "unknown" not in said, line
        if "page-on-call" in line:
            blocked = cli("list", "--category", "pilot_hard_block", "--json").json
            assert out.count("paged ") == len(blocked) > 0 and all(row["id"] in out for row in blocked)
        else:
            assert code == 1 and "SLA_BREACH" in out or "pilot_hard_block" in out
