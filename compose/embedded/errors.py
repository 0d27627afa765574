"""What can go wrong with an embedded part.

StackError            one clear sentence for a person: what, where, what to do
├── PortInUse         somebody else listens where a part must
├── PartFailed        a part ended or did not become ready; names its log
├── NothingFetched    a download failed: no network on the first run
├── DiskFull          not enough free space for the data directory
└── AlreadyRunning    another living process holds this data directory
"""

from pathlib import Path


class StackError(Exception):
    """One clear sentence for a person: what happened, where, what to do."""


class PortInUse(StackError):
    """Somebody else listens on a port that a part must have."""

    def __init__(self, part: str, port: int, hint: str) -> None:
        super().__init__(f"Port {port} on 127.0.0.1, which {part} needs, is in use by another program: {hint}")
        self.port = port


class PartFailed(StackError):
    """A part ended or did not become ready in time."""

    def __init__(self, part: str, what: str, log: Path, last_line: str = "") -> None:
        said = f' Its last line was: "{last_line}".' if last_line else ""
        super().__init__(f"{part} {what}.{said} Its log is {log}.")
        self.part = part


class NothingFetched(StackError):
    """A download failed."""


class DiskFull(StackError):
    """Not enough free space for the data directory."""


class AlreadyRunning(StackError):
    """Another living process holds this data directory."""

    def __init__(self, data_dir: Path, note: str) -> None:
        super().__init__(f"Another process already runs the parts of {data_dir} ({note}).")
        self.note = note


def first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one failure of several to tell: a sentence of ours before anything else."""
    one: BaseException = failures.subgroup(StackError) or failures
    while isinstance(one, BaseExceptionGroup):
        one = one.exceptions[0]
    return one
