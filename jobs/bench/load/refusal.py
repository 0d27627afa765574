"""What ends a bench before it measured anything."""

from topics.errors import DoskaError


class Refused(DoskaError):
    """The deployment did not do what a bench needs."""
