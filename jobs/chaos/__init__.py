"""Break the product under load, seed by seed, and prove that nothing acknowledged was lost and nothing happened twice."""

import asyncio
from typing import Annotated

import typer

WITHIN_SECONDS = 90.0


def command(  # noqa: PLR0917 - typer's options
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds.")] = 5,
    first: Annotated[int, typer.Option(help="The first seed; the others follow it.")] = 1,
    faults: Annotated[int, typer.Option(min=1, help="Faults for each seed.")] = 25,
    boards: Annotated[int, typer.Option(min=1, help="Boards that are drawn on.")] = 3,
    editors: Annotated[int, typer.Option(min=1, help="Editors of each board.")] = 3,
    only: Annotated[list[str] | None, typer.Option(help="Break only this process; may be said again.")] = None,
    keep: Annotated[bool, typer.Option(help="Keep logs and data also when all went well.")] = False,
    rate: Annotated[float, typer.Option(min=0.1, help="Edits a second of each editor.")] = 20.0,
    overlapping: Annotated[float, typer.Option(min=0, max=1, help="Share of faults that wait for no healing.")] = 0.2,
    within: Annotated[
        float, typer.Option(min=1, help="Seconds in which people must be served again.")
    ] = WITHIN_SECONDS,
) -> None:
    """Kill, freeze and stop the processes of a product of its own while people draw and ask; print what that did."""
    from jobs.chaos import run, table  # noqa: PLC0415 - other verbs need not load all of this
    from jobs.chaos.people import Load  # noqa: PLC0415 - the same
    from jobs.chaos.plan import Plan  # noqa: PLC0415 - the same

    plans = [Plan(seed, faults, tuple(only or ()), overlapping) for seed in range(first, first + seeds)]
    verdicts: list[table.Verdict] = []
    try:
        asyncio.run(run.seeds(plans, Load(boards, editors, rate=rate), verdicts, keep=keep, within_seconds=within))
    finally:
        # Also of seeds that were broken off: hours of breaking are not thrown away.
        print(table.table(verdicts))
    if not all(verdict.good for verdict in verdicts):
        raise typer.Exit(1)
