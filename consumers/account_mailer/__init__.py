"""Mails the links that prove an address or set a new password."""
