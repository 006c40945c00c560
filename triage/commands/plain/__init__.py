"""`triage --plain`: the desk line by line, for screen readers, Braille, and terminals that can do nothing but lines."""
