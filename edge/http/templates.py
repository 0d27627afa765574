"""The templates that come with the product; those of workspaces are boards."""

from typing import Final

from aiohttp import web

from edge.errors import not_found
from edge.http.answers import json_answer
from edge.http.requests import read
from edge.http.route import Answer, Parameter, Route, listed
from edge.templates import files
from edge.templates.sketches import LANGUAGES, SKETCHES

LANGUAGE: Final = Parameter("language", "Of the words in it.", {"enum": list(LANGUAGES), "default": "en"})
TEMPLATE: Final = {
    "type": "object",
    "required": ["template", "title"],
    "properties": {"template": {"type": "string"}, "title": {"type": "string"}},
}


async def templates(request: web.Request) -> web.Response:
    """All of them, by name."""
    language = read(request, "language", _language, default="en")
    named = [{"template": name, "title": files.read(name, language)["appState"]["name"]} for name in SKETCHES]
    return json_answer({"items": named, "next": None})


async def template(request: web.Request) -> web.Response:
    """One of them, as a file that can be imported."""
    language = read(request, "language", _language, default="en")
    try:
        return json_answer(files.read(request.match_info["template"], language))
    except KeyError:
        raise not_found() from None


def _language(text: str) -> str:
    if text not in LANGUAGES:
        raise ValueError(f"must be one of {', '.join(LANGUAGES)}")
    return text


ROUTES: Final = (
    Route(
        "GET",
        "/api/templates",
        templates,
        "The templates that come with the product, all on one page.",
        "boards",
        "account",
        {200: Answer("Their names and titles.", listed(TEMPLATE))},
        query=(LANGUAGE,),
    ),
    Route(
        "GET",
        "/api/templates/{template}",
        template,
        "A template as an .excalidraw file: import it to make a board of it.",
        "boards",
        "account",
        {200: Answer("The file.", {"type": "object"})},
        query=(LANGUAGE,),
        codes=("not_found",),
    ),
)
