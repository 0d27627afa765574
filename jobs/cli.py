"""The `doska` command: every module of `jobs` that has an `app` or a `command` is a verb, named after the module."""

import importlib
import logging
import os
import pkgutil
import sys
from pathlib import Path
from types import ModuleType

import typer

import jobs
from compose.embedded import addresses
from topics.errors import DoskaError

# They start parts of their own, as a drill does.
BY_THEMSELVES = frozenset({"up", "bench", "chaos", "soak", "restore"})


def main() -> None:
    """Run the command line. What went wrong in a way that has a name is one line, not a traceback."""
    # A client library that cannot connect says so in every attempt; a verb says it once, in the end.
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())
    if not BY_THEMSELVES & {*sys.argv[1:2]} and sys.argv[1:3] != ["backup", "drill"]:
        # `doska up` chose the ports and passwords of its parts.
        data_dir = Path(os.environ.get("DOSKA_DATA_DIR") or ".doska")
        os.environ.update(addresses.missing_settings(data_dir, os.environ))
    try:
        build()()
    except DoskaError as error:
        print(f"doska: {error}", file=sys.stderr)
        sys.exit(1)


def build() -> typer.Typer:
    """The command line made of the modules that are there; there is no list of them."""
    line = typer.Typer(
        name="doska",
        help="A self-hosted, Kafka-first online whiteboard.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    # A callback keeps a lone verb a verb: typer would run a single command without its name.
    line.callback()(_nothing)
    for found in pkgutil.iter_modules(jobs.__path__):
        if found.name in ("cli", "__main__", "tests"):
            continue
        _add(line, found.name, importlib.import_module(f"jobs.{found.name}"))
    return line


def _add(line: typer.Typer, name: str, module: ModuleType) -> None:
    app, command = getattr(module, "app", None), getattr(module, "command", None)
    about = (module.__doc__ or "").strip().partition("\n")[0]
    if isinstance(app, typer.Typer):
        line.add_typer(app, name=name, help=about)
    elif callable(command):
        line.command(name)(command)


def _nothing() -> None:
    """Do nothing before a verb."""
