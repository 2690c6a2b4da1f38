"""Pseudonyms and UIDs that only the holder of a key can lead back to a patient."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Iterable
from pathlib import Path

from readerstudy.problems import DataError, Place, Problem

_KEY_BYTES = 32
_DIGITS = 12


class Pseudonyms:
    """Pseudonyms by HMAC-SHA256 (RFC 2104) with a secret key: the same patient always gets the same one.

    Parameters
    ----------
    key
        32 random bytes. Who has them can find the pseudonym of a patient whose id they know, so that they are kept
        apart from what is passed on, like a list of the pseudonyms.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._patients: dict[str, str] = {}

    @classmethod
    def open(
        cls, key_file: str | os.PathLike[str], *, create: bool = True, outside: Iterable[str | os.PathLike[str]] = ()
    ) -> Pseudonyms:
        """Read the key of a file, 64 hexadecimal digits; make it if there is none.

        Parameters
        ----------
        key_file
            A new one is written whole or not at all, readable by its owner only.
        create
            Whether to make a key that is not there.
        outside
            Folders that are passed on, in which the key must not lie.

        Raises
        ------
        DataError
            RS830 if the file lies in one of `outside`, is readable by others, or holds no key.
        FileNotFoundError
            If there is no file and `create` is false.
        """
        path = Path(key_file)

        def refuse(message: str, help_: str) -> DataError:
            return DataError([Problem(code="RS830", message=message, place=Place(file=str(path)), help=help_)])

        for folder in map(Path, outside):
            if path.resolve().is_relative_to(folder.resolve()):
                raise refuse(f"the key lies in {folder}, which is passed on", "name a file elsewhere with --key")
        if not path.exists() and create:
            _write_key(path)
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise refuse("others may read the key", f"chmod 600 {path}")
        try:
            key = bytes.fromhex(path.read_text(encoding="ascii").strip())
        except (ValueError, UnicodeDecodeError):
            key = b""
        if len(key) != _KEY_BYTES:
            raise refuse("this is no key of readerstudy, 64 hexadecimal digits", "name another file with --key")
        return cls(key)

    def patient(self, raw: str) -> str:
        """The pseudonym of a patient id: p and 12 hexadecimal digits.

        Raises
        ------
        DataError
            RS831 if another id that was asked for has the same one (with 100,000 patients the chance is 2e-5).
        """
        raw = raw.strip()
        pseudonym = f"p{self._hmac('patient', raw).hex()[:_DIGITS]}"
        if self._patients.setdefault(pseudonym, raw) != raw:
            message = f"two patients have the pseudonym {pseudonym}"
            raise DataError([Problem(code="RS831", message=message, help="prepare them with another key file")])
        return pseudonym

    def uid(self, raw: str) -> str:
        """The UID that replaces another: below 2.25, made of 122 bits as in a random UUID (DICOM PS3.5, B.2)."""
        bits = int.from_bytes(self._hmac("uid", raw.strip())[:16], "big")
        bits = bits & ~(0xF << 76) | 4 << 76  # version 4
        bits = bits & ~(0x3 << 62) | 2 << 62  # variant of RFC 4122
        return f"2.25.{bits}"

    def _hmac(self, what: str, raw: str) -> bytes:
        return hmac.new(self._key, f"{what}\0{raw}".encode(), hashlib.sha256).digest()


def _write_key(path: Path) -> None:
    """Write a new key; one that another process has written meanwhile stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # made with mode 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
    finally:
        os.unlink(name)
