"""The policy of the usage monitor (M), as data."""
