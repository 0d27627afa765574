"""Backups of PostgreSQL and of the objects in S3: made, kept up all the time, looked through, tried out."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from jobs.backup import sealed
from jobs.backup.settings import BackupSettings

app = typer.Typer(no_args_is_help=True)
Where = Annotated[Path | None, typer.Option("--dir", help="Where backups lie; DOSKA_BACKUP_DIR.")]


@app.command()
def create(directory: Where = None) -> None:
    """Copy all of PostgreSQL and every new object now. `doska run backups` does it by itself."""
    from jobs.backup import creating  # noqa: PLC0415 - other verbs need not load all of this

    settings = BackupSettings()
    base, copied = asyncio.run(creating.create(settings, settings.place(directory)))
    print(f"{base.id}: PostgreSQL {base.size / 1e6:.1f} MB, {copied.objects} objects, {copied.fresh} of them new")
    if base.chain is None:
        print("No log goes on from it: what comes after this moment is not in it (`doska run backups` keeps one).")
    if not base.secrets:
        print(
            f"The keyring ({settings.keyring_file}) and the passwords are not in it: keep them elsewhere, or seal them "
            "(`doska backup key FILE`, DOSKA_BACKUP_KEY_FILE)."
        )


@app.command("list")
def list_(directory: Where = None) -> None:
    """Show the copies, and which moments can be restored from each."""
    from jobs.backup import creating  # noqa: PLC0415 - other verbs need not load all of this

    for line in creating.listed(BackupSettings().place(directory)):
        print(line)


@app.command()
def verify(directory: Where = None) -> None:
    """Read all backups to their last byte. Exits with 1 when something is not as it was written."""
    from jobs.backup import verification  # noqa: PLC0415 - other verbs need not load all of this
    from jobs.backup.vault import open_vault  # noqa: PLC0415 - the same

    found = asyncio.run(verification.faults(open_vault(BackupSettings().place(directory))))
    for fault in found:
        print(fault)
    print(f"{len(found)} parts are not as they were written." if found else "Everything is as it was written.")
    if found:
        raise typer.Exit(1)


@app.command()
def prune(directory: Where = None) -> None:
    """Remove what is older than DOSKA_BACKUP_KEEP_DAYS and not needed for what is younger."""
    from jobs.backup.pruning import pruned_now  # noqa: PLC0415 - other verbs need not load all of this
    from jobs.backup.vault import open_vault  # noqa: PLC0415 - the same

    settings = BackupSettings()
    vault = open_vault(settings.place(directory))
    with vault.held("copying"):
        done = pruned_now(settings, vault)
    print(f"{done.bases} copies, {done.segments} segments of log, {done.objects} objects removed")


@app.command()
def key(file: Annotated[Path, typer.Argument(help="A new file, on another disk than the backups.")]) -> None:
    """Make a key to seal the keyring and the passwords with. Without it they cannot be read out of a backup."""
    sealed.create_key(file)
    print(f"{file}: set DOSKA_BACKUP_KEY_FILE to it, and keep a copy elsewhere")


@app.command()
def drill(
    boards: Annotated[int, typer.Option(min=1, help="Boards, each with a picture.")] = 20,
    elements: Annotated[int, typer.Option(min=1, help="Elements of each board.")] = 500,
    seconds: Annotated[float, typer.Option(min=1, help="How long people go on drawing after the copy.")] = 20.0,
) -> None:
    """Lose everything on purpose, in a product of its own, restore it, count it, and print what it took."""
    from jobs.backup import drilling  # noqa: PLC0415 - other verbs need not load all of this

    outcomes = asyncio.run(drilling.drill(drilling.Size(boards, elements, seconds)))
    print(drilling.table(outcomes))
    if not all(each.good for each in outcomes):
        raise typer.Exit(1)
