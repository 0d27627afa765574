"""How fast this machine is now: without it times of another day, or of another machine, cannot be compared."""

import multiprocessing
import socket
import statistics
import time
from dataclasses import dataclass

STEPS = 1_000_000
TRIPS = 2_000
TRIES = 3


@dataclass(frozen=True, slots=True)
class Machine:
    """`step_ns`: one step of an empty Python loop; `trip_us`: a byte to another process and back. Both are the best of a few."""

    step_ns: float
    trip_us: float

    def told(self) -> str:
        """In one line."""
        return (
            f"This machine, now: a step of an empty Python loop takes {self.step_ns:.0f} ns, a byte to another process "
            f"and back {self.trip_us:.0f} us."
        )


def machine() -> Machine:
    """Measure it; takes about a second."""
    return Machine(min(_step_ns() for _ in range(TRIES)), min(_trips_us()))


def _step_ns() -> float:
    began = time.perf_counter()
    for _ in range(STEPS):
        pass
    return (time.perf_counter() - began) * 1e9 / STEPS


def _trips_us() -> list[float]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        echo = multiprocessing.get_context("fork").Process(target=_echo, args=(theirs,), daemon=True)
        echo.start()
        medians = []
        for _ in range(TRIES):
            times = []
            for _ in range(TRIPS):
                began = time.perf_counter()
                ours.send(b".")
                ours.recv(1)
                times.append((time.perf_counter() - began) * 1e6)
            medians.append(statistics.median(times))
        ours.shutdown(socket.SHUT_RDWR)
        echo.join()
    return medians


def _echo(theirs: socket.socket) -> None:
    while came := theirs.recv(1):
        theirs.send(came)
