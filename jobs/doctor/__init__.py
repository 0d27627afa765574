"""`doska doctor`: says in plain words what is wrong with this machine or this installation."""

import asyncio
import sys

from pydantic import ValidationError

from compose.embedded.lock import holder
from edge.settings import EdgeSettings
from jobs.doctor import installation, machine, parts
from jobs.doctor.finding import Finding, bad, line


def command() -> None:
    """Say what is wrong with this machine or this installation. Exits with 1 when something is."""
    findings = asyncio.run(examine())
    for finding in findings:
        print(line(finding))
    wrong = sum(finding.verdict == "bad" for finding in findings)
    print(f"\n{wrong} {'thing is' if wrong == 1 else 'things are'} wrong." if wrong else "\nNothing is wrong.")
    sys.exit(1 if wrong else 0)


async def examine() -> list[Finding]:
    """Every finding, from the machine to the parts; nothing is changed."""
    try:
        settings = EdgeSettings()
    except ValidationError as problem:
        return [
            *machine.examine(None),
            *(bad(f"DOSKA_{'_'.join(map(str, error['loc'])).upper()}: {error['msg']}") for error in problem.errors()),
        ]
    note = holder(settings.data_dir / "lock")
    return [
        *machine.examine(settings.data_dir),
        *installation.examine(settings, note),
        *await parts.examine(settings, running=note is not None),
    ]
