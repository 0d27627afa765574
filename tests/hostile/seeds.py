"""Where the chances come from: the same every time, unless somebody asks for others."""

import os
from typing import Final

VARIABLE: Final = "DOSKA_HOSTILE_SEEDS"


def seeds() -> list[int]:
    """`DOSKA_HOSTILE_SEEDS=7-30` or `=7`: those; else the one that everybody runs."""
    first, _, last = os.environ.get(VARIABLE, "1").partition("-")
    return list(range(int(first), int(last or first) + 1))
