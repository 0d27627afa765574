"""The `doska` command: every module of `jobs` that has an `app` is a verb."""


def main() -> None:
    """Run the command line."""
