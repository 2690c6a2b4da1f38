"""What a TIFF or PNG holds."""

from __future__ import annotations

import io

from PIL import Image, UnidentifiedImageError

from readerstudy.figures._seen import Seen, UnreadableError

_SPACES = {"RGB": "RGB", "RGBA": "RGB", "L": "grey", "LA": "grey", "1": "grey", "P": "palette", "CMYK": "CMYK"}


def inspect(data: bytes, form: str) -> Seen:
    """Read a picture; without a resolution in the file it has no size in mm.

    Raises
    ------
    UnreadableError
        If it is none of this format.
    """
    try:
        with Image.open(io.BytesIO(data), formats=[form.upper()]) as picture:
            dpi = float(picture.info.get("dpi", (0, 0))[0])
            columns, rows = picture.size
            return Seen(
                form=form,
                width=columns / dpi * 25.4 if dpi else 0.0,
                height=rows / dpi * 25.4 if dpi else 0.0,
                spaces={_SPACES.get(picture.mode, picture.mode)},
                transparent=picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info,
                pictures=[dpi],
                pixels=(columns, rows),
                compression=str(picture.info.get("compression", "")),
            )
    except UnidentifiedImageError:
        raise UnreadableError(f"this is no {form.upper()}") from None
