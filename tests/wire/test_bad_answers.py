"""Wrong answers to every request the client makes: no crash, the old cache kept, rows as the answer table has them."""

import itertools
import json
import random
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kit import bad_answers as bad
from kit.bad_answers import JSON, NDJSON, PROBLEM, Bad, Liar
from kit.each import each
from kit.honest_answers import ACCOUNT, ME, MEMBERS, Server
from kit.soak import trials

from data.account import Account
from data.backends.native import NativeBackend
from data.bulk import Judged
from data.cache import Assess, Cache
from data.errors import TriageError
from data.identity import Identity
from data.outbox import Outbox
from data.ports_list import View
from data.pull import Pulled, pull
from data.remedy import Change, State
from data.safe_text import safe_text
from triage.policy import load_policy
from triage.rules.assess import assess as at_risk

POLICY = load_policy()
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MAYA = Identity("stf_maya", "Maya Okafor", None, "lead", (), 100.0, None)  # type: ignore[arg-type]
LONGEST = 800
NO_SENTENCE = re.compile(
    r"Traceback|\bNone\b|<[a-z]+ |\bb'|\w+Error\b|\bException\b|httpx|httpcore|msgspec|0x[0-9a-f]{6}"
)


def fit(sentence: str) -> None:
    """A sentence for people: not empty, not endless, ended, safe for a terminal, and without the words of a program."""
    assert 10 < len(sentence) <= LONGEST, sentence
    assert sentence[0].isalnum(), sentence
    assert sentence.endswith((".", "?")) or re.search(r": triage [a-z -]+$", sentence), sentence
    assert not NO_SENTENCE.search(sentence), sentence
    assert str(safe_text(sentence, cells=None, chars=None)) == sentence


def assess_for(through: Any) -> Assess:
    def assess(account: Account, touches: Any, past: Any) -> Judged:
        return at_risk(account, touches, POLICY, NOW, through), None

    return each(assess)


def unpooled(url: str) -> NativeBackend:
    """A backend that opens a connection for each request, so that no answer spoils the next."""
    backend = NativeBackend(url, "tok_secret", timeout=2, patience=4)
    backend._client._transport._pool._max_keepalive_connections = 0  # type: ignore[attr-defined]
    return backend


