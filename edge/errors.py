"""What the edge answers when it refuses: one exception, and its RFC 9457 form.

Tree: `ApiError` is the only one; its `code` is a row of the public error table (`schemas.problems`).
"""

from collections.abc import Iterable, Mapping

import orjson
from aiohttp import web

from schemas.problems import STATUS, Code, Problem

PROBLEM_TYPE = "application/problem+json"
WAIT_SECONDS: Mapping[Code, int] = {"rate_limited": 1, "unavailable": 2, "outcome_unknown": 2}
TITLES: Mapping[Code, str] = {
    "malformed": "The request cannot be read",
    "unauthenticated": "Nobody is signed in",
    "forbidden": "This is not allowed to you",
    "not_found": "There is no such thing",
    "method_not_allowed": "This address does not take this method",
    "conflict": "This contradicts what is already there",
    "gone": "This is over",
    "too_large": "This is too large",
    "unsupported_media_type": "This kind of body is not read here",
    "schema_invalid": "The contents are not as the schema says",
    "rate_limited": "Too many requests",
    "internal": "A mistake of the server",
    "unavailable": "Not accepted now, nothing happened",
    "outcome_unknown": "Accepted, but the outcome is not known yet",
}


class ApiError(Exception):
    """A refusal with a code of the public table.

    `errors` name places by JSON Pointer; `retry_after` is whole seconds and always set for the codes that promise it.
    `decided` marks the word of a decider: it stands in the log, and an idempotency key remembers it.
    """

    def __init__(
        self,
        code: Code,
        detail: str,
        errors: Iterable[Problem] = (),
        *,
        retry_after: float | None = None,
        headers: Mapping[str, str] | None = None,
        decided: bool = False,
    ) -> None:
        super().__init__(detail)
        self.code: Code = code
        self.detail = detail
        self.errors = tuple(errors)
        wait = WAIT_SECONDS.get(code) if retry_after is None else max(1, -int(-retry_after // 1))
        self.retry_after: int | None = wait
        self.headers: Mapping[str, str] = headers or {}
        self.decided = decided

    @property
    def status(self) -> int:
        """The HTTP status of the code."""
        return STATUS[self.code]


def not_found() -> ApiError:
    """The one answer for a thing that does not exist and for a thing that one may not see."""
    return ApiError("not_found", "There is no such thing, or you may not see it.")


def at(code: Code, path: str, message: str) -> ApiError:
    """A refusal about one place of the body."""
    return ApiError(code, message, (Problem(path, message),))


def problem(error: ApiError, trace_id: str) -> dict[str, object]:
    """The body of a refusal."""
    return {
        "type": f"urn:doska:problem:{error.code}",
        "title": TITLES[error.code],
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "errors": [{"path": one.path, "message": one.message} for one in error.errors],
        "trace_id": trace_id,
    }


def problem_response(error: ApiError, trace_id: str) -> web.Response:
    """The HTTP answer of a refusal."""
    headers = dict(error.headers)
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if error.code == "unauthenticated":
        headers.setdefault("WWW-Authenticate", 'Bearer realm="doska"')
    return web.Response(
        status=error.status,
        body=orjson.dumps(problem(error, trace_id)),
        content_type=PROBLEM_TYPE,
        headers=headers,
    )
