"""The same write twice is one write: what an Idempotency-Key guards, and for how long."""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
import redis.asyncio as redis
import structlog
from redis.exceptions import RedisError

from edge.actions.outcome import Made, Outcome
from edge.errors import ApiError
from edge.queries.decided import Decided, Decisions
from schemas.keyring import Keyring
from schemas.problems import Problem

MAX_CHARACTERS: Final = 128
KEPT_SECONDS: Final = 24 * 3600
# A claim outlives every deadline of the work it guards, and an edge that died with it does not hold it for long.
CLAIM_SECONDS: Final = 60
# Not the client's own timeout: on Python 3.11 that one swallows cancellations.
STORE_SECONDS: Final = 2.0
PURPOSE: Final = "idempotency"

Run = Callable[[], Awaitable[Outcome]]
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Scope:
    """One write of one person under one key; `made_here` when the edge made the key, so that nobody can know it yet."""

    user_id: str
    key: str
    fingerprint: str
    made_here: bool


def new_key() -> str:
    """A key for a client that sent none."""
    return secrets.token_urlsafe(18)


def checked(key: str | None) -> str | None:
    """The key that a client sent, None for none. Raises `ApiError` `schema_invalid` for one that cannot be kept."""
    if not key:
        return None
    if len(key) > MAX_CHARACTERS or "\0" in key or not key.isprintable():
        message = f"An Idempotency-Key has at most {MAX_CHARACTERS} printable characters."
        raise ApiError("schema_invalid", message, (Problem("", message),))
    return key


class Fingerprints:
    """Tells whether two requests are the same, by a keyed hash: bodies hold passwords."""

    def __init__(self, keyring: Keyring) -> None:
        self._key = keyring.derive(PURPOSE)

    def of(self, method: str, path: str, body: Any) -> str:
        """The fingerprint of a request; the order of keys in the body does not count."""
        written = body if isinstance(body, bytes) else orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
        return hmac.digest(self._key, b"\0".join((method.encode(), path.encode(), written)), hashlib.sha256).hex()


class Idempotency:
    """Runs a write once per scope and gives its first outcome to every repeat.

    What ran and what runs stands in Redis; the deciders' own memory, written with their decisions, is asked when Redis
    has lost it, and they have the last word on a race that Redis could not settle.
    """

    def __init__(self, store: redis.Redis, decisions: Decisions) -> None:
        self._store = store
        self._decisions = decisions
        self._running: set[tuple[str, str]] = set()
        self._life = secrets.token_hex(8)

    async def once(self, scope: Scope, run: Run, *, claim_seconds: int = CLAIM_SECONDS) -> Outcome:
        """The outcome of `run`, or of what ran before under this scope.

        Raises `ApiError`: what `run` raises, the remembered refusal, or `conflict` for another request under the same
        key (with `Retry-After: 1` while the first one runs).
        """
        if scope.made_here:
            return await run()
        place = (scope.user_id, scope.key)
        if place in self._running:
            raise _running()
        self._running.add(place)
        try:
            return await self._claimed(scope, run, claim_seconds)
        finally:
            self._running.discard(place)

    async def _claimed(self, scope: Scope, run: Run, claim_seconds: int) -> Outcome:
        name = _name(scope)
        before = await self._claim(name, scope, claim_seconds)
        if before is not None:
            return _repeated(before, scope)
        try:
            decided = await self._decisions.find(scope.user_id, scope.key)
            if decided is not None:
                outcome = _decided(decided, scope)
            else:
                outcome = await run()
        except BaseException as error:
            await self._keep(name, _refusal(error, scope) if isinstance(error, ApiError) and error.decided else None)
            raise
        await self._keep(name, _record(outcome, scope))
        return outcome

    async def _claim(self, name: str, scope: Scope, seconds: int) -> Mapping[str, Any] | None:
        """None when this request is the first, else what stands there."""
        running = orjson.dumps({"fingerprint": scope.fingerprint, "running": True, "by": self._life})
        try:
            async with asyncio.timeout(STORE_SECONDS):
                if await self._store.set(name, running, nx=True, ex=seconds):
                    return None
                kept = await self._store.get(name)
                found: Mapping[str, Any] | None = None if kept is None else orjson.loads(kept)
                if found is not None and found.get("by") == self._life:
                    _same(found["fingerprint"], scope)
                    # Ours, and nothing runs here: it ended while Redis was away, which could not be told so.
                    await self._store.set(name, running, ex=seconds)
                    return None
        except (RedisError, TimeoutError) as error:
            log.warning("idempotency keys are not remembered: no Redis", error=repr(error))
            return None
        if found is None:
            # It ended between the two questions without being remembered: to be tried again.
            raise _running()
        return found

    async def _keep(self, name: str, record: Mapping[str, Any] | None) -> None:
        try:
            async with asyncio.timeout(STORE_SECONDS):
                if record is None:
                    await self._store.delete(name)
                else:
                    await self._store.set(name, orjson.dumps(record), ex=KEPT_SECONDS)
        except (RedisError, TimeoutError) as error:
            log.warning("an idempotency key is not remembered: no Redis", error=repr(error))


def _name(scope: Scope) -> str:
    return f"idempotency:{scope.user_id}:{hashlib.sha256(scope.key.encode()).hexdigest()}"


def _record(outcome: Outcome, scope: Scope) -> Mapping[str, Any]:
    made = None if outcome.made is None else {"status": outcome.made.status, "body": outcome.made.body}
    return {"fingerprint": scope.fingerprint, "facts": outcome.facts, "made": made}


def _refusal(error: ApiError, scope: Scope) -> Mapping[str, Any]:
    errors = [{"path": one.path, "message": one.message} for one in error.errors]
    return {
        "fingerprint": scope.fingerprint,
        "refusal": {"code": error.code, "detail": error.detail, "errors": errors},
    }


def _repeated(record: Mapping[str, Any], scope: Scope) -> Outcome:
    _same(record["fingerprint"], scope)
    if record.get("running"):
        raise _running()
    if "refusal" in record:
        raise _refused(record["refusal"])
    made = record["made"]
    return Outcome(tuple(record["facts"]), None if made is None else Made(made["status"], made["body"]))


def _decided(decided: Decided, scope: Scope) -> Outcome:
    _same(decided.fingerprint, scope)
    if decided.answer["status"] == "accepted":
        return Outcome(tuple(decided.answer["facts"]))
    raise _refused(decided.answer)


def _refused(refusal: Mapping[str, Any]) -> ApiError:
    problems = [Problem(one["path"], one["message"]) for one in refusal.get("errors") or ()]
    return ApiError(refusal["code"], refusal.get("detail") or "", problems, decided=True)


def _same(fingerprint: str, scope: Scope) -> None:
    if not hmac.compare_digest(fingerprint, scope.fingerprint):
        raise ApiError("conflict", "This Idempotency-Key was used for another request.")


def _running() -> ApiError:
    return ApiError("conflict", "The first request with this Idempotency-Key is still running.", retry_after=1)
