"""The flow as Mermaid text, which many pages draw by themselves."""

from collections.abc import Iterator, Sequence

from topics.graph.flow import Channel


def mermaid(channels: Sequence[Channel]) -> str:
    """A flowchart: boxes write and read, rounded ones are topics."""
    return "\n".join(_lines(channels)) + "\n"


def _lines(channels: Sequence[Channel]) -> Iterator[str]:
    yield "flowchart LR"
    for each in channels:
        yield f'    {_id(each.topic)}(["{each.topic}"])'
    for each in channels:
        for writer in each.writers:
            yield f"    {writer} --> {_id(each.topic)}"
        for reader in each.readers:
            yield f"    {_id(each.topic)} --> {reader}"


def _id(topic: str) -> str:
    return "t_" + topic.replace(".", "_")
