"""The audit as an operator checks it, after somebody with all rights in the database has touched it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from consumers.audit_log.store import AuditStore
from consumers.audit_log.tests.facts import joined
from jobs.audit import noted
from schemas.ids import new_id
from tests.product import Product
from topics.errors import Misconfigured
from topics.runtime.connections import postgres_pool
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration

LENGTH = 6
LIMIT_SECONDS = 30
Doska = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
async def chain(settings: Settings) -> str:
    """A workspace's chain of six entries."""
    pool = await postgres_pool(settings, "doska_audit_log")
    workspace = new_id()
    try:
        await AuditStore(pool).write([joined(workspace, n) for n in range(LENGTH)], {})
    finally:
        await pool.close()
    return workspace


@pytest.fixture
async def superuser(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """Who owns the database, with its guards switched off on purpose."""
    connection = await asyncpg.connect(settings.postgres_dsn)
    await connection.execute("set session_replication_role = replica")
    yield connection
    await connection.close()


@pytest.fixture
def doska(prepared_environment: dict[str, str], tmp_path: Path) -> Doska:
    """`doska audit …`: its exit code and what it printed."""
    product = Product(dict(prepared_environment), tmp_path)

    async def run(*arguments: str) -> tuple[int, str]:
        process = await product.spawn("audit", "audit", *arguments)
        return await process.process.wait(), process.log.read_text()

    return run


async def renamed_workspace(base_url: str) -> str:
    """A workspace with a fact for its end, once the audit shows it."""
    async with aiohttp.ClientSession(base_url) as http:
        person = {"email": f"{new_id()}@example.org", "password": "correct horse battery", "name": "Ada"}
        async with http.post("/api/auth/register", json=person) as answer:
            token = (await answer.json())["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        async with http.post("/api/workspaces", json={"name": "Before"}) as answer:
            workspace = str((await answer.json())["workspace_id"])
        async with http.patch(f"/api/workspaces/{workspace}", json={"name": "After"}) as answer:
            assert answer.status == 200
        async with asyncio.timeout(LIMIT_SECONDS):
            while True:
                async with http.get(f"/api/workspaces/{workspace}/audit") as answer:
                    shown = [item["type"] for item in (await answer.json())["items"]]
                if "workspaces.workspace_renamed" in shown:
                    return workspace
                await asyncio.sleep(0.1)


async def test_an_untouched_chain_is_good_and_its_head_can_be_kept(chain: str, doska: Doska, tmp_path: Path) -> None:
    code, head = await doska("head", "--workspace", chain)
    kept = tmp_path / "heads"
    kept.write_text(head)

    assert code == 0
    assert await doska("verify", "--workspace", chain, "--heads", str(kept)) == (
        0,
        f"{chain}: {LENGTH} entries, good, ends with {noted(kept)[chain].hash.hex()}\n",
    )


@pytest.mark.parametrize(
    ("tampering", "expected"),
    [
        ("update audit_log.entries set actor = 'nobody' where chain = $1 and seq = 3", "entry 3: changed"),
        (
            "update audit_log.entries set data = replace(data, 'user\"', 'admin\"') where chain = $1 and seq = 5",
            "entry 5: changed",
        ),
        (
            "update audit_log.entries set time = time + interval '1 microsecond' where chain = $1 and seq = 1",
            "entry 1: changed",
        ),
        ("delete from audit_log.entries where chain = $1 and seq = 4", "entry 4: removed"),
        (
            "update audit_log.entries set seq = 1006 - seq where chain = $1 and seq in (2, 4)",
            "entry 2: reordered",
        ),
        ("delete from audit_log.entries where chain = $1 and seq > 4", "entry 5: truncated"),
        ("delete from audit_log.chains where chain = $1", "entry 6: headless"),
    ],
)
async def test_the_first_entry_that_was_touched_is_named(
    chain: str, doska: Doska, superuser: asyncpg.Connection, tampering: str, expected: str
) -> None:
    await superuser.execute(tampering, chain)
    await superuser.execute("update audit_log.entries set seq = seq - 1000 where chain = $1 and seq > 1000", chain)

    code, told = await doska("verify", "--workspace", chain)

    assert code == 1
    assert told.startswith(f"{chain}: {expected}"), told


async def test_a_tail_cut_off_with_its_head_shows_against_a_kept_head(
    chain: str, doska: Doska, superuser: asyncpg.Connection, tmp_path: Path
) -> None:
    kept = tmp_path / "heads"
    kept.write_text((await doska("head", "--workspace", chain))[1])
    await superuser.execute("delete from audit_log.entries where chain = $1 and seq > 4", chain)
    await superuser.execute(
        "update audit_log.chains c set length = 4, hash = e.hash from audit_log.entries e"
        " where c.chain = $1 and e.chain = $1 and e.seq = 4",
        chain,
    )

    unaware, _ = await doska("verify", "--workspace", chain)
    aware, told = await doska("verify", "--workspace", chain, "--heads", str(kept))

    assert (unaware, aware) == (0, 1)
    assert told.startswith(f"{chain}: entry 5: truncated"), told


async def test_a_tail_cut_off_with_its_head_shows_against_the_log(
    product: Product, doska: Doska, superuser: asyncpg.Connection
) -> None:
    workspace = await renamed_workspace(product.base_url)
    untouched = await doska("verify", "--workspace", workspace, "--log")
    await superuser.execute(
        "update audit_log.chains c set length = e.seq, hash = e.hash from audit_log.entries e"
        " where c.chain = $1 and e.chain = $1 and e.seq = c.length - 1",
        workspace,
    )
    await superuser.execute(
        "delete from audit_log.entries e using audit_log.chains c"
        " where c.chain = $1 and e.chain = $1 and e.seq > c.length",
        workspace,
    )

    unaware, _ = await doska("verify", "--workspace", workspace)
    aware, told = await doska("verify", "--workspace", workspace, "--log")

    assert untouched[0] == 0, untouched[1]
    assert (unaware, aware) == (0, 1)
    assert f"{workspace}: removed: workspaces.workspace_renamed" in told


async def test_an_entry_that_no_fact_stands_behind_shows_against_the_log(
    product: Product, chain: str, doska: Doska
) -> None:
    assert product.base_url  # the consumer has read the log

    code, told = await doska("verify", "--workspace", chain, "--log")

    assert code == 1
    assert f"{chain}: entry 1: foreign: the log has no such fact" in told


def test_a_file_that_holds_no_heads_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "heads"
    file.write_text("instance 1 00\nwhat is this\n")

    with pytest.raises(Misconfigured, match="line 2"):
        noted(file)
