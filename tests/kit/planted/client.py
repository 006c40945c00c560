"""Planted bugs of the client: keys, order, unknown outcomes, conflicts, retries and proof."""

from kit.planted.hand import Plant

CRASH = "tests/faults/test_crash_points.py::"
PUSH, ANSWERS, OUTBOX = "tests/wire/test_push.py::", "tests/wire/test_answers.py::", "tests/wire/test_outbox.py::"
RECEIPTS, LANES = "tests/wire/test_receipts.py::", "tests/wire/test_push_lanes.py::"

PLANTS = (
    Plant(
        "sent before it is marked",
        "data/push_round.py",
        """\
                with self.outbox.together():
                    for ended in answers:
                        self._take(ended)
                    jobs = [] if self.over or stop() else self._jobs()
                for tried, ask in jobs:
                    self.lanes.hand(tried, ask)
""",
        """\
                with self.outbox.together():
                    for ended in answers:
                        self._take(ended)
                    jobs = [] if self.over or stop() else self._jobs()
                    for tried, ask in jobs:
                        self.lanes.hand(tried, ask)
                    __import__('time').sleep(0.05)  # the window, wide enough to be met
""",
        "A laptop that dies while sending takes a remedy that the customer got for one that never left.",
        (LANES + "test_I1_what_is_under_way_is_marked_on_the_disk",),
    ),
    Plant(
        "two of one account at once",
        "data/push_line.py",
        """\
        return self._accounts[account_id].popleft()[1]
""",
        """\
        row = self._accounts[account_id].popleft()[1]
        self._accounts[account_id] and heapq.heappush(self._heads, (self._accounts[account_id][0][0], account_id))
        return row
""",
        "Of two things written down about a customer the later one arrives first.",
        (LANES + "test_I6_one_of_an_account_at_a_time",),
    ),
    Plant(
        "new key per attempt",
        "data/push_once.py",
        """\
    return Submission(change.change_id, change.body, outbox.if_match(change), seen, sent_at)
""",
        """\
    key = str(__import__('uuid').uuid4()) if change.attempts else change.change_id
    body = change.body.replace(change.change_id.encode(), key.encode())
    return Submission(key, body, outbox.if_match(change), seen, sent_at)
""",
        "After a lost answer the customer gets the same remedy a second time, or a conflict with themselves.",
        (
            ANSWERS + "test_whatever_is_no_verdict_leaves_the_row_unknown[cut body]",
            CRASH + "test_I1_crashed_at_every_step_under[drop after commit]",
        ),
        named=True,
    ),
    Plant(
        "done before send",
        "data/outbox_sending.py",
        """\
                state=State.SENDING.value,
                unknown=1,
                attempts=change.attempts + 1,\
""",
        """\
                state=State.APPLIED.value,
                unknown=0,
                attempts=change.attempts + 1,\
""",
        "A laptop that dies while sending shows a remedy as done that no customer ever got.",
        (
            ANSWERS + "test_whatever_is_no_verdict_leaves_the_row_unknown[cut body]",
            CRASH + "test_I1_crashed_at_every_step_under[drop after commit]",
        ),
        named=True,
    ),
    Plant(
        "auto-rebase",
        "data/push_round.py",
        """\
        if isinstance(answer, Moved412):
""",
        """\
        if isinstance(answer, Moved412):
            version = self.backend.account(before.account_id).account.version
            fresh = Submission(before.change_id, before.body, version)
            return self._settle(tried, self.backend.submit(fresh))
        if isinstance(answer, Moved412):
""",
        "A colleague's decision is overwritten without anybody having looked at it.",
        (PUSH + "test_a_conflict_names_who_when_and_why_and_parks_the_successor",),
        named=True,
    ),
    Plant(
        "rejected dropped",
        "data/push_verdicts.py",
        """\
        return State.DISCARDED
    return State.REJECTED\
""",
        """\
        return State.DISCARDED
    return State.DISCARDED\
""",
        "A refused remedy disappears among what is over, and nobody learns that the customer still waits.",
        (ANSWERS + "test_a_verdict_ends_the_row_and_clears_unknown[403-first try]",),
        named=True,
    ),
    Plant(
        "global FIFO",
        "data/push_line.py",
        "        del self._accounts[account_id]\n\n    def rest",
        "        self._heads.clear()\n\n    def rest",
        "One stuck account holds up the remedies of every other customer.",
        (ANSWERS + "test_one_stuck_account_never_blocks_another_but_its_own_order_holds",),
        named=True,
    ),
    Plant(
        "lost retry timer",
        "triage/desk/workers.py",
        "        return max(0.05, (due - self._session.clock()).total_seconds())",
        "        return IDLE_PAUSE",
        "A remedy whose answer was lost waits for an hour although the link is fine, until somebody presses a key.",
        ("tests/desk/test_retry_timer.py::test_a_lost_answer_is_tried_again_with_nobody_pressing_a_key",),
        named=True,
    ),
    Plant(
        "re-serialised body",
        "data/push_once.py",
        "Submission(change.change_id, change.body, outbox",
        "Submission(change.change_id, __import__('json').dumps(__import__('json').loads(change.body)).encode(), outbox",
        "After an update of the program a change that was applied comes back as 'key reused' and looks refused.",
        (ANSWERS + "test_whatever_is_no_verdict_leaves_the_row_unknown[cut body]",),
        named=True,
    ),
    Plant(
        "tail cut unseen",
        "data/receipts.py",
        """\
    if seq < remembered.seq:
""",
        """\
    if seq < 0:
""",
        "Somebody who cuts the last entries off the audit trail is never noticed.",
        (
            OUTBOX + "test_the_remembered_head_only_advances",
            RECEIPTS + "test_heads_are_checked_by_signature_and_memory",
        ),
        named=True,
    ),
    Plant(
        "Retry-After ignored",
        "data/push_round.py",
        """\
            until = self.now() + timedelta(seconds=min(answer.retry_after, LONGEST_PATIENCE))
            self.outbox.settle_not_yet\
""",
        """\
            until = self._later(before.attempts + 1)
            self.outbox.settle_not_yet\
""",
        "Every desk hammers a server that has asked for patience, and the outage lasts longer.",
        (ANSWERS + "test_not_yet_queues_until_retry_after",),
        named=True,
    ),
    Plant(
        "push lock not taken",
        "data/push.py",
        """\
    with push_lock(outbox.directory):
        sender = Round(backend, outbox, Place(base_url\
""",
        """\
    with __import__('contextlib').nullcontext():
        sender = Round(backend, outbox, Place(base_url\
""",
        "Two windows on one home send the same change at the same time and fight over its row.",
        (PUSH + "test_a_second_pusher_goes_without",),
    ),
    Plant(
        "receipt not verified",
        "data/push_round.py",
        """\
        wrong = verify_receipt(receipt, change.change_id, reason_of(change.body), self.pinned, change.account_id)
""",
        """\
        wrong = verify_receipt and None
""",
        "A proxy, or a server that lies, has a remedy shown as applied that nobody applied.",
        (
            ANSWERS + "test_I4_a_tampered_receipt_is_not_believed",
            ANSWERS + "test_I4_nothing_is_applied_without_a_receipt_that_verifies",
        ),
    ),
    Plant(
        "signature not verified",
        "data/receipts.py",
        """\
        key.verify(base64.b64decode(signature, validate=True), f"{seq}\\n{digest}".encode())
""",
        """\
        base64.b64decode(signature, validate=True)
""",
        "Anybody who can write the database can rewrite history and sign it with nothing.",
        (
            ANSWERS + "test_I4_a_tampered_receipt_is_not_believed[signature]",
            RECEIPTS + "test_heads_are_checked_by_signature_and_memory",
        ),
    ),
    Plant(
        "changed keys believed",
        "data/outbox_memory.py",
        """\
        if any(keys.get(key_id) != key for key_id, key in known.items()):
""",
        """\
        if any(key_id not in keys and keys.get(key_id) != key for key_id, key in known.items()) and not keys:
""",
        "A false server that brings its own key is taken for the real one.",
        (OUTBOX + "test_keys_are_pinned_once_and_changes_reported",),
    ),
    Plant(
        "unknown cleared by 401",
        "data/outbox_sending.py",
        "        self._later(before, State.QUEUED, why, attempts=before.attempts, **_unsent(before, once))",
        "        self._later(before, State.QUEUED, why, attempts=before.attempts, unknown=0)",
        "A change that may have been applied can be taken back, and is applied all the same.",
        (ANSWERS + "test_401_pauses_the_push_spends_no_attempt_and_does_not_clear_unknown",),
    ),
    Plant(
        "take-back of an unknown change",
        "data/outbox.py",
        """\
            if change.unknown:
                raise NotPossible(_UNKNOWN)
            if change.state not in (State.HELD\
""",
        "            if change.state not in (State.HELD",
        "'Taken back' stands beside a remedy that the customer has got.",
        (OUTBOX + "test_what_each_state_permits[queued, unknown]",),
    ),
    Plant(
        "time-out taken for never sent",
        "data/backends/native_answers.py",
        '        return NoVerdict(f"{host} did not answer in time.")',
        '        return NeverSent(f"{host} did not answer in time.")',
        "A change that the server applied just after the time-out can be discarded as if it had never left.",
        (ANSWERS + "test_whatever_is_no_verdict_leaves_the_row_unknown[time-out]",),
    ),
    Plant(
        "look-up believed too early",
        "data/push_verdicts.py",
        "PROOF_AGE = timedelta(seconds=60)",
        "PROOF_AGE = timedelta(0)",
        "A request still on its way is declared lost, discarded by a person, and applied a moment later.",
        (ANSWERS + "test_a_404_to_the_look_up_proves_nothing_within_a_minute",),
    ),
    Plant(
        "successor sent on its own",
        "data/outbox_file.py",
        """\
        if state in _ENDED_OTHERWISE:
""",
        """\
        if state is None:
""",
        "The second step of a plan reaches the customer although the first was taken back.",
        (PUSH + "test_a_predecessor_taken_back_parks_its_successor_at_once",),
    ),
    Plant(
        "hold not respected",
        "data/push_round.py",
        """\
        self.outbox.release_holds(begun)
""",
        """\
        self.outbox.release_holds(begun + timedelta(days=1))
""",
        "The ten seconds in which a mistake can be taken back do not exist.",
        (PUSH + "test_a_running_hold_is_left_alone_by_a_sync",),
    ),
    Plant(
        "foreign rows pushed",
        "data/push_round.py",
        """\
        self.outbox.settle_identity(self.mine, begun)
""",
        "",
        "What Maya wrote is applied under Tom's name because he signed in after her.",
        (PUSH + "test_a_foreign_row_is_parked_and_returns_with_its_author",),
    ),
)
