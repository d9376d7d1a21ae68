"""Lists cut into numbered pages, with links to the page before and after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

Row = TypeVar("Row")


@dataclass(frozen=True)
class PageNumbers:
    """Where a page stands in its list. A link is "" where there is no such page."""

    number: int
    last: int
    previous_url: str
    next_url: str


def page_numbers(number: int, last: int, query: Mapping[str, object]) -> PageNumbers:
    """The page numbers of page `number` of `last`; `query` holds the other parameters of the address."""

    def url(page: int) -> str:
        return f"?{urlencode({**query, 'page': page})}" if 1 <= page <= last else ""

    return PageNumbers(number, last, url(number - 1), url(number + 1))


def page_numbers_of(total: int, number: int, per_page: int, query: Mapping[str, object]) -> PageNumbers:
    """Page `number` of so many rows, counted from 1; the last page where the number is beyond it."""
    last = max(1, -(-total // per_page))
    return page_numbers(min(number, last), last, query)


@dataclass(frozen=True)
class NumberedPage(Generic[Row]):
    """One page of a list, and where it stands."""

    rows: Sequence[Row]
    numbers: PageNumbers


def cut_page(rows: Sequence[Row], number: int, per_page: int, query: Mapping[str, object]) -> NumberedPage[Row]:
    """Page `number` of the rows, counted from 1; the last page where the number is beyond it."""
    numbers = page_numbers_of(len(rows), number, per_page, query)
    return NumberedPage(rows[(numbers.number - 1) * per_page : numbers.number * per_page], numbers)
