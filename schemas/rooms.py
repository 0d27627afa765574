"""Who sees a message live: its rooms, and the part of it that goes there."""

import re
from typing import Any

from schemas.registry import MessageType

_FIELD = re.compile(r"\{([a-z_]+)\}")


def rooms_of(mt: MessageType, data: dict[str, Any]) -> list[str]:
    """The rooms that see this message, such as `board:0198…`; a message that names none goes to none."""
    return [_FIELD.sub(lambda field: str(data[field[1]]), template) for template in mt.rooms]


def live_view(mt: MessageType, data: dict[str, Any]) -> dict[str, Any]:
    """What a room may see of the data: only the fields its schema marks, in the order they stand."""
    return {name: value for name, value in data.items() if name in mt.live}
