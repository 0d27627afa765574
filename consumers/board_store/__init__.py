"""Keeps the current elements of every board."""
