"""The merge of elements: the same few lines for every store, replay and browser.

The higher `version` wins; equal: the lower `versionNonce`; equal both: what stands first in the log.
So the result does not depend on how often an element comes, nor on the order of different ones.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

Element: TypeAlias = Mapping[str, Any]


def wins(new: Element, old: Element | None) -> bool:
    """Whether `new`, which stands later in the log, replaces `old` of the same id."""
    if old is None:
        return True
    if new["version"] != old["version"]:
        return bool(new["version"] > old["version"])
    return bool(new["versionNonce"] < old["versionNonce"])


def fold(elements: Iterable[Element]) -> dict[str, Element]:
    """The winning element of each id, tombstones included, from elements in the order of the log."""
    state: dict[str, Element] = {}
    for element in elements:
        if wins(element, state.get(element["id"])):
            state[element["id"]] = element
    return state
