"""The tests see what they are there for: each bug that is planted here turns one of them red."""

import asyncio
import subprocess
from collections.abc import Mapping

import pytest

from tests.checkout import ROOT
from tests.planted.planting import Plant, Verdict, plants

ALL = plants()
every_plant = pytest.mark.parametrize("plant", ALL, ids=[plant.name for plant in ALL])


@every_plant
def test_it_can_be_planted_and_names_a_test_that_is_there(plant: Plant) -> None:
    tried = subprocess.run(
        ["git", "apply", "--check", plant.file], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert tried.returncode == 0, f"{plant.file.name} has to be made anew: {tried.stderr}"

    file, _, test = plant.red.partition("::")
    assert f"def {test.partition('[')[0]}(" in (ROOT / file).read_text()


@every_plant
@pytest.mark.integration
@pytest.mark.timeout(450)
async def test_what_is_planted_is_seen(plant: Plant, verdicts: Mapping[str, "asyncio.Task[Verdict]"]) -> None:
    verdict = await verdicts[plant.name]

    assert verdict.status == 1, verdict.said
    said = [each for each in verdict.outcomes if each.kind == "failure"]
    assert [each.test for each in said] == [plant.red.rpartition("::")[2]], verdict.said
    assert plant.says.search(said[0].message), said[0].message
