"""What always holds of the rules of calls; see tuoju.database.rules."""

from collections.abc import Iterator, Mapping

from sqlmodel import Session, col, select

from tuoju.database.rules import RowIds, Rule
from tuoju.funding.call_rules import CallRule
from tuoju_projects.call_rules import DEFINITIONS


def rules_within_bounds(session: Session) -> Iterator[RowIds]:
    """Every rule of a call lies within its bounds."""
    for row in session.exec(select(CallRule).order_by(col(CallRule.id))):
        definition = DEFINITIONS[row.name]
        if not definition.lowest <= row.value <= definition.highest:
            yield {"call_rule": row.pk}


def one_rule_a_day(session: Session) -> Iterator[RowIds]:
    """No two rows of one rule and region are in force on the same day."""
    order = (col(CallRule.name), col(CallRule.region_code), col(CallRule.valid_from))
    before: CallRule | None = None
    for row in session.exec(select(CallRule).order_by(*order)):
        same = before is not None and (before.name, before.region_code) == (row.name, row.region_code)
        if before is not None and same and (before.valid_to is None or before.valid_to >= row.valid_from):
            yield {"call_rule": before.pk, "next": row.pk}
        before = row


INVARIANTS: Mapping[str, Rule] = {
    "call_rules_within_bounds": rules_within_bounds,
    "one_call_rule_a_day": one_rule_a_day,
}
