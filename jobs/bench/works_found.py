"""The works that are there: every module of `works`; there is no list of them."""

import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from jobs.bench import works
from jobs.bench.bench import Bench
from jobs.bench.run import Run


@dataclass(frozen=True, slots=True)
class Work:
    """A module of `works` as the bench uses it."""

    name: str
    title: str
    order: int
    one_core: bool
    measure: Callable[[Bench], Awaitable[Run]]
    told: Callable[[Run], str]


def found() -> list[Work]:
    """All of them, in their order."""
    names = [each.name for each in pkgutil.iter_modules(works.__path__) if each.name != "tests"]
    return sorted(map(_work, names), key=lambda work: work.order)


def _work(name: str) -> Work:
    module = importlib.import_module(f"jobs.bench.works.{name}")
    return Work(name, module.TITLE, module.ORDER, module.ONE_CORE, module.measure, module.told)
