"""Planted bugs of the reference server: the write path's order and its one transaction."""

from kit.planted.hand import Plant

CHANGES, ONE = "tests/sandbox/test_changes.py::", "tests/sandbox/test_one_transaction.py::"

PLANTS = (
    Plant(
        "key outside the transaction",
        "triage/sandbox/changes.py",
        """\
    with database.writing() as connection:
        found = _replay(connection, change.change_id, fingerprint, request.staff)
""",
        """\
    with database.reading() as looking:
        found = _replay(looking, change.change_id, fingerprint, request.staff)
    __import__('time').sleep(0.05)  # the window, wide enough to be met
    with database.writing() as connection:
""",
        "A request that a proxy delivers twice is an error to one of its senders, or a remedy given twice.",
        (CHANGES + "test_one_of_two_simultaneous_deliveries_applies",),
        named=True,
    ),
    Plant(
        "key kept in a transaction of its own",
        "triage/sandbox/changes.py",
        """\
    result = dumps({"change_id": change.change_id, "account": served, "receipt": receipt})
""",
        """\
    result = dumps({"change_id": change.change_id, "account": served, "receipt": receipt})
    connection.execute("COMMIT")
    connection.execute("BEGIN IMMEDIATE")
""",
        "A server that dies between the two answers the repetition of an applied remedy with a conflict.",
        (ONE + "test_a_change_is_applied_whole_or_not_at_all[changes]",),
    ),
    Plant(
        "If-Match before the lookup",
        "triage/sandbox/changes.py",
        """\
        found = _replay(connection, change.change_id, fingerprint, request.staff)
""",
        """\
        seen = store.get(connection, change.account_id)
        if seen is not None and change.kind in REMEDIES:
            _check_version(connection, seen, request.if_match)
        found = _replay(connection, change.change_id, fingerprint, request.staff)
""",
        "Every lost answer turns into a conflict with oneself, and people apply the remedy again.",
        (CHANGES + "test_a_replay_comes_before_if_match_and_applies_nothing",),
        named=True,
    ),
    Plant(
        "audit outside the transaction",
        "triage/sandbox/changes.py",
        """\
    receipt = chain.append(connection, entry, signer)
""",
        """\
    receipt = chain.append(connection, entry, signer)
    connection.execute("COMMIT")
    connection.execute("BEGIN IMMEDIATE")
""",
        "The audit trail says that a remedy was applied which the customer never got, or the other way round.",
        (
            ONE + "test_a_change_is_applied_whole_or_not_at_all[accounts]",
            ONE + "test_a_change_is_applied_whole_or_not_at_all[changes]",
        ),
        named=True,
    ),
    Plant(
        "replay for another actor",
        "triage/sandbox/changes.py",
        """\
        return None
    if row["staff_id"] != staff.staff_id:
""",
        """\
        return None
    if row["staff_id"] is None:
""",
        "Whoever learns a change's id reads a customer's account and gets the credit for another's remedy.",
        (CHANGES + "test_a_replay_by_another_staff_member_is_404",),
        named=True,
    ),
    Plant(
        "fingerprint not compared",
        "triage/sandbox/changes.py",
        """\
    if row["fingerprint"] != fingerprint:
""",
        """\
    if row["fingerprint"] is None:
""",
        "A changed remedy under an old key is answered as applied, and never applied.",
        (CHANGES + "test_the_same_key_with_other_bytes_is_key_reused",),
    ),
    Plant(
        "If-Match not compared",
        "triage/sandbox/changes.py",
        """\
    if seen != current:
""",
        """\
    if seen > current:
""",
        "Of two operators who decide at the same time, the slower overwrites the other unseen.",
        (CHANGES + "test_of_two_writers_on_one_version_one_wins",),
    ),
    Plant(
        "denied without a trace",
        "triage/sandbox/changes.py",
        """\
        _append_denied(connection, signer, request, change)
    raise denial\
""",
        "    raise denial",
        "Somebody who tries doors that are not theirs leaves no trace.",
        ("tests/sandbox/test_permissions.py::test_a_denied_change_sent_twice_is_one_entry",),
    ),
)
