"""Which failures of PostgreSQL pass: the same work is done again in place, however long it takes."""

from typing import Final

import asyncpg

PASSING: Final = (
    OSError,  # no connection; TimeoutError is one too
    asyncpg.InterfaceError,  # the connection ended under us; see `passes`
    asyncpg.InternalClientError,  # it ended in the middle of a word
    asyncpg.PostgresConnectionError,
    asyncpg.TransactionRollbackError,  # deadlock, serialization
    asyncpg.InsufficientResourcesError,  # disk full, too many connections
    asyncpg.OperatorInterventionError,  # shutting down, starting up, cancelled
    asyncpg.LockNotAvailableError,  # a paused owner still holds it
    asyncpg.IdleInTransactionSessionTimeoutError,  # we were that paused owner
    asyncpg.TransactionTimeoutError,  # the same, paused between the messages of one statement
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,  # a failover is under way
    asyncpg.InvalidAuthorizationSpecificationError,  # a role or a password that is being changed
    # Code that is newer than the tables waits for `doska migrate`, and does not throw actions away meanwhile.
    asyncpg.InvalidSchemaNameError,
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.InsufficientPrivilegeError,
)


def passes(error: Exception, connection: asyncpg.Connection) -> bool:
    """Whether a failure in the middle of a transaction is PostgreSQL's and not the decider's.

    asyncpg says InterfaceError for a lost connection and for a wrong number of arguments alike.
    """
    if isinstance(error, asyncpg.InterfaceError):
        return bool(connection.is_closed())
    return isinstance(error, PASSING)
