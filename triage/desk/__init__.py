"""The day's work without a terminal: inbox, remedies, outbox, audit, sync."""
