"""What will be broken, when and how: drawn from a seed, so that a run can be repeated."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from compose.embedded import kafka_nodes
from compose.embedded.stack import NAMES

How = Literal["kill", "freeze", "stop"]

SHORTEST_FREEZE, LONGEST_FREEZE = 0.3, 5.0
# The next fault comes while the one before still hurts, this often.
OVERLAPPING: Final = 0.2


@dataclass(frozen=True, slots=True)
class Fault:
    """`after_seconds` after the one before, which heals first where `healed`; `seconds` is how long a frozen one stays so.

    Our own processes are asked to stop, and drain, and one node of several too: another part that is asked to is no fault.
    """

    target: str
    how: How
    after_seconds: float
    seconds: float
    healed: bool

    @property
    def name(self) -> str:
        """As the table names it."""
        return f"{self.how} {self.target}"


@dataclass(frozen=True, slots=True)
class Plan:
    """So many faults of one seed; `only` names what may be broken, everything that runs when it is empty.

    `overlapping` is the share of faults (0 to 1) that do not wait until the one before has healed.
    """

    seed: int
    count: int
    only: tuple[str, ...] = ()
    overlapping: float = OVERLAPPING

    def faults(self, running: Iterable[str]) -> list[Fault]:
        """Every process is met before any is met again."""
        found = set(running)
        targets = sorted(found & set(self.only or found))
        chance = random.Random(self.seed)
        order: list[str] = []
        faults = []
        for _ in range(self.count if targets else 0):
            order = order or chance.sample(targets, len(targets))
            faults.append(_fault(chance, order.pop(), frozenset(found - NAMES | _nodes(found)), self.overlapping))
        return faults


def _nodes(running: set[str]) -> set[str]:
    """The nodes of a Kafka that has several."""
    found = running & kafka_nodes.NAMES
    return found if len(found) > 1 else set()


def _fault(chance: random.Random, target: str, stops: frozenset[str], overlapping: float) -> Fault:
    ways: tuple[How, ...] = ("kill", "freeze", "stop") if target in stops else ("kill", "freeze")
    return Fault(
        target,
        chance.choices(ways, weights=(6, 3, 2)[: len(ways)])[0],
        chance.uniform(0.2, 2.0),
        chance.uniform(SHORTEST_FREEZE, LONGEST_FREEZE),
        healed=chance.random() >= overlapping,
    )
