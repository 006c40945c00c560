"""The policy of the red-account framework (R), as data."""
