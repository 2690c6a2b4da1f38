"""How a command ends: what went wrong as a message, and the exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer


@contextmanager
def exit_status() -> Iterator[None]:
    """Turn what can go wrong into a message on stderr and an exit status.

    1 for data that cannot be used, 2 for files and folders, 130 for an interruption, 70 for a fault of ours.
    """
    from readerstudy.problems import DataError

    try:
        yield
    except DataError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    except BrokenPipeError:
        # Whoever read our output has read enough; what was to be written is written.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error)
        typer.echo(f"error: {what}", err=True)
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        typer.echo("interrupted; nothing was written", err=True)
        raise typer.Exit(130) from None
    except (typer.Exit, typer.BadParameter):
        raise
    except Exception as error:
        # A fault of ours. The traceback could print patients' data, so that only its last place is named.
        last = error.__traceback__
        while last is not None and last.tb_next is not None:
            last = last.tb_next
        where = "?" if last is None else f"{Path(last.tb_frame.f_code.co_filename).name}:{last.tb_lineno}"
        typer.echo(f"error: this is a fault of readerstudy ({type(error).__name__} at {where}): {error}", err=True)
        typer.echo(
            "Please report it, with the command and the shape of the data, but without patients' data.", err=True
        )
        raise typer.Exit(70) from None
