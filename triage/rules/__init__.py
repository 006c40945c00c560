"""Judgements: pure functions of values, policy and a given now."""
