"""Who takes an alert, what holds a mail back (M13-M17, M22), what is lacking (M23), what follows (M20, M21)."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from kit.monitor import CSM, DAY, POLICY, account, read, with_rules

from data.account import Contact
from data.health_book import EMPTY_BOOK, BookContext
from data.health_monitor import Alert, Effect, MonitorState, Route
from data.safe_text import SafeText
from triage.rules.monitor_effect import effect, effectiveness, follow_up_due, ratios
from triage.rules.monitor_route import auto_send_problem, dedupe_key, is_complex, prerequisites, quiet, route
from triage.rules.monitor_verdicts import monitor_verdicts

NOW = datetime(2026, 11, 21, 9, 41, tzinfo=UTC)
BOOK = BookContext(DAY, {}, 50_000, 50_000, 10_000, 0, 100)
READY = {"last_feature": "summaries", "last_active_at": "2026-11-20T16:04:00Z", "use_case": "Workshop"}
IRIS = Contact("usr_1", SafeText("Iris"), SafeText("iris@x.example"), SafeText("admin"), True)
DROP = [4] * 166 + [2] * 14
ALERT = Alert(DAY, MonitorState.MODERATE, 80.0)


def ready(daily=DROP, **fields):
    return account(daily, mrr=20_000, **{"health": READY, **fields})


def problem(one=None, *, alert=None, book=BOOK, now=NOW, contact=IRIS, last=None, follow_up=False, policy=POLICY):
    one = one or ready()
    return auto_send_problem(one, read(one, policy, alert=alert), policy, book, now, contact, last, follow_up)


@pytest.mark.parametrize(
    ("mrr", "severity", "wanted"),
    [
        (49_999, "moderate", "automatic"),
        (49_999, "severe", "csm_high"),
        (50_000, "moderate", "csm"),
        (50_000, "severe", "csm_high"),
        (None, "moderate", "automatic"),
    ],
)
def test_M15_the_matrix(mrr, severity, wanted):
    one = account(DROP, mrr=mrr)
    assert route(one, MonitorState(severity), POLICY, BOOK) == wanted
    assert route(account(DROP, mrr=mrr, csm=None), MonitorState(severity), POLICY, BOOK) is Route.UNASSIGNED


@pytest.mark.parametrize(
    ("health", "fields", "wanted"),
    [
        ({"complex": True}, {}, True),
        ({}, {"flags": ["complex"]}, True),
        ({"products": [{"name": n, "adoption_pct": None, "since": None} for n in "ab"]}, {}, True),
        ({"products": [{"name": "a", "adoption_pct": None, "since": None}]}, {}, False),
        (
            {
                "tickets": dict.fromkeys(("open", "urgent", "oldest_open_days", "resolution_hours_90d"))
                | {"escalated": 1}
            },
            {},
            True,
        ),
        (
            {
                "tickets": dict.fromkeys(("open", "urgent", "oldest_open_days", "resolution_hours_90d"))
                | {"escalated": 0}
            },
            {},
            False,
        ),
        ({}, {"flags": ["other"]}, False),
    ],
)
def test_M14_complex_is_routed_as_high_value(health, fields, wanted):
    one = account(DROP, mrr=1, health=health, **fields)
    assert is_complex(one, POLICY) is wanted
    assert route(one, MonitorState.MODERATE, POLICY, BOOK) is (Route.CSM if wanted else Route.AUTOMATIC)


def test_M14_a_listed_tier_is_high_value():
    assert route(account(DROP, mrr=0, tier="guardian"), MonitorState.MODERATE, POLICY, BOOK) is Route.CSM


def test_M15_standard_moderate_with_everything_known_may_go():
    assert problem() is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"one": ready([4] * 180)}, "no open alert"),
        ({"one": ready([4] * 160 + [None] * 20), "alert": ALERT}, "gap"),
        ({"one": ready(csm=None)}, "No CSM"),
        ({"one": ready(csm={**CSM, "email": None})}, "no e-mail address to send from"),
        ({"one": ready([4] * 166 + [1] * 14)}, "severe"),
        ({"one": ready(tier="guardian")}, "high-value"),
        ({"one": account(DROP, mrr=50_000, health=READY)}, "high-value"),
        ({"one": ready(health={**READY, "complex": True})}, "complex"),
        ({"book": EMPTY_BOOK}, "not been looked over"),
        ({"one": account(DROP, mrr=None, health=READY)}, "revenue is unknown"),
        ({"contact": None}, "no contact"),
        ({"contact": msgspec.structs.replace(IRIS, email=None)}, "no e-mail"),
        ({"contact": msgspec.structs.replace(IRIS, reachable=False)}, "cannot be reached"),
        ({"one": ready(health={**READY, "last_feature": None})}, "lacks: most recently used feature."),
        ({"one": ready(health={**READY, "last_active_at": None})}, "lacks: last active time."),
        ({"one": ready(health={**READY, "use_case": None})}, "lacks: tip for the use case."),
        ({"one": ready(health={**READY, "use_case": "beekeeping"})}, "lacks: tip for the use case."),
        ({"one": ready(health={})}, "most recently used feature, last active time, tip for the use case"),
        ({"last": NOW - timedelta(days=13, hours=23)}, "less than 14 days ago"),
        ({"now": NOW.replace(hour=19)}, "Quiet hours: from 19:00"),
        ({"book": msgspec.structs.replace(BOOK, crossed=30)}, "fault of the feed"),
        ({"book": msgspec.structs.replace(BOOK, fleet_days=(DAY,))}, "on 2026-11-20"),
    ],
)
def test_M11_M13_M15_M16_M17_M22_each_reason_holds_it_alone(change, words):
    assert words in problem(**change)


def test_M17_only_the_contact_name_falls_back():
    assert problem(contact=msgspec.structs.replace(IRIS, name=SafeText(""))) is None


def test_M22_fourteen_elapsed_days_and_the_follow_up_of_M20():
    assert problem(last=NOW - timedelta(days=14)) is None
    assert problem(last=NOW - timedelta(days=14) + timedelta(seconds=1)) is not None
    assert problem(last=NOW - timedelta(days=7), follow_up=True) is None
    assert problem(now=NOW.replace(hour=3), follow_up=True) is not None


@pytest.mark.parametrize(("hour", "wanted"), [(7, True), (8, False), (18, False), (19, True), (23, True), (0, True)])
def test_M22_quiet_hours_over_midnight(hour, wanted):
    assert quiet(NOW.replace(hour=hour, minute=59), POLICY.monitor) is wanted


def test_M22_quiet_hours_within_a_day_or_never():
    noon = with_rules(quiet_from=12, quiet_to=13).monitor
    assert [quiet(NOW.replace(hour=hour), noon) for hour in (11, 12, 13)] == [False, True, False]
    never = with_rules(quiet_from=8, quiet_to=8).monitor
    assert not any(quiet(NOW.replace(hour=hour), never) for hour in range(24))


def test_M17b_the_key_of_two_machines():
    assert dedupe_key("acc_1", date(2026, 11, 3)) == "monitor:acc_1:2026-11-03"
    assert dedupe_key("acc_1", date(2026, 11, 3), follow_up=True) == "monitor:acc_1:2026-11-03:2"


def test_M23_each_prerequisite_by_itself():
    assert prerequisites(ready()) == ()
    assert prerequisites(account(None)) == ("attribution",)
    assert prerequisites(account([None] * 180)) == ("attribution",)
    assert prerequisites(account([0] * 180)) == ()
    assert prerequisites(account(DROP, signals=None, tier="", csm=None)) == ("attribution", "tier", "csm")


def test_M20_due_after_seven_days_once_by_itself_then_a_task():
    sent = NOW - timedelta(days=7)
    assert follow_up_due(sent, True, 0, POLICY, NOW) is None
    first = follow_up_due(sent, False, 0, POLICY, NOW)
    assert (first.kind, first.due, first.due_at) == ("automatic", True, NOW)
    assert follow_up_due(sent + timedelta(seconds=1), False, 0, POLICY, NOW).due is False
    assert follow_up_due(sent, False, 1, POLICY, NOW).kind == "task"


def test_M21_change_at_fourteen_and_recovery_by_twenty_eight():
    on = DAY - timedelta(days=40)
    measured = {on + timedelta(days=step): 0.3 + step / 100 for step in range(41)}
    found = effect(measured, on, DAY, POLICY)
    assert (found.before, found.change, found.recovered) == (0.3, pytest.approx(0.14), False)
    at_last = {**measured, on + timedelta(days=28): 0.6}
    assert effect(at_last, on, DAY, POLICY).recovered is True
    late = {**measured, on + timedelta(days=29): 0.9}
    assert effect(late, on, DAY, POLICY).recovered is False
    assert effect({**measured, on: 0.9}, on, DAY, POLICY).recovered is False, "the day itself is no recovery"
    young = on + timedelta(days=13)
    assert effect(measured, on, on + timedelta(days=27), POLICY).recovered is None
    assert effect({one: r for one, r in measured.items() if one <= young}, on, young, POLICY).change is None
    assert effect({}, on, DAY, POLICY) == Effect(on, None, None, None)


def test_M21_ratios_come_from_the_series_and_effects_add_up():
    one = account([4] * 120 + [2] * 20 + [4] * 40)
    found = ratios(one, POLICY, DAY, 80.0)
    on = DAY - timedelta(days=40)
    assert (found[on], found[DAY]) == (pytest.approx(0.5), pytest.approx(1.0))
    told = effect(found, on, DAY, POLICY)
    assert (told.change, told.recovered) == (pytest.approx(0.5), True)
    both = effectiveness([told, Effect(on, 0.5, 0.1, False), Effect(on, None, None, None)])
    assert (both.count, both.changes, both.recovered, both.matured) == (3, 2, 1, 2)
    assert both.mean_change == pytest.approx(0.3)
    assert ratios(account(None), POLICY, DAY, 80.0) == {} == ratios(one, POLICY, DAY, 0.0)
    assert effectiveness([]).mean_change is None


def test_every_verdict_can_be_replayed():
    one = ready()
    reading = read(one, book=BOOK)
    said = {found.rule: found for found in monitor_verdicts(one, reading, POLICY, BOOK, NOW, DAY)}
    assert set(said) == {"M9b", "M4", "M11", "M5", "M7", "M10", "M8", "M12", "M15"}
    usage = said["M4"].inputs
    rates = [min(1, x / usage["seats"]) for x in usage["window"] if x is not None]
    assert 100 * sum(rates) / usage["known"] == pytest.approx(reading.usage)
    base = said["M7"].inputs
    own = 100 * sum(min(1, x / base["seats"]) for x in base["baseline"]) / base["known"]
    assert own == pytest.approx(reading.baseline) and len(base["baseline"]) == 90
    eight = said["M8"].inputs
    assert eight["usage"] / eight["baseline"] == eight["ratio"] and said["M8"].verdict == "moderate"
    assert all(found.inputs["policy"] == POLICY.version for found in said.values())
    assert msgspec.json.encode(tuple(said.values()))


def test_verdicts_of_young_gone_and_unknown_accounts():
    def rules(one, book=BOOK):
        return [found.rule for found in monitor_verdicts(one, read(one, book=book), POLICY, book, NOW, DAY)]

    young = account([0] * 180, created=DAY - timedelta(days=20), csm=None)
    assert {"M6", "M16", "M23"} <= set(rules(young))
    blend = account([4] * 180, created=DAY - timedelta(days=35))
    verdicts = monitor_verdicts(blend, read(blend), POLICY, BOOK, NOW, DAY)
    nine = next(found.inputs for found in verdicts if found.rule == "M9")
    n, blended = nine["known"], (22 * nine["own"] + 6 * nine["new_user"]) / 28
    assert n == 22 and blended == pytest.approx(read(blend).baseline)
    assert rules(account(None)) == ["M9b", "M23"]
    assert "M13" in rules(ready(), msgspec.structs.replace(BOOK, fleet_days=(DAY,)))
