"""Parts of view objects that several pages of reports show (templates: reports/parts.html)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tile:
    """One number as a tile. `href` leads to its rows; without one the tile is no link."""

    href: str
    number: str
    words: str
    note: str = ""
    current: bool = False
    """Whether the page shows what the tile leads to."""


@dataclass(frozen=True)
class RegionLink:
    """A region by name, and the same page of it."""

    name: str
    href: str


@dataclass(frozen=True)
class Chip:
    """A state as a chip; `kind` is its style: wait, calm, stop or still."""

    kind: str
    words: str
