"""Which copy a moment is restored from, and which copies nobody needs any more."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from jobs.backup.base_copy import Base
from topics.errors import Misconfigured


def chosen(bases: Sequence[Base], to: datetime | None) -> Base:
    """The newest copy, or the newest that was whole at that moment. Raises Misconfigured when there is none."""
    if not bases:
        raise Misconfigured("there is no whole copy of PostgreSQL among the backups: see `doska backup list`")
    if to is None:
        return max(bases, key=lambda each: each.ended_at)
    before = [each for each in bases if each.ended_at <= to]
    if not before:
        first = min(each.ended_at for each in bases)
        raise Misconfigured(f"the oldest moment that can be restored is {said(first)}, and {said(to)} is before it")
    return max(before, key=lambda each: each.ended_at)


def check_covered(base: Base, to: datetime | None, covered: datetime | None) -> None:
    """Raises Misconfigured when the log of that copy does not reach the moment. `covered`: how far it does."""
    if to is None or to <= base.ended_at:
        return
    if base.chain is None or covered is None:
        raise Misconfigured(
            f"the copy {base.id} has no log that goes on from it, so it is {said(base.ended_at)} or nothing: leave --to out, "
            "and have `doska run backups` run all the time"
        )
    if to > covered:
        raise Misconfigured(
            f"the log reaches to {said(covered)}, and {said(to)} is after it: leave --to out for the newest"
        )


def expendable(bases: Collection[Base], now: datetime, keep: timedelta) -> list[Base]:
    """The copies without which every moment since `now - keep` can be restored still; never the newest one."""
    ordered = sorted(bases, key=lambda each: each.ended_at)
    edge = now - keep
    before = [each for each in ordered if each.ended_at <= edge]
    # The last one before the edge is what the moments after it are restored from.
    return [each for each in before[:-1] if each is not ordered[-1]]


def said(moment: datetime) -> str:
    """A moment, as it can be typed again."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
