"""dembrane over real loopback HTTP: its rollup becomes our accounts, and only what changed travels on."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dembrane.clock import Clock
from dembrane.double import Double
from kit.each import each

from data.account import Account
from data.assessment import Category, Touch
from data.backends.dembrane import DembraneBackend, Options
from data.backends.port import Batch
from data.cache import Assess, Cache
from data.cache_write import Judged
from data.errors import Degraded, Gone, NotAllowed, Offline, ServerFailing, SignedOut, SuspiciousSync
from data.health_book import Past
from data.ports_list import Sort, View
from data.pull import Pulled, pull
from triage.policy import load_policy
from triage.rules.assess import assess as at_risk

NOON = datetime(2026, 11, 21, 12, 34, 56, 123456, tzinfo=UTC)
POLICY = load_policy()


class World:
    """A double, a clock they share, and a cache that pulls from it."""

    def __init__(self, root: Path, double: Double, directus: bool = True) -> None:
        self.double, self.root = double, root
        self.directus_url = double.directus_url if directus else None
        self.judged: list[str] = []
        self.cache = Cache.open(root / "cache", double.url)

    def backend(self, token: str | None = None) -> DembraneBackend:
        options = Options(self.directus_url, self.root / "state", self.root / "cache")
        return DembraneBackend(self.double.url, token or self.double.token(), options, clock=self.double.clock.now)

    def all(self, cursor: int | None = None) -> list[Batch]:
        with closing(self.backend()) as backend:
            return list(backend.accounts(cursor))

    def accounts(self) -> dict[str, Account]:
        return {item.account.id: item.account for batch in self.all() for item in batch.items}

    def case(self, name: str) -> Account:
        return self.accounts()[self.double.book.cases[name].account.id]

    def pull(self, **how: Any) -> Pulled:
        now = self.double.clock.now()

        def assess_for(through: date | None) -> Assess:
            def assess(account: Account, touches: Sequence[Touch], past: Past | None) -> Judged:
                self.judged.append(account.id)
                return at_risk(account, touches, POLICY, now, through), None

            return each(assess)

        self.judged.clear()
        with closing(self.backend()) as backend:
            return pull(backend, self.cache, assess_for, now, **how)

    def categories(self) -> dict[str, tuple[Category, ...]]:
        rows = self.cache.rows(self.cache.ids(View.BOOK, Sort.NAME, ""))
        return {row.id: row.reasons for row in rows}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with Double(clock=Clock(NOON)) as double:
        made = World(tmp_path, double)
        yield made
        made.cache.close()


def test_one_account_for_each_billing_account_with_all_its_workspaces(world: World) -> None:
    accounts, book = world.accounts(), world.double.book
    assert set(accounts) == set(book.accounts)
    for account_id, account in accounts.items():
        theirs = {one.id for one in book.workspaces_of(book.accounts[account_id])}
        assert {one.id for one in account.workspaces} == theirs
    pooled = accounts[book.cases["pooled_1"].account.id]
    assert len(pooled.workspaces) == 3 and pooled.scope == "organisation" and pooled.org_name == "Harbor Transit"


def test_money_is_the_accounts_forecast_and_never_a_rows_retired_price(world: World) -> None:
    pooled = world.case("pooled_1")
    assert (pooled.mrr, pooled.currency) == (33750, "EUR")  # 5 people × 75 € × 0.9, not 9 seats, not 1500 €
    assert world.case("pioneer").mrr is None
    assert world.case("trial").mrr == 0


def test_hours_are_rounded_before_they_are_compared_and_our_rules_recompute_every_category(world: World) -> None:
    world.pull()
    found, cases = world.categories(), world.double.book.cases
    reasons = {name: found[cases[name].account.id] for name in cases}
    assert reasons["rounded_to_cap"] == (Category.AT_CAP,)
    assert reasons["approaching"] == (Category.APPROACHING_CAP,)
    assert reasons["at_cap_and_downgraded"] == (Category.AT_CAP, Category.RECENTLY_DOWNGRADED)
    assert reasons["approaching_and_downgraded"] == (Category.APPROACHING_CAP, Category.RECENTLY_DOWNGRADED)
    assert reasons["downgraded"] == (Category.RECENTLY_DOWNGRADED,)
    assert reasons["downgraded_15_days"] == reasons["downgraded_14_days_and_more"] == ()
    assert reasons["quiet"] == ()
    assert reasons["pilot_at_cap"] == (Category.PILOT_HARD_BLOCK,)


def test_the_backends_own_reasons_are_kept_beside_ours(world: World) -> None:
    def listed(name: str) -> list[tuple[str, str | None]]:
        beside = world.case(name).beside
        assert beside is not None
        return [(str(one.reason), one.detail) for one in beside.listed]

    assert listed("at_cap_and_downgraded") == [("at_cap", "1.4h / 1h (140%)")]
    assert [reason for reason, _ in listed("approaching_and_downgraded")] == ["approaching_cap", "recently_downgraded"]
    assert [reason for reason, _ in listed("pilot_at_cap")] == ["at_cap"]
    assert listed("quiet") == []


def test_discounts_payment_and_revenue_in_the_contracts_words(world: World) -> None:
    def told(name: str) -> tuple[Any, ...]:
        account = world.case(name)
        discount = account.discount
        return account.payment_mode, account.revenue_class, discount and (discount.kind, discount.percent)

    assert told("subscribed") == ("subscription", "paying", None)
    assert told("managed") == ("managed", "managed", None)
    assert told("trial") == ("none", "trial", ("trial", 100))
    assert told("staff_discount") == ("none", "comped", ("staff_discount", 100))
    assert told("scholarship") == ("subscription", "paying", ("scholarship", 50))
    assert told("percent_only") == ("none", None, ("other", 25))
    assert told("paid_unbilled") == ("none", None, None)


def test_both_spellings_of_an_instant_are_one(world: World) -> None:
    expires = world.case("trial").tier_expires_at
    assert expires is not None and expires.utcoffset() == timedelta(0)
    assert abs(expires - (NOON + timedelta(days=12, microseconds=701))) < timedelta(milliseconds=1)


def test_names_are_safe_text_and_marked(world: World) -> None:
    for name in ("escape", "bidi", "zero_width", "tab_and_nul"):
        account = world.case(f"hostile_{name}")
        assert account.name.suspicious, name
        assert "\x1b" not in account.name and "\u202e" not in account.name and "\x00" not in account.name


def test_answers_are_asked_for_compressed_without_cookies_and_with_a_capital_bearer(world: World) -> None:
    world.double.log.clear()
    world.all()
    for request in world.double.log:
        assert "gzip" in request.headers["accept-encoding"]
        assert request.headers["authorization"].startswith("Bearer ey")
        assert "cookie" not in request.headers


# --- the delta that the backend does not have ---
def test_what_did_not_change_costs_nothing_downstream(world: World) -> None:
    first = world.pull()
    assert first.pulled == len(world.double.book.accounts) and first.complete
    world.pull()  # closed months come with the second sync, once
    for _ in range(2):
        again = world.pull()
        assert (again.pulled, again.removed, world.judged) == (0, 0, [])


def test_a_change_moves_one_account_and_its_version_only_where_staff_control_it(world: World) -> None:
    world.pull()
    world.pull()
    workspace = world.double.book.cases["quiet"]
    before = world.cache.account(workspace.account.id)
    workspace.recordings.append((NOON - timedelta(hours=1), 0.65))
    world.double.state.forget()
    assert (world.pull().pulled, world.judged) == (1, [workspace.account.id])
    after = world.cache.account(workspace.account.id)
    assert before and after and after.seq > before.seq and after.version == before.version
    assert world.categories()[after.id] == (Category.APPROACHING_CAP,)
    workspace.account.percent_discount = 30
    world.double.state.forget()
    world.pull()
    discounted = world.cache.account(after.id)
    assert discounted and discounted.version == after.version + 1


def test_a_removed_account_leaves_a_tombstone_and_may_come_back(world: World) -> None:
    world.pull()
    workspace = world.double.book.cases["quiet"]
    del world.double.book.workspaces[workspace.id]
    world.double.state.forget()
    assert world.pull().removed == 1 and world.cache.account(workspace.account.id) is None
    world.double.book.workspaces[workspace.id] = workspace
    world.double.state.forget()
    world.pull()
    assert world.cache.account(workspace.account.id) is not None


def test_a_sync_that_was_interrupted_goes_on_from_where_the_cache_stands(world: World) -> None:
    world.pull()
    cursor = world.cache.cursor
    workspace = world.double.book.cases["quiet"]
    workspace.recordings.append((NOON - timedelta(hours=1), 0.65))
    world.double.state.forget()
    world.all(cursor)  # fetched and journalled, never committed
    assert not world.pull().full
    assert world.categories()[workspace.account.id] == (Category.APPROACHING_CAP,)


def test_a_lost_or_damaged_journal_begins_a_new_epoch_and_the_book_comes_anew(world: World) -> None:
    world.pull()
    epoch = world.cache.epoch
    (journal,) = world.root.rglob("dembrane-delta.json")
    assert journal.stat().st_mode & 0o777 == 0o600
    journal.write_bytes(b'{"form":1,')
    again = world.pull()
    assert again.full and world.cache.epoch != epoch and world.cache.size() == len(world.double.book.accounts)


def test_a_rebuilt_cache_gets_the_whole_book_of_the_same_epoch(world: World) -> None:
    world.pull()
    epochs = {batch.epoch for batch in world.all(None)}
    assert epochs == {world.cache.epoch}
    assert sum(len(batch.items) for batch in world.all(None)) == len(world.double.book.accounts)


# --- closed months, members, logins ---
def test_closed_months_are_fetched_once_after_the_first_sync(world: World) -> None:
    world.pull()
    assert not world.double.received("billing-rollup")[-1].query["month_offset"][0].startswith("-")
    world.pull()
    asked = [one.query["month_offset"][0] for one in world.double.received("billing-rollup")]
    assert sorted(asked[2:], key=int) == [str(-back) for back in range(12, 0, -1)]
    account = world.cache.account(world.double.book.cases["locked_but_absent"].account.id)
    assert account and account.beside
    months = {one.month: one.hours for one in account.beside.months}
    assert len(months) == 12 and list(months) == sorted(months)
    assert (months[date(2026, 10, 1)], months[date(2026, 9, 1)], months[date(2026, 8, 1)]) == (0.8, 0.8, 0.0)
    count = len(world.double.received("billing-rollup"))
    world.pull()
    assert len(world.double.received("billing-rollup")) == count + 1


def test_a_failing_closed_month_is_asked_for_again_and_fails_no_sync(world: World) -> None:
    world.pull()
    world.double.fault("delay", "billing-rollup", seconds=0)  # the book itself comes
    world.double.fault("fail_before", "billing-rollup")
    account_id = world.double.book.cases["quiet"].account.id
    world.pull()
    for months in (0, 12):
        account = world.cache.account(account_id)
        assert account and account.beside and len(account.beside.months) == months
        world.pull()


def test_members_come_promotable_first_and_an_unknown_workspace_has_none(world: World) -> None:
    workspace = world.double.book.cases["admin_never_seen"]
    with closing(world.backend()) as backend:
        members = backend.members(workspace.id)
        assert {one.membership_id for one in members} == {one.membership_id for one in workspace.members}
        promotable = [one.role not in ("external", "observer", "owner", "admin") for one in members]
        assert promotable == sorted(promotable, reverse=True)
        assert backend.members("7f3a2b10-0000-4000-8000-000000000000") == ()
        with pytest.raises(Gone):
            backend.members("../../me")  # an id stays one piece of the path


def test_admin_logins_come_from_directus_by_address_how_recently_but_not_how_often(world: World) -> None:
    book = world.double.book
    account = world.case("pooled_1")
    seen = [book.people[str(one.email)].last_access for one in account.contacts]
    latest = max(at for at in seen if at)
    assert account.admin_logins is not None and account.admin_logins.last_at is not None
    assert abs(account.admin_logins.last_at - latest) < timedelta(milliseconds=1)
    assert account.admin_logins.count_30d is None and account.admin_logins.daily is None
    never = world.case("admin_never_seen").admin_logins
    assert never is not None and never.last_at is None


@pytest.mark.parametrize("how", ["no directus", "no permission", "down"])
def test_logins_that_nobody_may_read_are_unknown_and_that_is_said(world: World, how: str) -> None:
    token = world.double.token("vera@vendor.example" if how == "no permission" else "maya@vendor.example")
    if how == "no directus":
        world.directus_url = None
    if how == "down":
        world.double.fault("fail_before", "/users", times=50)
    with closing(world.backend(token)) as backend:
        accounts = [item.account for batch in backend.accounts(None) for item in batch.items]
        assert {account.admin_logins for account in accounts} == {None}
        assert not backend.capabilities.logins
        assert any("logins" in lack for lack in backend.capabilities.lacks)


def test_logins_are_asked_once_an_hour_and_a_new_address_at_once(world: World) -> None:
    world.pull()
    world.pull()
    asked = len(world.double.received("/users"))
    person = world.double.book.cases["admin_never_seen"].members[0].person
    person.last_access = NOON
    assert world.pull().pulled == 0 and len(world.double.received("/users")) == asked
    world.double.clock.move(minutes=61)
    assert world.pull().pulled == 1
    asked = len(world.double.received("/users"))
    world.double.book.people.pop(person.email)
    person.email = "Moved@example.org"  # whom Directus does not know: unknown, and not asked for again
    world.double.state.forget()
    for _ in range(2):
        world.pull()
        assert world.double.received("/users")[-1].query["filter[email][_in]"] == ["Moved@example.org"]
        assert len(world.double.received("/users")) == asked + 1
    account = world.cache.account(world.double.book.cases["admin_never_seen"].account.id)
    assert account and account.admin_logins is None


def test_a_click_within_the_hour_is_no_news_but_the_next_hour_is(world: World) -> None:
    world.double.clock.move(minutes=-30)
    person = world.double.book.cases["admin_never_seen"].members[0].person
    person.last_access = NOON.replace(hour=11, minute=5)
    world.pull()
    world.pull()
    account_id = world.double.book.cases["admin_never_seen"].account.id
    for minutes, news in ((30, False), (45, False), (65, True)):
        world.double.clock.move(minutes=61)
        person.last_access = NOON.replace(hour=11, minute=0) + timedelta(minutes=minutes)
        world.pull()
        assert (account_id in world.judged) is news


def test_directus_being_away_leaves_what_it_told_before(world: World) -> None:
    world.pull()
    world.pull()
    world.double.clock.move(hours=2)
    world.double.fault("fail_before", "/users", times=50)
    assert world.pull().pulled == 0


# --- an outage is not "all clear" ---
@pytest.mark.parametrize("mode", ["empty", "no_hours", "no_seats", "no_org_names"])
@pytest.mark.parametrize("first", [True, False])
def test_a_degraded_rollup_is_refused_and_the_book_stays(world: World, mode: str, first: bool) -> None:
    if not first:
        world.pull()
    before = world.categories()
    world.double.degrade([mode])
    with pytest.raises(Degraded, match="looks like an outage") as refused:
        world.pull()
    assert refused.value.exit_code == 3
    with pytest.raises(Degraded):
        world.pull(full=True)
    assert world.categories() == before
    world.double.well()
    world.pull()
    assert len(world.categories()) == len(world.double.book.accounts)


def test_a_gutted_book_is_refused_where_a_tenth_goes_and_a_fifth_asks(world: World) -> None:
    world.pull()
    workspaces = dict(world.double.book.workspaces)
    for gone, error in ((0.6, Degraded), (0.3, SuspiciousSync)):
        kept = list(workspaces.items())[int(len(workspaces) * gone) :]
        world.double.book.workspaces = dict(kept)
        world.double.state.forget()
        with pytest.raises(error):
            world.pull()
        assert world.cache.size() == len(world.double.book.accounts)
    assert world.pull(full=True, yes=True).removed > 0


def test_a_new_month_begins_without_hours_and_that_is_no_outage(world: World) -> None:
    world.pull()
    world.double.clock.move(days=10)  # 1 December
    world.double.state.forget()
    world.pull()
    assert Category.AT_CAP not in {reason for reasons in world.categories().values() for reason in reasons}


def test_a_failing_server_or_a_cut_answer_leaves_the_book(world: World) -> None:
    world.pull()
    before = world.cache.size(), world.cache.cursor
    for kind, error in (("fail_before", ServerFailing), ("drop_before", Offline)):
        world.double.fault(kind, "billing-rollup")
        with pytest.raises(error):
            world.pull()
    world.double.fault("fail_before", "at-risk")
    with pytest.raises(ServerFailing):
        world.pull()
    assert (world.cache.size(), world.cache.cursor) == before


# --- who we are ---
def test_identity_is_the_staff_member_of_me(world: World) -> None:
    with closing(world.backend()) as backend:
        who = backend.identity()
    staff = world.double.book.staff["maya@vendor.example"]
    assert (who.staff_id, who.email) == (staff.directus_id, staff.email)
    assert who.server_time is not None


def test_no_staff_and_no_token_are_said(world: World) -> None:
    with closing(world.backend(world.double.token("nils@customer.example"))) as backend:
        with pytest.raises(NotAllowed, match="no staff"):
            backend.identity()
        with pytest.raises(NotAllowed, match="Staff-only"):
            list(backend.accounts(None))
    with closing(world.backend("eyJ.wrong.token")) as backend, pytest.raises(SignedOut):
        backend.identity()


def test_what_is_not_there_is_said_and_not_asked_for(world: World) -> None:
    with closing(world.backend()) as backend:
        assert not any((backend.capabilities.idempotent, backend.capabilities.versions, backend.capabilities.audit))
        with pytest.raises(Gone):
            list(backend.audit(0))
        with pytest.raises(Gone):
            backend.head()
        with pytest.raises(Gone):
            backend.account("unknown")
        one = next(iter(world.double.book.accounts))
        assert backend.account(one).account.id == one
        assert json.loads(backend.account(one).raw)["id"] == one
