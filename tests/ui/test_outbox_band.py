"""Outbox and audit say how the link stands, like the inbox; what was said before does not stand for ever."""

from datetime import UTC, datetime

import msgspec
import pytest

from data.database import DiskFull, Unwritable
from data.ports_list import Header, Link, SyncStatus
from data.remedy import Order
from screens import base
from screens.audit import AuditScreen
from screens.inbox_words import band
from screens.outbox import OutboxScreen
from triage.sandbox.process import start


@pytest.mark.parametrize("screen", [OutboxScreen, AuditScreen])
async def test_a_lost_link_stands_below_every_title(screen, open_desk, app_of, wait, seen, monkeypatch) -> None:
    with start(accounts=40, seed=3) as running:
        desk = open_desk(url=running.url, token=running.token)
    account_id = desk.audit(None, None, 1)[0].account_id
    desk.submit(Order("note", account_id, None, {"text": "Rang back at three"}), hold=False)
    monkeypatch.setattr(base, "TOLD_FOR", 0.5)
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(screen(desk))
        await wait(pilot, lambda: "Offline since" in seen(app) and "1 change waits here." in seen(app))
        app.screen.tell("Asking the server what became of it.")
        assert "Asking the server" in seen(app) or await pilot.pause(0.05) is None
        await wait(pilot, lambda: "Asking the server" not in seen(app))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (DiskFull("/home/maya/outbox.db"), "The disk is full. Make room; nothing is lost. 2 changes wait here."),
        (Unwritable("/home/maya/outbox.db", "cannot be used now (disk I/O error)."), "triage doctor says why."),
    ],
)
def test_the_band_of_a_disk_says_what_to_do_at_80_columns(open_desk, error, words) -> None:
    header: Header = open_desk().header()
    status = SyncStatus(Link.DISK, datetime.now(UTC), str(error), 0, 0, None)
    counts = msgspec.structs.replace(header.outbox, held=2)
    shown = band(msgspec.structs.replace(header, status=status, outbox=counts), datetime.now(UTC))
    assert words in f"{shown.bold} {shown.rest}" or words in shown.short
    assert max(len(f" {shown.bold} {shown.short or shown.rest}"), 0) <= 80
    assert str(error).index("disk") < 20 or "I/O" in str(error)
