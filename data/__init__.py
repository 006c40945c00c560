"""What is known: its shape, where it is kept, how it travels."""
