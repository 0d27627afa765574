"""Dead letters: which there are and why, one in full, putting them back, giving them up."""

import asyncio
import getpass
import socket
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer

from consumers import discovery
from jobs.showing import shown
from jobs.terminal import plain
from topics.bus import letters as bus
from topics.bus.letters import Letter, Place, Settlement
from topics.bus.publish import Publisher
from topics.bus.units import seconds
from topics.errors import Misconfigured, Reject
from topics.runtime.settings import Settings

app = typer.Typer(no_args_is_help=True)
REASON_CHARACTERS: Final = 120

Names = Annotated[
    list[str] | None, typer.Argument(help="Letters (audit_log/12) or consumers (audit_log); all when none.")
]
Code = Annotated[str | None, typer.Option("--code", help="Only of this code, such as schema_invalid or internal.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Only with this in the reason.")]
Type = Annotated[str | None, typer.Option("--type", help="Only of this message type.")]
Since = Annotated[str | None, typer.Option("--since", help="Only that died since: 2h (ago), or 2026-05-04T10:00:00Z.")]
Until = Annotated[str | None, typer.Option("--until", help="Only that died before.")]
Settled = Annotated[bool, typer.Option("--settled", help="Those that were replayed or dropped, too.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which letters are meant. An empty `names` means every consumer."""

    consumers: frozenset[str] = frozenset()
    numbers: frozenset[tuple[str, int]] = frozenset()
    code: str | None = None
    reason: str | None = None
    type: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def takes(self, letter: Letter) -> bool:
        """Whether the letter is meant."""
        named = not (self.consumers or self.numbers)
        named = named or letter.consumer in self.consumers or (letter.consumer, letter.number) in self.numbers
        return (
            named
            and self.code in (None, letter.code)
            and (self.reason is None or self.reason.lower() in letter.reason.lower())
            and self.type in (None, letter.type)
            and (self.since is None or letter.died >= self.since)
            and (self.until is None or letter.died < self.until)
        )


@app.command("list")
def list_(
    names: Names = None,
    *,
    code: Code = None,
    reason: Reason = None,
    type_: Type = None,
    since: Since = None,
    until: Until = None,
    settled: Settled = False,
) -> None:
    """List dead letters, oldest first: name, when, code, type, where the record stood, why."""
    wanted = filter_of(names or (), code=code, reason=reason, type_=type_, since=since, until=until)
    found, done = asyncio.run(find(Settings(), wanted))
    open_ = [each for each in found if settled or each.place not in done]
    for each in open_:
        print(plain(line(each, done.get(each.place))))
    print(f"{len(open_)} dead letters" + ("" if settled else f", and {len(found) - len(open_)} that are settled"))


@app.command()
def show(name: Annotated[str, typer.Argument(help="A letter, such as audit_log/12.")]) -> None:
    """Show a dead letter in full: the record as it was, why it died, and what stands at the failing paths."""
    found, done = asyncio.run(find(Settings(), filter_of([name])))
    if not found:
        raise Misconfigured(f"there is no dead letter {name}: see `doska dlq list --settled`")
    print("\n".join(map(plain, shown(found[0], done.get(found[0].place)))))


@app.command()
def replay(
    names: Names = None,
    *,
    code: Code = None,
    reason: Reason = None,
    type_: Type = None,
    since: Since = None,
    until: Until = None,
    again: Annotated[bool, typer.Option("--again", help="Those that are settled already, too.")] = False,
    yes: Yes = False,
) -> None:
    """Put records back as they were, under their own ids, so that whoever has done one passes it over. Each is noted as a fact."""
    wanted = filter_of(names or (), code=code, reason=reason, type_=type_, since=since, until=until)
    for said in asyncio.run(put_back(Settings(), wanted, operator(), again=again, sure=_asking("replay", yes=yes))):
        print(plain(said))


@app.command()
def drop(
    names: Names = None,
    *,
    code: Code = None,
    reason: Reason = None,
    type_: Type = None,
    since: Since = None,
    until: Until = None,
    yes: Yes = False,
) -> None:
    """Give letters up: they are listed no more. Each is noted as a fact; the letter stays until its 30 days are over."""
    wanted = filter_of(names or (), code=code, reason=reason, type_=type_, since=since, until=until)
    for said in asyncio.run(give_up(Settings(), wanted, operator(), sure=_asking("drop", yes=yes))):
        print(plain(said))


Sure = Callable[[Sequence[Letter]], bool]


async def find(settings: Settings, wanted: Filter) -> tuple[list[Letter], Mapping[Place, Settlement]]:
    """The letters that are meant, and what became of any. Raises Misconfigured for a consumer that is not there."""
    known = discovery.manifests()
    asked = wanted.consumers | {consumer for consumer, _ in wanted.numbers}
    for name in asked:
        discovery.manifest(name)
    done = await bus.settlements(settings)
    manifests = [manifest for name, manifest in known.items() if not asked or name in asked]
    return [each async for each in bus.letters(settings, manifests) if wanted.takes(each)], done


async def put_back(
    settings: Settings, wanted: Filter, who: str, *, again: bool = False, sure: Sure = bool
) -> list[str]:
    """Replay what is meant and not settled; gives a line for each, also for one that cannot be replayed."""
    found, done = await find(settings, wanted)
    open_ = [each for each in found if again or each.place not in done]
    said = [
        f"{each.name} was {_told(done[each.place])}: --again does it once more" for each in found if each not in open_
    ]
    if not open_ or not sure(open_):
        return [*said, f"0 of {len(open_)} replayed"]
    manifests, count = discovery.manifests(), 0
    async with Publisher(settings, bus.SOURCE) as publisher:
        for each in open_:
            try:
                to = await bus.replay(publisher, manifests[each.consumer], each, who)
            except Reject as error:
                said.append(f"{each.name} cannot be replayed: {error.detail}")
            else:
                said.append(f"{each.name} is on {to} again")
                count += 1
    return [*said, f"{count} of {len(open_)} replayed"]


async def give_up(settings: Settings, wanted: Filter, who: str, *, sure: Sure = bool) -> list[str]:
    """Drop what is meant and not settled; gives a line in the end."""
    found, done = await find(settings, wanted)
    open_ = [each for each in found if each.place not in done]
    if not open_ or not sure(open_):
        return [f"0 of {len(open_)} dropped"]
    async with Publisher(settings, bus.SOURCE) as publisher:
        for each in open_:
            await bus.drop(publisher, each, who)
    return [f"{len(open_)} of {len(open_)} dropped"]


def filter_of(
    names: Collection[str],
    *,
    code: str | None = None,
    reason: str | None = None,
    type_: str | None = None,
    since: str | None = None,
    until: str | None = None,
) -> Filter:
    """What an operator's words mean. Raises Misconfigured for a time that is none."""
    return Filter(
        frozenset(name for name in names if "/" not in name),
        frozenset(bus.parse_name(name) for name in names if "/" in name),
        code,
        reason,
        type_,
        moment(since, datetime.now(UTC)),
        moment(until, datetime.now(UTC)),
    )


def moment(text: str | None, now: datetime) -> datetime | None:
    """A time, or so long ago. Raises Misconfigured."""
    if text is None:
        return None
    try:
        return now - timedelta(seconds=seconds(text))
    except ValueError:
        pass
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise Misconfigured(f"{text!r} is no time: say 2h for two hours ago, or 2026-05-04T10:00:00Z") from error
    return read.replace(tzinfo=read.tzinfo or UTC)


def line(letter: Letter, settled: Settlement | None) -> str:
    """A letter in a line."""
    path = f"{letter.errors[0].path}: " if letter.errors and letter.errors[0].path else ""
    reason = f"{path}{letter.reason}".replace("\n", " ")[:REASON_CHARACTERS]
    what = letter.type or "unreadable"
    where = f"{letter.topic}/{letter.partition}@{letter.offset}"
    end = f"  [{_told(settled)}]" if settled is not None else ""
    return f"{letter.name:24} {letter.died:%Y-%m-%dT%H:%M:%SZ}  {letter.code:15} {what:28} {where:26} {reason}{end}"


def operator() -> str:
    """Who asks, for the record: the account and the machine."""
    return f"{getpass.getuser()}@{socket.gethostname()}"[:200]


def _told(settled: Settlement) -> str:
    return f"{settled.kind} {settled.time} by {settled.operator}"


def _asking(verb: str, *, yes: bool) -> Sure:
    def ask(found: Sequence[Letter]) -> bool:
        if yes:
            return True
        for each in found[:20]:
            print(plain(line(each, None)))
        return typer.confirm(f"{verb} {len(found)} dead letters?")

    return ask
