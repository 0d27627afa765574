"""How an operator's verb has something decided: an action through the log like any other, with a proof of the keyring."""

import asyncio
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from edge.actions.replies import TOPIC as REPLIES
from edge.actions.replies import Replies
from schemas import proofs
from schemas.envelope import Envelope
from schemas.ids import new_id
from schemas.keyring import Keyring
from schemas.registry import registry
from topics.bus.generations import read_generations
from topics.bus.publish import Publisher
from topics.errors import Reject, Unconfirmed
from topics.runtime.settings import Settings
from topics.runtime.tracing import child

SOURCE: Final = "operator"
READY_SECONDS: Final = 30.0
ANSWER_SECONDS: Final = 30.0


async def decided(settings: Settings, kind: str, data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The facts that the decider told of an action on one person.

    Raises Reject with the decider's refusal, Unavailable without Kafka, Unconfirmed when no decider answers.
    """
    keyring, mt, action_id = Keyring.load(settings.keyring_file), registry().get(kind), new_id()
    data = {**data, "proof": proofs.operators(keyring, kind, action_id, data["user_id"])}
    partitions = (await read_generations(settings))[REPLIES].partitions
    replies, stopping = Replies(settings, random.randrange(partitions)), asyncio.Event()
    envelope = Envelope(
        id=action_id,
        type=mt.name,
        source=SOURCE,
        time=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        subject=data["user_id"],
        dataschema=mt.dataschema,
        correlationid=action_id,
        replyto=replies.replyto,
        traceparent=child(None),
    )
    async with Publisher(settings, SOURCE) as publisher, asyncio.TaskGroup() as tasks:
        tasks.create_task(replies.run(stopping))
        try:
            await replies.wait_ready(READY_SECONDS)
            with replies.expected(action_id) as answer:
                await publisher.publish(envelope, data)
                async with asyncio.timeout(ANSWER_SECONDS):
                    said = await answer
        except TimeoutError as error:
            raise Unconfirmed("it is in the log, and no decider answers: does identity_decider run?") from error
        finally:
            stopping.set()
    if said["status"] != "accepted":
        raise Reject(said["code"], said.get("detail", ""))
    return list(said["facts"])
