"""`doska doctor`: says in plain words what is wrong with this machine or this installation."""

import asyncio
import sys
from typing import Annotated

import typer

from jobs.doctor.finding import line


def command(
    *,
    production: Annotated[bool, typer.Option("--production", help="Also what strangers and a lost disk need.")] = False,
) -> None:
    """Say what is wrong with this machine or this installation. Exits with 1 when something is."""
    from jobs.doctor.examination import examine  # noqa: PLC0415 - other verbs need not load all of this

    findings = asyncio.run(examine(production=production))
    for finding in findings:
        print(line(finding))
    wrong = sum(finding.verdict == "bad" for finding in findings)
    print(f"\n{wrong} {'thing is' if wrong == 1 else 'things are'} wrong." if wrong else "\nNothing is wrong.")
    sys.exit(1 if wrong else 0)
