"""Damaged, foreign, old, new and lost files: the outbox is refused untouched and rescued, the cache is fetched anew."""

import json
import re
import uuid
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kit import spoil
from kit.freeze import thaw
from kit.spoil import PAGE, Spoil, copied, seen

from data.cache import Cache
from data.database import NewSchema, Unwritable
from data.errors import CacheDamaged, FileProblem, NotPossible, OutboxDamaged
from data.identity import Identity
from data.outbox import Outbox
from data.ports_list import View
from data.remedy import Change, Order, Preview
from data.safe_text import SafeText
from data.schema import CACHE_SCHEMA
from triage.cli import main
from triage.commands.rescue import rescue

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
URL = "http://127.0.0.1:9"
MAYA = Identity("stf_maya", SafeText("Maya"), None, SafeText("lead"), (), 100.0, None)
FILES = "database files (damaged, foreign, full)"
RESCUE = "triage doctor --rescue-outbox"
CHANGES = 90


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory, account_of: Callable[..., object]) -> Path:
    """A sound outbox of 90 changes, some of them longer than a page; every few bytes name the change they are of."""
    home = tmp_path_factory.mktemp("original")
    outbox = Outbox.open(home)
    for number in range(CHANGES):
        long = "".join(f"<{number}:{place}>" for place in range(900 if number % 9 == 4 else 12))
        order = Order("note", f"acc_{number}", None, {"text": long}, f"<{number}:reason> they rang")
        outbox.author(
            order,
            change_id=str(uuid.UUID(int=number)),
            account=account_of(f"acc_{number}"),  # type: ignore[arg-type]
            identity=MAYA,
            base_url=URL,
            client="tests",
            preview=Preview("note", order.account_id, None, {}, {}, ()),
            now=NOW,
        )
    for number in range(0, CHANGES, 7):
        outbox.start(str(uuid.UUID(int=number)), NOW)
    outbox.close()
    return home / "outbox.db"


@pytest.fixture(scope="module")
def authored(original: Path) -> dict[str, Change]:
    with closing(Outbox.open(original.parent)) as outbox:
        return {change.change_id: change for change in outbox.changes()}


@pytest.fixture(scope="module")
def account_of() -> Callable[..., object]:
    from data.backends.native_delta import account_decoder

    empty = [
        "org_id",
        "org_name",
        "scope",
        "industry",
        "segment",
        "tier_expires_at",
        "downgraded_at",
        "downgraded_from",
    ]
    empty += ["downgrade_cause", "payment_mode", "revenue_class", "currency", "mrr", "discount", "created_at"]
    empty += ["renewal_at", "csm", "admin_logins", "signals", "claim", "snooze", "case", "updated_at"]
    rest = {"tier": "pilot", "contacts": [], "workspaces": [], "flags": [], "version": 4, "seq": 10}
    plain = {"name": "Northwind", **dict.fromkeys(empty), **rest}
    return lambda account_id: account_decoder.decode(json.dumps({"id": account_id, **plain}).encode())


