"""Brings facts to Mixpanel in as few requests as its limits allow, and says of each fact that it refused why."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from consumers.mixpanel_export.destination import Mixpanel
from consumers.mixpanel_export.handler import event, excess, updates
from consumers.mixpanel_export.settings import MixpanelSettings
from schemas.problems import Problem
from topics.bus.message import Message
from topics.errors import PartlyFailed, Postpone, Reject, Retry
from topics.exports.answers import Answer
from topics.exports.mapping import Mapping as Rules
from topics.exports.people import People, mapped_now
from topics.runtime import metrics
from topics.runtime.away import POSTGRES_AWAY

NAME: Final = "mixpanel_export"
OK: Final = 200
TOO_LARGE: Final = 413
# Of what somebody else says of a refusal.
WORDS: Final = 300
Send = Callable[[bytes], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Row:
    """One thing to send: the index of its message, its id, and its JSON."""

    number: int
    id: str
    body: bytes


class MixpanelExporter:
    """One Mixpanel, one mapping."""

    def __init__(self, mixpanel: Mixpanel, rules: Rules, people: People, settings: MixpanelSettings) -> None:
        self._mixpanel = mixpanel
        self._rules = rules
        self._people = people
        self._settings = settings
        # What was accepted of a batch that is tried in place again: it need not go a second time.
        self._accepted: set[str] = set()

    async def send(self, messages: Sequence[Message], *, history: bool = False) -> None:  # noqa: ARG002 - it triggers nothing
        """Bring facts there; see `Exporter`."""
        failures: dict[int, Reject | Postpone] = {}
        events, profiles = await self._rows(messages, failures)
        for rows in self._requests(events):
            failures |= await self._bring(self._mixpanel.import_, rows)
        for rows in self._requests([each for each in profiles if each.number not in failures]):
            failures |= await self._bring(self._mixpanel.engage, rows)
        self._accepted -= {each.id for each in (*events, *profiles)}
        self._count(messages, {each.number for each in (*events, *profiles)}, failures)
        if failures:
            raise PartlyFailed(failures)

    async def preview(self, message: Message) -> Sequence[Any]:
        """What `send` would send; see `Exporter`."""
        failures: dict[int, Reject | Postpone] = {}
        events, profiles = await self._rows([message], failures)
        if failures:
            return [{"refused": str(failures[0])}]
        found = [{"POST": "/import", "event": orjson.loads(each.body)} for each in events]
        return [
            *found,
            *({"POST": "/engage", "update": orjson.loads(each.body) | {"$token": "…"}} for each in profiles),
        ]

    async def _rows(
        self, messages: Sequence[Message], failures: dict[int, Reject | Postpone]
    ) -> tuple[list[Row], list[Row]]:
        try:
            leaving = await mapped_now(self._rules, self._people, messages)
        except POSTGRES_AWAY as error:
            raise Retry(f"PostgreSQL: {error!r}") from error
        events, profiles = [], []
        for number, made in leaving.items():
            if (found := event(made)) is not None:
                body = orjson.dumps(found)
                if (why := excess(found, len(body))) is not None:
                    failures[number] = Reject("too_large", why)
                    continue
                events.append(Row(number, f"event {made.fact_id}", body))
            for index, update in enumerate(updates(made, self._settings.token)):
                profiles.append(Row(number, f"profile {index} {made.fact_id}", orjson.dumps(update)))
        return events, profiles

    def _requests(self, rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
        """The rows in requests within the limits."""
        request: list[Row] = []
        size = 2
        for row in rows:
            if row.id in self._accepted:
                continue
            if request and (len(request) == self._settings.events or size + len(row.body) > self._settings.body_bytes):
                yield request
                request, size = [], 2
            request.append(row)
            size += len(row.body) + 1
        if request:
            yield request

    async def _bring(self, send: Send, rows: Sequence[Row]) -> dict[int, Reject | Postpone]:
        """Make one request and say what became of each row. Raises Retry, Halt.

        Where Mixpanel does not say which it refuses, they are sent again in halves.
        """
        try:
            answer = await send(b"[" + b",".join(each.body for each in rows) + b"]")
        except Postpone as error:
            return {each.number: error for each in rows}
        found = {} if _is_good(answer) else refused(rows, answer)
        if _is_good(answer) or found:
            self._accepted |= {each.id for each in rows if each.number not in found}
            return found
        if len(rows) == 1:
            why = f"Mixpanel refuses it with {answer.status}: {str(answer.body.get('error'))[:WORDS]}"
            return {rows[0].number: Reject("too_large" if answer.status == TOO_LARGE else "schema_invalid", why)}
        half = len(rows) // 2
        return await self._bring(send, rows[:half]) | await self._bring(send, rows[half:])

    def _count(self, messages: Sequence[Message], sent: set[int], failures: dict[int, Reject | Postpone]) -> None:
        refused = sum(isinstance(each, Reject) for each in failures.values())
        metrics.EXPORTED.labels(NAME, "accepted").inc(len(sent - failures.keys()))
        metrics.EXPORTED.labels(NAME, "refused").inc(refused)
        metrics.EXPORTED.labels(NAME, "postponed").inc(len(failures) - refused)
        metrics.EXPORTED.labels(NAME, "dropped").inc(len(messages) - len(sent | failures.keys()))


def _is_good(answer: Answer) -> bool:
    """Whether all was taken. `/engage` says 200 also to what it does not take: there the body counts."""
    return answer.status == OK and not answer.body.get("error") and answer.body.get("status") in (1, "OK")


def refused(rows: Sequence[Row], answer: Answer) -> dict[int, Reject | Postpone]:
    """The rows that an answer names, by index; all others of the same request were taken."""
    if answer.status == TOO_LARGE:
        return {}
    found: dict[int, Reject | Postpone] = {}
    failed = answer.body.get("failed_records")
    for each in failed if isinstance(failed, list) else ():
        index = each.get("index") if isinstance(each, dict) else None
        if not isinstance(index, int) or not 0 <= index < len(rows):
            return {}
        place, why = str(each.get("field", ""))[:WORDS], str(each.get("message", answer.body.get("error")))[:WORDS]
        problem = Problem("/" + place.replace(".", "/") if place else "", why)
        found[rows[index].number] = Reject("schema_invalid", f"Mixpanel refuses it: {why}", (problem,))
    return found
