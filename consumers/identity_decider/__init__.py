"""Decides who a person is and which of his sessions are open."""
