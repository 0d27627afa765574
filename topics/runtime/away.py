"""When PostgreSQL is not there: the same work may succeed later, and nothing is wrong with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import asyncpg

from topics.errors import Retry

# Away, starting, stopping, failing over, or it chose us as the victim of a deadlock. Deciders wait for more: see
# `topics.bus.decide_faults`.
POSTGRES_AWAY: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # It said goodbye and the connection is not closed yet: the driver calls what is asked then an error of its own.
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.ReadOnlySQLTransactionError,
    # We were paused for so long that our transaction was ended: see ABANDONED_AFTER of `connections`.
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.TransactionTimeoutError,
)


@contextmanager
def postgres_or_retry() -> Iterator[None]:
    """What is done inside needs PostgreSQL: raises Retry when that is away."""
    try:
        yield
    except POSTGRES_AWAY as error:
        raise Retry(f"PostgreSQL is not there: {error!r}") from error
