"""Ids in addresses and bodies: an id no row can have is refused before a database sees it."""

from typing import Annotated

from fastapi import Path
from pydantic import Field

GREATEST = 2**31 - 1
PathId = Annotated[int, Path(ge=1, le=GREATEST)]
Id = Annotated[int, Field(ge=1, le=GREATEST)]
