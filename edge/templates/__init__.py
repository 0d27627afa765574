"""Boards to begin with that come with the product."""
