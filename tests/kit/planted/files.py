"""Planted bugs of what lies on the disk: transactions, damaged files, the cache's batches."""

from kit.planted.hand import Plant

OUTBOX = "tests/wire/test_outbox.py::"

PLANTS = (
    Plant(
        "own trail outside the transaction",
        "data/outbox.py",
        """\
            if not self._select("WHERE change_id = ?", change_id):
                self._insert(order, account, preview, authored, hold_seconds)
""",
        """\
            if not self._select("WHERE change_id = ?", change_id):
                note, self._note = self._note, lambda *a, **k: self._connection.execute("COMMIT")
                self._insert(order, account, preview, authored, hold_seconds)
                self._note = note
                self._connection.execute("BEGIN IMMEDIATE")
                self._note(change_id, "authored", now, reason=str(order.reason))
""",
        "A change can leave this machine of which its own trail knows nothing.",
        (OUTBOX + "test_the_row_and_its_trail_entry_are_one_transaction",),
    ),
    Plant(
        "outbox made anew when damaged",
        "data/outbox_file.py",
        """\
    except DatabaseProblem:
        connection.close()
        raise
    remember(presence)
""",
        """\
    except DatabaseProblem:
        connection.close()
        path.unlink()
        connection = open_file(path, form, steps)
    remember(presence)
""",
        "Changes that were never sent are gone, and the app says nothing.",
        (OUTBOX + "test_a_damaged_outbox_is_named_and_left_as_it_is[damage_middle]",),
    ),
    Plant(
        "outbox not synced to the disk",
        "data/migrations.py",
        'synchronous="EXTRA"',
        'synchronous="OFF"',
        "A power cut takes back a change that the screen had confirmed.",
        (OUTBOX + "test_the_file_is_private_and_without_wal",),
    ),
    Plant(
        "tombstone check skipped",
        "data/cache_write.py",
        """\
        if len(stones) > last.may_remove:
""",
        """\
        if len(stones) < 0:
""",
        "A server that has lost its accounts empties every desk's book without a question.",
        ("tests/wire/test_cache_lists.py::test_tombstones_wait_for_the_last_piece_and_for_permission",),
    ),
    Plant(
        "cursor before its batch",
        "data/cache_write.py",
        """\
        with self.writing():
            self._write(made, BOOK)
            self._collect(made, tombstones)
            self.put(cursor=cursor)
""",
        """\
        with self.writing():
            self.put(cursor=cursor)
        with self.writing():
            self._write(made, BOOK)
            self._collect(made, tombstones)
""",
        "After a crash a thousand accounts stay as they were for ever, at risk and unseen.",
        ("tests/wire/test_cache_batches.py::test_the_cursor_moves_only_with_its_batch",),
    ),
)
