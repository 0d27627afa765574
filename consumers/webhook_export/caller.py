"""Posts one delivery and says what came of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import aiohttp

from consumers.webhook_export.guard import Forbidden, connector, name_threads
from consumers.webhook_export.queue import Claim
from consumers.webhook_export.settings import DeliverySettings
from consumers.webhook_export.verdicts import Attempt, Fault
from schemas.keyring import Keyring
from schemas.webhooks.addresses import Rules, refusal
from schemas.webhooks.signing import headers, secret

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
AGENT: Final = "Doska-Webhooks/1"
# An answer says nothing that we need but its status; this much is read so that the connection can be used again.
ANSWER_BYTES: Final = 16 * 1024
REDIRECTS: Final = range(300, 400)
# The narrower ones first.
NAMES: Final[Sequence[tuple[type[Exception], Fault]]] = (
    (TimeoutError, "no_answer"),
    (aiohttp.ClientConnectorDNSError, "unknown_host"),
    (aiohttp.ClientSSLError, "not_secure"),
    (aiohttp.ClientConnectorError, "unreachable"),
    (KeyError, "no_key"),
)


class Caller:
    """Calls endpoints, within the rules and the time there is."""

    def __init__(
        self, session: aiohttp.ClientSession, keyring: Keyring, rules: Rules, settings: DeliverySettings
    ) -> None:
        self._session = session
        self._keyring = keyring
        self._rules = rules
        self._seconds = settings.seconds

    async def call(self, claim: Claim, timestamp: int) -> Attempt:
        """Post a delivery, signed at `timestamp` (Unix seconds). Whatever happens is an attempt."""
        started = time.monotonic()
        try:
            status, retry_after, error = await self._post(claim, timestamp)
        except Exception as failure:  # noqa: BLE001 - any failure of a stranger's server is an attempt that failed
            status, retry_after, error = None, None, _fault(failure)
        return Attempt(status, int((time.monotonic() - started) * 1000), error, retry_after)

    async def _post(self, claim: Claim, timestamp: int) -> tuple[int, str | None, Fault | None]:
        wrong = refusal(claim.url, self._rules)
        if wrong is not None:
            # The rules of the deployment may have changed since it was admitted.
            raise Forbidden(wrong)
        secrets = [secret(self._keyring, claim.subscription_id, each.version, each.key_id) for each in claim.secrets]
        signed = headers(secrets, claim.delivery_id, timestamp, claim.body)
        async with (
            asyncio.timeout(self._seconds),
            self._session.post(
                claim.url,
                data=claim.body,
                headers={**signed, "Content-Type": CONTENT_TYPE},
                allow_redirects=False,
            ) as answer,
        ):
            await _read_some(answer)
            error: Fault | None = None
            if answer.status in REDIRECTS:
                error = "redirect"
            elif not answer.ok:
                error = "status"
            return answer.status, answer.headers.get("Retry-After"), error


@asynccontextmanager
async def calling(keyring: Keyring, rules: Rules, settings: DeliverySettings) -> AsyncIterator[Caller]:
    """A caller with a session of its own: no cookies, no proxy of the environment, nothing unpacked."""
    threads = name_threads(settings.overall)
    session = aiohttp.ClientSession(
        connector=connector(rules, threads),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": AGENT, "Accept": "*/*", "Accept-Encoding": "identity"},
        auto_decompress=False,
        trust_env=False,
        timeout=aiohttp.ClientTimeout(total=settings.seconds),
    )
    try:
        yield Caller(session, keyring, rules, settings)
    finally:
        await session.close()
        threads.shutdown(wait=False, cancel_futures=True)


async def _read_some(answer: aiohttp.ClientResponse) -> None:
    """Read a little; what is longer is not worth its connection."""
    left = ANSWER_BYTES
    while left > 0:
        chunk = await answer.content.read(left)
        if not chunk:
            return
        left -= len(chunk)
    answer.close()


def _fault(failure: Exception) -> Fault:
    """Why there was no answer, by a name of ours: a stranger's text stands in no table."""
    if _forbidden(failure):
        return "forbidden_address"
    return next((name for kind, name in NAMES if isinstance(failure, kind)), "broken")


def _forbidden(failure: BaseException | None) -> bool:
    """Whether it was our own guard that opened no connection; the client wraps what it raises."""
    while failure is not None:
        if isinstance(failure, Forbidden):
            return True
        failure = failure.__cause__ or failure.__context__
    return False
