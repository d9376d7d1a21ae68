"""Divisions and codes, and what every representation is."""

from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from tuoju.regions.models import Region, RegionLevel

Names = Mapping[str, str]
"""Region codes to names, from regions.queries.names."""


class Representation(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class RegionFound(Representation):
    """A region."""

    code: str = Field(examples=["110101001001"])
    name: str = Field(examples=["黄庵村委会"])
    full_name: str = Field(
        description="A village with its township, because village names repeat within a city.",
        examples=["马厂镇黄庵村委会"],
    )
    level: RegionLevel
    parent_code: str | None

    @classmethod
    def of(cls, region: Region, names: Names) -> Self:
        return cls(**region.model_dump(exclude={"path"}), full_name=names[region.code])


class RegionName(Representation):
    """A region by its code, with its display name."""

    code: str = Field(examples=["110101001001"])
    name: str = Field(examples=["马厂镇黄庵村委会"])

    @classmethod
    def of(cls, code: str, names: Names) -> Self:
        return cls(code=code, name=names.get(code, code))


class Code(Representation):
    """A code and its name in the language of `Accept-Language`."""

    code: str = Field(examples=["A01"])
    label: str = Field(examples=["Home care"])
