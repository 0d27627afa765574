"""What a starting or stopping stack tells whoever watches it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

State = Literal["external", "fetching", "fetched", "starting", "ready", "stopping", "stopped", "died"]


@dataclass(frozen=True, slots=True)
class Step:
    """One change of one part; `seconds` is the time the change took."""

    part: str
    state: State
    seconds: float = 0.0
    note: str = ""


Progress = Callable[[Step], None]


def silent(_step: Step) -> None:
    """Watch nothing."""
