"""The policy of the health index (H), as data."""