class Wrong:
    """An honest server that lies once, a book that was pulled before, and an outbox."""

    def __init__(self, root: Path) -> None:
        self.server = Server()
        self.liar = Liar(self.server.answer)
        self.backend = unpooled(self.liar.url)
        self.root = root
        self.homes = itertools.count()
        self.cache = self.fresh()
        self.outbox = Outbox.open(root / "outbox")
        self.accounts = itertools.count()

    def close(self) -> None:
        self.cache.close()
        self.outbox.close()
        self.backend.close()
        self.liar.close()

    def fresh(self) -> Cache:
        """A cache of one account, pulled from the honest server."""
        cache = Cache.open(self.root / f"home{next(self.homes)}", self.liar.url)
        self.liar.to = lambda method, path: False
        done = pull(self.backend, cache, assess_for, NOW)
        assert (done.pulled, done.audit_problem, cache.counts().book) == (1, None, 1)
        return cache

    def kept(self) -> tuple[Any, ...]:
        """What the lists show, and all that was pulled."""
        tables = ("listing", "account", "audit", "member")
        rows = [self.cache.all(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables]
        shown = [[row.id for row in self.cache.first(view)] for view in View]
        return (*([tuple(row) for row in table] for table in rows), shown, self.cache.counts(), self.cache.cursor)

    def lying(self, lie: Bad, to: Callable[[str, str], bool]) -> None:
        self.liar.to, self.liar.lie, self.liar.told = to, lie.send, 0


@pytest.fixture
def wrong(tmp_path: Path) -> Iterator[Wrong]:
    made = Wrong(tmp_path)
    yield made
    made.close()


def at(where: str, query: str = "") -> Callable[[str, str], bool]:
    return lambda method, path: path.partition("?")[0] == where and query in path


def of_all(honest: bytes, kind: str, tree: Any = None, *, lines: bool = False) -> Iterator[Bad]:
    """Everything that can be wrong with an answer."""
    yield from bad.of_statuses(honest, kind)
    yield from bad.of_kinds(honest, kind)
    yield from bad.of_lengths(honest, kind)
    yield from bad.of_compression(honest, kind)
    yield from bad.of_connections(honest, kind)
    yield from bad.of_bytes(honest, kind, lines=lines)
    if tree is not None:
        yield from bad.of_shapes(tree, kind)


# --- reading ---
READS: dict[str, tuple[str, Callable[[NativeBackend], Any], Any]] = {
    "me": ("/v1/me", lambda backend: backend.identity(), ME),
    "account": ("/v1/accounts/acc_1", lambda backend: backend.account("acc_1"), ACCOUNT),
    "members": ("/v1/workspaces/ws_1/members", lambda backend: backend.members("ws_1"), MEMBERS),
    "audit": ("/v1/audit", lambda backend: list(backend.audit(0)), None),
    "head": ("/v1/audit/head", lambda backend: backend.head(), None),
    "keys": ("/v1/keys", lambda backend: backend.keys(), None),
}


def tree_of(name: str, server: Server) -> Any:
    fixed = READS[name][2]
    if fixed is not None:
        return fixed
    audit = {"entries": server.entries, "next_after": 1, "more": False}
    return {"audit": audit, "head": server.head(), "keys": server.keys()}[name]


def read(wrong: Wrong, name: str, lie: Bad) -> bool:
    """Ask once and be lied to; True when the answer was refused."""
    path, ask, _ = READS[name]
    wrong.lying(lie, at(path))
    try:
        ask(wrong.backend)
    except TriageError as error:
        fit(str(error))
        return True
    finally:
        assert wrong.liar.told >= 1
    return False


@pytest.mark.parametrize("name", READS)
def test_a_wrong_answer_to_a_question_is_an_error_with_a_sentence(wrong: Wrong, name: str, tally: Any) -> None:
    tree = tree_of(name, wrong.server)
    whole = json.dumps(tree).encode()
    shapes = list(bad.of_shapes(tree))
    lies = [*of_all(whole, JSON), *shapes[:: max(1, len(shapes) // 250)]]
    before = wrong.kept()
    refused = 0
    for lie in lies:
        was_refused = read(wrong, name, lie)
        refused += was_refused
        assert was_refused or not lie.refuse or lie.name in HARMLESS, lie.name
    assert refused > len(lies) * 0.7
    assert wrong.kept() == before
    tally("bad answers", refused)


# what HTTP or JSON allow, or what says the same in other words
HARMLESS = frozenset({"two content types", "HTTP/3.0"})


def test_an_answer_about_something_else_is_refused(wrong: Wrong, tally: Any) -> None:
    lie = Bad("another account", bad.answer(200, json.dumps({**ACCOUNT, "id": "acc_2"}).encode()))
    assert read(wrong, "account", lie)
    tally("bad answers")


# --- pulling ---
def pulled(wrong: Wrong, lie: Bad, to: Callable[[str, str], bool]) -> Pulled | None:
    """Pull once and be lied to; None when the pull failed, which must leave everything as it was."""
    wrong.lying(lie, to)
    before = wrong.kept()
    try:
        done = pull(wrong.backend, wrong.cache, assess_for, NOW + timedelta(days=2))
    except TriageError as error:
        fit(str(error))
        assert wrong.kept() == before, lie.name
        return None
    assert wrong.liar.told, lie.name
    return done


def newer(**over: Any) -> dict[str, Any]:
    return {**ACCOUNT, "seq": 12, "name": "Somebody Else", **over}


def shapes_of_lines() -> Iterator[Bad]:
    """A line of the stream that is wrong, and a trailer that is."""
    trailer = {"epoch": "e1", "next_after": 12, "count": 1, "complete_through": "2026-11-20"}
    for lie in bad.of_shapes(newer()):
        assert isinstance(lie.send, bytes)
        line = lie.send.partition(b"\r\n\r\n")[2]
        body = line + b"\n" + json.dumps(trailer).encode() + b"\n"
        yield Bad(lie.name, bad.answer(200, body, NDJSON), lie.refuse)
    for lie in bad.of_shapes({**trailer, "count": 0}, NDJSON):
        yield Bad(f"trailer: {lie.name}", lie.send, False)


def wrong_orders() -> Iterator[Bad]:
    """Streams and pages that contradict themselves."""
    server = Server()

    def stream(*lines: Any, **over: Any) -> bytes:
        return bad.answer(200, server.stream(*lines, **over), NDJSON)

    yield Bad("a cursor that goes back", stream(newer(seq=3)))
    yield Bad("a negative seq", stream(newer(seq=-5)))
    yield Bad("a seq of 2^63", stream(newer(seq=2**63)))
    yield Bad("a version of 2^63", stream(newer(version=2**63)))
    yield Bad("money of 2^60", stream(newer(mrr=2**60)))
    yield Bad("a count that is too high", stream(count=3))
    yield Bad("a negative count", stream(count=-1))
    yield Bad("two trailers", bad.answer(200, server.stream() * 2, NDJSON))
    yield Bad("no trailer", bad.answer(200, b"\n", NDJSON))
    yield Bad("another epoch", bad.answer(200, server.stream().replace(b'"e1"', b'"e2"'), NDJSON))
    yield Bad("a day that is none", bad.answer(200, server.stream().replace(b"2026-11-20", b"2026-13-20"), NDJSON))
    yield Bad("the stream as JSON", bad.answer(200, server.stream(), JSON), False)
    yield Bad("a page as a stream", bad.answer(200, json.dumps(server.page()).encode(), NDJSON))
    yield Bad("a line of 2 MiB", bad.answer(200, b"x" * 2**21 + b"\n" + server.stream(), NDJSON))
    yield Bad("a line of 2 MiB without end", bad.answer(200, b"x" * 2**21, NDJSON))


def remaking(wrong: Wrong, done: Pulled | None) -> None:
    """What was believed is forgotten, so that the next lie meets the old book."""
    if done is not None:
        wrong.cache.close()
        wrong.cache = wrong.fresh()


def test_a_wrong_stream_leaves_the_book_as_it_was(wrong: Wrong, tally: Any) -> None:
    wrong.server.news = True
    empty = Server.stream()
    shapes = list(shapes_of_lines())
    lies = [*of_all(empty, NDJSON, lines=True), *wrong_orders(), *shapes[:: max(1, len(shapes) // 250)]]
    refused = 0
    for lie in lies:
        done = pulled(wrong, lie, lambda method, path: path.startswith("/v1/accounts") and "limit=" not in path)
        refused += done is None
        assert done is None or not lie.refuse or lie.name in {*HARMLESS, *HARMLESS_STREAMS}, lie.name
        remaking(wrong, done)
    assert refused > len(lies) * 0.6
    tally("bad answers", refused)


HARMLESS_STREAMS = frozenset({"length 79 of 80"})  # all but the last line feed


def test_a_wrong_page_leaves_the_book_as_it_was(wrong: Wrong, tally: Any) -> None:
    page = {**wrong.server.page(), "accounts": [newer()], "next_after": 12}
    lies = [*of_all(json.dumps(page).encode(), JSON), *list(bad.of_shapes(page))[::6]]
    lies = [lie for lie in lies if lie.name != "more = true"]  # its account came whole and is kept
    forever = {**page, "accounts": [], "more": True}
    lies += [
        Bad("more for ever, and nothing", bad.answer(200, json.dumps({**forever, "next_after": 99}).encode())),
        Bad("more, leading back", bad.answer(200, json.dumps({**forever, "next_after": 1}).encode())),
        Bad("more, leading nowhere", bad.answer(200, json.dumps({**forever, "next_after": None}).encode())),
    ]
    refused = 0
    for lie in lies:
        done = pulled(wrong, lie, at("/v1/accounts"))
        refused += done is None
        assert done is None or not lie.refuse or lie.name in HARMLESS, lie.name
        remaking(wrong, done)
    assert refused > len(lies) * 0.6
    tally("bad answers", refused)


@pytest.mark.parametrize("name", ["audit", "members"])
def test_what_comes_along_is_refused_without_failing_the_pull(wrong: Wrong, name: str, tally: Any) -> None:
    tree = tree_of(name, wrong.server)
    lies = [*of_all(json.dumps(tree).encode(), JSON)][::3] + list(bad.of_shapes(tree))[::12]
    forever = {"entries": [], "next_after": 10**6, "more": True}
    lies += (
        [Bad("more for ever, and nothing", bad.answer(200, json.dumps(forever).encode()))] if name == "audit" else []
    )
    members = wrong.cache.members("ws_1")
    assert members
    counted = 0
    for lie in lies:
        wrong.cache.connection.execute("DELETE FROM audit")
        wrong.cache.connection.execute("DELETE FROM meta WHERE key LIKE 'audit%'")
        before = wrong.cache.all("SELECT * FROM listing"), wrong.cache.members("ws_1")
        wrong.lying(lie, at(READS[name][0]))
        wrong.cache.connection.execute("UPDATE member SET fetched_at = 0")
        try:
            done = pull(wrong.backend, wrong.cache, assess_for, NOW + timedelta(days=2))
        except TriageError as error:
            fit(str(error))
        else:
            if done.audit_problem:
                fit(done.audit_problem)
        assert wrong.liar.told, lie.name
        shown = wrong.cache.members("ws_1")
        assert shown is not None and (not lie.refuse or lie.name in HARMLESS or shown == before[1]), lie.name
        counted += lie.refuse
    tally("bad answers", counted)


# --- pushing ---
class Pusher:
    """Writes one change after another under the same id, so that an answer made for it fits the next."""

    ID = "5b6d1c0e-2f63-4b7e-9d53-0d4fb3c0a001"

    def __init__(self, wrong: Wrong, bench: Any) -> None:
        self.wrong, self.bench = wrong, bench
        self.account = bench.another("acc_1")
        self.person = bench.person
        self.person.backend.close()
        self.person.backend = wrong.backend

    def write(self) -> Change:
        """Forget the last row and write it again."""
        for table in ("change", "trail"):
            self.person.outbox._connection.execute(f"DELETE FROM {table}")
        self.person.clock.move(minutes=20)
        change: Change = self.person.write(self.account, change_id=self.ID)
        return change

    def after(self, lie: Bad) -> Change:
        """Push once, lied to; the row as it is then."""
        change = self.write()
        self.wrong.lying(lie, lambda method, path: method == "POST")
        self.person.push()
        assert self.wrong.liar.told == 1, lie.name
        row: Change = self.person.row(change)
        assert row.body == change.body
        if row.state is State.SENDING:  # of the others the server says why, in its own words
            fit(row.last_error or "")
        return row


@pytest.fixture
def pusher(wrong: Wrong, bench: Any) -> Pusher:
    return Pusher(wrong, bench)


UNPROVEN = (State.SENDING, State.PARKED)


def check_pushed(pusher: Pusher, lie: Bad) -> bool:
    """Lie once to a change: True when it was no verdict; then the honest server is asked again, with the same bytes."""
    pusher.wrong.liar.posted.clear()
    row = pusher.after(lie)
    if row.state is State.APPLIED:
        assert not lie.refuse or lie.name in {*HARMLESS, "status 201"}, lie.name
        return False
    assert (row.state, row.unknown, row.attempts) == (State.SENDING, True, 1) or (
        row.state is State.PARKED and row.unknown and not lie.refuse
    ), (lie.name, row.state, row.unknown)
    pusher.wrong.liar.to = lambda method, path: False
    pusher.person.clock.move(minutes=6)
    if row.state is State.PARKED:
        pusher.person.outbox.retry(row.change_id, pusher.person.clock())
    pusher.person.push()
    assert pusher.person.row(row).state is State.APPLIED, lie.name
    assert set(pusher.wrong.liar.posted) == {row.body} and len(pusher.wrong.liar.posted) == 2
    return True


def test_a_wrong_answer_to_a_change_is_never_a_verdict(pusher: Pusher, tally: Any) -> None:
    applied = pusher.wrong.server.applied(pusher.write().body)
    shapes = list(bad.of_shapes(applied, JSON, 201))
    lies = [*list(of_all(json.dumps(applied).encode(), JSON))[::2], *shapes[:: max(1, len(shapes) // 80)]]
    tally("bad answers", sum(check_pushed(pusher, lie) for lie in lies))


TREE = {
    "type": "rule",
    "title": "A rule refuses",
    "status": 422,
    "detail": "A trial runs already.",
    "errors": [{"pointer": "/params/tier", "message": "would not rise"}],
}
MOVED = {
    "field": "tier",
    "from": "free",
    "to": "pilot",
    "staff_id": "stf_tom",
    "name": "Tom Reyes",
    "at": "2026-11-20T10:00:00Z",
    "reason": "Because they asked",
    "change_id": None,
}


@pytest.mark.parametrize("status", [403, 409, 412, 422])
def test_a_refusal_that_is_damaged_is_a_verdict_only_where_it_is_whole(pusher: Pusher, status: int, tally: Any) -> None:
    """A problem document is one when its `type` and `title` are texts and its `status`, if any, is the answer's."""
    tree: dict[str, Any] = {**TREE, "status": status, **({"moved": [MOVED]} if status == 412 else {})}
    whole = json.dumps(tree).encode()
    lies = [Bad(one.name, one.send, False) for one in list(bad.of_shapes(tree, PROBLEM, status))[::4]]
    for lie in bad.of_bytes(whole, PROBLEM):
        assert isinstance(lie.send, bytes)
        lies.append(Bad(lie.name, lie.send.replace(b" 200 ", f" {status} ".encode(), 1)))
    lies += [Bad("as JSON", bad.answer(status, whole)), Bad("as text", bad.answer(status, whole, "text/plain"))]
    counted = 0
    for lie in lies:
        row = pusher.after(lie)
        assert isinstance(lie.send, bytes)
        if row.state is State.SENDING:
            assert row.unknown
            counted += 1
            continue
        assert not lie.refuse, lie.name
        said = json.loads(lie.send.partition(b"\r\n\r\n")[2])
        assert isinstance(said["type"], str) and isinstance(said["title"], str)
        assert said.get("status") in (None, status)
        assert (row.state, row.unknown) == (State.CONFLICT if status == 412 else State.REJECTED, False)
        assert row.last_error
    tally("bad answers", counted)


def test_a_wrong_answer_to_a_look_up_settles_nothing(pusher: Pusher, tally: Any) -> None:
    change = pusher.write()
    outbox, clock = pusher.person.outbox, pusher.person.clock
    pusher.wrong.lying(Bad("500", bad.answer(500, b"")), lambda method, path: True)
    for _ in range(5):
        pusher.person.push(ignore_backoff=True)
    assert outbox.get(change.change_id).outcome_unknown
    applied = {**pusher.wrong.server.applied(change.body), "outcome": "applied"}
    counted = 0
    for lie in of_all(json.dumps(applied).encode(), JSON):
        if lie.name in HARMLESS:
            continue
        pusher.wrong.lying(lie, lambda method, path: True)
        clock.move(hours=1)
        pusher.person.push(ignore_backoff=True)
        row = outbox.get(change.change_id)
        assert pusher.wrong.liar.told == 1, lie.name
        assert (row.state, row.unknown, row.attempts > 5) == (State.SENDING, True, True), lie.name
        fit(row.last_error or "")
        counted += 1
    assert len(pusher.wrong.liar.posted) == 5
    pusher.wrong.lying(
        Bad("at last", bad.answer(200, json.dumps(applied).encode())), at(f"/v1/changes/{change.change_id}")
    )
    clock.move(hours=1)
    pusher.person.push(ignore_backoff=True)
    assert outbox.get(change.change_id).state is State.APPLIED
    tally("bad answers", counted)


# --- at random ---
def at_random(wrong: Wrong, pusher: Pusher, rng: random.Random) -> None:
    """One answer changed in one to four places, to any request: no crash, and nothing that contradicts itself."""
    name = rng.choice([*READS, "stream", "page", "change"])
    if name == "change":
        applied = json.dumps(wrong.server.applied(pusher.write().body)).encode()
        raw = rng.choice(
            (bad.answer(201, applied), bad.chunked(applied), bad.answer(422, json.dumps(TREE).encode(), PROBLEM))
        )
        row = pusher.after(Bad("mutated", bad.mutated(rng, raw)))
        if row.state is State.APPLIED:
            assert row.receipt is not None and not row.unknown
        else:
            assert row.state in (*UNPROVEN, State.REJECTED, State.QUEUED, State.CONFLICT)
        return
    if name in READS:
        tree = json.dumps(tree_of(name, wrong.server)).encode()
        read(wrong, name, Bad("mutated", bad.mutated(rng, rng.choice((bad.answer(200, tree), bad.chunked(tree))))))
        return
    body = (
        Server.stream(newer())
        if name == "stream"
        else json.dumps({**wrong.server.page(), "accounts": [newer()]}).encode()
    )
    kind = NDJSON if name == "stream" else JSON
    before = wrong.kept()
    wrong.lying(
        Bad("mutated", bad.mutated(rng, bad.answer(200, body, kind))),
        lambda method, path: path.startswith("/v1/accounts") and ("limit=" in path) == (name == "page"),
    )
    try:
        pull(wrong.backend, wrong.cache, assess_for, NOW + timedelta(days=2))
    except TriageError as error:
        fit(str(error))
    if wrong.kept() != before:  # a whole line that came before the damage is kept, as the contract wants
        assert wrong.cache.counts().book in (1, 2)
        wrong.cache.close()
        wrong.cache = wrong.fresh()


def sweep(wrong: Wrong, pusher: Pusher, seed: int) -> None:
    rng = random.Random(seed)
    wrong.server.news = True
    try:
        at_random(wrong, pusher, rng)
    except BaseException:
        print(f"seed {seed}")
        raise


def test_answers_changed_at_random(wrong: Wrong, pusher: Pusher, tally: Any) -> None:
    for seed in range(300):
        sweep(wrong, pusher, seed)
    tally("bad answers", 300)


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_answers_changed_at_random_for_long(wrong: Wrong, pusher: Pusher, tally: Any) -> None:
    begun = random.randrange(2**31)
    for number in trials(20_000, 0.03):
        sweep(wrong, pusher, begun + number)
        tally("bad answers", seed=f"{begun} and on")
