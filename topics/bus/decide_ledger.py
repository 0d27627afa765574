"""What a decider has answered already: to an action by its id, to a request by its person and key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import asyncpg
import orjson

from schemas.envelope import Envelope
from topics.bus.decide_records import Answer, refusal
from topics.decisions import sent_at
from topics.errors import Reject

# The public contract: kept 24 h; of refusals only those that will not change by themselves.
KEPT: Final = timedelta(hours=24)
REMEMBERED: Final = frozenset({"conflict", "gone", "schema_invalid"})

KNOWN: Final = """
select i.user_id::text, i.key, i.fingerprint, i.answer, i.at
  from idempotency i join unnest($1::uuid[], $2::text[]) as asked(user_id, key)
    on i.user_id = asked.user_id and i.key = asked.key
"""
REMEMBER: Final = """
insert into idempotency (user_id, key, fingerprint, action_id, status, answer, at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (user_id, key) do update
   set fingerprint = excluded.fingerprint, action_id = excluded.action_id, status = excluded.status,
       answer = excluded.answer, at = excluded.at
"""


@dataclass(frozen=True, slots=True)
class _Request:
    fingerprint: str
    answer: Answer
    at: datetime


def request_of(envelope: Envelope) -> tuple[str, str] | None:
    """Whose key guards the action, and which; None when none does."""
    if envelope.actor is None or envelope.idempotencykey is None:
        return None
    return envelope.actor, envelope.idempotencykey


class Ledger:
    """The answers that matter to one transaction: read once, added to, written once."""

    def __init__(self) -> None:
        self._answers: dict[str, Answer] = {}
        self._requests: dict[tuple[str, str], _Request] = {}
        self._new_answers: list[tuple[str, str]] = []
        self._new_requests: list[tuple[object, ...]] = []

    async def read(self, connection: asyncpg.Connection, envelopes: Sequence[Envelope]) -> None:
        """Learn what was answered to these messages before."""
        rows = await connection.fetch(
            "select action_id::text, answer from inbox where action_id = any($1::uuid[])",
            [each.id for each in envelopes],
        )
        self._answers = {row["action_id"]: orjson.loads(row["answer"]) for row in rows}
        asked = [request for each in envelopes if (request := request_of(each)) is not None]
        if not asked:
            return
        rows = await connection.fetch(KNOWN, [user_id for user_id, _ in asked], [key for _, key in asked])
        self._requests = {
            (row["user_id"], row["key"]): _Request(row["fingerprint"], orjson.loads(row["answer"]), row["at"])
            for row in rows
        }

    def answer(self, envelope: Envelope) -> Answer | None:
        """What the message is answered without being decided; None when it has to be."""
        if envelope.id in self._answers:
            return self._answers[envelope.id]
        request = self._requests.get(request_of(envelope) or ("", ""))
        if request is None or sent_at(envelope) - request.at >= KEPT:
            return None
        if request.fingerprint != (envelope.fingerprint or ""):
            again = refusal(Reject("conflict", "This Idempotency-Key was used for another request."))
            self._keep(envelope, again)
            return again
        self._keep(envelope, request.answer)
        return request.answer

    def remember(self, envelope: Envelope, answer: Answer) -> None:
        """The message was decided like this."""
        self._keep(envelope, answer)
        request = request_of(envelope)
        if request is None or (answer["status"] == "rejected" and answer["code"] not in REMEMBERED):
            return
        at, fingerprint = sent_at(envelope), envelope.fingerprint or ""
        self._requests[request] = _Request(fingerprint, answer, at)
        row = (*request, fingerprint, envelope.id, answer["status"], orjson.dumps(answer).decode(), at)
        self._new_requests.append(row)

    async def write(self, connection: asyncpg.Connection) -> None:
        """Make it durable with the transaction."""
        if self._new_answers:
            await connection.executemany("insert into inbox (action_id, answer) values ($1, $2)", self._new_answers)
        if self._new_requests:
            await connection.executemany(REMEMBER, self._new_requests)

    def _keep(self, envelope: Envelope, answer: Answer) -> None:
        self._answers[envelope.id] = answer
        self._new_answers.append((envelope.id, orjson.dumps(answer).decode()))
