"""How many files a process may open: every socket is one."""

import resource
import sys
from typing import Final

import structlog

# What 20,000 sockets need beside everything else that is open.
WANTED: Final = 20_500
# For everything that is not a connection of a client: parts come back after a fault also while there is a flood of those.
OWN: Final = 400
FEWEST: Final = 100
log = structlog.get_logger(__name__)


def raise_limit(wanted: int = WANTED) -> int:
    """Raise the soft limit of open files to the hard one; returns it. Says so when it is less than `wanted`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError) as error:
            # Some systems tell of a hard limit that they do not give.
            log.info("the limit of open files stays as it is", limit=soft, reason=str(error))
        else:
            soft = hard
    if soft != resource.RLIM_INFINITY and soft < wanted:
        log.warning(
            "few files may be open: every socket is one; raise the hard limit (ulimit -Hn, LimitNOFILE=, --ulimit nofile=)",
            limit=soft,
            wanted=wanted,
        )
    return soft


def connections(limit: int) -> int:
    """How many connections of clients there may be at once where so many files may be open."""
    return sys.maxsize if limit == resource.RLIM_INFINITY else max(FEWEST, limit - OWN)
