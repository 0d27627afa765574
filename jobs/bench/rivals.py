"""The figures of other servers that stand beside ours; `rivals.yaml` says how they were measured."""

from functools import cache
from pathlib import Path

import yaml


@cache
def _file() -> dict[str, dict[str, list[str]]]:
    loaded: dict[str, dict[str, list[str]]] = yaml.safe_load(Path(__file__).with_name("rivals.yaml").read_text())
    return loaded


def columns() -> list[str]:
    """Their names, in order."""
    return [str(name) for name in _file()["columns"].values()]


def works() -> list[str]:
    """The works in which they were measured."""
    return list(_file()["works"])


def row(work: str) -> list[str]:
    """What they showed in this work; empty where nobody was measured."""
    return _file()["works"].get(work, [""] * len(columns()))
