"""What always holds of monthly summaries; see tuoju.database.rules."""

from collections.abc import Iterator, Mapping

from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from tuoju.database.rules import RowIds, Rule
from tuoju.reports.models import MonthlySummary
from tuoju.reports.summaries import digest_of, recount


def summaries_equal_recount(session: Session) -> Iterator[RowIds]:
    """The figures of every edition are what the rows of that time come to, and its digest is that of its figures."""
    query = select(MonthlySummary).options(
        defer(MonthlySummary.reason),  # type: ignore[arg-type]
        defer(MonthlySummary.return_reason),  # type: ignore[arg-type]
    )
    for summary in session.exec(query.order_by(col(MonthlySummary.id))):
        if recount(session, summary) or digest_of(summary) != summary.digest:
            yield {"monthly_summary": summary.pk}


INVARIANTS: Mapping[str, Rule] = {"summaries_equal_recount": summaries_equal_recount}
