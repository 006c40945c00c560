"""The table `red` of the policy: overridden key by key, contradictions refused with a sentence."""

import pytest

from data.errors import ConfigError
from triage.policy import load_policy


def own(tmp_path, text):
    file = tmp_path / "policy.toml"
    file.write_text(text, encoding="utf-8")
    return load_policy(file)


def test_R9_one_key_is_overridden(kit, tmp_path):
    policy = own(tmp_path, "[red.segments]\nthreshold = 45.0\n[red.playbooks.value]\nweeks_to = 14\n")
    assert (policy.red.segments.threshold, policy.red.segments.plg_threshold) == (45.0, 35.0)
    assert policy.red.playbooks["value"].weeks_to == 14 and policy.red.playbooks["value"].steps
    assert policy.version.startswith(f"{kit.policy.version}+")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[red.weights]\nusage = 0.5\n", "'red.weights' do not add up to 1"),
        ("[red.sla]\nassessment = 50.0\n", "'red.sla' do not rise"),
        ("[red.scores]\nlate = [[14, 60.0], [3, 100.0]]\n", "'red.scores.late' do not rise"),
        ("[red.scores]\nresponse = [[0.3, 40.0]]\n", "'red.scores.response' do not rise"),
        ("[red.kpis]\nrecovery_low = 0.9\n", "'red.kpis.recovery_low' is above"),
        ("[red.lines]\nescalations = 2\n", "'red.lines.escalated'"),
        ("[red.lines]\nusage_ratio = 25\n", "red.lines.usage_ratio"),
    ],
)
def test_R1_contradictions_are_refused(tmp_path, text, said):
    with pytest.raises(ConfigError, match=".*") as raised:
        own(tmp_path, text)
    assert said in str(raised.value)
