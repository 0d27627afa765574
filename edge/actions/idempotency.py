"""The same write twice is one write: what an Idempotency-Key guards, and for how long."""

import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from edge.actions.claims import Claims
from edge.actions.outcome import Made, Outcome
from edge.errors import ApiError
from edge.queries.decided import Decided, Decisions
from schemas.keyring import Keyring
from schemas.problems import Problem

MAX_CHARACTERS: Final = 128
KEPT_SECONDS: Final = 24 * 3600
PURPOSE: Final = "idempotency"

Run = Callable[[], Awaitable[Outcome]]


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
    has lost it. Neither has to hold: an edge that stood still until its claim was another's goes on, and both ask. They
    ask under the same key, and a decider takes the requests of one key one at a time, whatever their partitions: the
    second gets the first one's answer, and what was made for it (a hidden board with its content and files) is never
    revealed. What no decider decides, ops, is the same drawn twice: the merge rule takes the higher version.
    """

    def __init__(self, claims: Claims, decisions: Decisions) -> None:
        self._claims = claims
        self._decisions = decisions
        self._life = secrets.token_hex(8)

    async def once(self, scope: Scope, run: Run) -> Outcome:
        """The outcome of `run`, or of what ran before under this scope.

        Raises `ApiError`: what `run` raises, the remembered refusal, or `conflict` for another request under the same
        key (with `Retry-After: 1` while the first one runs).
        """
        if scope.made_here:
            return await run()
        name = _name(scope)
        if self._claims.holds(name):
            raise _running()
        before = await self._claims.take(name, self._claim(scope))
        if before is not None:
            return _repeated(orjson.loads(before), scope)
        record = b""
        try:
            outcome = await self._decided(scope) or await run()
            record = _record(outcome, scope)
        except ApiError as error:
            if error.decided:
                record = _refusal(error, scope)
            raise
        finally:
            await self._claims.end(name, record, seconds=KEPT_SECONDS)
        return outcome

    async def _decided(self, scope: Scope) -> Outcome | None:
        """What a decider has accepted under this scope. Raises `ApiError`: its refusal."""
        decided = await self._decisions.find(scope.user_id, scope.key)
        return None if decided is None else _decided(decided, scope)

    def _claim(self, scope: Scope) -> bytes:
        return orjson.dumps({"fingerprint": scope.fingerprint, "running": True, "by": self._life})


def _name(scope: Scope) -> str:
    return f"idempotency:{scope.user_id}:{hashlib.sha256(scope.key.encode()).hexdigest()}"


def _record(outcome: Outcome, scope: Scope) -> bytes:
    made = None if outcome.made is None else {"status": outcome.made.status, "body": outcome.made.body}
    return orjson.dumps({"fingerprint": scope.fingerprint, "facts": outcome.facts, "made": made})


def _refusal(error: ApiError, scope: Scope) -> bytes:
    errors = [{"path": one.path, "message": one.message} for one in error.errors]
    refusal = {"code": error.code, "detail": error.detail, "errors": errors}
    return orjson.dumps({"fingerprint": scope.fingerprint, "refusal": refusal})


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
