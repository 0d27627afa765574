"""A client that holds every answer against the OpenAPI document."""

import re
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import jsonschema

from edge.http.documents import documented
from edge.http.openapi import openapi
from edge.http.routes import routes
from tests.edge.client import Answer, Api

Json = dict[str, Any]


@cache
def document() -> Json:
    """The document of this release."""
    return openapi(documented(routes(), "http://localhost"), "http://localhost", "0")


@cache
def patterns() -> list[tuple[re.Pattern[str], Json]]:
    """The paths, fixed ones first."""
    paths = sorted(document()["paths"].items(), key=lambda each: each[0].count("{"))
    return [(re.compile(re.sub(r"\{[a-z_]+\}", "[^/]+", path) + r"\Z"), methods) for path, methods in paths]


class DocumentedApi(Api):
    """Fails on an answer that the document does not promise."""

    async def call(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        """See `Api.call`."""
        answer = await super().call(method, path, body, **options)
        promised(method, path, answer)
        return answer

    def as_token(self, token: str | None) -> "DocumentedApi":
        """See `Api.as_token`."""
        return DocumentedApi(self.base_url, self.http, token)


def promised(method: str, path: str, answer: Answer) -> None:
    """Fail when an answer is not in the document, or not as it is there."""
    methods = next((found for pattern, found in patterns() if pattern.match(urlsplit(path).path)), None)
    if methods is None or method.lower() not in methods:
        assert answer.status in (404, 405)
        return
    answers = methods[method.lower()]["responses"]
    assert str(answer.status) in answers, (method, path, answer)
    content = answers[str(answer.status)].get("content", {})
    media_type = answer.headers.get("Content-Type", "").partition(";")[0]
    if not content:
        return
    assert media_type in content, (method, path, media_type, list(content))
    schema = {**content[media_type]["schema"], "components": document()["components"]}
    jsonschema.Draft202012Validator(schema).validate(answer.body)
