"""`python -m jobs` is the `doska` command."""

from jobs.cli import main

main()
