"""The journey from the backend into the cache: accounts, then audit trail and members."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from data.account import Tombstone, Value
from data.backends.port import Batch, BillingBackend
from data.bulk import Crew, Done, Made
from data.cache import Cache
from data.cache_write import Last
from data.errors import BadAnswer, Gone, NotAllowed, Offline, SuspiciousSync, TriageError
from data.locks import pull_lock
from data.pull_ahead import AssessFor, ahead

MAY_REMOVE = 0.20
MEMBERS_A_SYNC = 200
MEMBERS_FRESH = timedelta(days=1)
ALONE = 1000  # accounts: a usual delta ends before helpers would have started


class Pulled(Value, frozen=True):
    """What a pull did: accounts fetched and removed, whether everything came anew, what is wrong with the trail."""

    pulled: int = 0
    removed: int = 0
    full: bool = False
    epoch: str | None = None
    complete: bool = False
    audit_problem: str | None = None


def pull(
    backend: BillingBackend,
    cache: Cache,
    assess_for: AssessFor,
    now: datetime,
    *,
    full: bool = False,
    yes: bool = False,
    progress: Callable[[int], None] = lambda count: None,
    owed: Mapping[str, int] | None = None,
    crew: Callable[[], Crew] | None = None,
) -> Pulled:
    """Bring the cache up to date (contract.md, Reading). `progress` gets the accounts fetched so far, per batch.

    `owed` are the seqs of accounts that answers to our own changes have told before: a delta without them comes from a
    server that has forgotten those changes, so the book is fetched anew.

    `crew` makes helpers that judge beside this process; they are called in for more than `ALONE` accounts.

    `full` fetches everything anew beside the book; `yes` permits removing more than a fifth of it. Raises Busy when
    another process pulls, SuspiciousSync, what the backend's reading raises, CacheDamaged and Unwritable. What was
    committed stays; the next pull goes on from there.
    """
    with pull_lock(cache.directory):
        cache.prepare_bulk()
        try:
            return _Pull(backend, cache, assess_for, now, yes, progress, owed or {}, crew).run(full)
        finally:
            cache.finish_bulk()


def pull_trail(backend: BillingBackend, cache: Cache, assess_for: AssessFor, now: datetime) -> str | None:
    """Append what the audit trail has got since, under the pull lock (Busy); returns what is wrong with it."""
    with pull_lock(cache.directory):
        return _Pull(backend, cache, assess_for, now, yes=False, progress=lambda count: None).trail()


def reassess_lapsed(cache: Cache, assess_for: AssessFor, now: datetime, policy: str, limit: int) -> int:
    """Re-assess at most `limit` accounts whose verdict has lapsed by time, feed date or policy; returns how many."""
    through = cache.complete_through
    accounts = cache.lapsed(now.timestamp(), through.isoformat() if through else "", policy, limit)
    cache.reassess(accounts, assess_for(through))
    return len(accounts)


def _day(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadAnswer(f"The server's complete_through is no date: {text[:40]!r}.") from None


def _batch_day(batch: Batch) -> date | None:
    return _day(batch.complete_through)


def _whole(batch: Batch, done: Done) -> tuple[Sequence[Made], Sequence[Tombstone], int]:
    """What of a batch is to be written, and how far it goes: all of it, or what came before a line that is none."""
    if done.stopped is None:
        return done.made, batch.tombstones, batch.cursor
    end = batch.lines[done.stopped].seq
    return done.made, [stone for stone in batch.tombstones if stone.seq < end], end - 1


def _told(batch: Batch) -> Iterator[tuple[str, int]]:
    """The accounts of a batch, removed ones too, with their seqs."""
    yield from ((item.account.id, item.account.seq) for item in batch.items)
    yield from ((line.id, line.seq) for line in batch.lines)
    yield from ((stone.id, stone.seq) for stone in batch.tombstones)


@dataclass(slots=True)
class _Pull:
    backend: BillingBackend
    cache: Cache
    assess_for: AssessFor
    now: datetime
    yes: bool
    progress: Callable[[int], None]
    owed: Mapping[str, int] = field(default_factory=dict)
    crew: Callable[[], Crew] | None = None
    pulled: int = 0
    removed: int = 0

    def run(self, full: bool) -> Pulled:
        self.cache.drop_leftovers(shadow=False)
        whole = self._accounts(full)
        audit_problem = self.trail() if self.backend.capabilities.audit else None
        if "change_admin" in self.backend.capabilities.kinds:
            self._members()
        return Pulled(self.pulled, self.removed, whole, self.cache.epoch, True, audit_problem)

    # --- accounts ---

    def _accounts(self, full: bool) -> bool:
        """Fetch the accounts; returns whether everything came anew."""
        cache, url = self.cache, self._url
        own = cache.base_url == url
        if own and cache.synced_at is not None:
            if not full and not cache.restored and self._delta(cache.cursor, cache.epoch):
                return False
            self._refresh(anew=full)
            return True
        # There is no complete book to protect: a first sync goes straight into it and makes progress on a bad link.
        begun = own and not full and cache.cursor is not None
        if not begun or not self._delta(cache.cursor, cache.epoch):
            self._delta(None, None)
        return True

    @property
    def _url(self) -> str:
        return self.backend.base_url.rstrip("/")

    def _delta(self, cursor: int | None, epoch: str | None) -> bool:
        """Commit a delta batch by batch; False when the server's history is not ours any more.

        That is a new epoch, an end before our cursor (both before anything is written), or a delta without what is
        owed: a server restored from an old copy. `epoch` None means a book from the beginning: the first batch
        replaces whatever is cached.
        """
        owed = {} if cursor is None else {key: seq for key, seq in self.owed.items() if seq > cursor}
        begun = self.cache.size() if epoch is not None else 0
        begins = epoch is None
        for batch, judge in self._ahead(cursor, self._delta_day):
            if epoch is None:
                self.cache.start_book(self._url, batch.epoch, self.now)
                epoch = batch.epoch
            if batch.epoch != epoch or batch.cursor < (cursor or 0):
                return False
            for account_id, seq in _told(batch):
                if owed.get(account_id, seq + 1) <= seq:
                    del owed[account_id]
            if batch.last and owed:
                self.cache.forget_history()
                return False
            done = judge()
            if batch.last:
                self.cache.index_book()
            last = Last(self._delta_day(batch), self.now, self._may_remove(begun)) if batch.last else None
            written = self.cache.write_made(*_whole(batch, done), last if done.stopped is None else None)
            self._count(batch, done)
            if written.held:
                raise SuspiciousSync(written.held, begun)
            if batch.last:
                self.removed += written.removed
                return True
            if begins and self.backend.capabilities.audit:
                begins = False
                with suppress(TriageError):  # it comes again after the accounts, and then speaks for itself
                    self.trail()  # known before, what people did is judged with the account and not after it
        raise Offline("The accounts broke off before their end; the next sync goes on from there.")

    def _refresh(self, anew: bool) -> None:
        """Fetch everything into the shadow and swap it in when complete; an interrupted one is gone on with."""
        cache = self.cache
        begun = cache.size()
        waiting = None if anew else cache.shadow_cursor()
        epoch, cursor = waiting or (None, None)
        for batch, judge in self._ahead(cursor, _batch_day):
            if epoch is None:
                cache.begin_shadow(batch.epoch)
                epoch = batch.epoch
            if batch.epoch != epoch or batch.cursor < (cursor or 0):
                break
            done = judge()
            cache.write_shadow(*_whole(batch, done))
            self._count(batch, done)
            if batch.last:
                self._swap(begun, _batch_day(batch))
                return
        else:
            raise Offline("The accounts broke off before their end; the next sync goes on from there.")
        if waiting is None:
            raise BadAnswer("The server started its history over in the middle of a sync. Sync again.")
        self._refresh(anew=True)

    def _swap(self, begun: int, through: date | None) -> None:
        losses = self.cache.shadow_losses()
        if losses > self._may_remove(begun):
            raise SuspiciousSync(losses, begun)
        self.removed += self.cache.swap_shadow(through, self.now)

    def _may_remove(self, begun: int) -> int:
        return begun if self.yes else int(begun * MAY_REMOVE)

    def _count(self, batch: Batch, done: Done) -> None:
        """Tell the progress; BadAnswer where the batch ended early, after what came before it was written."""
        self.pulled += len(batch.items) + len(batch.lines[: done.stopped])
        self.progress(self.pulled)
        if done.stopped is not None:
            raise BadAnswer(done.why)

    def _delta_day(self, batch: Batch) -> date | None:
        return _batch_day(batch) or self.cache.complete_through

    def _ahead(
        self, cursor: int | None, day: Callable[[Batch], date | None]
    ) -> Iterator[tuple[Batch, Callable[[], Done]]]:
        source = self.backend.accounts(cursor, ALONE if self.crew else None)
        return ahead(source, self.cache, self.crew, self.assess_for, day)

    # --- what comes along ---

    def trail(self) -> str | None:
        """Append the trail; returns what is wrong with it. A backend that cannot serve one never fails a sync."""
        restart = self.cache.get("audit_restart") is not None
        try:
            for page in self.backend.audit(0 if restart else self.cache.audit_after):
                touched, wrong = self.cache.append_audit(page.entries, restart=restart)
                restart = False
                self._reassess(touched)
                if wrong:
                    return wrong
        except (Gone, NotAllowed, BadAnswer) as error:
            return f"The audit trail could not be read. {error}"
        return None

    def _reassess(self, account_ids: Sequence[str]) -> None:
        """Judge again the accounts that somebody contacted or remedied (A16)."""
        cache = self.cache
        numbers = [number for one in account_ids if (number := cache.number(one)) is not None]
        cache.reassess(cache.accounts_for(numbers), self.assess_for(cache.complete_through))

    def _members(self) -> None:
        """Prefetch members for change-admin offline, a bounded number each time; the link's faults end it quietly."""
        for account_id, workspace_id in self.cache.workspaces_without_members(self.now - MEMBERS_FRESH, MEMBERS_A_SYNC):
            try:
                members = self.backend.members(workspace_id)
            except (Gone, NotAllowed, BadAnswer):
                self.cache.store_members(workspace_id, account_id, None, self.now)
            except Offline:
                return
            else:
                self.cache.store_members(workspace_id, account_id, members, self.now)
