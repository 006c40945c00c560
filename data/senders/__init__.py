"""The ways by which a message leaves this machine."""
