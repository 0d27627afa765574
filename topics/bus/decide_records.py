"""The records that follow from a decision: facts, requests, tombstones, the answer; the same bytes whenever decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from schemas import codec
from schemas.envelope import Envelope, to_headers
from schemas.ids import fact_id
from schemas.problems import UnknownType, pointed
from schemas.registry import MessageType, registry
from topics.bus.catalog import catalog
from topics.bus.dead_letters import DeadLetter
from topics.decisions import Ask, Decision, Fact, Tombstone
from topics.errors import Reject

ANSWER: Final = "platform.answer"
ANSWER_INDEX: Final = -1
# What the answer's schema takes; a longer list (a person with thousands of sessions ends) is in the log anyway.
ANSWER_FACTS: Final = 1000
ANSWER_ERRORS: Final = 100
TEXT_CHARACTERS: Final = 1000

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record to be published. `target_partition` is None where the key decides; `value` is None for a tombstone."""

    topic: str
    key: bytes
    headers: Sequence[tuple[str, bytes]]
    value: bytes | None
    target_partition: int | None = None

    @classmethod
    def of(cls, letter: DeadLetter, limit: int) -> "Outgoing":
        """A dead letter, without its body where the topic does not take that."""
        if _size(letter.key, letter.value, letter.headers) > limit:
            letter = letter.without_body()
        return cls(letter.topic, letter.key, [(name, content or b"") for name, content in letter.headers], letter.value)


def outgoing(cause: Envelope, decision: Decision, source: str) -> list[Outgoing]:
    """What a decision on the message of `cause` publishes, without the answer.

    Raises DataInvalid, UnknownType, ValueError: the decider has a bug.
    """
    records: list[Outgoing] = []
    all_said: tuple[Fact | Ask, ...] = (*decision.facts, *decision.asks)
    for said in all_said:
        mt = registry().get(said.type)
        data = dict(said.data)
        codec.validate(mt, data)
        if mt.topic is None or mt.key is None or mt.within is not None:
            raise ValueError(f"{mt.name} does not stand on a topic")
        envelope = _envelope(
            cause, mt, key=str(pointed(data, mt.key)), index=len(records), source=source, workspace=decision.workspace
        )
        records.append(_checked(mt.topic, envelope, codec.encode(data)))
    for forgotten in decision.tombstones:
        mt = _state(forgotten)
        envelope = _envelope(
            cause, mt, key=forgotten.key, index=len(records), source=source, workspace=decision.workspace
        )
        records.append(_checked(forgotten.topic, envelope, None))
    return records


def answer_of(decision: Decision) -> Answer:
    """What the waiting client is told, and what is told again when the action or its key comes again."""
    facts = [
        {"type": fact.type, "data": dict(fact.data)}
        for fact in decision.facts
        if registry().get(fact.type).kind == "fact"
    ][:ANSWER_FACTS]
    if decision.refusal is None:
        return {"status": "accepted", "facts": facts}
    return {**refusal(decision.refusal), "facts": facts}


def refusal(reason: Reject) -> Answer:
    """The answer that says no."""
    errors = [
        {"path": problem.path[:TEXT_CHARACTERS], "message": problem.message[:TEXT_CHARACTERS]}
        for problem in reason.errors[:ANSWER_ERRORS]
    ]
    detail = reason.detail[:TEXT_CHARACTERS]
    return {"status": "rejected", "facts": [], "code": reason.code, "detail": detail, "errors": errors}


def reply(cause: Envelope, answer: Answer, source: str, partitions: int) -> Outgoing | None:
    """The record that carries the answer to whoever waits; None when nobody does, or where there is no such place."""
    if cause.replyto is None:
        return None
    mt = registry().get(ANSWER)
    topic, _, partition = cause.replyto.rpartition("/")
    if topic != mt.topic or int(partition) >= partitions:
        return None
    data = {"action_id": cause.id, **answer}
    codec.validate(mt, data)
    envelope = _envelope(cause, mt, key=cause.id, index=ANSWER_INDEX, source=source)
    record = _checked(topic, envelope, codec.encode(data))
    return Outgoing(record.topic, record.key, record.headers, record.value, int(partition))


def _envelope(
    cause: Envelope, mt: MessageType, *, key: str, index: int, source: str, workspace: str | None = None
) -> Envelope:
    by = source if _is_fact(cause.type) else ""
    return Envelope(
        id=fact_id(cause.id, index, by),
        type=mt.name,
        source=source,
        time=cause.time,
        subject=key,
        dataschema=mt.dataschema,
        correlationid=cause.correlationid,
        actor=cause.actor,
        workspace=workspace or cause.workspace,
        causationid=cause.id,
        traceparent=cause.traceparent,
        via=cause.via,
        session=cause.session,
    )


def _is_fact(name: str) -> bool:
    """Whether a type is a fact; one that nobody knows is junk, and still answered."""
    try:
        return registry().get(name).kind == "fact"
    except UnknownType:
        return False


def _state(forgotten: Tombstone) -> MessageType:
    """The type whose record a tombstone removes."""
    found = [mt for mt in registry().of_topic(forgotten.topic) if mt.kind == "state"]
    if not found:
        raise ValueError(f"{forgotten.topic} holds no states that could be forgotten")
    return found[-1]


def _checked(topic: str, envelope: Envelope, value: bytes | None) -> Outgoing:
    """Refuse here what the topic would refuse later, when the decision is made and cannot be published."""
    record = Outgoing(topic, envelope.subject.encode(), to_headers(envelope), value)
    size, limit = _size(record.key, value, record.headers), catalog()[topic].max_message
    if size > limit:
        raise ValueError(f"a {envelope.type} of {size} bytes is larger than {topic} takes ({limit})")
    return record


def _size(key: bytes, value: bytes | None, headers: Sequence[tuple[str, bytes]]) -> int:
    return len(key) + len(value or b"") + sum(len(name) + len(content or b"") for name, content in headers)
