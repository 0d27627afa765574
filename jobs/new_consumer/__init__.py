"""A new consumer's folder, from the templates beside this file."""

import re
from pathlib import Path
from string import Template
from typing import Final, Literal

from topics.bus.catalog import catalog
from topics.errors import Misconfigured
from topics.migrations import role_of

TEMPLATES: Final = Path(__file__).parent
NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
# Template, and where its text goes.
FILES: Final = {
    "readme.md.txt": "README.md",
    "consumer.yaml.txt": "consumer.yaml",
    "init.py.txt": "__init__.py",
    "handler.py.txt": "handler.py",
    "test_handler.py.txt": "tests/test_handler.py",
}
Engine = Literal["each", "batch"]


def write(name: str, reads: list[str], engine: Engine, consumers: Path) -> Path:
    """Write a consumer that works and its test; gives the folder. Nothing else is touched.

    Raises Misconfigured for a name that is taken or no name, and for a topic that is not in the catalog.
    """
    folder = consumers / name
    if not NAME.fullmatch(name):
        raise Misconfigured(f"{name!r} is no name of a consumer: small letters, digits and _, such as board_counter")
    role_of(name)
    if folder.exists():
        raise Misconfigured(f"{folder} is there already")
    for topic in reads:
        if topic not in catalog():
            raise Misconfigured(f"there is no topic {topic}; there are {', '.join(sorted(catalog()))}")
    words = {
        "name": name,
        "reads": ", ".join(reads),
        "keys": ", ".join(f"{topic} by {catalog()[topic].key or 'no key'}" for topic in reads),
        "engine": engine,
    }
    for template, path in {**FILES, f"app_{engine}.py.txt": "app.py"}.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        text = (TEMPLATES / template).read_text(encoding="utf-8")
        file.write_text(Template(text).substitute(words), encoding="utf-8")
    return folder
