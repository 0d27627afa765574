"""The rules for schema files; a file that breaks one is not loaded."""

import json
from collections.abc import Iterator, Mapping
from functools import cache

import jsonschema_rs

from schemas import message_rules
from schemas.problems import SchemaFileInvalid, pointer
from schemas.schema_files import FOLDER, META, VOCABULARY, targets
from schemas.walk import Schema, children, every

_OPENNESS = {"additionalProperties", "unevaluatedProperties", "propertyNames"}


def check(documents: Mapping[str, Schema]) -> None:
    """Raises SchemaFileInvalid at the first file that breaks a rule."""
    for name, document in documents.items():
        for path, message in _broken(name, document, documents):
            raise SchemaFileInvalid(name, path, message)
    for name in _orphans(documents):
        raise SchemaFileInvalid(name, "", "is a part that no message refers to")


@cache
def meta() -> jsonschema_rs.Draft202012Validator:
    """The meta-schema, which lists every keyword a schema file may use."""
    return jsonschema_rs.Draft202012Validator(json.loads((FOLDER / META).read_bytes()), validate_formats=True)


def _broken(name: str, document: Schema, documents: Mapping[str, Schema]) -> Iterator[tuple[str, str]]:
    for error in meta().iter_errors(dict(document)):
        yield pointer(*error.instance_path), error.message[:500]
    if document["$id"] != f"doska:/{name}":
        yield "/$id", f"must be doska:/{name}"
    for file, definition in targets(name, document):
        if file not in documents or (definition and definition not in documents[file].get("$defs", {})):
            yield "", f"refers to {file}#{definition}, which does not exist"
    yield from _unbounded(document)
    if _is_part(name, document):
        yield from message_rules.marks(document)
    else:
        yield from message_rules.broken(document, documents)


def _unbounded(document: Schema) -> Iterator[tuple[str, str]]:
    """What has no limit: a string, a list, a number without bounds, an object neither open nor closed."""
    merged = {id(part) for _, outer in every(document) for part in _in_place(outer)}
    for path, schema in every(document):
        if "if" in path:  # a question, not a limit
            continue
        says = schema.get("type", ())
        types = {says} if isinstance(says, str) else set(says)
        if "string" in types and "maxLength" not in schema:
            yield pointer(*path), "is a string without maxLength"
        if "array" in types and "maxItems" not in schema and schema.get("items") is not False:
            yield pointer(*path), "is an array without maxItems"
        if types & {"integer", "number"} and not {"minimum", "maximum"} <= set(schema):
            yield pointer(*path), "is a number without minimum and maximum"
        if "object" in types and not _OPENNESS & set(schema) and id(schema) not in merged:
            yield pointer(*path), "is an object that says nothing of additional properties"


def _in_place(schema: Schema) -> Iterator[Schema]:
    """The schemas that speak of the same value as this one, for which this one closes the properties."""
    for path, child in children(schema):
        if path[0] in ("allOf", "if", "then", "else"):
            yield child
            yield from _in_place(child)


def _orphans(documents: Mapping[str, Schema]) -> Iterator[str]:
    used = {file for name, document in documents.items() for file, _ in targets(name, document) if file != name}
    for name, document in documents.items():
        if _is_part(name, document) and name not in used:
            yield name


def _is_part(name: str, document: Schema) -> bool:
    return name == VOCABULARY or document["x-kind"] == "part"
