"""The policy of the decision tree (D), as data."""
