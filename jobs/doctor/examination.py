"""Everything that the doctor looks at, in order: the machine, the installation, the parts."""

from pydantic import ValidationError

from compose.embedded.lock import holder
from edge.settings import EdgeSettings
from jobs.doctor import destinations, installation, machine, parts, production_parts
from jobs.doctor import production as production_settings
from jobs.doctor.finding import Finding, bad
from topics.runtime.outward import OutwardSettings


async def examine(*, production: bool = False) -> list[Finding]:
    """Every finding, from the machine to the parts; nothing is changed. `production`: what strangers need as well."""
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
        *(await _production(settings, running=note is not None) if production else []),
    ]


async def _production(settings: EdgeSettings, *, running: bool) -> list[Finding]:
    found = production_settings.examine(settings, OutwardSettings())
    for name, look in (("kafka", production_parts.kafka), ("postgres", production_parts.postgres)):
        found += await parts.asked(name, look, settings, running=running)
    return found
