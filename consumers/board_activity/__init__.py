"""Counts who is active where and when."""
