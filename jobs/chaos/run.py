"""All seeds against one product that was started for them."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from compose.embedded.progress import silent
from compose.product import Product
from edge.settings import EdgeSettings
from jobs.bench.deployment import SETTINGS
from jobs.chaos import WITHIN_SECONDS, session
from jobs.chaos.people import Load
from jobs.chaos.plan import Plan
from jobs.chaos.table import Verdict


async def seeds(
    plans: Iterable[Plan],
    load: Load,
    verdicts: list[Verdict],
    *,
    keep: bool = False,
    within_seconds: float = WITHIN_SECONDS,
) -> None:
    """Each seed in turn, its verdict added to `verdicts`; what is wrong is told at once, with the seed that shows it."""
    directory = Path(tempfile.mkdtemp(prefix="doska-chaos-"))
    os.environ.update({name: os.environ.get(name, value) for name, value in SETTINGS.items()})
    os.environ["DOSKA_DATA_DIR"] = str(directory)
    product = Product(EdgeSettings(port=0, public_url=""), silent, with_client=False)
    try:
        await product.start()
        async with product.kept():
            for plan in plans:
                _tell(f"seed {plan.seed} …")
                verdict = await session.run(product, plan, load, lambda text: _tell(f"  {text}"), within_seconds)
                verdicts.append(verdict)
                _report(verdict)
    finally:
        await product.stop()
        if not keep and all(verdict.good for verdict in verdicts):
            with suppress(OSError):
                shutil.rmtree(directory)
        else:
            _tell(f"the logs and the data are in {directory}")


def _report(verdict: Verdict) -> None:
    told = [*verdict.lost, *verdict.doubled, *verdict.disagreeing]
    told += [f"not healed: {each.fault.name}" for each in verdict.broken if not each.healed]
    _tell(f"seed {verdict.seed}: {len(verdict.broken)} faults, {verdict.acked:,} edits acknowledged, {len(told)} wrong")
    for each in told[:20]:
        _tell(f"  {each}")


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
