"""The folder that boards leave for: a file each, and an index that is written last, so that half a folder is known."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from topics.errors import Misconfigured

INDEX: Final = "index.json"
BOARDS: Final = "boards"
FORM: Final = 1


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
        index: dict[str, Any] = orjson.loads(path.read_bytes())
        if index["doska"] != FORM:
            raise Misconfigured(f"{path}: /doska: this Doska reads form {FORM}, not {index['doska']}")
        boards = tuple(Moved(**each) for each in index["boards"])
        people = {user_id: Person(**person) for user_id, person in index["people"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Misconfigured(f"{path}: cannot be read: {error}") from error
    return Index(boards, people)


def read_board(folder: Path, board: Moved) -> bytes:
    """The file of a board. Raises Misconfigured when it is not what was written."""
    path = folder / board.file
    if path.parent != folder / BOARDS or not path.is_file():
        raise Misconfigured(f"{path}: is not there")
    raw = path.read_bytes()
    if hashlib.sha256(raw).hexdigest() != board.sha256:
        raise Misconfigured(f"{path}: is not what was written: its hash is another one than in {INDEX}")
    return raw
