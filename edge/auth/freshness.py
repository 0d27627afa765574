"""The proof that this edge has seen every fact up to a moment ago; without it nothing is accepted or delivered."""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from edge.errors import ApiError

PROOF_SECONDS: Final = 1.0
CHECK_SECONDS: Final = 0.05


class Proof(Protocol):
    """What reads the facts and can tell how far it is."""

    def fresh(self, within_seconds: float) -> bool:
        """Whether every fact older than `within_seconds` has been seen."""


class Freshness:
    """Asks the proof, lets writers wait for it, and says when it is lost or found."""

    def __init__(self) -> None:
        self.on_lost: Callable[[], None] | None = None
        self.on_found: Callable[[], None] | None = None
        self._proof: Proof | None = None
        self._found = asyncio.Event()

    @property
    def proven(self) -> bool:
        """Whether the proof holds at this moment."""
        return self._proof is not None and self._proof.fresh(PROOF_SECONDS)

    async def ensure(self, timeout_seconds: float) -> None:
        """Return when the proof holds: at once as a rule, after a wait in a busy moment.

        Raises `ApiError` `unavailable` after `timeout_seconds`.
        """
        if self.proven:
            return
        self._found.clear()
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._found.wait()
        except TimeoutError:
            raise ApiError("unavailable", "Rights cannot be proven now: the log cannot be read.") from None

    async def run(self, proof: Proof) -> None:
        """Watch the proof until cancelled; then it is lost."""
        self._proof = proof
        held = True
        try:
            while True:
                held = self._note(holds=self.proven, held=held)
                await asyncio.sleep(CHECK_SECONDS)
        finally:
            self._proof = None
            self._note(holds=False, held=held)

    def _note(self, *, holds: bool, held: bool) -> bool:
        if holds:
            self._found.set()
        else:
            self._found.clear()
        if holds != held:
            listener = self.on_found if holds else self.on_lost
            if listener is not None:
                listener()
        return holds
