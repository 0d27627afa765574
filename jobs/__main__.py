"""`python -m jobs` is the `doska` command."""

from jobs.cli import main

# The workers of an edge import the main module again, and are not to run it.
if __name__ == "__main__":
    main()
