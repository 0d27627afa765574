"""What a client may send: parsing and checking of frames, without I/O."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from edge.errors import ApiError
from edge.strict_json import MAX_PROBLEMS, parse
from schemas.problems import Code, Problem, pointer

MAX_ID: Final = 64
MAX_KEY: Final = 128
MAX_ROOM: Final = 100
MAX_TYPE: Final = 100
MAX_CLIENT: Final = 100
MAX_TOKEN: Final = 8192
MAX_CURSOR: Final = 1024
MAX_FEATURES: Final = 32
MAX_FEATURE: Final = 64


@dataclass(frozen=True, slots=True)
class Hello:
    """Who is there."""

    id: str | None
    token: str
    client: str
    features: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Join:
    """Come into a room, with everything after `since`; with `owners` also hear what is for the owners of the board."""

    id: str | None
    room: str
    since: str | None
    owners: bool = False


@dataclass(frozen=True, slots=True)
class Leave:
    """Go out of a room."""

    id: str | None
    room: str


@dataclass(frozen=True, slots=True)
class Send:
    """An action or an op; `data` is not checked yet."""

    id: str | None
    type: str
    data: Any
    key: str | None


@dataclass(frozen=True, slots=True)
class Move:
    """Presence; `data` is not checked yet."""

    id: str | None
    room: str
    data: Any


@dataclass(frozen=True, slots=True)
class Ping:
    """Asks for a pong."""

    id: str | None


Frame = Hello | Join | Leave | Send | Move | Ping


class FrameRefused(Exception):
    """A frame that is answered by a `reject` and does nothing else.

    `own` tells that paths point into the frame itself, not into its `data`. `unreadable` frames are counted: the
    third one closes the socket.
    """

    def __init__(
        self,
        code: Code,
        detail: str,
        errors: tuple[Problem, ...] = (),
        *,
        frame_id: str | None = None,
        room: str | None = None,
        unreadable: bool = False,
    ) -> None:
        super().__init__(detail)
        self.code: Code = code
        self.detail = detail
        self.errors = errors
        self.frame_id = frame_id
        self.room = room
        self.unreadable = unreadable


@dataclass(frozen=True, slots=True)
class FrameProblem(Problem):
    """A problem in a frame's own field, not in its `data`."""


def parse_frame(raw: bytes, max_depth: int) -> Frame:
    """Read one text frame. Raises `FrameRefused`."""
    try:
        frame = parse(raw, max_depth)
    except ApiError as error:
        raise _unfit(raw, error) from None
    if not isinstance(frame, dict):
        raise _unreadable("A frame is a JSON object.")
    return _read(frame)


def refuse_binary() -> FrameRefused:
    """The answer to a binary frame."""
    return _unreadable("Frames are text, this one is binary.")


def _read(frame: dict[str, Any]) -> Frame:
    kind = frame.get("kind")
    reader = KINDS.get(kind) if isinstance(kind, str) else None
    known_id = _known_id(frame.get("id"))
    if reader is None:
        raise _unreadable("`kind` is not one that a client sends.", known_id)
    fields = _Fields(frame, known_id)
    read = reader(fields)
    fields.check()
    return read


def _unfit(raw: bytes, error: ApiError) -> FrameRefused:
    """Refuse a frame that not every reader would understand alike, naming it by kind and id as far as it can be read."""
    kind, identifier = _glimpse(raw)
    detail = error.detail.replace("The body", "The frame")
    if any(problem.path == "/id" for problem in error.errors):
        identifier = None
    if error.code != "schema_invalid":
        return _unreadable(detail, identifier)
    if kind not in KINDS:
        return _unreadable("`kind` is not one that a client sends.", identifier)
    return FrameRefused("schema_invalid", detail, tuple(map(place, error.errors)), frame_id=identifier)


def _glimpse(raw: bytes) -> tuple[str | None, str | None]:
    """Kind and id of a frame that is refused whatever else it holds."""
    try:
        frame = json.loads(raw, parse_int=lambda _: 0)
    except (ValueError, RecursionError):
        return None, None
    if not isinstance(frame, dict):
        return None, None
    kind, identifier = frame.get("kind"), frame.get("id")
    return kind if isinstance(kind, str) else None, _known_id(identifier)


