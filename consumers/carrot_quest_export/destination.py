"""Speaks to Carrot Quest's Web API: forms in, an envelope with `meta.status` out."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import aiohttp

from consumers.carrot_quest_export.settings import CarrotQuestSettings
from topics.errors import Halt, Postpone, Reject
from topics.exports.answers import Answer, failure, retry_after
from topics.exports.bodies import json_of
from topics.exports.rate import Rate

SERVICE: Final = "Carrot Quest"
OK: Final = 200
NOT_FOUND: Final = 404
# Of what somebody else says of a refusal.
WORDS: Final = 300


class CarrotQuest:
    """One app of Carrot Quest's, asked at most so often."""

    def __init__(self, http: aiohttp.ClientSession, settings: CarrotQuestSettings) -> None:
        self._http = http
        self._url = settings.url.rstrip("/")
        self._token = settings.token.get_secret_value() if settings.token is not None else ""
        self._timeout = aiohttp.ClientTimeout(total=settings.seconds)
        self._rate = Rate(settings.rate)

    async def event(self, user_id: str, form: Mapping[str, str]) -> None:
        """Tell of an event. Raises Reject, Postpone, Retry, Halt."""
        await self._ask("POST", user_id, "events", form)

    async def properties(self, user_id: str, form: Mapping[str, str]) -> None:
        """Change what is known of a person. Raises the same."""
        await self._ask("POST", user_id, "props", form)

    async def events(self, user_id: str) -> Sequence[Any]:
        """The last events of a person. Raises the same."""
        found = await self._ask("GET", user_id, "events", {"by_user_id": "true"})
        return found if isinstance(found, list) else []

    async def _ask(self, method: str, user_id: str, what: str, form: Mapping[str, str]) -> Any:
        await self._rate.take()
        content: dict[str, Any] = {"data": form} if method == "POST" else {"params": form}
        try:
            async with self._http.request(
                method,
                f"{self._url}/users/{quote(user_id, safe='')}/{what}",
                headers={"Authorization": f"Token {self._token}"},
                timeout=self._timeout,
                allow_redirects=False,
                **content,
            ) as response:
                body = await json_of(response.content)
                # The status counts that stands in the envelope, where there is one.
                status = status_of(_meta(body), response.status)
                answer = Answer(status, body, retry_after(response.headers.get("Retry-After"), datetime.now(UTC)))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Postpone(f"{SERVICE} does not answer: {type(error).__name__}") from error
        return self._judge(answer)

    def _judge(self, answer: Answer) -> Any:
        if (why := failure(answer, SERVICE, "DOSKA_CARROT_QUEST_TOKEN")) is not None:
            raise why
        meta = _meta(answer.body)
        if not meta:
            raise Postpone(f"what answers {answer.status} at {self._url} is not {SERVICE}")
        if answer.status == NOT_FOUND:
            raise Halt(f"{SERVICE} has no such path under {self._url}: set DOSKA_CARROT_QUEST_URL right")
        if answer.status != OK:
            why_not = str(meta.get("error_message") or meta.get("error"))[:WORDS]
            raise Reject("schema_invalid", f"{SERVICE} refuses it with {answer.status}: {why_not}")
        return answer.body.get("data")


def _meta(body: Any) -> Mapping[str, Any]:
    meta = body.get("meta") if isinstance(body, dict) else None
    return meta if isinstance(meta, dict) else {}


def status_of(meta: Mapping[str, Any], otherwise: int) -> int:
    """The status that an envelope says, where it says one."""
    said = str(meta.get("status", ""))
    return int(said) if len(said) == 3 and said.isascii() and said.isdecimal() else otherwise
