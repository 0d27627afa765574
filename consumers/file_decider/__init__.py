"""Decides which files there are, on which boards they are shown, and what became of an upload."""
