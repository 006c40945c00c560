"""Widgets that draw values and report what a person did."""
