"""Presence: who is where, for minutes."""
