import pytest

from topics.bus.units import seconds, size


@pytest.mark.parametrize(
    ("text", "meant"), [("200ms", 0.2), ("30s", 30), ("10m", 600), ("12h", 43200), ("7d", 604800), (1.5, 1.5), (0, 0)]
)
def test_times_are_read(text: object, meant: float) -> None:
    assert seconds(text) == pytest.approx(meant)


@pytest.mark.parametrize(
    ("text", "meant"), [("512B", 512), ("64KiB", 65536), ("1MiB", 1048576), ("2GiB", 2**31), (7, 7)]
)
def test_sizes_are_read(text: object, meant: int) -> None:
    assert size(text) == meant


@pytest.mark.parametrize("text", ["", "7", "d7", "7 weeks", "-1s", -1, True, None, [], "1MB"])
def test_anything_else_is_refused_with_an_example(text: object) -> None:
    with pytest.raises(ValueError, match="is not a time such as"):
        seconds(text)
