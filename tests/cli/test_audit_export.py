"""The audit export by itself: verified without a home, by the script in docs/audit.md too; tampered, refused."""

import base64
import csv
import io
import json
import re
import stat
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.cli.conftest import ROOT

DOCS = ROOT / "docs" / "audit.md"


@pytest.fixture(scope="module")
def nobody(program, tmp_path_factory):
    """The program without a home, a config, a URL or a token; its config file could not even be read."""
    made = program(tmp_path_factory.mktemp("nobody") / "none")
    broken = tmp_path_factory.mktemp("config") / "config.toml"
    broken.write_text("this is no toml")
    made.environ |= {"HOME": "/nonexistent", "TRIAGE_CONFIG": str(broken)}
    return made


@pytest.fixture(scope="module")
def files(sandbox, synced, program, tmp_path_factory):
    """One export of each kind."""
    where = tmp_path_factory.mktemp("exports")
    run = program(synced[0], sandbox.url, sandbox.token)
    for name, words in (("trail.jsonl", ()), ("trail.csv", ("--csv",))):
        ran = run("audit", "export", *words, "--out", where / name)
        assert ran.code == 0 and f"triage audit verify --file {where / name}" in ran.err, ran
    return where


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    """The script in the docs."""
    (text,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert sum(bool(line.strip()) for line in text.splitlines()) <= 25
    path = tmp_path_factory.mktemp("docs") / "check.py"
    path.write_text(text, encoding="utf-8")

    def run(*words):
        argv = [sys.executable, "-I", "-S", "-O", str(path), *map(str, words)]  # no package, no assert
        return subprocess.run(argv, capture_output=True, text=True, timeout=60)

    return run


@pytest.mark.parametrize("name", ["trail.jsonl", "trail.csv"])
def test_an_export_is_verified_by_itself_without_home_network_or_config(name, files, nobody):
    path = files / name
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    ran = nobody("audit", "verify", "--file", path, home=False)
    assert ran.code == 0 and not ran.err, ran
    assert "The chain holds" in ran.out and "It comes with the file" in ran.out and "Not proven" in ran.out
    told = nobody("audit", "verify", "--file", path, "--json", home=False).json
    assert told["ok"] and told["signed"]["seq"] == told["last_seq"] == told["entries"]
    key, head = told["signed"]["public_key"], f"{told['last_seq']}:{told['last_hash']}"
    assert nobody("audit", "verify", "--file", path, "--key", key, "--seen", head, home=False).code == 0
    other = base64.b64encode(Ed25519PrivateKey.generate().public_key().public_bytes_raw()).decode()
    ran = nobody("audit", "verify", "--file", path, "--key", other, home=False)
    assert ran.code == 1 and "signature" in ran.out
    ran = nobody("audit", "verify", "--file", path, "--seen", f"{told['last_seq'] + 1}:{'ab' * 32}", home=False)
    assert ran.code == 1 and "cut off" in ran.out


def tampered(lines, way):
    """A file somebody wrote into: each way leaves well-formed lines."""
    made = list(lines)
    if way == "edit":
        made[2] = re.sub(r"stf_\w", "stf_e", made[2])
    elif way == "delete":
        del made[2]
    elif way == "cut":
        del made[-2]
    elif way == "no closing line":
        del made[-1]
    elif way == "swap":
        made[2], made[3] = made[3], made[2]
    elif way == "garbage":
        made[2] = "nonsense\n"
    elif way == "head":
        made[-1] = made[-1].replace("signature", "signaturf", 1)
    return made


WAYS = ("edit", "delete", "cut", "no closing line", "swap", "garbage", "head")


@pytest.mark.parametrize("name", ["trail.jsonl", "trail.csv"])
@pytest.mark.parametrize("way", WAYS)
def test_a_tampered_export_is_refused_with_a_sentence(name, way, files, nobody, script, tmp_path):
    lines = (files / name).read_text(encoding="utf-8").splitlines(keepends=True)
    path = tmp_path / name
    path.write_text("".join(tampered(lines, way)), encoding="utf-8", newline="")
    ran = nobody("audit", "verify", "--file", path, home=False)
    assert ran.code == 1 and ("broken at entry" in ran.out or "closing line" in ran.err), ran
    if name.endswith("jsonl"):
        assert script(path).returncode == 1


def test_a_readable_cell_that_says_something_else_is_found(files, nobody, tmp_path):
    rows = list(csv.reader((files / "trail.csv").open(encoding="utf-8", newline="")))
    rows[3][rows[0].index("name")] = "Somebody Else"
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    path = tmp_path / "trail.csv"
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    ran = nobody("audit", "verify", "--file", path, home=False)
    assert ran.code == 1 and "the cell name is not what its text says" in ran.out


def test_the_script_in_the_docs_verifies_a_real_export_with_python_alone(files, script, tmp_path):
    path = files / "trail.jsonl"
    end = json.loads(path.read_text().splitlines()[-1])
    ran = script(path)
    assert (ran.returncode, ran.stderr) == (0, ""), ran
    assert f"up to {end['signed']['seq']}" in ran.stdout and end["keys"][0]["public_key"] in ran.stdout
    assert script(path, end["keys"][0]["public_key"]).returncode == 0
    other = Ed25519PrivateKey.generate()
    assert script(path, base64.b64encode(other.public_key().public_bytes_raw()).decode()).returncode == 1
    for field, value in (("seq", end["signed"]["seq"] - 1), ("hash", "0" * 64)):
        forged = {**end, "signed": {**end["signed"], field: value}}
        bad = tmp_path / f"{field}.jsonl"
        bad.write_text("".join([*path.read_text().splitlines(keepends=True)[:-1], json.dumps(forged)]))
        assert script(bad).returncode == 1


def test_csv_cells_never_begin_like_a_formula(files):
    for row in csv.reader((files / "trail.csv").open(encoding="utf-8", newline="")):
        assert not any(cell.lstrip()[:1] in tuple("=+-@\t\r") for cell in row if cell)


def test_key_and_seen_go_with_a_file(cli, nobody):
    assert cli("audit", "verify", "--key", "abc").code == 2
    assert cli("audit", "verify", "--seen", "3:abc").code == 2
    assert nobody("audit", "verify", "--file", "/nonexistent/x.jsonl", home=False).code == 1
    assert nobody("audit", "verify", "--file", ROOT / "README.md", home=False).code == 1
    told = nobody("audit", "verify", "--file", ROOT / "README.md", "--json", home=False)
    assert told.code == 1 and told.json["ok"] is False and "closing line" in told.json["why"]
