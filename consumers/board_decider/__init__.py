"""Decides what happens to boards, and who has which role on them."""
