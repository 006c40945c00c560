"""Audit tampering: what the client finds when a server, a copy or an exported file was tampered with."""

import json
import random
import re
import threading
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from kit.soak import trials
from kit.trails import KINDS, Trail, grown, signer

from data.audit_proof import Evidence, Proof, prove, sentences
from data.backends.native import NativeBackend
from data.pull import pull_trail
from data.receipts import Pin, Seen, Signed, verify_receipt
from data.remedy import Receipt
from data.wire import convert
from triage.commands.audit_file import Export, NotAnExport, csv_lines, json_lines
from triage.desk.policies import Policies
from triage.desk.session import Place, Session, TokenBox
from triage.desk.sync import _check

PAGE = 4
T = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Server:
    """Serves one trail at a time over real HTTP, in pages of four; the truth is whatever a test puts in."""

    def __init__(self) -> None:
        ours = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 65536  # head and body in one packet: else each answer waits for a delayed ACK

            def do_GET(self) -> None:
                body = json.dumps(ours.answer(self.path)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self.trail: Trail

    def answer(self, path: str) -> Any:
        split = urlsplit(path)
        if split.path == "/v1/audit/head":
            return self.trail.head
        if split.path == "/v1/keys":
            return self.trail.keys
        after = int(parse_qs(split.query).get("after", ["0"])[0])
        rest = self.trail.entries[after:]
        return {"entries": rest[:PAGE], "next_after": after + len(rest[:PAGE]), "more": len(rest) > PAGE}

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


class Home:
    """A home that looks at one server: real cache.db and outbox.db, emptied between trials."""

    def __init__(self, directory: Path, url: str) -> None:
        self.url = url
        self.session = Session(
            place=Place(url, "default", directory / "state", directory / "cache", "tests"),
            policies=Policies(),
            clock=lambda: datetime.now(UTC),
            connect=NativeBackend,
            token=TokenBox(lambda: "tok", lambda kept: None),
        )
        self.cache, self.outbox = self.session.open_cache(), self.session.open_outbox()
        self.cache.start_book(url, "epoch")
        self.backend = self.session.backend()

    def forget(self) -> None:
        self.cache.append_audit((), restart=True)
        with self.outbox._writing() as connection:
            connection.execute("DELETE FROM head")
            connection.execute("DELETE FROM pinned_key")

    def look(self) -> str | None:
        """Pull the trail and check its head, as every sync does; what is wrong, in sentences."""
        wrong = pull_trail(self.backend, self.cache, self.session.assess_for(self.cache), self.session.clock())
        checked = _check(self.session, self.backend, self.cache, self.outbox, wrong)
        return " ".join(filter(None, [wrong, *checked.notices, checked.problem])) or None

    def proof(self) -> Proof:
        from triage.desk.trail import Trail as Held

        return Held(self.session, self.cache, self.outbox).verify()

    def close(self) -> None:
        self.cache.close()
        self.outbox.close()
        self.backend.close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture
def home(tmp_path: Path, server: Server) -> Iterator[Home]:
    made = Home(tmp_path, server.url)
    yield made
    made.close()


def at_sync(home: Home, server: Server, name: str, dice: random.Random) -> None:
    """The trail was looked at once; then it grew and was tampered with: the next sync says so, and so does verify."""
    home.forget()
    seen, more = dice.randint(1, 6), dice.randint(2, 6)
    key = signer(dice)
    server.trail = Trail.honest(grown(dice, seen), key)
    assert home.look() is None and home.proof().ok
    whole = Trail.honest(grown(dice, more, last_of(server.trail), server.trail.entries), key)
    server.trail = deepcopy(whole)
    bad = KINDS[name](server.trail, seen, dice)
    said = home.look()
    assert said, f"not found: {name}"
    numbers = [int(number) for number in re.findall(r"(?:entry|Entry|ends at entry|where) (\d+)", said)]
    proof = home.proof()
    assert not proof.ok and proof.report.why and proof.report.first_bad, said
    if name != "foreign signature":
        assert numbers, said
    else:
        assert "key" in said or "signature" in said
    if name in ("edit", "delete", "swap", "duplicate", "tail cut", "time rounding", "insert"):
        end = whole.head["seq"]
        assert names_it(name, bad, end, proof), (bad, proof.report)
    assert sentences(proof)[0].startswith("The chain is broken at entry")


def names_it(name: str, bad: int, end: int, proof: Proof) -> bool:
    """The first bad entry is the one tampered with; hashed anew, only the signed end tells. Twice there: its number."""
    found = proof.report.first_bad or 0
    return min(bad, end) - (name == "duplicate") <= found <= end + 2


def last_of(trail: Trail) -> Any:
    from triage.sandbox.chain import Link

    return Link(trail.entries[-1]["seq"], trail.entries[-1]["hash"])


def evidence_of(trail: Trail) -> Evidence:
    keys = tuple(Pin(key["key_id"], key["public_key"], T) for key in trail.keys)
    head = trail.head
    signed = Signed(head["seq"], head["hash"], head["signature"], head["key_id"], T) if head["seq"] else None
    seen = Seen(head["seq"], head["hash"], T) if head["seq"] else None
    return Evidence(signed=signed, keys=keys, remembered=seen)


def exported(trail: Trail, path: Path, csv: bool) -> Path:
    """An export of an honest trail, as the program writes it."""
    from data.account import Entry
    from data.wire import safe_tree

    entries = [convert(one, Entry) for one in trail.entries]
    entries = [
        msgspec.structs.replace(one, before=safe_tree(one.before), after=safe_tree(one.after)) for one in entries
    ]
    make = csv_lines if csv else json_lines
    path.write_text("".join(make(entries, evidence_of(trail), "http://127.0.0.1:1", T)), encoding="utf-8", newline="")
    return path


def proof_of(path: Path, seen: Seen | None = None, key: str | None = None) -> Proof | None:
    """Verify a file by itself; None where it is no export at all."""
    try:
        export = Export(path)
    except NotAnExport:
        return None
    return prove(export.entries(), export.evidence(key, seen))


def in_a_file(tmp_path: Path, name: str, dice: random.Random) -> None:
    """An exported file is tampered with: lines edited, moved, forged, its closing line left or made to fit."""
    csv = dice.random() < 0.5
    key = signer(dice)
    low = dice.randint(1, 4)
    whole = Trail.honest(grown(dice, low + dice.randint(2, 5)), key)
    trail = deepcopy(whole)
    bad = KINDS[name](trail, low, dice)
    path = exported(whole, tmp_path / "trail", csv)
    good = path.read_text(encoding="utf-8").splitlines(keepends=True)
    forged = as_lines(trail, csv)
    closing = good[-1]
    if name in ("rollback", "fork", "foreign signature"):  # they come with a head of their own
        closing = closing_of(trail, closing, csv, len(forged))
    heading = good[:1] if csv else []
    path.write_text("".join([*heading, *forged, closing]), encoding="utf-8", newline="")
    noted = Seen(whole.head["seq"], whole.head["hash"])
    proof = proof_of(path, noted, key.public_key)
    assert proof is not None and not proof.ok, (name, csv)
    assert proof.report.why and proof.report.first_bad
    if name not in ("fork", "rollback", "foreign signature"):
        assert names_it(name, bad, noted.seq, proof), (bad, proof.report)
    if name in ("edit", "delete", "swap", "tail cut", "time rounding"):
        alone = proof_of(path)
        assert alone is not None and not alone.ok, f"{name}: the file by itself"


def as_lines(trail: Trail, csv: bool) -> list[str]:
    """The tampered entries as lines of a file; of a CSV the readable cells are those shown beside the text."""
    names = ("seq", "raw", "prev_hash", "hash")
    if not csv:
        shown = [{name: one[name] for name in names} for one in trail.entries]
        for line, one in zip(shown, trail.entries, strict=True):
            if json.loads(one["raw"])["applied_at"] != one["applied_at"] or shows_other(one):
                line["raw"] = json.dumps({key: one[key] for key in json.loads(one["raw"])})
        return [json.dumps(line) + "\n" for line in shown]
    from data.account import Entry
    from data.wire import safe_tree
    from triage.commands.audit_file import _cells, _rows_text

    made = []
    for one in trail.entries:
        entry = convert(one, Entry)
        entry = msgspec.structs.replace(entry, before=safe_tree(entry.before), after=safe_tree(entry.after))
        made.append(_rows_text([_cells(entry)]))
    return made


def shows_other(one: dict[str, Any]) -> bool:
    """True when a field beside the text is not what it says: a line of JSON has only the text, so that is edited."""
    return any(one[key] != value for key, value in json.loads(one["raw"]).items())


def closing_of(trail: Trail, closing: str, csv: bool, count: int) -> str:
    """The closing line with the forger's own head."""
    from triage.commands.audit_file import CLOSING, HEADS, _parse, _rows_text

    told = json.loads(_parse(closing)[-1] if csv else closing)
    told |= {"entries": count, "last_hash": trail.entries[-1]["hash"] if trail.entries else ""}
    told["signed"] |= trail.head
    told["keys"] = [{**key, "pinned_at": None} for key in trail.keys]
    told["remembered"] = None
    if csv:
        return _rows_text([[CLOSING, *[None] * (len(HEADS) - 2), json.dumps(told)]])
    return json.dumps(told) + "\n"


def in_a_receipt(dice: random.Random) -> None:
    """A receipt proves one change of ours, and nothing else: any of its parts altered, it proves nothing."""
    key, other = signer(dice), signer(dice)
    trail = Trail.honest(grown(dice, 3), key)
    one, head = next(e for e in trail.entries if e["outcome"] == "applied"), trail.head
    parts = {"audit_seq": one["seq"], "raw": one["raw"], "prev_hash": one["prev_hash"], "hash": one["hash"]}
    parts |= {"head_seq": head["seq"], "head_hash": head["hash"]}
    receipt = Receipt(**parts, signature=head["signature"], key_id=head["key_id"])
    keys = {key.key_id: key.public_key}

    def wrong(tampered: Receipt, known: dict[str, str] = keys) -> str | None:
        return verify_receipt(tampered, one["change_id"], one["reason"], known, one["account_id"])

    assert wrong(receipt) is None
    for name, value in {
        "raw": one["raw"].replace('"applied"', '"denied"'),
        "audit_seq": one["seq"] + 1,
        "hash": "0" * 64,
        "prev_hash": "1" * 64,
        "head_seq": head["seq"] + 1,
        "head_hash": "2" * 64,
        "signature": other.sign(last_of(trail)),
        "key_id": "key_other",
    }.items():
        assert wrong(msgspec.structs.replace(receipt, **{name: value})), name
    assert wrong(receipt, {key.key_id: other.public_key})


# --- trials ---


@pytest.mark.parametrize("name", KINDS)
def test_a_tampered_server_is_found_by_the_next_sync(name: str, home: Home, server: Server, tally: Any) -> None:
    for trial in range(40):
        at_sync(home, server, name, random.Random(f"{name} {trial}"))
        tally("audit tamperings found")


@pytest.mark.parametrize("name", KINDS)
def test_a_tampered_export_is_found(name: str, tmp_path: Path, tally: Any) -> None:
    for trial in range(60):
        in_a_file(tmp_path, name, random.Random(f"file {name} {trial}"))
        tally("audit tamperings found")


def test_a_tampered_receipt_proves_nothing() -> None:
    for trial in range(5):
        in_a_receipt(random.Random(f"receipt {trial}"))


def clean(home: Home, server: Server, tmp_path: Path, dice: random.Random) -> None:
    """An honest server that grows between two looks, and what is exported after each."""
    home.forget()
    key = signer(dice)
    server.trail = Trail.honest(grown(dice, dice.randint(0, 6)), key)
    for _ in range(2):
        said, proof = home.look(), home.proof()
        assert said is None and proof.ok, (said, proof.report)
        assert proof.last == server.trail.head["seq"]
        path = exported(server.trail, tmp_path / "clean", csv=dice.random() < 0.5)
        told = proof_of(path, key=key.public_key)
        assert told is not None and told.ok, told
        start = last_of(server.trail) if server.trail.entries else None
        more = grown(dice, dice.randint(0, 5), start, server.trail.entries)
        server.trail = Trail.honest(more, key)


def test_clean_logs_raise_no_alarm(home: Home, server: Server, tmp_path: Path, tally: Any) -> None:
    for trial in range(200):
        clean(home, server, tmp_path, random.Random(f"clean {trial}"))
        tally("clean audit logs accepted")


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", KINDS)
def test_soak_tampering(name: str, home: Home, server: Server, tmp_path: Path, tally: Any) -> None:
    for trial in trials(1000, 0.03 / len(KINDS)):
        dice = random.Random(f"soak {name} {trial}")
        if trial % 2:
            at_sync(home, server, name, dice)
        else:
            in_a_file(tmp_path, name, dice)
        tally("audit tamperings found", seed=f"'soak {name} N'")


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_soak_clean_logs(home: Home, server: Server, tmp_path: Path, tally: Any) -> None:
    for trial in trials(1000, 0.03):
        clean(home, server, tmp_path, random.Random(f"soak clean {trial}"))
        tally("clean audit logs accepted", seed="'soak clean N'")


# --- what only a look at both the trail and its signed head finds ---


def test_entries_beside_the_signed_end_are_said_at_once(home: Home, server: Server) -> None:
    dice = random.Random(3)
    key = signer(dice)
    server.trail = Trail.honest(grown(dice, 4), key)
    assert home.look() is None
    whole = Trail.honest(grown(dice, 3, last_of(server.trail), server.trail.entries), key)
    for tamper, words in (
        (lambda trail: trail.entries.pop(), "breaks off before entry 7, which its server signs"),
        (
            lambda trail: trail.entries.extend(grown(dice, 1, last_of(trail))),
            "Entry 8 of the audit trail is not signed",
        ),
    ):
        home.forget()
        server.trail = deepcopy(whole)
        tamper(server.trail)
        assert words in (home.look() or "")
        assert home.outbox.remembered_head(server.url) is None, "such a head is not believed"


def test_a_trail_that_grows_while_its_head_is_asked_for_is_fetched_to_that_head(home: Home, server: Server) -> None:
    dice = random.Random(4)
    server.trail = Trail.honest(grown(dice, 3), signer(dice))
    later = Trail.honest(grown(dice, 2, last_of(server.trail), server.trail.entries), server.trail.signer)
    honest = server.answer

    def growing(path: str) -> Any:
        if path.startswith("/v1/audit/head"):
            server.trail = later
        return honest(path)

    server.answer = growing  # type: ignore[method-assign]
    assert home.look() is None
    signed = home.cache.signed_head
    assert signed is not None and (signed.seq, home.cache.audit_after) == (5, 5)


def test_a_copy_whose_end_was_cut_here_is_noticed(home: Home, server: Server) -> None:
    dice = random.Random(5)
    server.trail = Trail.honest(grown(dice, 6), signer(dice))
    assert home.look() is None
    with home.cache.writing():
        home.cache.connection.execute("DELETE FROM audit WHERE seq > 4")
    report = home.proof().report
    assert (report.ok, report.first_bad) == (False, 5) and "cut off" in (report.why or "")


def test_the_proof_says_what_lies_beyond_and_what_a_person_took_as_it_was(home: Home, server: Server) -> None:
    dice = random.Random(6)
    server.trail = Trail.honest(grown(dice, 4), signer(dice))
    assert home.look() is None
    home.outbox.remember_head(server.url, 9, "f" * 64, datetime.now(UTC) + timedelta(seconds=1))
    said = " ".join(sentences(home.proof()))
    assert "Seen, not held: entries up to 9" in said and "5 more than lie here. triage sync brings them." in said
    assert "Not proven: that nothing follows entry 4" in said
    evidence = Evidence(orphans={2: "0" * 64, 7: "0" * 64})
    proof = prove(home.cache.audit_rows(), evidence)
    assert proof.ok and proof.missing == (2, 7)
    assert "no longer has: their receipts named entries 2, 7" in " ".join(sentences(proof))
    forked = prove(home.cache.audit_rows(), Evidence(signed=home.cache.signed_head, receipts={4: "0" * 64}))
    assert forked.report.first_bad == 4
