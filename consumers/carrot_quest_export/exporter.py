"""Brings facts to Carrot Quest, each event once as far as can be known: it has no ids of ours to tell repeats by."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from consumers.carrot_quest_export.destination import CarrotQuest
from consumers.carrot_quest_export.handler import event, excess, is_among, is_late, properties
from consumers.carrot_quest_export.settings import CarrotQuestSettings
from consumers.carrot_quest_export.store import EventStore, State
from topics.bus.message import Message
from topics.errors import Halt, PartlyFailed, Postpone, Reject, Retry
from topics.exports.mapped import Mapped
from topics.exports.mapping import Mapping as Rules
from topics.exports.people import People, mapped_now
from topics.runtime import metrics
from topics.runtime.away import POSTGRES_AWAY

NAME: Final = "carrot_quest_export"


@dataclass
class Round:
    """What became of the facts of one call: `sent` are there, `not_sent` certainly are not."""

    history: bool
    states: Mapping[str, State]
    sent: set[str] = field(default_factory=set)
    not_sent: set[str] = field(default_factory=set)
    failures: dict[int, Reject | Postpone] = field(default_factory=dict)
    stopped: Retry | Halt | None = None


class CarrotQuestExporter:
    """One Carrot Quest, one mapping."""

    def __init__(
        self,
        carrot: CarrotQuest,
        rules: Rules,
        people: People,
        store: EventStore,
        *,
        settings: CarrotQuestSettings,
        now: Callable[[], datetime],
    ) -> None:
        self._carrot = carrot
        self._rules = rules
        self._people = people
        self._store = store
        self._settings = settings
        self._now = now

    async def send(self, messages: Sequence[Message], *, history: bool = False) -> None:
        """Bring facts there; see `Exporter`. Those of one person in their order, several people at once."""
        try:
            leaving = await self._map(messages)
            events = {each.fact_id for each in leaving.values() if each.name is not None}
            this = Round(history, await self._store.begin(events, self._settings.patience_seconds))
            try:
                await self._send(leaving, this)
            finally:
                await self._store.settle(this.sent, this.not_sent)
        except POSTGRES_AWAY as error:
            raise Retry(f"PostgreSQL: {error!r}") from error
        self._count(messages, leaving, this)
        if this.stopped is not None:
            raise this.stopped
        if this.failures:
            raise PartlyFailed(this.failures)

    async def preview(self, message: Message) -> Sequence[Any]:
        """What `send` would send; see `Exporter`."""
        found = []
        for each in (await self._map([message])).values():
            if (why := excess(each)) is not None:
                return [{"refused": why}]
            late = is_late(each, self._now(), self._settings.late_seconds)
            forms = (("props", properties(each)), ("events", event(each, tell_time=late)))
            found += [
                {"POST": f"/users/{each.user_id}/{what}", "form": form} for what, form in forms if form is not None
            ]
        return found

    async def _map(self, messages: Sequence[Message]) -> dict[int, Mapped]:
        found = await mapped_now(self._rules, self._people, messages)
        # Its API speaks of somebody, always.
        return {number: each for number, each in found.items() if each.user_id is not None}

    async def _send(self, leaving: Mapping[int, Mapped], this: Round) -> None:
        of_person: dict[str, dict[int, Mapped]] = {}
        for number, each in leaving.items():
            of_person.setdefault(each.user_id or "", {})[number] = each
        room = asyncio.Semaphore(self._settings.at_once)

        async def one(theirs: Mapping[int, Mapped]) -> None:
            async with room:
                for number, each in theirs.items():
                    await self._settle(number, each, this)

        async with asyncio.TaskGroup() as group:
            for theirs in of_person.values():
                group.create_task(one(theirs))

    async def _settle(self, number: int, each: Mapped, this: Round) -> None:
        """Send one fact and note what became of it; after a stop nothing is sent any more."""
        state = this.states.get(each.fact_id, "new")
        if state == "sent":
            return
        if state == "busy":
            this.failures[number] = Postpone("somebody else is sending it", after=self._settings.patience_seconds)
            return
        asked = False
        if (why := excess(each)) is not None:
            this.failures[number] = Reject("too_large", why)
        elif this.stopped is None:
            asked = await self._bring(number, each, this)
        if (state == "new" and not asked) or isinstance(this.failures.get(number), Reject):
            this.not_sent.add(each.fact_id)

    async def _bring(self, number: int, each: Mapped, this: Round) -> bool:
        """Make the requests of one fact; False when Carrot Quest certainly has no event of it."""
        asked, user_id = False, each.user_id or ""
        try:
            if (form := properties(each)) is not None:
                await self._carrot.properties(user_id, form)
            if (form := event(each, tell_time=self._tells_time(each, this))) is not None:
                new = this.states[each.fact_id] == "new"
                if new or not is_among(each.fact_id, await self._carrot.events(user_id)):
                    asked = True
                    await self._carrot.event(user_id, form)
                this.sent.add(each.fact_id)
        except (Postpone, Reject) as error:
            this.failures[number] = error
        except (Retry, Halt) as error:
            # Refused before anything was done.
            this.stopped, asked = this.stopped or error, False
        return asked

    def _tells_time(self, each: Mapped, this: Round) -> bool:
        return this.history or is_late(each, self._now(), self._settings.late_seconds)

    def _count(self, messages: Sequence[Message], leaving: Mapping[int, Mapped], this: Round) -> None:
        refused = sum(isinstance(each, Reject) for each in this.failures.values())
        metrics.EXPORTED.labels(NAME, "accepted").inc(len(leaving) - len(this.failures) if this.stopped is None else 0)
        metrics.EXPORTED.labels(NAME, "refused").inc(refused)
        metrics.EXPORTED.labels(NAME, "postponed").inc(len(this.failures) - refused)
        metrics.EXPORTED.labels(NAME, "dropped").inc(len(messages) - len(leaving) if this.stopped is None else 0)
