import pytest

from jobs.logins import Login, told


def test_the_report_tells_the_hash_apart_from_the_rest() -> None:
    lines = told([Login(whole=0.100 + number / 1000, hashing=0.080) for number in range(100)])

    assert lines[0].startswith("100 logins")
    parts = {line[:24].strip(): [float(number) for number in line[24:].split()] for line in lines[1:]}
    assert parts["whole"] == pytest.approx([149.5, 194.05], abs=0.1)
    assert parts["hash"] == [80.0, 80.0]
    assert parts["without hash"] == pytest.approx([69.5, 114.05], abs=0.1)
