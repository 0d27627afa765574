"""How many files a process may open: every socket is one."""

import resource
from typing import Final

import structlog

# What 20,000 sockets need beside everything else that is open.
WANTED: Final = 20_500
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
