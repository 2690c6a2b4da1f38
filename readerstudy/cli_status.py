"""How a command ends: what went wrong as a message, and the exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer

_EXTRAS = {
    "torch": "models", "safetensors": "models", "lightning_fabric": "models", "monai": "models", "SimpleITK": "models",
    "pydicom": "models", "dicomanonymizer": "models", "ray": "cluster", "docx": "docx",
}  # fmt: skip


@contextmanager
def exit_status(*, interrupted: str = "nothing was written", refused: str = "nothing was written") -> Iterator[None]:
    """Turn what can go wrong into a message on stderr and an exit status.

    1 for data that cannot be used (`refused` says what is left then), 2 for files and folders and for an extra that is
    not installed, 130 for an interruption (`interrupted` says what it leaves), 70 for a fault of ours.
    """
    from readerstudy.problems import DataError

    try:
        yield
    except DataError as error:
        typer.echo(error.told(refused), err=True)
        raise typer.Exit(1) from None
    except BrokenPipeError:
        # Whoever read our output has read enough; what was to be written is written.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error)
        typer.echo(f"error: {what}", err=True)
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        typer.echo(f"interrupted; {interrupted}", err=True)
        raise typer.Exit(130) from None
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get((error.name or "").partition(".")[0])
        if extra is None:
            raise _fault(error) from None
        typer.echo(
            f"error: this command needs {error.name}, which is not installed: pip install 'readerstudy[{extra}]'",
            err=True,
        )
        raise typer.Exit(2) from None
    except (typer.Exit, typer.BadParameter):
        raise
    except Exception as error:
        raise _fault(error) from None


def one_of(value: str, known: Sequence[str], option: str) -> None:
    """Refuse what is none of the names that an option takes."""
    if value not in known:
        raise typer.BadParameter(f"one of {', '.join(known)}, not {value!r}", param_hint=option)


def _fault(error: Exception) -> typer.Exit:
    """Say that it is ours. The traceback could print patients' data, so that only its last place is named."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    where = "?" if last is None else f"{Path(last.tb_frame.f_code.co_filename).name}:{last.tb_lineno}"
    typer.echo(f"error: this is a fault of readerstudy ({type(error).__name__} at {where}): {error}", err=True)
    typer.echo("Please report it, with the command and the shape of the data, but without patients' data.", err=True)
    return typer.Exit(70)
