"""When PostgreSQL is not there: the same work may succeed later, and nothing is wrong with it."""

from typing import Final

import asyncpg

# Away, starting, stopping, failing over, or it chose us as the victim of a deadlock. Deciders wait for more: see
# `topics.bus.decide_faults`.
POSTGRES_AWAY: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.ReadOnlySQLTransactionError,
    # We were paused for so long that our transaction was ended: see ABANDONED_AFTER of `connections`.
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.TransactionTimeoutError,
)
