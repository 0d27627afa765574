"""Boards: what is said about them and the pure rules of elements."""
