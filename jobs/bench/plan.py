"""What one call of `doska bench` is to do."""

from dataclasses import dataclass

from jobs.bench.flames import Flames
from jobs.bench.works_found import Work


@dataclass(frozen=True, slots=True)
class Plan:
    """`against` empty: a product of the bench's own. `one_core` None: as each work says."""

    works: tuple[Work, ...]
    against: str
    seconds: float
    warmup: float
    runs: int
    clients: int
    one_core: bool | None
    compress: bool
    prefer: bool
    sockets: int
    workers: int = 1
    flames: Flames | None = None
