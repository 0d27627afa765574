"""Looks at what was uploaded and says what it is."""
