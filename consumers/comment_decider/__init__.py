"""Decides what is said in the threads of boards, and what becomes of them."""
