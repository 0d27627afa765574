"""Measure the product with people at boards: times, capacity, what it costs, and that nothing is lost."""

import asyncio
import json
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer


def command(  # noqa: PLR0917 - typer's options
    works: Annotated[list[str] | None, typer.Argument(help="Which works; all when none is named.")] = None,
    against: Annotated[str, typer.Option(help="Measure this deployment instead of one of our own.")] = "",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all numbers of all runs there.")] = None,
    seconds: Annotated[float, typer.Option(min=0.5, help="How long each run measures.")] = 10,
    warmup: Annotated[float, typer.Option(min=0, help="How long it works before that.")] = 2,
    runs: Annotated[int, typer.Option(min=1, help="The median of so many runs is told.")] = 3,
    clients: Annotated[int, typer.Option(min=1, help="Processes that play the people.")] = 1,
    one_core: Annotated[bool | None, typer.Option(help="Pin all parts of the product to one core, or none.")] = None,
    sockets: Annotated[int, typer.Option(min=1, help="How many idle ones.")] = 2000,
    workers: Annotated[int, typer.Option(min=1, help="Processes of the edge.")] = 1,
    prefer: Annotated[bool, typer.Option(help="Be served first on a machine that others use too; for root.")] = False,
    compress: Annotated[bool, typer.Option(help="Offer compression, as browsers do.")] = False,
    capacity: Annotated[
        bool, typer.Option(help="Also tell what some cores would carry; needs writes and ladder.")
    ] = False,
    flames: Annotated[
        Path | None, typer.Option(help="Draw a flame graph of each process there, with py-spy; slows the runs.")
    ] = None,
    steps: Annotated[bool, typer.Option("--waterfall", help="Also tell where the time of an op goes.")] = False,
) -> None:
    """Measure the product with people at boards; a table for the README on standard output, details beside it."""
    from jobs.bench import session, table, works_found  # noqa: PLC0415 - other verbs need not load all of this
    from jobs.bench.capacity import carries  # noqa: PLC0415 - the same
    from jobs.bench.flames import Flames, profiler  # noqa: PLC0415 - the same
    from jobs.bench.machine import machine  # noqa: PLC0415 - the same
    from jobs.bench.plan import Plan  # noqa: PLC0415 - the same
    from jobs.bench.waterfall import recording, waterfall  # noqa: PLC0415 - the same

    known = {work.name: work for work in works_found.found()}
    unknown = set(works or ()) - set(known)
    if unknown:
        raise typer.BadParameter(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    chosen = tuple(known[name] for name in works or known)
    spy = profiler()
    if flames is not None and spy is None:
        raise typer.BadParameter("py-spy is not installed: pip install py-spy", param_hint="--flames")
    drawn = None if flames is None or spy is None else Flames(flames, spy)
    speed = machine()
    plan = Plan(chosen, against, seconds, warmup, runs, clients, one_core, compress, prefer, sockets, workers, drawn)
    try:
        with recording() if steps else nullcontext() as marks:
            results = asyncio.run(session.run(plan))
            way = "" if marks is None else waterfall(marks.read())
    except asyncio.CancelledError:
        raise typer.Exit(130) from None
    medians = {work: session.median(measured) for work, measured in results.items()}
    print(table.readme(medians), "", speed.told(), *([f"\n{way}"] if way else []), sep="\n")
    if capacity:
        print("", carries({work.name: run for work, run in medians.items() if run.counts}), sep="\n")
    if json_file is not None:
        told = {work.name: [run.numbers() for run in measured] for work, measured in results.items()}
        json_file.write_text(json.dumps({"machine": asdict(speed), "works": told}, indent=1))
    if not all(run.counts for run in medians.values()):
        raise typer.Exit(1)
