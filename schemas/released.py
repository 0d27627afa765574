"""The schemas as they were last released: what this release must stay compatible with."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.compatibility import compare
from schemas.differences import Finding
from schemas.problems import SchemaFileInvalid
from schemas.registry import MessageType, Registry, message_type
from schemas.schema_files import FILE_NAME, FOLDER

RELEASED = FOLDER / "released"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference of a message type to its released schema."""

    type: MessageType
    finding: Finding


def snapshot(folder: Path = RELEASED) -> tuple[MessageType, ...]:
    """The released types, without their rejects."""
    return tuple(_of_file(path) for path in sorted(folder.glob("*/*.json")))


def changes(registry: Registry, released: Iterable[MessageType]) -> Iterator[Change]:
    """Every difference between this release and the last; a type that is gone is one too."""
    now = {mt.dataschema: mt for mt in registry.types()}
    for old in released:
        new = now.get(old.dataschema)
        if new is None:
            gone = "it was released, and records of it may stand in the log: keep the file"
            yield Change(old, Finding("type removed", "", gone, breaking=True, upgrade_first="readers"))
        else:
            for finding in compare(old.schema, new.schema):
                yield Change(new, finding)


def release(types: Iterable[MessageType], folder: Path = RELEASED) -> list[Path]:
    """Writes the snapshot of this release; returns the files that changed."""
    written = []
    for mt in types:
        path = folder / mt.domain / f"{mt.name.partition('.')[2]}.v{mt.version}.json"
        text = json.dumps(_kept(mt), indent=1, ensure_ascii=False) + "\n"
        if not path.exists() or path.read_text("utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            written.append(path)
    return written


def _kept(mt: MessageType) -> dict[str, Any]:
    """Without rejects: what a release refused, a later one may admit only as a change that the check finds."""
    return {keyword: value for keyword, value in mt.schema.items() if keyword != "x-rejects"}


def _of_file(path: Path) -> MessageType:
    match = FILE_NAME.fullmatch(path.name)
    if match is None:
        raise SchemaFileInvalid(f"released/{path.parent.name}/{path.name}", "", "is no released schema")
    return message_type(f"{path.parent.name}.{match['stem']}", int(match["version"]), json.loads(path.read_bytes()))
