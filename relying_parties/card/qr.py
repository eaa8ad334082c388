"""The check address as a QR code: an SVG image, dark on light in every colour scheme."""

import io

import segno


def check_image(url: str) -> str:
    """Return the SVG text of a QR code for `url` (error correction M, quiet zone included)."""
    buffer = io.BytesIO()
    segno.make_qr(url, error="m").save(
        buffer, kind="svg", border=4, dark="#000", light="#fff", xmldecl=False, svgns=True,
        omitsize=True, nl=False,
    )  # fmt: skip
    return buffer.getvalue().decode("ascii")
