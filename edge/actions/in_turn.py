"""A composition that one person carries out only so often at the same time: copies and earlier states cost much."""

from edge.actions.dispatch import Composition, Request
from edge.actions.outcome import Made, Outcome
from edge.turns import Turns


class InTurn:
    """The same composition, in its turn."""

    def __init__(self, turns: Turns, composition: Composition) -> None:
        self._turns = turns
        self._composition = composition

    async def __call__(self, request: Request) -> Outcome:
        """See `dispatch.Composition`. Raises `ApiError` `rate_limited` too, before anything is done."""
        async with self._turns.of(request.caller.user_id):
            return await self._composition(request)

    async def show(self, request: Request, outcome: Outcome) -> Made:
        """See `dispatch.Composition`."""
        return await self._composition.show(request, outcome)
