"""Does what a client asks for: checks it against its schema and the caller's rights, completes it, has it decided."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import asyncpg

from edge.actions.asking import Asker, Asking
from edge.actions.authority import authorise
from edge.actions.idempotency import Fingerprints, Idempotency, Scope, new_key
from edge.actions.outcome import Json, Made, Outcome
from edge.actions.presenters import present
from edge.auth.callers import Caller
from edge.auth.passwords import Passwords
from edge.auth.rights import Rights
from edge.errors import ApiError
from schemas.codec import validate_from_client
from schemas.ids import new_id
from schemas.keyring import Keyring
from schemas.problems import DataInvalid
from schemas.registry import MessageType, registry
from schemas.sealing import seal

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """An action on its way: who asks for what, under which key."""

    caller: Caller
    mt: MessageType
    data: Data
    scope: Scope
    traceparent: str | None = None

    @property
    def asker(self) -> Asker:
        """On whose behalf it is published, with the key that guards it."""
        return Asker(
            self.caller.user_id,
            self.caller.link_id,
            self.scope.key,
            self.scope.fingerprint,
            self.traceparent,
            self.caller.session_id,
        )


class Composition(Protocol):
    """An action that the edge carries out in several steps."""

    async def __call__(self, request: Request, /) -> Outcome:
        """Do all of them. Raises `ApiError`; then nothing is to be seen of it."""

    async def show(self, request: Request, outcome: Outcome, /) -> Made:
        """How REST shows an outcome of which only the facts are known."""


class Actions:
    """Everything that a client may ask for by an action or an op of the registry."""

    def __init__(
        self,
        *,
        asking: Asking,
        idempotency: Idempotency,
        rights: Rights,
        passwords: Passwords,
        pool: asyncpg.Pool,
        keyring: Keyring,
        compositions: Mapping[str, Composition],
    ) -> None:
        self._asking = asking
        self._idempotency = idempotency
        self._rights = rights
        self._passwords = passwords
        self._pool = pool
        self._keyring = keyring
        self._compositions = compositions
        self.fingerprints = Fingerprints(keyring)

    async def perform(
        self,
        caller: Caller,
        mt: MessageType,
        data: Any,
        *,
        key: str | None = None,
        key_is_new: bool = False,
        present_it: bool = False,
        traceparent: str | None = None,
    ) -> Outcome:
        """Carry out an action as a client sent it, once per `key` (its length is the caller's business).

        `key_is_new` says that the client cannot have used the key yet; without a key one is made. With `present_it`
        the outcome says how REST shows it. Raises `ApiError`.
        """
        try:
            validate_from_client(mt, data)
        except DataInvalid as error:
            raise ApiError("schema_invalid", "The data is not as its schema says.", error.problems) from None
        made_here = key is None or key_is_new
        scope = Scope(caller.user_id, key or new_key(), self._fingerprint(mt, data), made_here=made_here)
        request = Request(caller, mt, data, scope, traceparent)
        outcome = await self._idempotency.once(scope, lambda: self._run(request, present_it=present_it))
        if present_it and outcome.made is None:
            outcome = Outcome(outcome.facts, await self._show(request, outcome))
        return outcome

    async def once(self, scope: Scope, run: Callable[[], Awaitable[Outcome]]) -> Outcome:
        """Run a write that is no single action, once per scope. What it does ends in an action under the scope's key."""
        return await self._idempotency.once(scope, run)

    async def ask(self, kind: str, data: Data, asker: Asker, *, action_id: str | None = None) -> Outcome:
        """See `Asking.ask`: for what only the edge itself asks."""
        return await self._asking.ask(kind, data, asker, action_id=action_id)

    async def tell(self, kind: str, data: Data, asker: Asker) -> None:
        """Seal and publish what nobody waits for. Raises `ApiError`."""
        action_id = new_id()
        sealed = await self.sealed(registry().get(kind), data, action_id)
        await self._asking.tell(kind, sealed, asker, action_id=action_id)

    async def sealed(self, mt: MessageType, data: Data, action_id: str) -> Json:
        """The data as it may stand in the log: secrets hashed where the schema says so, and sealed."""
        made = dict(data)
        for name, mode in mt.sealed.items():
            if name in made:
                secret = await self._passwords.hash(made[name]) if mode == "argon2id" else made[name]
                made[name] = dict(seal(self._keyring, mt.name, name, action_id, secret))
        return made

    async def _run(self, request: Request, *, present_it: bool) -> Outcome:
        composition = self._compositions.get(request.mt.name)
        if composition is not None:
            return await composition(request)
        await authorise(self._rights, self._pool, request.caller, request.mt, request.data)
        action_id = new_id()
        data = await self.sealed(request.mt, self._completed(request), action_id)
        outcome = await self._asking.ask(request.mt.name, data, request.asker, action_id=action_id)
        if not present_it:
            return outcome
        return Outcome(outcome.facts, await self._show(request, outcome))

    async def _show(self, request: Request, outcome: Outcome) -> Made:
        try:
            composition = self._compositions.get(request.mt.name)
            if composition is not None:
                return await composition.show(request, outcome)
            return await present(self._pool, request.mt.name, request.caller, request.data, outcome)
        except ApiError as error:
            if error.code == "unavailable":
                # It is done; only what it looks like could not be read.
                raise ApiError(
                    "outcome_unknown", "It is done and cannot be shown: repeat with the same key."
                ) from error
            raise

    def _completed(self, request: Request) -> Json:
        """The data with what only the edge may say; `value` fields are those of compositions and stay out here."""
        made = dict(request.data)
        for name, source in request.mt.edge_fields.items():
            if source == "new_id":
                made[name] = new_id()
            elif source == "actor":
                made[name] = request.caller.user_id
            elif source == "guest_name" and request.caller.guest:
                made[name] = request.caller.name
        return made

    def _fingerprint(self, mt: MessageType, data: Data) -> str:
        """A request counts as its type's own route, whichever way it came."""
        if mt.route is None:
            return self.fingerprints.of("POST", f"/api/actions/{mt.name}", data)
        path, rest = mt.route.path, dict(data)
        for name, value in data.items():
            if f"{{{name}}}" in path:
                path = path.replace(f"{{{name}}}", str(value))
                del rest[name]
        return self.fingerprints.of(mt.route.method, path, rest)
