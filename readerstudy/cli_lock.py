"""``readerstudy lock``: the plan as it stands today."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Annotated

import typer

from readerstudy.cli_status import exit_status


def lock(
    protocol: Annotated[Path, typer.Argument(metavar="PROTOCOL", help="The analysis plan, protocol.toml.")],
    date: Annotated[
        str | None, typer.Option("--date", metavar="DATE", help="Day of the lock, 2026-01-31. Default: today, in UTC.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier lock.")] = False,
) -> None:
    """Freeze an analysis plan before the data are seen.

    Writes protocol.lock.json beside it. From then on `evaluate` says in every report whether the plan is still the
    locked one; endpoints that it does not hold are exploratory.

    Example: readerstudy lock protocol.toml
    """
    with exit_status():
        import dataclasses

        from readerstudy._version import __version__
        from readerstudy.protocol import Protocol
        from readerstudy.protocol.lock import beside, content

        path = beside(protocol)
        if path.exists() and not force:
            raise FileExistsError(f"{path} exists: the plan is locked; replace the lock with --force")
        day = _day(date)
        plan = Protocol.read(protocol, locked=False)
        assert plan.sha256 is not None
        found = content(dataclasses.asdict(plan), sha256=plan.sha256, date=day, version=__version__)
        if not plan.endpoints:
            typer.echo("warning: the plan has no endpoints, so that everything will be exploratory", err=True)
        text = json.dumps(found, ensure_ascii=False, indent=1) + "\n"
        beside_it = path.with_name(f".{path.name}.part")
        beside_it.write_text(text, encoding="utf-8", newline="\n")
        beside_it.replace(path)
        typer.echo(str(path))


def _day(date: str | None) -> str:
    if date is None:
        return datetime.datetime.now(datetime.UTC).date().isoformat()
    try:
        return datetime.date.fromisoformat(date).isoformat()
    except ValueError:
        raise typer.BadParameter(f"--date must be a day such as 2026-01-31, got {date!r}") from None
