"""Human units of the YAML files: `7d`, `200ms`, `1MiB`."""

import re
from typing import Annotated

from pydantic import BeforeValidator

SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
BYTES = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
FORM = re.compile(r"^([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)$")


def seconds(text: object) -> float:
    """Read `200ms`, `30s`, `10m`, `12h`, `7d`, or a bare number of seconds. Raises ValueError."""
    return _read(text, SECONDS, "a time such as 200ms, 30s, 10m, 12h or 7d")


def size(text: object) -> int:
    """Read `512B`, `64KiB`, `1MiB`, `2GiB`, or a bare number of bytes. Raises ValueError."""
    return int(_read(text, BYTES, "a size such as 64KiB, 1MiB or 2GiB"))


def _read(text: object, units: dict[str, float] | dict[str, int], wanted: str) -> float:
    if isinstance(text, int | float) and not isinstance(text, bool) and text >= 0:
        return float(text)
    found = FORM.match(text) if isinstance(text, str) else None
    if found is None or found[2] not in units:
        raise ValueError(f"{text!r} is not {wanted}")
    return float(found[1]) * units[found[2]]


Seconds = Annotated[float, BeforeValidator(seconds)]
Bytes = Annotated[int, BeforeValidator(size)]
