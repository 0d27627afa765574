"""Every route: those of the modules in this folder that have some, and those of the schemas."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module

import edge.http
from edge.http import action_routes
from edge.http.route import Route


def routes() -> Iterator[Route]:
    """All rows of the HTTP table; a module offers its own as `ROUTES`."""
    for found in pkgutil.iter_modules(edge.http.__path__):
        if not found.ispkg and found.name != "routes":
            module = import_module(f"edge.http.{found.name}")
            yield from getattr(module, "ROUTES", ())
    yield from action_routes.routes()
