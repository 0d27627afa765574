"""Where the embedded parts of a data directory are reached, for the other commands of the same person.

`doska up` alone knows the ports and passwords of its parts; `doska topics describe` in another terminal reads them here.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from compose.embedded.credentials import write_private

FILE = "addresses.json"
Addresses = Mapping[str, Mapping[str, str]]


def write(data_dir: Path, parts: Addresses) -> None:
    """Keep the settings of each part under the variable that replaces it; they hold passwords, so they are private."""
    write_private(data_dir / FILE, json.dumps(parts, indent=1))


def missing_settings(data_dir: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """What to add to this environment so that it reaches the parts; a part that it replaces is left out whole."""
    try:
        parts: Addresses = json.loads((data_dir / FILE).read_text())
    except (OSError, ValueError):
        return {}
    return {
        name: value
        for variable, settings in parts.items()
        if not environment.get(variable)
        for name, value in settings.items()
    }
