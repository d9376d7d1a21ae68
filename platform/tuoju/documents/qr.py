"""Addresses as QR codes of medium error correction (15 %), which a wet sheet on a wall survives."""

import io

import segno
from markupsafe import Markup


def on_paper(address: str) -> str:
    """An SVG of its own size, for a document that is printed."""
    return segno.make(address, error="m", micro=False).svg_inline(scale=4, border=2)


def on_page(address: str) -> Markup:
    """An SVG without a size of its own and without inline style, on white, for a page."""
    drawn = io.BytesIO()
    code = segno.make(address, error="m", micro=False)
    code.save(drawn, kind="svg", xmldecl=False, svgns=True, omitsize=True, scale=5, border=3, light="#fff")
    return Markup(drawn.getvalue().decode())  # noqa: S704 drawn here, from an address of ours