def _known_id(identifier: Any) -> str | None:
    """The id when it can be echoed: a frame that is refused for something else may have any."""
    if not isinstance(identifier, str) or len(identifier) > MAX_ID:
        return None
    return None if any("\ud800" <= character <= "\udfff" for character in identifier) else identifier


def place(problem: Problem) -> Problem:
    """A path into the whole frame as the public contract writes it: inside `data` from there, else of the frame."""
    if problem.path.startswith("/data/") or problem.path == "/data":
        return Problem(problem.path.removeprefix("/data"), problem.message)
    return FrameProblem(problem.path, problem.message)


def _unreadable(detail: str, frame_id: str | None = None) -> FrameRefused:
    return FrameRefused("malformed", detail, frame_id=frame_id, unreadable=True)


class _Fields:
    """Takes fields out of a frame and collects what is wrong with them."""

    def __init__(self, frame: Mapping[str, Any], known_id: str | None) -> None:
        self._frame = frame
        self._known_id = known_id
        self._taken = {"kind", "id"}
        self._problems: list[Problem] = []
        if frame.get("id") is not None and known_id is None:
            self._wrong("/id", f"must be a string of at most {MAX_ID} characters")

    @property
    def id(self) -> str | None:
        """The frame's own id, echoed in what answers it."""
        return self._known_id

    def text(self, name: str, longest: int) -> str:
        """A string that must be there."""
        value = self._take(name)
        if not isinstance(value, str) or not 1 <= len(value) <= longest:
            self._wrong(f"/{name}", f"must be a string of 1 to {longest} characters")
            return ""
        return value

    def maybe_text(self, name: str, longest: int) -> str | None:
        """A string that may be null or absent."""
        return None if self._take(name) is None else self.text(name, longest)

    def names(self, name: str) -> frozenset[str]:
        """A list of short names that may be null or absent."""
        value = self._take(name)
        if value is None:
            return frozenset()
        fits = isinstance(value, list) and len(value) <= MAX_FEATURES
        if not fits or not all(isinstance(one, str) and 1 <= len(one) <= MAX_FEATURE for one in value):
            self._wrong(
                f"/{name}", f"must be a list of at most {MAX_FEATURES} strings of 1 to {MAX_FEATURE} characters"
            )
            return frozenset()
        return frozenset(value)

    def maybe_truth(self, name: str) -> bool:
        """True or false; false when it is absent."""
        value = self._take(name)
        if value is not None and not isinstance(value, bool):
            self._wrong(f"/{name}", "must be true or false")
        return value is True

    def anything(self, name: str) -> Any:
        """A value that must be there; what it holds is checked by its own schema."""
        value = self._take(name)
        if name not in self._frame:
            self._wrong(f"/{name}", "is missing")
        return value

    def check(self) -> None:
        """Raises `FrameRefused` when anything is wrong, unknown fields included."""
        unknown = (name for name in self._frame if name not in self._taken)
        for name in islice(unknown, MAX_PROBLEMS):
            self._wrong(pointer(name), "is not a field of this kind of frame")
        if self._problems:
            room = self._frame.get("room")
            raise FrameRefused(
                "schema_invalid",
                "The frame's own fields are not as the protocol says.",
                tuple(self._problems),
                frame_id=self._known_id,
                room=room if isinstance(room, str) and len(room) <= MAX_ROOM else None,
            )

    def _take(self, name: str) -> Any:
        self._taken.add(name)
        return self._frame.get(name)

    def _wrong(self, path: str, message: str) -> None:
        self._problems.append(FrameProblem(path, message))


KINDS: Final[Mapping[str, Callable[[_Fields], Frame]]] = {
    "hello": lambda of: Hello(
        of.id, of.text("token", MAX_TOKEN), of.maybe_text("client", MAX_CLIENT) or "", of.names("features")
    ),
    "join": lambda of: Join(
        of.id, of.text("room", MAX_ROOM), of.maybe_text("since", MAX_CURSOR), owners=of.maybe_truth("owners")
    ),
    "leave": lambda of: Leave(of.id, of.text("room", MAX_ROOM)),
    "send": lambda of: Send(of.id, of.text("type", MAX_TYPE), of.anything("data"), of.maybe_text("key", MAX_KEY)),
    "move": lambda of: Move(of.id, of.text("room", MAX_ROOM), of.anything("data")),
    "ping": lambda of: Ping(of.id),
}
