"""Signing in through the company's identity provider: the protocol, without the web around it."""
