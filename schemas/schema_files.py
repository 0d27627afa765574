"""The files under schemas/: finding them, reading them, and making each whole in itself."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Any

from schemas.problems import SchemaFileInvalid
from schemas.walk import Schema, every, rewritten

FOLDER = Path(__file__).parent
VOCABULARY = "vocabulary.v1.json"
META = "meta.json"
FILE_NAME = re.compile(r"(?P<stem>[a-z][a-z0-9_]*)\.v(?P<version>[1-9][0-9]*)\.json")
# JSON that lies beside the schemas and is none: test vectors, and what has been released.
NOT_SCHEMAS = re.compile(r"meta\.json|[a-z_]+/[a-z_]+_vectors\.json|released/.*")


def names(folder: Path = FOLDER) -> Iterator[str]:
    """Every schema file, as `<domain>/<name>.v<N>.json`, and the vocabulary.

    Raises SchemaFileInvalid at JSON that is no schema file and no known companion: a misnamed
    schema must not lie there unread.
    """
    for path in sorted(folder.rglob("*.json")):
        name = path.relative_to(folder).as_posix()
        if NOT_SCHEMAS.fullmatch(name):
            continue
        if name != VOCABULARY and (len(Path(name).parts) != 2 or not FILE_NAME.fullmatch(path.name)):
            raise SchemaFileInvalid(name, "", "is not where a schema can be: schemas/<domain>/<name>.v<N>.json")
        yield name


def read(folder: Path = FOLDER) -> dict[str, dict[str, Any]]:
    """Every schema file by its name, as written."""
    return {name: _parsed(folder, name) for name in names(folder)}


def _parsed(folder: Path, name: str) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise SchemaFileInvalid(name, "", f"has a key twice among {sorted(key for key, _ in pairs)}")
        return found

    try:
        document = json.loads((folder / name).read_bytes(), object_pairs_hook=once)
    except ValueError as error:
        raise SchemaFileInvalid(name, "", f"is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise SchemaFileInvalid(name, "", "must be an object")
    return document


def targets(name: str, schema: Schema) -> Iterator[tuple[str, str]]:
    """The (file, definition) that the references of one file lead to; definition "" is the whole file."""
    for _path, inner in every(schema):
        if "$ref" in inner:
            yield _target(name, inner["$ref"])


def _target(name: str, ref: str) -> tuple[str, str]:
    relative, _, fragment = ref.partition("#")
    file = normpath(join(dirname(name), relative)) if relative else name
    return file, fragment.removeprefix("/$defs/")


def bundled(name: str, documents: Mapping[str, Schema]) -> dict[str, Any]:
    """One file with everything it refers to laid into its own `$defs`: any validator can read it, offline."""
    definitions: dict[str, Any] = {}

    def local(file: str, definition: str) -> str:
        stem = file.rpartition("/")[2].partition(".")[0]
        if not definition:
            return stem
        return definition if file in (VOCABULARY, name) else f"{stem}.{definition}"

    def pull(file: str, definition: str) -> None:
        label = local(file, definition)
        if label in definitions:
            return
        try:
            found = documents[file]["$defs"][definition] if definition else documents[file]
        except KeyError as error:
            raise SchemaFileInvalid(name, "", f"refers to {file}#{definition}, which does not exist") from error
        definitions[label] = {}  # taken, so that a definition may refer to itself
        definitions[label] = relinked(file, found)

    def relinked(file: str, schema: Schema) -> dict[str, Any]:
        def change(inner: dict[str, Any]) -> dict[str, Any]:
            if "$ref" in inner:
                target = _target(file, inner["$ref"])
                pull(*target)
                inner["$ref"] = f"#/$defs/{local(*target)}"
            return inner

        kept = {key: value for key, value in schema.items() if key not in _ONLY_OF_A_FILE}
        return rewritten(kept, change)

    whole = relinked(name, documents[name])
    outer = {key: value for key, value in documents[name].items() if key in _ONLY_OF_A_FILE - {"$defs"}}
    return {**outer, **whole, **({"$defs": dict(sorted(definitions.items()))} if definitions else {})}


_ONLY_OF_A_FILE = frozenset({"$schema", "$id", "$defs", "x-kind", "examples", "x-rejects"})
