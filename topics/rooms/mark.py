"""How far the log of one partition has been applied."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """Every record of the partition before offset `next` is contained."""

    generation: str
    partition: int
    next: int

    def __str__(self) -> str:
        return f"{self.generation}:{self.partition}:{self.next}"

    @staticmethod
    def parse(text: str) -> "Mark | None":
        """The mark written as `<generation>:<partition>:<next>`; `-` is none."""
        if text == "-":
            return None
        generation, partition, following = text.rsplit(":", 2)
        return Mark(generation, int(partition), int(following))
