"""Which facts a webhook can get, and which of them a pattern means."""

from collections.abc import Collection, Iterable
from functools import cache
from typing import Final

from schemas.registry import MessageType, registry

EVERYTHING: Final = "*"
# Where a fact says to which workspace it belongs: itself, or by its board. Facts of people's accounts say neither.
HOMES: Final = ("workspace_id", "board_id")
TEST: Final = "webhooks.test_requested"
REDELIVERY: Final = "webhooks.redelivery_requested"
# These two are for whoever delivers: a test goes to its own webhook alone, a redelivery is none of its own.
FOR_US: Final = frozenset({TEST, REDELIVERY})

# What browsers tell of their use is for the people who run Doska, and much too much for anybody's server.
NOT_OFFERED: Final = frozenset({"activity"})


def of_a_workspace(mt: MessageType) -> bool:
    """Whether a fact belongs to a workspace, itself or by its board."""
    required = mt.schema.get("required", ())
    return mt.kind == "fact" and mt.domain not in NOT_OFFERED and any(home in required for home in HOMES)


def offered(mt: MessageType) -> bool:
    """Whether webhooks can subscribe to a type."""
    return of_a_workspace(mt) and mt.name not in FOR_US


@cache
def offered_types() -> frozenset[str]:
    """All types that webhooks can subscribe to."""
    return frozenset(mt.name for mt in registry().types() if offered(mt))


def matches(patterns: Iterable[str], name: str) -> bool:
    """Whether one of the patterns means a type."""
    domain = name.partition(".")[0]
    return any(each in (EVERYTHING, name, f"{domain}.*") for each in patterns)


def unknown(pattern: str, offered_: Collection[str]) -> bool:
    """Whether a pattern means nothing that there is: a misspelt one would wait for ever."""
    return not any(matches([pattern], name) for name in offered_)
