"""The reference billing server and its seeded book; shares no code with the client."""
