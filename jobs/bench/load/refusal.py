"""What breaks a work of a bench off."""

from topics.errors import DoskaError


class Refused(DoskaError):
    """The deployment did not do what a bench needs."""
