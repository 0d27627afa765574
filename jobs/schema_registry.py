"""Tells the schemas to a Confluent-compatible registry; the files stay the source, and nothing of ours reads from there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import aiohttp
import orjson

from schemas.codec import produced_schema
from schemas.registry import MessageType
from topics.errors import Misconfigured, Unavailable

MEDIA_TYPE: Final = "application/vnd.schemaregistry.v1+json"
ANSWER_SECONDS: Final = 30.0
UNKNOWN: Final = 404


@dataclass(frozen=True, slots=True)
class Registered:
    """A schema in the registry: its subject, the id that the registry gave it, and whether it was new there."""

    subject: str
    id: int
    new: bool


def subject_of(mt: MessageType) -> str:
    """One subject for each version of a type: our versions are those that do not fit together."""
    return f"{mt.name}.v{mt.version}"


async def register(url: str, types: Iterable[MessageType]) -> list[Registered]:
    """Tell every schema to the registry, as it stands in the log. Twice is harmless.

    Raises Unavailable when the registry does not answer, Misconfigured with its own words when it refuses.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Misconfigured("DOSKA_SCHEMA_REGISTRY_URL must be like https://registry.example.org/apis/ccompat/v7")
    headers = {"Accept": MEDIA_TYPE}
    if parts.username:
        headers["Authorization"] = aiohttp.encode_basic_auth(unquote(parts.username), unquote(parts.password or ""))
    shown = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])).rstrip("/")
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout, headers=headers) as http:
        try:
            return [await _one(http, shown, mt) for mt in types]
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unavailable(f"the schema registry at {shown} does not answer: {error!r}") from error


async def _one(http: aiohttp.ClientSession, url: str, mt: MessageType) -> Registered:
    subject = subject_of(mt)
    at = f"{url}/subjects/{quote(subject, safe='')}"
    text = orjson.dumps(produced_schema(mt), default=dict, option=orjson.OPT_SORT_KEYS).decode()
    body = {"schemaType": "JSON", "schema": text}
    status, known = await _ask(http, at, body)
    if status == 200:
        return Registered(subject, known["id"], new=False)
    if status != UNKNOWN:
        raise _refusal(url, subject, status, known)
    status, told = await _ask(http, f"{at}/versions", body)
    if status != 200:
        raise _refusal(url, subject, status, told)
    return Registered(subject, told["id"], new=True)


async def _ask(http: aiohttp.ClientSession, url: str, body: Mapping[str, str]) -> tuple[int, Mapping[str, Any]]:
    async with http.post(url, data=orjson.dumps(body), headers={"Content-Type": MEDIA_TYPE}) as answer:
        raw = await answer.read()
    try:
        told = orjson.loads(raw)
    except orjson.JSONDecodeError:
        told = {"message": raw[:200].decode(errors="replace")}
    return answer.status, told if isinstance(told, dict) else {"message": str(told)}


def _refusal(url: str, subject: str, status: int, told: Mapping[str, Any]) -> Exception:
    said = f"{status}: {told.get('message') or told.get('detail') or 'no word why'}"
    if status in (401, 403):
        return Misconfigured(f"the schema registry at {url} does not let us in ({said}): see DOSKA_SCHEMA_REGISTRY_URL")
    if status == 409:
        return Misconfigured(
            f"the schema registry at {url} holds another schema under {subject} and takes this one for incompatible ({said}). "
            "Compare with `doska schemas check`; a change that it finds harmless needs the subject's own compatibility loosened"
        )
    if status >= 500:
        return Unavailable(f"the schema registry at {url} fails at {subject} ({said})")
    return Misconfigured(f"the schema registry at {url} refuses {subject} ({said})")
