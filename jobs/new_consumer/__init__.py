"""A new consumer's folder, from the templates beside this file: those of `every` engine, then those of its own."""

import re
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Final

from consumers import discovery
from schemas.registry import registry
from topics.bus.catalog import catalog
from topics.errors import Misconfigured
from topics.migrations import role_of

TEMPLATES: Final = Path(__file__).parent
EVERY: Final = "every"
SUFFIX: Final = ".txt"
NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
ANSWERS: Final = "platform.replies"


def engines() -> list[str]:
    """The engines that there is a template for: a folder each."""
    return sorted(
        each.name for each in TEMPLATES.iterdir() if each.is_dir() and each.name[0].isalpha() and each.name != EVERY
    )


def write(name: str, reads: Sequence[str], engine: str, consumers: Path) -> Path:
    """Write a consumer that works and its test; gives the folder. Nothing else is touched.

    Raises Misconfigured for a name that is taken or no name, for an engine or a topic that is not there, and for a second
    decider of the same actions.
    """
    folder = consumers / name
    _check(name, reads, engine, consumers)
    carried = [catalog()[topic].carries for topic in reads]
    words = {
        "name": name,
        "reads": ", ".join(reads),
        "keys": ", ".join(f"{topic} by {catalog()[topic].key or 'no key'}" for topic in reads),
        "engine": engine,
        "writes": f"writes: [{ANSWERS}]\n" if "action" in carried else "",
        "rules": "\n".join(f'    "{each.name}": note,' for topic in reads for each in registry().of_topic(topic)),
    }
    for path, template in _files(engine).items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(Template(template.read_text(encoding="utf-8")).substitute(words), encoding="utf-8")
    return folder


def _files(engine: str) -> dict[str, Path]:
    """Where each template's text goes; the engine's own stand for those of every engine."""
    return {
        template.relative_to(TEMPLATES / part).as_posix().removesuffix(SUFFIX): template
        for part in (EVERY, engine)
        for template in sorted((TEMPLATES / part).rglob(f"*{SUFFIX}"))
    }


def _check(name: str, reads: Sequence[str], engine: str, consumers: Path) -> None:
    if not NAME.fullmatch(name):
        raise Misconfigured(f"{name!r} is no name of a consumer: small letters, digits and _, such as board_counter")
    role_of(name)
    if (consumers / name).exists():
        raise Misconfigured(f"{consumers / name} is there already")
    if engine not in engines():
        raise Misconfigured(f"there is no engine {engine}; there are {', '.join(engines())}")
    for topic in reads:
        if topic not in catalog():
            raise Misconfigured(f"there is no topic {topic}; there are {', '.join(sorted(catalog()))}")
    if engine != "decide":
        return
    for other, manifest in discovery.manifests(consumers).items():
        for topic in reads:
            if manifest.engine == "decide" and catalog()[topic].carries == "action" and topic in manifest.reads:
                raise Misconfigured(f"{topic} is decided by {other}: two deciders would give each action two answers")
