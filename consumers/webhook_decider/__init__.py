"""Decides which webhooks a workspace has, what they get and with which secrets they are signed."""
