"""The AsyncAPI document: the topics of the log with their messages, and the socket with its frames."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from schemas.codec import read_schema
from schemas.registry import MessageType, registry
from topics.bus.catalog import catalog
from topics.graph.flow import Channel

Json = dict[str, Any]
VERSION: Final = "3.0.0"
CHANNELS: Final = "#/channels/"
MESSAGES: Final = "#/components/messages/"


def asyncapi(address: str, version: str, flow: Sequence[Channel]) -> Json:
    """The document; `flow` says who writes and reads each topic."""
    topics = {name: topic.about for name, topic in sorted(catalog().items())}
    ends = {each.topic: each for each in flow}
    channels = {_slug(name): _topic(name, about) | _ends(ends.get(name)) for name, about in topics.items()}
    channels["socket"] = _socket()
    host = address.partition("://")[2].partition("/")[0]
    return {
        "asyncapi": VERSION,
        "info": {
            "title": "Doska",
            "version": version,
            "description": "Records on the log are CloudEvents 1.0 in Kafka's binary mode. HTTP is in /openapi.json.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "log": {"host": "kafka", "protocol": "kafka", "description": "The installation's own Kafka."},
            "edge": {"host": host, "protocol": "wss" if address.startswith("https") else "ws", "pathname": "/ws"},
        },
        "channels": channels,
        "operations": dict(_operations(topics)),
        "components": {"messages": {mt.dataschema.replace("/", "."): _message(mt) for mt in registry().types()}},
    }


def _topic(name: str, about: str) -> Json:
    messages = {_name(mt): {"$ref": f"{MESSAGES}{_name(mt)}"} for mt in registry().of_topic(name)}
    return {
        "address": name,
        "description": about,
        "servers": [{"$ref": "#/servers/log"}],
        "messages": messages,
        "bindings": {"kafka": {"topic": name}},
    }


def _ends(found: Channel | None) -> Json:
    """Derived from the manifests: a topic itself never lists its consumers."""
    if found is None:
        return {}
    return {"x-written-by": list(found.writers), "x-read-by": list(found.readers)}


def _socket() -> Json:
    sendable = [mt for mt in registry().types() if mt.sendable]
    told = [mt for mt in registry().types() if mt.rooms]
    return {
        "address": "/ws",
        "description": "One JSON object a frame; `kind` says what. The first frame is `hello`. "
        "Actions and ops are the `data` of `send`, what rooms tell are the `data` of `events`.",
        "servers": [{"$ref": "#/servers/edge"}],
        "messages": {_name(mt): {"$ref": f"{MESSAGES}{_name(mt)}"} for mt in (*sendable, *told)},
    }


def _operations(topics: dict[str, str]) -> Iterator[tuple[str, Json]]:
    for name in topics:
        yield f"read_{_slug(name)}", {"action": "receive", "channel": {"$ref": f"{CHANNELS}{_slug(name)}"}}
    yield "talk", {"action": "send", "channel": {"$ref": f"{CHANNELS}socket"}}
    yield "listen", {"action": "receive", "channel": {"$ref": f"{CHANNELS}socket"}}


def _message(mt: MessageType) -> Json:
    return {
        "name": mt.name,
        "title": mt.title,
        "summary": mt.schema["description"],
        "contentType": "application/json",
        "payload": {"schemaFormat": "application/schema+json;version=draft-2020-12", "schema": _plain(read_schema(mt))},
        "tags": [{"name": mt.kind}],
    }


def _plain(schema: Any) -> Any:
    """A schema without the product's own marks."""
    if isinstance(schema, list | tuple):
        return [_plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _plain(one) for key, one in schema.items() if not (isinstance(key, str) and key.startswith("x-"))}


def _name(mt: MessageType) -> str:
    return mt.dataschema.replace("/", ".")


def _slug(topic: str) -> str:
    return topic.replace(".", "_")
