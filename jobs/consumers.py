"""Consumers: which there are, how far each is behind, and a folder for a new one."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from consumers import discovery
from jobs import new_consumer
from topics.bus.group_lag import group_lag
from topics.runtime.settings import Settings

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """List the consumers: name, engine, what each reads, what it is for."""
    for name, manifest in discovery.manifests().items():
        print(f"{name:20} {manifest.engine:7} {manifest.about}")
        print(f"{'':20} {'':7} reads {', '.join(manifest.reads)}")


@app.command()
def lag(
    partitions: Annotated[bool, typer.Option("--partitions", help="A line for each partition.")] = False,
) -> None:
    """Show how many records each consumer is behind, by its group's commits."""
    standings = asyncio.run(group_lag(Settings(), discovery.manifests().values()))
    print(f"{'consumer':20} {'topic':24} {'behind':>10}  {'of which unread ever' if not partitions else 'at -> end'}")
    if partitions:
        for each in standings:
            where = f"{each.topic}/{each.partition}"
            at = "never read" if each.committed is None else str(each.committed)
            print(f"{each.consumer:20} {where:24} {each.behind:>10}  {at} -> {each.end}")
        return
    for consumer, topic in sorted({(each.consumer, each.topic) for each in standings}):
        here = [each for each in standings if (each.consumer, each.topic) == (consumer, topic)]
        behind = sum(each.behind for each in here)
        never = sum(each.behind for each in here if each.committed is None)
        print(f"{consumer:20} {topic:24} {behind:>10}  {never}")


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="An agent noun, such as board_counter.")],
    reads: Annotated[list[str], typer.Option("--reads", help="A topic; may be given several times.")],
    engine: Annotated[
        str, typer.Option(help=f"How it gets its messages: {', '.join(new_consumer.engines())}.")
    ] = "each",
    folder: Annotated[Path, typer.Option(hidden=True)] = discovery.FOLDER,
) -> None:
    """Make a consumer that works, with a test that passes: one new folder, and no other file changes."""
    made = new_consumer.write(name, reads, engine, folder)
    print(f"made {made}")
    print(f"test it:     python -m pytest {made}")
    print("its topics:  doska topics apply")
    if (made / "migrations").is_dir():
        print("its tables:  doska migrate")
    print(f"run it:      doska run consumer {name}")
