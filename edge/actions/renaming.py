"""New ids for elements whose ids the schema does not take, with every reference to them following."""

import re
from collections.abc import Callable
from typing import Any, Final, Protocol

Json = dict[str, Any]
FORM: Final = re.compile(r"[A-Za-z0-9_:-]{1,64}\Z")
BINDINGS: Final = ("startBinding", "endBinding")
REFERENCES: Final = ("containerId", "frameId")


class Renames(Protocol):
    """Says under which id an element is kept."""

    def of(self, identifier: Any) -> Any:
        """The id that is kept for this one."""

    def missing(self) -> str:
        """An id for an element that has none."""


class Names:
    """The new name of each id that needs one, always the same; `fresh` makes them."""

    def __init__(self, fresh: Callable[[], str]) -> None:
        self._fresh = fresh
        self._made: dict[str, str] = {}

    def of(self, identifier: Any) -> Any:
        """The id under which an element is kept. What is no string stays: the schema says where it stands."""
        if not isinstance(identifier, str) or FORM.match(identifier):
            return identifier
        if identifier not in self._made:
            self._made[identifier] = self._fresh()
        return self._made[identifier]

    def missing(self) -> str:
        """An id for an element that has none, which nothing can refer to."""
        return self._fresh()


def renamed(element: Json, names: Renames) -> Json:
    """The element with its own id, its groups and its references under the names they are kept by."""
    made = dict(element)
    made["id"] = names.of(element["id"]) if "id" in element else names.missing()
    for name in REFERENCES:
        if name in element:
            made[name] = names.of(element[name])
    for name in BINDINGS:
        if isinstance(element.get(name), dict) and "elementId" in element[name]:
            made[name] = {**element[name], "elementId": names.of(element[name]["elementId"])}
    if isinstance(element.get("groupIds"), list):
        made["groupIds"] = [names.of(group) for group in element["groupIds"]]
    if isinstance(element.get("boundElements"), list):
        made["boundElements"] = [
            {**bound, "id": names.of(bound["id"])} if isinstance(bound, dict) and "id" in bound else bound
            for bound in element["boundElements"]
        ]
    return made
