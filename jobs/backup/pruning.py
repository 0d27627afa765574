"""Removes what no moment that is to be kept needs any more."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from jobs.backup import chains, journal, segments
from jobs.backup.base_copy import FILE, bases_of
from jobs.backup.choice import expendable
from jobs.backup.object_copies import drop_unused
from jobs.backup.settings import BackupSettings
from jobs.backup.vault import Vault


@dataclass(frozen=True, slots=True)
class Pruned:
    """How much was removed."""

    bases: int
    segments: int
    objects: int


def prune(vault: Vault, now: datetime, keep: timedelta) -> Pruned:
    """Remove copies, log and objects that every moment since `now - keep` can do without. Raises Damaged."""
    every = bases_of(vault)
    spent = expendable(every, now, keep)
    for base in spent:
        folder = vault.bases / base.id
        # First what makes it a backup: killed in the middle, it is none.
        (folder / FILE).unlink()
        shutil.rmtree(folder)
    left = [base for base in every if base not in spent]
    gone = _prune_log(vault, {base.chain: base.start for base in reversed(left) if base.chain is not None})
    objects = 0
    if left and vault.journal.exists():
        kept = journal.read(vault.journal)
        needed = journal.worth(kept, min(*(base.ended_at for base in left), now - keep))
        if len(needed) != len(kept):
            journal.rewrite(vault.journal, needed)
        objects = drop_unused(vault, needed)
    return Pruned(len(spent), gone, objects)


def pruned_now(settings: BackupSettings, vault: Vault) -> Pruned:
    """Remove what the settings do not keep. Raises Misconfigured while somebody copies objects."""
    with vault.held("objects"):
        return prune(vault, datetime.now(UTC), timedelta(days=settings.backup_keep_days))


def _prune_log(vault: Vault, oldest: dict[str, str]) -> int:
    """Drop segments before the oldest copy of each chain, and chains that no copy begins in, but the newest."""
    gone, current = 0, chains.newest(vault)
    for folder in sorted(vault.wal.glob("*")):
        if folder.name not in oldest and (current is None or folder.name != current.name):
            gone += len(list(folder.iterdir()))
            shutil.rmtree(folder)
            continue
        for name in segments.spent([path.name for path in folder.iterdir()], oldest.get(folder.name)):
            (folder / name).unlink()
            gone += 1
    return gone
