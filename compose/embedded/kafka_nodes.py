"""How many Kafka nodes one machine runs: one, or three that keep every record three times."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from compose.embedded.errors import StackError

VARIABLE: Final = "DOSKA_KAFKA_NODES"
ALLOWED: Final = (1, 3)
# A record counts as durable when so many of three nodes have it: any one may be away.
IN_SYNC: Final = 2


@dataclass(frozen=True, slots=True)
class Detour:
    """A second address of a node: `port` is where it listens, `advertised` where those who came in by it are told to go."""

    port: int
    advertised: int


@dataclass(frozen=True, slots=True)
class Node:
    """Node `number`, from 1; each is broker and controller. `controllers` are all of them: number to port."""

    number: int
    port: int
    controllers: Mapping[int, int]
    detour: Detour | None = None

    @property
    def copies(self) -> int:
        """How often a record is kept."""
        return len(self.controllers)

    @property
    def in_sync(self) -> int:
        """How many copies must be there before a record counts as durable."""
        return IN_SYNC if self.copies > IN_SYNC else 1

    @property
    def voters(self) -> str:
        """The quorum, as the configuration names it."""
        return ",".join(f"{number}@127.0.0.1:{port}" for number, port in self.controllers.items())


def name_of(number: int) -> str:
    """What the part of a node is called; of the first as if it were alone."""
    return "kafka" if number == 1 else f"kafka{number}"


# All that a part of Kafka may be called.
NAMES: Final = frozenset(name_of(number) for number in range(1, max(ALLOWED) + 1))


def controller_port(name: str) -> str:
    """What its controller's port is called."""
    return f"{name}_controller"


def detour_port(name: str) -> str:
    """What the port of its detour is called."""
    return f"{name}_detour"


def asked_for(environment: Mapping[str, str]) -> int:
    """How many a person wants. Raises StackError for a number that makes no sense."""
    given = environment.get(VARIABLE) or "1"
    if given not in map(str, ALLOWED):
        raise StackError(f"{VARIABLE} is {given}: one machine runs one Kafka node, or three that may lose one.")
    return int(given)


def kept(properties: str, voters: str) -> None:
    """Raise StackError when a log that was made with these `properties` is to be opened with other `voters`."""
    before = next((line.partition("=")[2] for line in properties.splitlines() if "quorum.voters=" in line), voters)
    made, now = before.count("@"), voters.count("@")
    if made != now:
        raise StackError(
            f"The Kafka of this data directory was made with {made} node{'s' if made > 1 else ''} and cannot go on with "
            f"{now}: set {VARIABLE}={made}, or DOSKA_DATA_DIR to another directory."
        )
