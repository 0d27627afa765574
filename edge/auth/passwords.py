"""Hashes and checks passwords with argon2id, in few threads, so that the event loop and the memory stay free."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from edge.errors import ApiError
from edge.settings import EdgeSettings
from topics.runtime import metrics

T = TypeVar("T")
# Past this many waiting the honest answer is "not now": each check takes tens of milliseconds of a core.
MAX_WAITING = 64


def hasher(settings: EdgeSettings) -> PasswordHasher:
    """Argon2id with the parameters that the settings ask for."""
    return PasswordHasher(time_cost=settings.password_hash_passes, memory_cost=settings.password_hash_kib)


class Passwords:
    """Argon2id with bounded concurrency; each running hash takes 64 MiB."""

    def __init__(self, threads: int, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._waiting = 0
        # What an unknown account is checked against: the same work with nobody's password.
        self._nobody = self._hasher.hash(secrets.token_urlsafe(32))

    async def hash(self, password: str) -> str:
        """The argon2id hash of a password, with its parameters. Raises `ApiError` `unavailable` when too many wait."""
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, password: str, known: str | None) -> bool:
        """Whether a password is the one of the hash `known`; None takes the same time and is never right.

        Raises `ApiError` `unavailable` when too many wait.
        """
        metrics.PASSWORD_CHECKS.inc()
        right = await self._run(lambda: self._check(password, known or self._nobody))
        return right and known is not None

    def is_outdated(self, known: str) -> bool:
        """Whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(known)

    def close(self) -> None:
        """Let the threads end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _check(self, password: str, known: str) -> bool:
        with metrics.PASSWORD_TIME.time():
            try:
                return self._hasher.verify(known, password)
            except (VerificationError, InvalidHashError):
                return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= MAX_WAITING:
            raise ApiError("unavailable", "Too many passwords are being checked now.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1
