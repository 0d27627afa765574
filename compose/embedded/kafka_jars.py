"""Which jars Kafka is made of: the lock, and where they lie in the cache."""

from dataclasses import dataclass
from pathlib import Path

KAFKA = "4.3.1"
LOCK = Path(__file__).with_name("kafka_jars.lock")


@dataclass(frozen=True, slots=True)
class Jar:
    """One locked file."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """The name it has in the cache."""
        return f"{self.artifact}-{self.version}.jar"


def locked(text: str) -> list[Jar]:
    """The jars of a lock file."""
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return [Jar(*words) for line in lines if len(words := line.replace(" ", ":").split(":")) == 4]


def class_path(cache: Path) -> list[Path]:
    """Every jar in the cache, in the order of the lock."""
    return [cache / jar.file_name for jar in locked(LOCK.read_text())]


def missing(cache: Path) -> list[Jar]:
    """The jars that are not in the cache yet. A file is there only whole and with the right sum: see `kafka_fetch`."""
    return [jar for jar in locked(LOCK.read_text()) if not (cache / jar.file_name).exists()]
