"""A7: one total order, whatever the order of the input."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from data.assessment import NO_RANK, Category, severity_key

DAYS = st.integers(0, 5)
MONEY = st.none() | st.sampled_from([0, 100, 4_000, 4_000_000])


@st.composite
def situations(draw):
    """What decides the order of one account: category, ages, money; ids are given by position."""
    return {
        "kind": draw(st.sampled_from([*Category, None])),
        "since": draw(st.none() | DAYS),
        "mrr": draw(MONEY),
    }


def row_of(kit, number, situation):
    since = None if situation["since"] is None else kit.ago(days=situation["since"])
    fields = {"id": f"acc_{number}", "mrr": situation["mrr"]}
    kind = situation["kind"]
    if kind is Category.PILOT_HARD_BLOCK:
        fields |= {"tier": "pilot", "workspaces": [{"hard_block": True, "blocked_since": since}]}
    elif kind is Category.AT_CAP:
        fields |= {"workspaces": [{"hours_used": 10.0, "cap_reached_at": since}]}
    elif kind is Category.APPROACHING_CAP:
        fields |= {"workspaces": [{"hours_used": 9.0}]}
    elif kind is Category.RECENTLY_DOWNGRADED:
        fields |= {"downgraded_at": since or kit.now}
    row = kit.judge(**fields)
    assert row.category is kind
    return row


@settings(max_examples=40, deadline=None)
@given(st.lists(situations(), min_size=2, max_size=9), st.randoms(use_true_random=False))
def test_A7_total_stable_and_independent_of_the_input_order(kit, drawn, shuffler):
    rows = [row_of(kit, number, situation) for number, situation in enumerate(drawn)]
    ordered = sorted(rows, key=severity_key)
    keys = [severity_key(row) for row in ordered]
    assert all(one < other for one, other in zip(keys, keys[1:], strict=False))  # strictly: no two are equal
    shuffler.shuffle(rows)
    assert [row.id for row in sorted(rows, key=severity_key)] == [row.id for row in ordered]


@settings(max_examples=60, deadline=None)
@given(situations(), situations())
def test_A7_two_accounts_against_the_words_of_the_rule(kit, one, other):
    first, second = sorted((row_of(kit, 1, one), row_of(kit, 2, other)), key=severity_key)
    ranks = [NO_RANK if row.category is None else row.category.rank for row in (first, second)]
    assert ranks[0] <= ranks[1]
    if ranks[0] != ranks[1]:
        return
    far = kit.now + timedelta(days=9999)
    begun, money = [row.since or far for row in (first, second)], [row.mrr or 0 for row in (first, second)]
    if first.category is Category.PILOT_HARD_BLOCK:
        assert begun[0] <= begun[1]
        assert begun[0] < begun[1] or first.id < second.id
        return
    assert money[0] >= money[1]
    if money[0] == money[1] and first.category is not None:
        assert begun[0] <= begun[1]
        assert begun[0] < begun[1] or first.id < second.id
    elif money[0] == money[1]:
        assert first.id < second.id


def test_A7_longest_blocked_first_and_null_money_counts_as_nothing(kit):
    def blocked(name, since, mrr):
        return kit.judge(id=name, tier="pilot", mrr=mrr, workspaces=[{"hard_block": True, "blocked_since": since}])

    rows = [blocked("rich", kit.ago(hours=1), 999_999), blocked("old", kit.ago(days=3), None), blocked("none", None, 5)]
    assert [row.id for row in sorted(rows, key=severity_key)] == ["old", "rich", "none"]
    near = [
        kit.judge(id=name, mrr=mrr, workspaces=[{"hours_used": 9.0}]) for name, mrr in (("a", None), ("b", 1), ("c", 0))
    ]
    assert [row.id for row in sorted(near, key=severity_key)] == ["b", "a", "c"]
