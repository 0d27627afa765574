"""Puts what happened into the rooms of those who may see it live."""
