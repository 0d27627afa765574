"""`doska up`: the whole product on this machine, until Ctrl-C."""


def command() -> None:
    """Start everything and print the address; Ctrl-C stops everything in order. Twice is harmless."""
    from compose.terminal import run  # noqa: PLC0415 - other verbs need not load all of this

    run()
