"""The parts of an edge without its doors, for verbs that do what an edge does."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from edge.auth.callers import Caller
from edge.errors import ApiError
from edge.parts import Parts, open_parts
from edge.settings import EdgeSettings
from topics.errors import DoskaError, Unavailable
from topics.runtime.health import Health

T = TypeVar("T")
READY_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 0.05


async def indoors(settings: EdgeSettings, work: Callable[[Parts], Awaitable[T]]) -> T:
    """What `work` gives with the parts, ready. Raises Unavailable, and the DoskaError of the work.

    The parts end as one group of tasks: an error that passed through it would come out in a bundle.
    """
    health, refusal = Health(), None
    # An operator moves everybody's boards in one person's name.
    unlimited = settings.model_copy(update={"limit_op_bytes_per_second": 0})
    async with open_parts(unlimited, health) as parts:
        try:
            await _ready(health)
            return await work(parts)
        except DoskaError as error:
            refusal = error
        except ApiError as error:
            refusal = Unavailable(error.detail)
    raise refusal


async def _ready(health: Health) -> None:
    try:
        async with asyncio.timeout(READY_SECONDS):
            while health.not_ready():  # noqa: ASYNC110 - the parts tell their health, not its changes
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError:
        raise Unavailable(f"not ready within {READY_SECONDS:g} s: {health.not_ready()}") from None


def account(user_id: str, name: str) -> Caller:
    """Somebody with an account, in whose name an operator acts."""
    return Caller(
        user_id=user_id,
        session_id=None,
        name=name,
        color="#1d6b4f",
        guest=False,
        link_id=None,
        board_id=None,
        expires_at=float("inf"),
    )
