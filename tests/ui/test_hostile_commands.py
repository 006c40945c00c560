"""Every text of the corpus through every command and its errors, in this process: what they write is plain."""

import csv
import io
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kit.hostile import TEXTS, acts
from kit.hostile_book import HostileBook, Named, hostile_book
from kit.tally import Tally

from data.safe_text import safe_text
from triage.cli import main
from triage.commands.tables import csv_text

Run = Callable[..., str]
DOUBTFUL = {f"{safe_text(one.text)} !" for one in TEXTS if one.suspicious}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostileBook]:
    """The whole corpus as a book."""
    with hostile_book(tmp_path_factory.mktemp("hostile")) as served:
        yield served


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all commands."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def environ(book: HostileBook) -> dict[str, str]:
    """The environment of a run."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("TRIAGE_", "XDG_"))}
    here = {"TRIAGE_BASE_URL": book.running.url, "TRIAGE_TOKEN": book.running.token, "TZ": "UTC", "LANG": "C.UTF-8"}
    return kept | here | {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}


@pytest.fixture
def run(home: Path, environ: dict[str, str], capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Run a command in this process; what it wrote to stdout. Neither stream holds anything that acts."""

    def ran(*args: str, codes: tuple[int, ...] = (0, 1, 2)) -> str:
        code = main(argv=["--home", str(home), *args], environ=environ)
        out, err = capfdbinary.readouterr()
        said = out.decode("utf-8"), err.decode("utf-8")
        assert code in codes, said
        for stream in said:
            found = acts(stream.replace("\r\n", "\n").replace("\n", "").replace("\t", ""))
            assert not found, f"{args}: {found}"
        return said[0]

    return ran


@pytest.fixture
def synced(run: Run, home: Path) -> Run:
    """The same after a first sync."""
    if not (home / "cache").exists():
        run("sync", "--json")
    return run


def test_every_text_in_the_lists(synced: Run, book: HostileBook, tally: Tally) -> None:
    tally("hostile strings", len(book.accounts))
    rows = {row["id"]: row for row in json.loads(synced("list", "--all", "--json"))}
    assert len(rows) == len(book.accounts) >= 200
    for one in book.accounts:  # JSON carries the text itself, only its characters are escaped
        assert rows[one.id]["name"] == str(safe_text(one.text.text))
    lines = {one.id: line for line in synced("list", "--all").splitlines() for one in book.accounts if one.id in line}
    for one in book.accounts:
        head = lines[one.id].split(one.id)[0]
        assert head.rstrip().endswith(" !") == (one.text.suspicious or one.text.text.endswith(" !")), head
        assert one.text.seen.split("  ")[0][:200].strip() in head or len(one.text.text) > 250
    plain = [line.split("\t") for line in synced("list", "--all", "--plain").splitlines()]
    assert {cells[2]: cells[1] for cells in plain} == {key: row["name"] for key, row in rows.items()}  # for scripts
    cells = list(csv.reader(io.StringIO(synced("list", "--all", "--csv"))))
    assert len(cells) == len(book.accounts) + 1
    for cell in (cell for row in cells[1:] for cell in row):
        assert not cell.lstrip().startswith(tuple("=+@＝＋－＠")) and (cell[:1] != "-" or float(cell))
    tally("hostile strings x surfaces", 4 * len(book.accounts))


@pytest.mark.parametrize("part", range(2))
def test_every_text_in_an_account(synced: Run, book: HostileBook, part: int, tally: Tally) -> None:
    some = book.accounts[part::2]
    for one in some:
        shown = synced("show", one.id)
        first, second = shown.splitlines()[:2]
        firm = next((line for line in shown.splitlines() if line.startswith("  organisation")), "")
        assert not one.text.suspicious or " !  acc_" in first, first
        assert ("Hidden characters" in second) == one.text.suspicious | (firm[18:] in DOUBTFUL), shown[:400]
        assert shown_name(one) in first
    tally("hostile strings x surfaces", len(some))


def shown_name(one: Named) -> str:
    """The beginning of an honest name."""
    return one.text.seen[:200].strip()


def test_every_text_in_the_rest(synced: Run, book: HostileBook, home: Path, tally: Tally) -> None:
    conflict = book.accounts[0].id
    for args in (
        *(["check"], ["check", "--json"], ["audit", "list"], ["audit", "list", "--json"], ["outbox", "list", "--json"]),
        *(["audit", "verify", "--json"], ["audit", "export"], ["whoami"], ["whoami", "--json"], ["config"], ["doctor"]),
        *(["handover"], ["handover", "--json"], ["export"], ["export", "--json"], ["outbox", "list", "--plain"]),
        *(["show", conflict, "--json"], ["remedy", "reset_usage", conflict, "--dry-run"], ["outbox", "list"]),
        *(["remedy", "change_admin", conflict, "--dry-run", "--json"], ["--help"], ["list", "--help"]),
    ):
        synced(*args)
    said = synced("audit", "list", "--json")
    trail = json.loads(said)
    spoken = {entry["reason"] for entry in trail}
    told = sum(str(safe_text(one.text)) in spoken for one in TEXTS)
    assert told > 400
    tally("hostile strings x surfaces", 2 * told)


def test_every_text_as_an_argument_and_as_a_reason(synced: Run, book: HostileBook, tally: Tally) -> None:
    """What an operator pastes into a command comes back in its errors, and in the outbox."""
    some = [one.text for one in TEXTS if not one.lone and "\x00" not in one.text]
    free = book.accounts[1].id
    for text in some[::2]:
        synced("show", f"x{text}")
        synced("list", f"--{text}", codes=(0, 1, 2))
    for text in some[::12]:
        synced("list", "--filter", f"x{text}")
        reason = f"because of {text}"[:400]
        params = ["--set", "kind=scholarship", "--set", "percent=5", "--reason", reason, "--json"]
        made = json.loads(synced("remedy", "apply_discount", free, *params))
        if made["change_id"]:
            synced("outbox", "list")
            synced("outbox", "undo", made["change_id"])
    tally("hostile strings x surfaces", 2 * len(some[::2]) + 2 * len(some[::12]))


def test_every_text_in_what_a_server_refuses_with(
    synced: Run, home: Path, peer: Any, environ: dict[str, str], tally: Tally
) -> None:
    """Problem documents: the sentence of a refusal reaches stderr and the log without anything that acts."""
    some = [one.text for one in TEXTS]
    environ["TRIAGE_BASE_URL"] = peer.url
    for text in some[::3]:
        problem = {"type": text, "title": text, "status": 403, "detail": text, "errors": [{"message": text}]}
        peer.fixed["/v1/me"] = refusal(json.dumps(problem).encode())
        synced("--home", str(home / "other"), "whoami", codes=(1, 3, 4))
    tally("hostile strings x surfaces", len(some[::3]))


def refusal(body: bytes) -> bytes:
    """A 403 as problem+json."""
    head = f"HTTP/1.1 403 X\r\ncontent-type: application/problem+json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def test_every_text_in_csv() -> None:
    for one in TEXTS:
        assert not acts(csv_text(("a",), [(one.text,)]).replace("\r\n", "")), ascii(one.text)[:80]