def undamaged(original: bytes, now: bytes) -> set[str]:
    """The changes none of whose pages has changed."""
    spoilt = {at // PAGE for at in range(0, len(original), PAGE) if original[at : at + PAGE] != now[at : at + PAGE]}
    touched = set()
    for number in range(len(original) // PAGE):
        if number in spoilt:
            touched |= {int(found) for found in re.findall(rb"<(\d+):", original[number * PAGE : (number + 1) * PAGE])}
    return {str(uuid.UUID(int=number)) for number in range(CHANGES)} - {str(uuid.UUID(int=n)) for n in touched}


def said(capsys: pytest.CaptureFixture[str], home: Path, *words: str) -> tuple[int, str]:
    code = main(argv=["--home", str(home), *words], environ={"TRIAGE_BASE_URL": URL, "TRIAGE_TOKEN": "tok_none"})
    out = capsys.readouterr()
    assert "Traceback" not in out.err
    return code, out.err


def homes(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A home for the command line, and where it keeps the two files."""
    from triage.config import Flags, load_settings

    settings = load_settings(Flags(home=str(tmp_path / "home"), read_only=False, verbose=False), {})
    return tmp_path / "home", settings.state_dir, settings.cache_dir


# --- the outbox ---
@pytest.mark.parametrize("kind", spoil.DAMAGE)
def test_a_damaged_outbox_is_refused_untouched_and_every_undamaged_change_comes_out(
    kind: str, original: Path, authored: dict[str, Change], tmp_path: Path, capsys: pytest.CaptureFixture[str], tally
) -> None:
    home, state, _ = homes(tmp_path)
    path = copied(original, state)
    spoil.DAMAGE[kind](path)
    before, expected = seen(state), undamaged(original.read_bytes(), path.read_bytes())
    try:
        with closing(Outbox.open(state)) as outbox:  # damaged where nobody looks, or inside a text, which no file tells
            bodies = {change.change_id: change.body for change in outbox.changes()}
            assert bodies.keys() == authored.keys()
            assert {key: bodies[key] for key in expected} == {key: authored[key].body for key in expected}
    except OutboxDamaged as error:
        assert str(path) in str(error) and RESCUE in str(error) and "Nothing was changed" in str(error)
        code, words = said(capsys, home, "outbox")
        assert code == 1 and str(path) in words and RESCUE in words
    assert seen(state) == before
    rows = {line["values"]["change_id"]: line["values"] for line in rescue(path) if line["table"] == "change"}
    for key in expected:
        assert rows.get(key, {}).get("body") == authored[key].body.decode(), f"{kind}: {key} is lost"
        assert rows[key]["state"] == authored[key].state.value
        assert rows[key]["reason"] == authored[key].reason
    assert seen(state) == before
    tally(FILES)


def test_the_damage_above_leaves_much_to_rescue(original: Path, tmp_path: Path) -> None:
    """Else the test above proves little."""
    left = []
    for spoiled in spoil.DAMAGE.values():
        path = copied(original, tmp_path / "state")
        spoiled(path)
        left.append(len(undamaged(original.read_bytes(), path.read_bytes())))
    assert sum(count > CHANGES // 2 for count in left) >= 12 and max(left) >= CHANGES - 8, left


def test_with_the_root_of_the_table_gone_every_change_still_comes_out(
    original: Path, authored: dict[str, Change], tmp_path: Path, tally
) -> None:
    for byte in (b"\0", b"\xff"):
        path = copied(original, tmp_path / "state")
        spoil.root_of("change", byte)(path)
        lines = [line for line in rescue(path) if line["table"] == "change"]
        assert {line["values"]["change_id"] for line in lines} == set(authored)
        assert all(line.get("carved") for line in lines)
        tally(FILES)


@pytest.mark.parametrize("kind", [*spoil.FOREIGN, "a cache named outbox"])
def test_a_foreign_file_in_the_outboxs_place_is_refused_untouched(
    kind: str, original: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], tally
) -> None:
    home, state, _ = homes(tmp_path)
    path = copied(original, state)
    (spoil.FOREIGN | {"a cache named outbox": spoil.CACHE_NAMED_OUTBOX})[kind](path)
    before = seen(state)
    with pytest.raises(OutboxDamaged, match="Nothing was changed"):
        Outbox.open(state)
    code, words = said(capsys, home, "outbox")
    assert code == 1 and str(path) in words and RESCUE in words
    assert seen(state) == before
    tally(FILES)


@pytest.mark.parametrize("kind", spoil.BESIDE)
def test_rubbish_beside_the_outbox_or_at_its_end_costs_nothing(
    kind: str, original: Path, authored: dict[str, Change], tmp_path: Path, tally
) -> None:
    path = copied(original, tmp_path / "state")
    spoil.BESIDE[kind](path)
    with closing(Outbox.open(path.parent)) as outbox:
        assert {change.change_id: change for change in outbox.changes()} == authored
    assert {line["values"]["change_id"] for line in rescue(path) if line["table"] == "change"} == set(authored)
    tally(FILES)


@pytest.mark.parametrize(("make", "sentence"), [(spoil.directory, "not a file"), (spoil.pipe, "not a file")])
@pytest.mark.timeout(20)
def test_what_is_no_file_is_left_alone(make: Spoil, sentence: str, original: Path, tmp_path: Path, tally) -> None:
    for name, opened in (("outbox.db", Outbox.open), ("cache.db", lambda where: Cache.open(where, URL))):
        path = copied(original, tmp_path / "state").rename(tmp_path / "state" / name)
        make(path)
        mode = path.stat().st_mode
        with pytest.raises(Unwritable, match=sentence):
            opened(path.parent)  # type: ignore[operator]
        assert path.stat().st_mode == mode
        tally(FILES)


def test_a_newer_outbox_is_refused_untouched_and_never_put_aside(
    original: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], tally
) -> None:
    home, state, _ = homes(tmp_path)
    path = copied(original, state)
    spoil.pragma(user_version=99)(path)
    before = seen(state)
    with pytest.raises(NewSchema):
        Outbox.open(state)
    for words in (("outbox",), ("doctor", "--new-outbox")):
        code, error = said(capsys, home, *words)
        assert code == 1 and "Update triage" in error
    assert seen(state) == before
    tally(FILES)


@pytest.mark.parametrize("kind", ["gone", "empty", "damaged"])
def test_a_lost_outbox_is_never_begun_anew_by_itself(
    kind: str, original: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], tally
) -> None:
    home, state, _ = homes(tmp_path)
    path = copied(original, state)
    with closing(Outbox.open(state)) as outbox:
        name = outbox.name
    code, error = said(capsys, home, "doctor", "--new-outbox")
    assert code == 1 and "is sound" in error
    spoilt = {"gone": Path.unlink, "empty": spoil.cut(), "damaged": spoil.over(0, 100, b"\0")}[kind]
    spoilt(path)
    before = seen(state)
    for _ in range(2):
        with pytest.raises(OutboxDamaged, match="--new-outbox"):
            Outbox.open(state)
        assert seen(state) == before
    code, error = said(capsys, home, "outbox")
    assert code == 1 and str(path) in error and "triage doctor --new-outbox" in error
    assert said(capsys, home, "doctor", "--new-outbox")[0] == 0
    with closing(Outbox.open(state)) as outbox:
        assert outbox.changes() == [] and outbox.name != name
    kept = [found.read_bytes() for found in state.glob("outbox-set-aside-*/outbox.db")]
    assert kept == ([] if kind == "gone" else [before["outbox.db"]])
    tally(FILES)


def test_a_new_outbox_is_said_once_by_a_home_that_knew_another(
    original: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], tally
) -> None:
    """Somebody removed the whole state directory: its lock went with it, but the cache remembers."""
    home, state, cache_dir = homes(tmp_path)
    copied(original, state)
    thaw("cache", 1, cache_dir / "cache.db")
    said(capsys, home, "sync")
    for found in state.iterdir():
        found.unlink()
    assert "is a new one" in said(capsys, home, "sync")[1]
    assert "is a new one" not in said(capsys, home, "sync")[1]
    tally(FILES)


def test_a_journal_is_never_played_into_the_next_outbox(original: Path, tmp_path: Path) -> None:
    from data.outbox_presence import put_aside

    path = copied(original, tmp_path / "state")
    spoil.over(0, 100, b"\0")(path)
    path.with_name("outbox.db-journal").write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + b"\1" * 600)
    aside = put_aside(path.parent, NOW)
    assert aside is not None and {found.name for found in aside.iterdir()} == {"outbox.db", "outbox.db-journal"}
    with closing(Outbox.open(path.parent)) as outbox:
        assert outbox.changes() == []


# --- the cache ---
@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of three real accounts."""
    path = tmp_path_factory.mktemp("book") / "cache.db"
    thaw("cache", CACHE_SCHEMA, path)
    Cache.open(path.parent, None).close()
    return path


def read_everything(cache: Cache) -> int:
    """Whatever screens and commands read; returns how many accounts there are."""
    rows = cache.rows(cache.ids(View.BOOK))
    for row in rows:
        cache.account(row.id)
        cache.touches(row.id)
        cache.audit(row.id)
    assert cache.counts().book >= 0 and (cache.identity, cache.epoch, cache.synced_at, cache.complete_through)
    return len(rows)


@pytest.mark.parametrize("kind", [*spoil.DAMAGE, *spoil.FOREIGN, "an outbox named cache", "newer", "empty", "gone"])
def test_a_useless_cache_is_fetched_anew_and_said(kind: str, book: Path, tmp_path: Path, tally) -> None:
    others: dict[str, Spoil] = {
        "an outbox named cache": spoil.OUTBOX_NAMED_CACHE,
        "newer": spoil.pragma(user_version=99),
        "empty": spoil.cut(),
        "gone": Path.unlink,
    }
    path = copied(book, tmp_path / "cache")
    (spoil.DAMAGE | spoil.FOREIGN | others)[kind](path)
    cache = Cache.open(path.parent, None)
    try:
        found = read_everything(cache)
    except FileProblem as error:
        assert isinstance(error, CacheDamaged) and "copy" in str(error)
        cache.close()
        cache = Cache.open(path.parent, None)
        assert cache.rebuilt_why
        found = read_everything(cache)
    assert found == 3 or cache.rebuilt_why or kind in ("empty", "gone")
    assert not cache.rebuilt_why or "cache.db" in cache.rebuilt_why
    cache.put(cursor=5)
    cache.close()
    again = Cache.open(path.parent, None)
    assert not again.rebuilt_why and again.cursor == 5
    again.close()
    tally(FILES)


def test_a_sync_says_that_the_cache_was_of_no_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home, _, cache_dir = homes(tmp_path)
    cache_dir.mkdir(parents=True)
    (cache_dir / "cache.db").write_text("dear diary" * 500)
    code, error = said(capsys, home, "sync")
    assert code == 3 and "is damaged" in error and "only a copy" in error
    (cache_dir / "cache.db").write_text("dear diary" * 500)
    code, error = said(capsys, home, "list")
    assert code == 3 and "only a copy" in error and "No data yet" in error


def test_a_sound_outbox_is_not_begun_anew(original: Path, tmp_path: Path) -> None:
    from triage.commands.context import Context
    from triage.commands.rescue import run_new_outbox
    from triage.config import Flags

    home, state, _ = homes(tmp_path)
    copied(original, state)
    before = seen(state)
    with pytest.raises(NotPossible):
        run_new_outbox(Context(Flags(home=str(home), read_only=False, verbose=False), {}))
    assert seen(state) == before


# --- the app ---
@pytest.mark.parametrize(
    ("spoilt", "sentences"),
    [
        (spoil.DAMAGE["a page in the middle overwritten"], ("is damaged", "--rescue-outbox", "--new-outbox")),
        (spoil.pragma(user_version=99), ("newer than this triage knows", "Update triage")),
        (Path.unlink, ("is gone, though there was an outbox here", "--new-outbox")),
        (spoil.directory, ("is not a file. Move it away",)),
    ],
    ids=["damaged", "newer", "gone", "directory"],
)
def test_the_app_says_what_it_found_and_does_not_open(
    spoilt: Spoil, sentences: tuple[str, ...], original: Path, tmp_path: Path, in_pty: Callable[..., Any], tally
) -> None:
    home, state, _ = homes(tmp_path)
    path = copied(original, state)
    Outbox.open(state).close()
    spoilt(path)
    before = seen(state)
    app = in_pty(SimpleNamespace(url=URL, token="tok_none"), home)
    assert app.ended(30) == 1
    words = b" ".join(app.received.split()).decode()
    assert all(sentence in words for sentence in sentences) and "Traceback" not in words, words
    assert seen(state) == before
    tally(FILES)


def test_an_outbox_that_goes_bad_under_the_running_app_ends_it_with_that_sentence() -> None:
    from screens.crash import crash_words

    error = OutboxDamaged("outbox.db: is damaged. Nothing was changed.")
    assert crash_words(error) == "triage stopped: outbox.db: is damaged. Nothing was changed."
    assert "error in itself" in crash_words(ValueError("x"))
