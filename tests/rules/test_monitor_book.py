"""The book in one walk (M5, M13, M14, H12) and what a user's policy may not say."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.monitor import DAY, POLICY, account, clock, read
from msgspec.structs import replace

from data.errors import ConfigError
from data.health_book import Past, Peer
from data.wire import decoder, encode
from triage.policy import load_policy
from triage.rules.assess import judge
from triage.rules.book import book_context, value_tier
from triage.rules.health import Rulebook
from triage.tree_file import load_tree

PLAIN = account([4] * 180, mrr=None)
FALLEN = account([4] * 166 + [2] * 14, mrr=None)
_peer = decoder(Peer)


def peer(one, usage=None):
    """An account as the walk over the stored rows sees it; `usage` in the place of its own."""
    row, _ = judge(one, (), Past(), Rulebook(POLICY, load_tree()), clock(DAY), DAY)
    return _peer.decode(encode(replace(row, monitor=replace(row.monitor, usage=usage or row.monitor.usage))))


def pairs(usages, **fields):
    return [peer(account(None, mrr=None, **fields), usage) for usage in usages]


def paying(*amounts):
    return [peer(account(None, mrr=amount)) for amount in amounts]


def test_M5_the_median_of_five_mature_peers():
    assert book_context(pairs([10, 20, 30, 40, 90]), POLICY, DAY).expected == {"innovator": 30}
    assert book_context(pairs([10, 20, 30, 40]), POLICY, DAY).expected == {}
    assert book_context(pairs([10, 20, 30, 40, 50, 60]), POLICY, DAY).expected == {"innovator": 35}
    assert book_context(pairs([10, 20, 30, 40, None]), POLICY, DAY).expected == {}
    mixed = pairs([10] * 5) + pairs([70] * 5, tier="free")
    assert book_context(mixed, POLICY, DAY).expected == {"free": 70, "innovator": 10}


def test_M5_peers_are_thirty_days_old():
    edge = pairs([10] * 4)
    assert book_context(edge + pairs([10], created=DAY - timedelta(days=30)), POLICY, DAY).expected
    assert not book_context(edge + pairs([10], created=DAY - timedelta(days=29)), POLICY, DAY).expected
    assert not book_context(edge + pairs([10], flags=["churned"]), POLICY, DAY).expected


def test_M5_a_peer_s_usage_is_the_reading_s_or_unknown():
    assert peer(PLAIN).monitor.usage == read(PLAIN).usage == 80
    for one in (account(None), account([4] * 160 + [None] * 20)):
        assert peer(one).monitor.usage is None
    assert not peer(account([4] * 180, flags=["deleted"])).monitor.watched
    assert peer(account([0] * 180)).monitor.usage == 0


def test_M14_the_top_fifth_of_those_with_revenue():
    def cut(*amounts):
        return book_context(paying(*amounts), POLICY, DAY).high_value_mrr

    assert cut(*range(1, 11)) == 9
    assert cut(1, 2, 3, 4, 5) == 5
    assert cut(1, 2, 3, 4, 5, 6) == 5
    assert cut(3) == 3
    assert cut(7, 7, 7, 7, 7) == 7
    assert cut(10, 0, 0, None, None) == 10
    assert cut(0, None) is None


def test_H12_cut_offs_by_cumulative_revenue():
    book = book_context(paying(40, 30, 20, 10), POLICY, DAY)  # 40, 70 reaches 50, 90 reaches 80
    assert (book.a_mrr, book.b_mrr) == (30, 20)
    assert [value_tier(mrr, book) for mrr in (40, 30, 20, 10, 0, None)] == ["A", "A", "B", "C", "C", None]
    even = book_context(paying(50, 30, 20), POLICY, DAY)
    assert (even.a_mrr, even.b_mrr) == (50, 30)
    assert value_tier(5, book_context([], POLICY, DAY)) is None


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 1000), min_size=1, max_size=30))
def test_H12_A_holds_half_of_the_revenue_and_no_account_too_many(amounts):
    one = peer(account(None, mrr=1))
    book = book_context([replace(one, mrr=amount) for amount in amounts], POLICY, DAY)
    top = [one for one in amounts if one >= book.a_mrr]
    above = [one for one in amounts if one > book.a_mrr]
    assert 2 * sum(top) >= sum(amounts) > 2 * sum(above)
    both = [one for one in amounts if one >= book.b_mrr]
    assert 10 * sum(both) >= 8 * sum(amounts)


@pytest.mark.parametrize(
    ("crossed", "watched", "held"), [(10, 33, True), (10, 34, False), (9, 9, False), (30, 100, True), (29, 100, False)]
)
def test_M13_thirty_percent_and_ten_accounts(crossed, watched, held):
    found = book_context([peer(FALLEN)] * crossed + [peer(PLAIN)] * (watched - crossed), POLICY, DAY)
    assert (found.crossed, found.watched) == (crossed, watched)
    assert found.fleet_days == ((DAY,) if held else ())


@pytest.mark.parametrize(("later", "held"), [(1, True), (13, True), (14, False)])
def test_M13_what_opened_on_such_a_day_stays_held(later, held):
    found = book_context([peer(FALLEN)] * 12 + [peer(PLAIN)] * 8, POLICY, DAY + timedelta(days=later))
    assert (found.crossed, found.fleet_days) == (0, (DAY,) if held else ())


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[monitor.tiers.free]\nmature = { severe = 0.61 }", "'severe'"),
        ("[monitor.tiers.free.new]\nalert = 0.75", "'alert'"),
        ("[monitor]\nbaseline_days = 167", "180 days"),
        ("[monitor]\nyoung_days = 13", "monitor.young_days"),
        ("[monitor]\nblend_days = 91", "monitor.blend_days"),
        ("[monitor]\nnew_min_days = 15", "monitor.new_min_days"),
        ("[monitor]\nvalue_a_share = 0.9", "monitor.value_a_share"),
        ("[monitor]\neffect_days = 29", "monitor.effect_days"),
        ('[monitor.why]\nok = "{usge}"', "monitor.why"),
        ('[monitor.why]\nok = "{usage.x}"', "monitor.why"),
        ('[monitor.problems]\nquiet = "{"', "monitor.problems"),
        ("[monitor]\nwindow_complete = 1.1", "monitor.window_complete"),
        ("[monitor.tiers.gold]\nexpected = 1.0", "monitor.tiers.gold"),
        ('[[monitor.tips]]\nuse_case = "x"', "tip"),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(tmp_path, text, named):
    file = tmp_path / "mine.toml"
    file.write_text(text + "\n", encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load_policy(file)
    assert named in str(refused.value)


def test_M3_M7_overrides_by_key_reach_the_reading(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(
        "[monitor]\nbaseline_overlap = true\n[monitor.tiers.innovator.mature]\nalert = 0.54\n"
        '[monitor.why]\nok = "Fine: {ratio}."\n[[monitor.tips]]\nuse_case = "bees"\ntip = "Hum."\n',
        encoding="utf-8",
    )
    policy = load_policy(file)
    found = read(account([4] * 166 + [2] * 14), policy)
    assert (found.state, found.why) == ("ok", "Fine: 54 %.")
    assert policy.monitor.tiers["innovator"].mature.severe == 0.40
    assert [one.use_case for one in policy.monitor.tips] == ["bees"]
