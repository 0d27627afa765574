"""Everything that the doctor looks at, in order: the machine, the installation, the parts."""

from pydantic import ValidationError

from compose.embedded.lock import holder
from edge.settings import EdgeSettings
from jobs.doctor import destinations, installation, machine, parts
from jobs.doctor.finding import Finding, bad


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
        *destinations.examine(),
        *await parts.examine(settings, running=note is not None),
    ]
