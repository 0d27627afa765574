"""The only door to the outside: no connection is opened but to an address that may be called.

A name is looked up once, and the socket is made for exactly what was found: whoever answers with a public address first
and with 127.0.0.1 afterwards (DNS rebinding) is asked no second time. Addresses that are written as numbers pass no
resolver, so the socket's own factory looks as well; it is the one place that everything passes.
"""

import asyncio
import socket
from concurrent.futures import Executor, ThreadPoolExecutor
from ipaddress import ip_address
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from schemas.webhooks.addresses import Rules, may_call

THREAD_NAME: Final = "webhook-names"
# A name server that does not answer holds a thread for half a minute, and the attempt has given up after ten seconds: so
# there are as many as may be held by attempts that are over, and as many for those under way. They are made when needed.
THREADS_PER_ATTEMPT: Final = 4


class Forbidden(OSError):
    """The address may not be called."""


class GuardedResolver(AbstractResolver):
    """Looks names up with the system's own resolver, and keeps only what may be called."""

    def __init__(self, rules: Rules, threads: Executor) -> None:
        self._rules = rules
        self._threads = threads

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name. Raises OSError: there are none, or none that may be called."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _look_up, host, port, family)
        good = [each for each in found if _may(each["host"], self._rules)]
        if not good:
            raise Forbidden(f"{host} leads into a private network")
        return good

    async def close(self) -> None:
        """Nothing to close: the threads are their maker's."""


def connector(rules: Rules, threads: Executor) -> aiohttp.TCPConnector:
    """A connector that opens only connections that may be."""

    def guarded(info: Any) -> socket.socket:
        family, kind, protocol, _, place = info
        if not _may(place[0], rules):
            raise Forbidden(f"{place[0]} leads into a private network")
        return socket.socket(family, kind, protocol)

    return aiohttp.TCPConnector(
        resolver=GuardedResolver(rules, threads),
        use_dns_cache=False,
        socket_factory=guarded,
        limit=0,
    )


def name_threads(attempts: int) -> ThreadPoolExecutor:
    """Threads for looking names up, for so many attempts at the same time."""
    return ThreadPoolExecutor(THREADS_PER_ATTEMPT * attempts, thread_name_prefix=THREAD_NAME)


def _may(host: str, rules: Rules) -> bool:
    try:
        return may_call(ip_address(host.partition("%")[0]), rules)
    except ValueError:
        return False


def _look_up(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
    infos = socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
    return [
        ResolveResult(
            hostname=host, host=str(place[0]), port=port, family=kind, proto=protocol, flags=socket.AI_NUMERICHOST
        )
        for kind, _, protocol, _, place in infos
    ]
