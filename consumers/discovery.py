"""Finds the consumers: a folder with a `consumer.yaml` is one, and nothing else says so."""

from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path

from topics.bus.context import ConsumerContext
from topics.bus.manifest import Manifest, load_manifest
from topics.errors import Misconfigured
from topics.runtime.service import Service

FOLDER = Path(__file__).parent
Build = Callable[[ConsumerContext], Awaitable[Service]]


def names(folder: Path = FOLDER) -> list[str]:
    """The consumers there are, by name."""
    return sorted(file.parent.name for file in folder.glob("*/consumer.yaml"))


def manifests(folder: Path = FOLDER) -> dict[str, Manifest]:
    """What each consumer says of itself. Raises Misconfigured naming the file and the key."""
    return {name: load_manifest(folder / name) for name in names(folder)}


def manifest(name: str, folder: Path = FOLDER) -> Manifest:
    """What one consumer says of itself. Raises Misconfigured when there is none of that name."""
    if name not in names(folder):
        raise Misconfigured(f"there is no consumer {name}; there are {', '.join(names(folder)) or 'none'}")
    return load_manifest(folder / name)


def builder(name: str) -> Build:
    """The `build` of a consumer's `app.py`."""
    build: Build = import_module(f"{__package__}.{name}.app").build
    return build
