"""Times, dates and amounts as people read them, in Chinese time."""

from datetime import date, datetime, timedelta

from tuoju.regions.calendar import CHINA


def china_time(moment: datetime | None) -> str:
    """2026-11-23 14:05 in China."""
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M") if moment else ""


def china_date(moment: datetime | date | None) -> str:
    """2026-11-23 in China."""
    if moment is None:
        return ""
    day = moment.astimezone(CHINA).date() if isinstance(moment, datetime) else moment
    return day.isoformat()


def due_day(ends_at: datetime) -> str:
    """The last day for something that is due before the instant `ends_at`, which is the end of that day."""
    return (ends_at.astimezone(CHINA) - timedelta(seconds=1)).date().isoformat()


def yuan(fen: int) -> str:
    """1,720,600.00 of an amount in fen."""
    return f"{fen / 100:,.2f}"


def file_size(count: int) -> str:
    """128 KB or 10 MB of a number of bytes, rounded down."""
    return f"{count // 1_000_000} MB" if count >= 1_000_000 else f"{count // 1024} KB"
