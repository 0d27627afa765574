"""Which failures of PostgreSQL pass: the same work is done again in place, however long it takes."""

from typing import Final

import asyncpg

PASSING: Final = (
    OSError,  # no connection; TimeoutError is one too
    asyncpg.InterfaceError,  # the connection ended under us
    asyncpg.InternalClientError,  # it ended in the middle of a word
    asyncpg.PostgresConnectionError,
    asyncpg.TransactionRollbackError,  # deadlock, serialization
    asyncpg.InsufficientResourcesError,  # disk full, too many connections
    asyncpg.OperatorInterventionError,  # shutting down, starting up, cancelled
    asyncpg.LockNotAvailableError,  # a paused owner still holds it
    asyncpg.IdleInTransactionSessionTimeoutError,  # we were that paused owner
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,  # a failover is under way
    asyncpg.InvalidAuthorizationSpecificationError,  # a role or a password that is being changed
    # Code that is newer than the tables waits for `doska migrate`, and does not throw actions away meanwhile.
    asyncpg.InvalidSchemaNameError,
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.InsufficientPrivilegeError,
)
