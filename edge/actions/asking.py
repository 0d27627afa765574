"""Publishes an action and waits for its decider's word."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from edge.actions.outcome import Outcome
from edge.actions.replies import Answer, Replies
from edge.auth.rights import Rights
from edge.errors import ApiError
from schemas.envelope import Envelope
from schemas.ids import new_id
from schemas.problems import Problem, pointed
from schemas.registry import registry
from topics.bus.publish import Publisher
from topics.errors import Reject, Unavailable, Unconfirmed
from topics.runtime.tracing import child

DEADLINE_SECONDS: Final = 10.0
SOURCE: Final = "edge"
# Answers that a decider gives and that stay true for the request that got them.
REMEMBERED: Final = frozenset({"conflict", "gone", "schema_invalid"})


@dataclass(frozen=True, slots=True)
class Asker:
    """On whose behalf an action is asked, and what guards it against being done twice."""

    user_id: str
    link_id: str | None = None
    key: str | None = None
    fingerprint: str | None = None
    traceparent: str | None = None
    session_id: str | None = None


class Asking:
    """The way of an action into the log and of its answer back."""

    def __init__(
        self, publisher: Publisher, replies: Replies, rights: Rights, *, now: Callable[[], float] = time.time
    ) -> None:
        self._publisher = publisher
        self._replies = replies
        self._rights = rights
        self._now = now

    async def ask(self, kind: str, data: Mapping[str, Any], asker: Asker, *, action_id: str | None = None) -> Outcome:
        """Publish an action in its produced form and give the facts that its decider told.

        Raises `ApiError`: the decider's refusal, `unavailable` (nothing happened) or `outcome_unknown` (it is in the
        log and there was no answer in time).
        """
        await self._rights.ensure_fresh()
        if not self._replies.fresh or not self._publisher.healthy:
            raise ApiError("unavailable", "The log cannot be reached now.")
        action_id = action_id or new_id()
        envelope = self._envelope(kind, data, asker, action_id)
        with self._replies.expected(action_id) as answer:
            try:
                async with asyncio.timeout(DEADLINE_SECONDS):
                    await self._publisher.publish(envelope, data)
                    said = await answer
            except Unavailable as error:
                raise ApiError("unavailable", "The log takes nothing now; nothing happened.") from error
            except Reject as error:
                raise ApiError(error.code, error.detail, error.errors) from error
            except (TimeoutError, Unconfirmed) as error:
                raise ApiError("outcome_unknown", "There was no answer in time: repeat with the same key.") from error
        return self._heard(said)

    async def tell(self, kind: str, data: Mapping[str, Any], asker: Asker, *, action_id: str | None = None) -> None:
        """Publish an action whose decision nobody waits for; return when it is durable. Raises `ApiError`."""
        envelope = replace(self._envelope(kind, data, asker, action_id or new_id()), replyto=None)
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                await self._publisher.publish(envelope, data)
        except Unavailable as error:
            raise ApiError("unavailable", "The log takes nothing now; nothing happened.") from error
        except (TimeoutError, Unconfirmed) as error:
            raise ApiError("outcome_unknown", "It is not known whether the log took it: repeat it.") from error

    def _heard(self, said: Answer) -> Outcome:
        facts = tuple(said["facts"])
        # A refusal may carry facts too: a stolen refresh token closes its session.
        self._rights.learn(facts)
        if said["status"] == "accepted":
            return Outcome(facts)
        problems = [Problem(error["path"], error["message"]) for error in said.get("errors", ())]
        raise ApiError(said["code"], said.get("detail", ""), problems, decided=said["code"] in REMEMBERED)

    def _envelope(self, kind: str, data: Mapping[str, Any], asker: Asker, action_id: str) -> Envelope:
        mt = registry().get(kind)
        return Envelope(
            id=action_id,
            type=mt.name,
            source=SOURCE,
            time=timestamp(self._now()),
            subject=str(pointed(data, mt.key or "")),
            dataschema=mt.dataschema,
            actor=asker.user_id,
            correlationid=action_id,
            replyto=self._replies.replyto,
            traceparent=child(asker.traceparent),
            via=asker.link_id,
            session=asker.session_id,
            idempotencykey=asker.key,
            fingerprint=asker.fingerprint,
        )


def timestamp(seconds: float) -> str:
    """RFC 3339 in UTC with milliseconds and `Z`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
