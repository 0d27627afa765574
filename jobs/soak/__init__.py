"""Let people and strangers use the product for an hour, and see that its memory stays bounded and nothing is lost."""

import asyncio
import sys
from pathlib import Path
from typing import IO, Annotated

import typer


def command(
    minutes: Annotated[float, typer.Option(min=0.2, help="How long.")] = 60,
    samples: Annotated[Path, typer.Option(help="Where each look is kept, a line of JSON each.")] = Path("soak.jsonl"),
    graph: Annotated[Path | None, typer.Option(help="Draw what was seen there, as SVG.")] = None,
    rate: Annotated[float, typer.Option(min=0.1, help="Edits a second of each editor.")] = 2.0,
    again: Annotated[bool, typer.Option("--again", help="Play nothing: tell and draw what is in --samples.")] = False,
) -> None:
    """Play people and strangers against a product of its own; tables of what it holds, how strangers went, what people waited."""
    from jobs.soak import session  # noqa: PLC0415 - other verbs need not load all of this
    from jobs.soak.graph import drawn, panels  # noqa: PLC0415 - the same
    from jobs.soak.samples import read_file  # noqa: PLC0415 - the same
    from jobs.soak.table import told  # noqa: PLC0415 - the same

    if again:
        seen, outcome = read_file(samples), None
    else:
        with samples.open("w") as kept:
            outcome = asyncio.run(
                session.run(session.Plan(minutes * 60, rate=rate), _tell, lambda line: _keep(kept, line))
            )
        seen = outcome.samples
    if graph is not None:
        graph.write_text(drawn(panels(seen), f"{seen[-1].at / 60:.0f} minutes of people and strangers"))
    text, good = told(seen, outcome)
    print(text)
    if not good:
        raise typer.Exit(1)


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _keep(kept: IO[str], line: str) -> None:
    print(line, file=kept, flush=True)
