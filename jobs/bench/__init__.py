"""Measures a running edge from outside: it knows only the public contract."""

import asyncio
import json
from typing import Annotated

import aiohttp
import typer
import uvloop

from jobs.bench.fanout import Load, run
from jobs.bench.person import Refused
from jobs.bench.report import problems, table

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.callback()
def _bench() -> None:
    """Measure a running edge from outside."""


@app.command()
def fanout(  # noqa: PLR0917 - typer's options
    url: Annotated[str, typer.Option(help="Where the edge is.")] = "http://127.0.0.1:8080",
    members: Annotated[int, typer.Option(min=1, help="Sockets in one room.")] = 50,
    editors: Annotated[int, typer.Option(min=1, help="How many of them draw.")] = 20,
    rate: Annotated[float, typer.Option(min=0.1, help="Ops a second of each.")] = 10,
    seconds: Annotated[float, typer.Option(min=0.5, help="How long to measure.")] = 10,
    warmup: Annotated[float, typer.Option(min=0, help="How long to draw before that.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Numbers for a program.")] = False,
) -> None:
    """One room: editors draw, everybody receives; acknowledgement and send-to-seen times, nothing lost or doubled."""
    if editors > members:
        raise typer.BadParameter("editors are members: there cannot be more of them")
    load = Load(members=members, editors=editors, rate=rate, seconds=seconds, warmup=warmup)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            result = runner.run(run(url.rstrip("/"), load))
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Refused(f"the edge at {url} cannot be measured: {error!r}") from error
    print(json.dumps(result.numbers(), indent=2) if as_json else table(result))
    if problems(result):
        raise typer.Exit(1)
