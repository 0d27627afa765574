"""A mapping that forgets what was not used for longest, bounded by what it all weighs."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class BoundedBytes(Generic[Key, Value]):
    """Values that weigh at most `most` bytes together; one that is heavier alone is not kept."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self.size = 0

    def get(self, key: Key) -> Value | None:
        """The value, if it is remembered."""
        found = self._values.get(key)
        if found is None:
            return None
        self._values.move_to_end(key)
        return found[0]

    def put(self, key: Key, value: Value, size: int) -> None:
        """Remember a value that weighs so many bytes."""
        self.drop(key)
        if size > self._most:
            return
        self._values[key] = value, size
        self.size += size
        while self.size > self._most:
            self.drop(next(iter(self._values)))

    def drop(self, key: Key) -> None:
        """Forget a value, if it is remembered."""
        found = self._values.pop(key, None)
        if found is not None:
            self.size -= found[1]
