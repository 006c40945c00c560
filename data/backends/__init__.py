"""Billing backends behind one port."""
