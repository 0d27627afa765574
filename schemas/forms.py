"""The three forms of one schema: as a client sends it, as it is produced, as a reader must accept it."""

from typing import Any

from schemas.registry import MessageType
from schemas.schema_files import FOLDER, VOCABULARY, read
from schemas.walk import rewritten

_SEALED = "sealed"


def client(mt: MessageType) -> dict[str, Any]:
    """What a client may send: the edge's own fields are unknown, secrets are in clear."""
    schema = dict(mt.schema)
    schema["properties"] = {
        name: property_ for name, property_ in schema["properties"].items() if name not in mt.edge_fields
    }
    schema["required"] = [name for name in schema["required"] if name not in mt.edge_fields]
    schema["examples"] = [client_example(mt, example) for example in mt.examples]
    schema.pop("x-rejects")
    return _without_loose_definitions(schema)


def client_example(mt: MessageType, example: dict[str, Any]) -> dict[str, Any]:
    """An example as a client sends it: without the edge's fields, with a secret in clear."""
    clear = {name: mt.schema["properties"][name]["examples"][0] for name in mt.sealed if name in example}
    return {name: clear.get(name, value) for name, value in example.items() if name not in mt.edge_fields}


def produced(mt: MessageType) -> dict[str, Any]:
    """What stands in the log: closed, secrets sealed."""
    schema = dict(mt.schema)
    if mt.sealed:
        about = {"$ref": f"#/$defs/{_SEALED}"}
        schema["properties"] = {
            name: about | _marks(property_) if name in mt.sealed else property_
            for name, property_ in schema["properties"].items()
        }
        schema["$defs"] = {**schema.get("$defs", {}), _SEALED: read(FOLDER)[VOCABULARY]["$defs"][_SEALED]}
    return _without_loose_definitions(schema)


def readable(mt: MessageType) -> dict[str, Any]:
    """What a reader accepts: as produced, but open, so that an optional field added by a newer release is no error."""
    return rewritten(produced(mt), _opened)


def _opened(schema: dict[str, Any]) -> dict[str, Any]:
    for keyword in ("additionalProperties", "unevaluatedProperties"):
        if schema.get(keyword) is False:
            del schema[keyword]
    return schema


def _marks(property_: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in property_.items() if key.startswith("x-") or key == "description"}


def _without_loose_definitions(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without definitions that nothing in it refers to any more."""
    definitions = schema.pop("$defs", {})
    used: set[str] = set()

    def follow(part: dict[str, Any]) -> dict[str, Any]:
        name = part.get("$ref", "").removeprefix("#/$defs/")
        if name and name not in used:
            used.add(name)
            rewritten(definitions[name], follow)
        return part

    rewritten(schema, follow)
    kept = {name: definition for name, definition in definitions.items() if name in used}
    return {**schema, "$defs": kept} if kept else schema
