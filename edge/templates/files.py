"""The files of the built-in templates: `python -m edge.templates.files` draws them anew."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson

from edge.templates.sketches import LANGUAGES, SKETCHES, drawn, title

FOLDER: Final = Path(__file__).parent / "drawings"


def made(name: str, language: str) -> bytes:
    """A template as the file that stands in the folder."""
    file = {
        "type": "excalidraw",
        "version": 2,
        "source": "doska",
        "elements": drawn(name, language),
        "appState": {"name": title(name, language)},
        "files": {},
    }
    return (json.dumps(file, ensure_ascii=False, indent=1) + "\n").encode()


def path(name: str, language: str) -> Path:
    """Where it stands."""
    return FOLDER / f"{name}.{language}.excalidraw"


@cache
def read(name: str, language: str) -> dict[str, Any]:
    """A template as it was shipped. Raises KeyError for one that there is not."""
    if name not in SKETCHES or language not in LANGUAGES:
        raise KeyError(name)
    found: dict[str, Any] = orjson.loads(path(name, language).read_bytes())
    return found


def main() -> None:
    """Draw all of them into the folder."""
    for name in SKETCHES:
        for language in LANGUAGES:
            path(name, language).write_bytes(made(name, language))


if __name__ == "__main__":
    main()
