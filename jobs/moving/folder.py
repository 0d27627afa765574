"""The folder that boards leave for: a file each, and an index that is written last, so that half a folder is known."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson

from schemas.codec import compiled
from schemas.explain import problems
from schemas.ids import ID
from topics.errors import Misconfigured

INDEX: Final = "index.json"
BOARDS: Final = "boards"
FORM: Final = 1
# What is read at once, here and of what a board's file holds; an operator's folder is his own, and a slip is soon made.
INDEX_BYTES: Final = 64 * 1024 * 1024
BOARD_BYTES: Final = 1024 * 1024 * 1024
MOST: Final = 10_000_000
TEXT: Final = {"type": "string", "maxLength": 320}
ID_TEXT: Final = {"type": "string", "pattern": f"^{ID.pattern}$"}
SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["doska", "boards", "people"],
    "properties": {
        "doska": {"const": FORM},
        "boards": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["board_id", "title", "workspace_id", "archived", "template", "sha256"],
                "properties": {
                    "board_id": ID_TEXT,
                    "title": TEXT,
                    "workspace_id": ID_TEXT,
                    "archived": {"type": "boolean"},
                    "template": {"type": "boolean"},
                    "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                },
            },
        },
        "people": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "email"],
                "properties": {"name": TEXT, "email": TEXT},
            },
        },
    },
}


@dataclass(frozen=True, slots=True)
class Moved:
    """A board in the index. Its file is named after its id, for titles are no file names."""

    board_id: str
    title: str
    workspace_id: str
    archived: bool
    template: bool
    sha256: str

    @property
    def file(self) -> str:
        """Where its file is in the folder."""
        return f"{BOARDS}/{self.board_id}.excalidraw"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose words are in the folder; the address tells who he is elsewhere."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Index:
    """What is in a folder."""

    boards: tuple[Moved, ...]
    people: dict[str, Person]


def begin(folder: Path) -> None:
    """Make the folder. Raises Misconfigured for one that has something in it."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Misconfigured(f"{folder}: must be an empty folder, or none yet")
    (folder / BOARDS).mkdir(parents=True, exist_ok=True)


def write_index(folder: Path, boards: Sequence[Moved], people: dict[str, Person]) -> None:
    """The last thing that is written."""
    index = {
        "doska": FORM,
        "boards": [asdict(each) for each in boards],
        "people": {user_id: asdict(person) for user_id, person in people.items()},
    }
    (folder / INDEX).write_bytes(orjson.dumps(index, option=orjson.OPT_INDENT_2) + b"\n")


def read_index(folder: Path) -> Index:
    """What is in a folder. Raises Misconfigured with the path for one that is none, or half of one."""
    path = folder / INDEX
    if not path.is_file():
        raise Misconfigured(f"{path}: is not there: this is no folder of `doska boards export`, or half of one")
    try:
        index: Any = orjson.loads(_bytes(path, INDEX_BYTES))
    except ValueError as error:
        raise Misconfigured(f"{path}: cannot be read: {error}") from error
    validator, schema = _compiled()
    if not validator.is_valid(index):
        told = "; ".join(f"{each.path or 'the whole'}: {each.message}" for each in problems(validator, schema, index))
        raise Misconfigured(f"{path}: {told}")
    boards = tuple(Moved(**each) for each in index["boards"])
    return Index(boards, {user_id: Person(**person) for user_id, person in index["people"].items()})


def read_board(folder: Path, board: Moved) -> bytes:
    """The file of a board. Raises Misconfigured when it is not what was written."""
    path = folder / board.file
    if path.parent != folder / BOARDS or not path.is_file():
        raise Misconfigured(f"{path}: is not there")
    raw = _bytes(path, BOARD_BYTES)
    if hashlib.sha256(raw).hexdigest() != board.sha256:
        raise Misconfigured(f"{path}: is not what was written: its hash is another one than in {INDEX}")
    return raw


def _bytes(path: Path, most: int) -> bytes:
    if (size := path.stat().st_size) > most:
        raise Misconfigured(f"{path}: has {size} bytes, and at most {most} are read")
    return path.read_bytes()


@cache
def _compiled() -> Any:
    return compiled(SCHEMA)
