"""What a mapping makes of a fact: a pure function of the fact and of what is known of its person now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schemas.problems import pointed
from topics.bus.message import Message
from topics.exports.mapping import TELLING, Source
from topics.exports.mapping import Mapping as Rules


@dataclass(frozen=True, slots=True)
class Person:
    """What `identity.people` shows of somebody now, and what he consented to."""

    shown: Mapping[str, Any]
    consents: frozenset[str]


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """What a destination should know of a person from now on: some values, some that it must forget, or nothing at all."""

    set: Mapping[str, Any]
    forget: tuple[str, ...]
    delete: bool = False


@dataclass(frozen=True, slots=True)
class Mapped:
    """A fact as it leaves: an event (`name` is None for what only changes a profile) and perhaps a changed profile."""

    fact_id: str
    user_id: str | None
    time_ms: int
    name: str | None
    properties: Mapping[str, Any]
    profile: ProfileChange | None


def user_of(rules: Rules, message: Message) -> str | None:
    """Who did it, by the mapping."""
    for source in rules.identity:
        found = _value(source, message, None, rules.consent)
        if isinstance(found, str) and found:
            return found
    return None


def leaves(rules: Rules, message: Message) -> bool:
    """Whether a fact leaves at all."""
    kind = message.type.name
    if message.data is None or message.type.kind not in TELLING or kind in rules.drop:
        return False
    if rules.nobody == "drop" and user_of(rules, message) is None:
        return False
    return kind in rules.events or _changes_profile(rules, kind) or rules.others == "send"


def mapped(rules: Rules, message: Message, people: Mapping[str, Person]) -> Mapped:
    """What leaves of a fact. Its id and its time are the record's own, so that it is the same whenever it is sent."""
    kind, user_id = message.type.name, user_of(rules, message)
    person = people.get(user_id) if user_id is not None else None
    name, properties = _event(rules, message)
    values = {key: _value(each, message, person, rules.consent) for key, each in properties.items()}
    return Mapped(
        fact_id=message.envelope.id,
        user_id=user_id,
        time_ms=int(datetime.fromisoformat(message.envelope.time).timestamp() * 1000),
        name=name,
        properties={key: value for key, value in values.items() if value is not None} if name is not None else {},
        profile=_profile(rules, message, person) if user_id is not None and _changes_profile(rules, kind) else None,
    )


def concerned(rules: Rules, messages: Iterable[Message]) -> frozenset[str]:
    """Those who have to be looked up to map these facts: most of them say all that leaves."""
    return frozenset(
        user_id
        for each in messages
        if _looks_somebody_up(rules, each) and (user_id := user_of(rules, each)) is not None
    )


def _looks_somebody_up(rules: Rules, message: Message) -> bool:
    sources = _event(rules, message)[1].values()
    return _changes_profile(rules, message.type.name) or any(each.person or each.pii for each in sources)


def _event(rules: Rules, message: Message) -> tuple[str | None, Mapping[str, Source]]:
    event = rules.events.get(message.type.name)
    if event is not None:
        return event.name, {**rules.properties, **event.properties}
    return (message.type.title, rules.properties) if rules.others == "send" else (None, {})


def _changes_profile(rules: Rules, kind: str) -> bool:
    return rules.profile is not None and (kind in rules.profile.set_after or kind in rules.profile.delete_after)


def _profile(rules: Rules, message: Message, person: Person | None) -> ProfileChange | None:
    if rules.profile is None:
        return None
    personal = tuple(name for name, source in rules.profile.properties.items() if source.pii is not None)
    if message.type.name in rules.profile.delete_after:
        return ProfileChange({}, personal, delete=True)
    values = {name: _value(source, message, person, rules.consent) for name, source in rules.profile.properties.items()}
    known = {name: value for name, value in values.items() if value is not None}
    return ProfileChange(known, tuple(name for name in personal if name not in known))


def _value(source: Source, message: Message, person: Person | None, purpose: str) -> Any:
    """What a source gives; None for what is not there or may not leave."""
    if source.pii is not None and (person is None or purpose not in person.consents):
        return None
    if source.value is not None:
        return source.value
    if source.envelope is not None:
        return getattr(message.envelope, source.envelope)
    content = message.data if source.fact is not None else person.shown if person is not None else {}
    try:
        return pointed(content, source.fact or source.person or "")
    except KeyError:
        return None
