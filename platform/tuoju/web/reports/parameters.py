"""Bounded parameters of addresses, shared by the pages of figures, summaries and supervision."""

from typing import Annotated

from fastapi import Query

from tuoju.web.kit.bounds import GREATEST

MONTH = "20[0-9]{2}-(0[1-9]|1[0-2])"
"""Pattern of a month as addresses write it: 2026-11."""

RegionQuery = Annotated[str, Query(pattern="^([0-9]{12})?$")]
"""A region code; empty where the caller's own region is meant."""

MonthQuery = Annotated[str, Query(pattern=f"^({MONTH})?$")]
"""A month in China; empty where no month is chosen."""

ProjectQuery = Annotated[str, Query(pattern="^([1-9][0-9]{0,9})?$")]
"""The id of a project as text; empty for all projects."""

PageNumber = Annotated[int, Query(ge=1, le=GREATEST)]
EditionQuery = Annotated[int | None, Query(ge=1, le=GREATEST)]
