"""The audit screen: pages of a real trail, everything of the open entry, nothing drawn that is not visible."""

from datetime import UTC, datetime

import msgspec
import pytest

from data.account import Actor, Entry
from data.receipts import entry_hash
from data.remedy import Order
from data.safe_text import safe_reason, safe_text
from screens.audit import PAGE, AuditScreen
from triage.desk import sync_once
from widgets.audit_row import details, row_strip
from widgets.glyphs import SETS
from widgets.look import Look
from widgets.open_list import ListItem, OpenList
from widgets.theme import Styles


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_the_open_entry_shows_what_was_written_down(size, open_desk, app_of, wait, seen) -> None:
    desk = open_desk()
    entry = next(e for e in desk.audit(None, None, 500) if e.action == "reset_usage" and e.outcome == "applied")
    app = app_of(desk)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.push_screen(AuditScreen(desk, entry.account_id))
        await wait(pilot, lambda: "Hash" in seen(app))
        screen = app.screen
        while screen.current.seq != entry.seq:
            await pilot.press("j")
        await pilot.pause()
        drawn = seen(app)
        assert f"{entry.seq:,}, {entry.change_id}" in drawn
        assert entry.hash[:40] in drawn
        assert "Hours used" in drawn and "0.00 h" in drawn
        assert f"by {entry.actor.name}" in drawn
        assert f"{entry.applied_at:%Y-%m-%d %H:%MZ}" in drawn
        assert desk.audit_state() in drawn


async def test_new_entries_appear_after_a_sync(open_desk, app_of, wait, seen) -> None:
    desk = open_desk()
    account_id = desk.audit(None, None, 1)[0].account_id
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.push_screen(AuditScreen(desk, account_id))
        await wait(pilot, lambda: "Hash" in seen(app))
        desk.submit(Order("log_contact", account_id, None, {"channel": "call", "outcome": "reached"}, "They rang back"))
        await wait(pilot, lambda: "They rang back" in seen(app))


async def test_a_trail_that_lost_its_end_is_said_in_the_inbox_and_whole_on_the_audit_screen(
    open_desk, app_of, wait, seen
) -> None:
    desk = open_desk()
    url = desk.base_url
    desk.box.remember_head(url, desk.box.remembered_head(url).seq + 1000, "0" * 64, datetime.now(UTC))
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait(pilot, lambda: "The audit trail needs a look   a says why" in seen(app))
        await pilot.press("a")
        await wait(pilot, lambda: "was seen before" in seen(app))
        assert "triage doctor --accept-keys takes it as it is" in " ".join(seen(app).split())


async def test_another_trail_of_the_same_length_replaces_the_one_on_the_screen(open_desk, app_of, wait, seen) -> None:
    """A server restored from a backup has other entries under the same numbers; the open screen follows."""
    desk = open_desk()
    entries = list(desk.cache.audit_rows())
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.push_screen(AuditScreen(desk, None))
        await wait(pilot, lambda: "Hash" in seen(app))
        desk.stop()  # or the next pull finds the server's own history again
        await wait(pilot, lambda: not (desk._puller.is_alive() or desk._pusher.is_alive()))
        raw = entries[-1].raw.replace(f'"reason":"{entries[-1].reason}"', '"reason":"Of another history"')
        assert raw != entries[-1].raw
        other = msgspec.structs.replace(
            entries[-1], raw=raw, hash=entry_hash(entries[-1].prev_hash, raw), reason=safe_reason("Of another history")
        )
        assert desk.cache.append_audit([*entries[:-1], other], restart=True)[1] is None
        app.screen.on_desk_changed()
        await wait(pilot, lambda: "Of another history" in seen(app))


async def test_thousands_of_entries_are_read_page_by_page(open_desk, app_of, wait) -> None:
    desk = open_desk()
    sync_once(desk.session)
    whole = desk.audit(None, None, 100_000)
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.push_screen(AuditScreen(desk, None))
        await wait(pilot, lambda: app.screen.query(OpenList) and app.screen.query_one(OpenList).current)
        listed = app.screen.query_one(OpenList)
        shown = set()
        for _ in range(2 + len(whole) // PAGE):
            await pilot.press("G")
            await pilot.pause()
            shown.add(listed.positions)
        assert listed.positions == (len(whole), len(whole))
        assert listed.current.value.seq == whole[-1].seq


async def test_only_visible_lines_are_drawn(open_desk, app_of) -> None:
    desk = open_desk()
    app = app_of(desk)
    drawn: list[str] = []

    class Probe(AuditScreen):
        def _draw_row(self, item, width, look, here):
            drawn.append(item.key)
            return super()._draw_row(item, width, look, here)

    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        screen = Probe(desk, None)
        app.push_screen(screen)
        await pilot.pause()
        entry = desk.audit(None, None, 1)[0]
        listed = screen.query_one(OpenList)
        listed.show([ListItem(str(n), msgspec.structs.replace(entry, seq=n)) for n in range(50_000)])
        await pilot.pause()
        drawn.clear()
        await pilot.press("G")
        await pilot.pause()
        assert listed.positions == (50_000, 50_000)
        assert 0 < len(drawn) < 200


def test_a_hostile_entry_is_drawn_as_text() -> None:
    now = datetime.now(UTC)
    entry = Entry(
        seq=1, change_id=None, actor=Actor("system", safe_text("system")), action=safe_text("trial_expired"),
        account_id="acc_1", workspace_id=None, before={"tier": "[red]x\x1b[0m", "[@click=a]": 1},
        after={"tier": "free", "[@click=a]": [{"a": "\x07"}]}, outcome=safe_text("applied"),
        reason=safe_reason("[link=javascript:x]ran out[/]"), authored_at=None, applied_at=now,
        raw='{"client": "evil\\u001b[2J", "acknowledged": ["\\u202eabc"]}', prev_hash="0" * 64, hash="a" * 64,
    )  # fmt: skip
    for name in SETS:
        look = Look(Styles(None), SETS[name], False)
        for width in (80, 140):
            strips = [row_strip(entry, "Acme", width, look, True, now, False), *details(entry, width, look, now, None)]
            assert all(strip.cell_length == width for strip in strips)
            text = "".join(strip.text for strip in strips)
            assert not any(ord(char) < 32 or char in "\x7f\u202e" for char in text)
            assert "[link=javascript:x]ran out" in text and "evil?[2J" in text
