"""Speaks to Mixpanel: `/import` for events, `/engage` for profiles."""

import gzip
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import aiohttp

from consumers.mixpanel_export.settings import MixpanelSettings
from topics.errors import Postpone
from topics.exports.answers import Answer, failure, retry_after
from topics.exports.bodies import json_of

SERVICE: Final = "Mixpanel"
CREDENTIALS: Final = "DOSKA_MIXPANEL_TOKEN, or DOSKA_MIXPANEL_SERVICE_ACCOUNT and DOSKA_MIXPANEL_PROJECT_ID,"


class Mixpanel:
    """One project of Mixpanel's."""

    def __init__(self, http: aiohttp.ClientSession, settings: MixpanelSettings) -> None:
        self._http = http
        self._url = settings.url.rstrip("/")
        account = settings.service_account
        login = account.get_secret_value() if account is not None else f"{settings.token}:"
        self._authorization = f"Basic {b64encode(login.encode()).decode()}"
        self._query = {"strict": "1"} | ({"project_id": settings.project_id} if settings.project_id else {})
        self._timeout = aiohttp.ClientTimeout(total=settings.seconds)

    async def import_(self, body: bytes) -> Answer:
        """Bring a JSON array of events there. Raises Retry, Postpone, Halt for what concerns all of them."""
        headers = {"Authorization": self._authorization, "Content-Encoding": "gzip"}
        return await self._post("/import", self._query, gzip.compress(body, 6), headers)

    async def engage(self, body: bytes) -> Answer:
        """Bring a JSON array of profile updates there; Mixpanel does not unpack these. Raises the same."""
        return await self._post("/engage", {"ip": "0", "strict": "1", "verbose": "1"}, body, {})

    async def _post(self, path: str, query: Mapping[str, str], body: bytes, headers: Mapping[str, str]) -> Answer:
        headers = {"Content-Type": "application/json", "Accept": "application/json", **headers}
        try:
            async with self._http.post(
                self._url + path, params=query, data=body, headers=headers, timeout=self._timeout, allow_redirects=False
            ) as response:
                content = await json_of(response.content)
                answer = Answer(
                    response.status, content, retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
                )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            # It may have accepted them; what comes again has the same id and counts once.
            raise Postpone(f"{SERVICE} does not answer: {type(error).__name__}") from error
        if (why := failure(answer, SERVICE, CREDENTIALS)) is not None:
            raise why
        # Whatever it says, it says a status; facts are not dead because somebody else has answered.
        if not isinstance(answer.body, dict) or "status" not in answer.body:
            raise Postpone(f"what answers {answer.status} at {self._url} is not {SERVICE}")
        return answer
