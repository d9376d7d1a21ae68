"""The words of one enum."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


@dataclass(frozen=True)
class EnumWords:
    """Words for every member of an enum, as msgids.

    `kind` is the name by which templates and the API ask for them. `also` holds codes that are shown beside the members
    but never stored: the state "missing" of a monthly summary that nobody has prepared.
    """

    enum: type[Enum]
    kind: str
    words: Mapping[Enum, str]
    also: Mapping[str, str] = field(default_factory=dict)
