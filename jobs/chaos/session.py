"""One seed: a load on a product of its own, faults, quiet, and the judgement."""

import asyncio
from collections.abc import Callable

from compose.product import Product
from jobs.chaos.breaking import carry_out
from jobs.chaos.people import Load, at_work
from jobs.chaos.plan import Plan
from jobs.chaos.table import Verdict, judged
from topics.runtime.settings import Settings

LEAD_SECONDS = 2.0


async def run(product: Product, plan: Plan, load: Load, tell: Callable[[str], None], within_seconds: float) -> Verdict:
    """Play one seed against a running product that is kept. Raises what breaks the load itself."""
    door = product.address.replace("localhost", "127.0.0.1")
    async with at_work([door], load, Settings()) as people:
        await asyncio.sleep(LEAD_SECONDS)
        broken = await carry_out(plan.faults(product.pids()), product.pids, people.served(), tell, within_seconds)
        history = await people.settle()
    return judged(plan.seed, broken, history)
