"""The table of limits tells of tests that are there, and of settings as they are."""

import re
from pathlib import Path

import pytest

from edge.settings import EdgeSettings

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "edge" / "LIMITS.md").read_text()
ROWS = [line.strip("| ").split(" | ") for line in TABLE.splitlines() if line.startswith("| ") and "::" in line]
UNITS = {"KiB": 1024, "MiB": 1024 * 1024}
# What the sentence of a row tells of a setting: the first number of it, or the one in that place.
PLACES = {"resume_seconds": 1, "resume_bytes": 2}


def test_there_are_rows() -> None:
    assert len(ROWS) > 40


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_the_test_of_a_row_is_there(row: list[str]) -> None:
    path, _, name = row[-1].strip("`").partition("::")

    assert f"def {name}(" in (ROOT / path).read_text()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_setting_of_a_row_is_there_with_its_default(row: list[str]) -> None:
    numbers = [
        int(number.replace(",", "")) * UNITS.get(unit, 1) for number, unit in re.findall(r"(\d[\d,]*) ?(\w*)", row[1])
    ]
    for name in re.findall(r"`DOSKA_(\w+)`", row[2]):
        setting = name.lower()
        told = numbers[PLACES.get(setting, 0)] if numbers else None

        assert told in (None, EdgeSettings.model_fields[setting].default)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_module_of_a_row_is_there(row: list[str]) -> None:
    for module in re.findall(r"`([\w/]+\.py)`", row[2]):
        assert (ROOT / "edge" / module).exists() or (ROOT / module).exists()
