"""What became of a write: the decider's facts, and what REST shows of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Made:
    """An HTTP answer that may be remembered: it holds no secrets. No body is 204's."""

    status: int
    body: Json | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """An accepted write. `made` is None when nobody asked how REST shows it."""

    facts: tuple[Mapping[str, Any], ...] = ()
    made: Made | None = None

    def data_of(self, kind: str) -> Mapping[str, Any] | None:
        """The data of the first fact of a type."""
        return next((fact["data"] for fact in self.facts if fact["type"] == kind), None)
