"""Operators' verbs."""
