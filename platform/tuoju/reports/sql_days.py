"""Days and months of China in SQL, on PostgreSQL and SQLite."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Date, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from tuoju.regions.calendar import CHINA


class ChinaDay(FunctionElement[date]):
    """The day in China of a moment."""

    type = Date()
    inherit_cache = True


@compiles(ChinaDay, "postgresql")
def _day_on_postgresql(element: ChinaDay, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AT TIME ZONE 'Asia/Shanghai' AS DATE)"


@compiles(ChinaDay, "sqlite")
def _day_on_sqlite(element: ChinaDay, compiler: SQLCompiler, **options: Any) -> str:
    # Moments are stored in UTC; China has kept one offset since 1991.
    return f"date({compiler.process(element.clauses, **options)}, '+8 hours')"


class MonthOfDay(FunctionElement[str]):
    """The month of a day, as 2026-11."""

    type = String()
    inherit_cache = True


@compiles(MonthOfDay, "postgresql")
def _month_on_postgresql(element: MonthOfDay, compiler: SQLCompiler, **options: Any) -> str:
    return f"to_char({compiler.process(element.clauses, **options)}, 'YYYY-MM')"


@compiles(MonthOfDay, "sqlite")
def _month_on_sqlite(element: MonthOfDay, compiler: SQLCompiler, **options: Any) -> str:
    return f"substr({compiler.process(element.clauses, **options)}, 1, 7)"


def days_of_month(month: str) -> tuple[date, date]:
    """The first day of a month that is written as 2026-11, and that of the month after it."""
    first = date.fromisoformat(f"{month}-01")
    return first, first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)


def moments_of_month(month: str) -> tuple[datetime, datetime]:
    """When a month begins in China, and when the next one does."""
    first, following = days_of_month(month)
    return datetime.combine(first, time(), tzinfo=CHINA), datetime.combine(following, time(), tzinfo=CHINA)
