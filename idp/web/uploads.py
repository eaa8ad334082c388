"""One file sent with a form (RFC 7578), read strictly: one part per name, bounded, kept as it came.

Werkzeug's own reader takes the first of repeated parts and replaces broken UTF-8; only its decoder
is used. A form without a file is read as every other form: it says that none was chosen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from idp.web.forms import MAX_BODY, BadForm, plain_text, read_form, whole_body

MEDIA_TYPE: Final = "multipart/form-data"
TOKEN: Final = "csrf_token"  # noqa: S105 - the name of a field
MOST_PARTS: Final = 20
LONGEST: Final = 500


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came, and the form token beside it; `data` is None when none was chosen."""

    csrf_token: str = field(repr=False)
    data: bytes | None = field(repr=False)


def read_upload(request: Request, most: int) -> Upload:
    """Read a form with one file of at most `most` bytes; raises BadForm as `read_form` does."""
    if request.mimetype != MEDIA_TYPE:
        return Upload(read_form(request, {TOKEN: LONGEST})[TOKEN], None)
    boundary = request.mimetype_params.get("boundary", "")
    if not boundary.isascii() or not 0 < len(boundary) <= 70:  # RFC 2046 5.1.1
        raise BadForm("bad_request", "no boundary")
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise BadForm("unsupported_media_type", "a compressed body")
    parts = _parts(whole_body(request, most + MAX_BODY), boundary.encode())
    files = [data for part, data in parts if isinstance(part, File) and (part.filename or data)]
    if len(files) > 1:
        raise BadForm("repeated_field", "more than one file")
    if files and len(files[0]) > most:
        raise BadForm("body_too_large")
    tokens = [data for part, data in parts if isinstance(part, Field) and part.name == TOKEN]
    if len(tokens) > 1:
        raise BadForm("repeated_field", TOKEN)
    token = plain_text(tokens[0]) if tokens else ""
    if len(token) > LONGEST:
        raise BadForm("field_too_long", TOKEN)
    return Upload(token, files[0] if files else None)


def _parts(body: bytes, boundary: bytes) -> list[tuple[Field | File, bytes]]:
    decoder = MultipartDecoder(boundary, max_parts=MOST_PARTS)
    found: list[tuple[Field | File, list[bytes]]] = []
    try:
        decoder.receive_data(body)
        decoder.receive_data(None)
        while not isinstance(event := decoder.next_event(), Epilogue):
            if isinstance(event, NeedData):
                raise BadForm("bad_request", "the body was cut short")
            if isinstance(event, Field | File):
                found.append((event, []))
            elif isinstance(event, Data):
                found[-1][1].append(event.data)
    except RequestEntityTooLarge as error:
        raise BadForm("body_too_large", "too many parts") from error
    except (ValueError, UnicodeError) as error:
        raise BadForm("bad_request", "parts that cannot be read") from error
    return [(part, b"".join(data)) for part, data in found]
