"""Where facts are brought to: which exporters are on, and whether their mappings fit."""

from importlib import import_module

from consumers import discovery
from jobs.doctor.finding import Finding, bad, note, ok
from topics.errors import Misconfigured


def examine() -> list[Finding]:
    """A finding for each exporter; nobody is asked outside."""
    return [_one(file.parent.name) for file in sorted(discovery.FOLDER.glob("*/mapping.yaml"))]


def _one(name: str) -> Finding:
    app = import_module(f"consumers.{name}.app")
    try:
        why, events = app.off(), len(app.rules().events)
    except Misconfigured as problem:
        return bad(f"{name} cannot start: {problem}")
    if why is not None:
        return note(f"{name} is {why}; facts are passed over, and a backfill can bring them later")
    return ok(f"{name} is on, and its mapping of {events} events fits the schemas")
