"""Rules of calls are dated rows of a region with their source; a published call keeps its copy."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from factories.accounts import CITY, COUNTY, VILLAGE, make_actor
from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.models import AuditEntry, Role
from tuoju.accounts.permissions import Actor
from tuoju.funding.call_rules import CallRule, CallRuleInput, add_call_rule, call_rules_for, find_call_rules
from tuoju.funding.errors import DuplicateCallRule
from tuoju.funding.invariants import INVARIANTS
from tuoju.regions.queries import RegionNotFound
from tuoju_projects.call_rules import CallRuleName, CallRules, RulesNotUsable

NEW_YEAR = date(2027, 1, 1)
NOTICE = CallRuleName.notice


@pytest.fixture
def admin(session: Session) -> Actor:
    return make_actor(session, role=Role.administrator, region_code=CITY)


def rule(**values: object) -> CallRuleInput:
    defaults = {
        "name": NOTICE,
        "region_code": COUNTY,
        "valid_from": NEW_YEAR,
        "value": 7,
        "source": "定远县公益创投管理办法第九条",
    }
    return CallRuleInput.model_validate({**defaults, **values})


class TestCallRulesFor:
    def test_where_no_region_has_set_anything_the_defaults_hold(self, session: Session) -> None:
        assert call_rules_for(session, VILLAGE, NEW_YEAR).local == {}

    def test_the_nearest_region_decides_and_only_from_its_day_on(self, session: Session, admin: Actor) -> None:
        add_call_rule(session, admin, rule(region_code=CITY, value=10, source="滁州市办法"))
        add_call_rule(session, admin, rule(valid_from=date(2027, 6, 1)))
        before, after = (call_rules_for(session, VILLAGE, date(2027, month, 1)) for month in (5, 6))
        assert (before[NOTICE], before.source(NOTICE)) == (10, "滁州市办法")
        assert (after[NOTICE], after.source(NOTICE)) == (7, "定远县公益创投管理办法第九条")
        assert call_rules_for(session, VILLAGE, date(2026, 12, 31))[NOTICE] == 5

    def test_a_later_rule_does_not_reach_a_published_call(self, session: Session, admin: Actor) -> None:
        """Rejection 3 of the specification: criteria, weights or rules changed after publishing."""
        kept = call_rules_for(session, COUNTY, NEW_YEAR).frozen()
        add_call_rule(session, admin, rule())
        assert call_rules_for(session, COUNTY, NEW_YEAR)[NOTICE] == 7
        assert CallRules.thawed(kept)[NOTICE] == 5

    def test_rows_of_two_regions_can_contradict_each_other(self, session: Session, admin: Actor) -> None:
        add_call_rule(session, admin, rule(name="open_days", value=16))
        add_call_rule(session, admin, rule(name="open_days_at_least", region_code=CITY, value=18))
        with pytest.raises(RulesNotUsable):
            call_rules_for(session, COUNTY, NEW_YEAR)


class TestAddCallRule:
    def test_the_row_before_ends_and_one_that_follows_stays(self, session: Session, admin: Actor) -> None:
        add_call_rule(session, admin, rule())
        add_call_rule(session, admin, rule(valid_from=date(2027, 9, 1), value=9))
        between = add_call_rule(session, admin, rule(valid_from=date(2027, 5, 1), value=8))
        rows = {row.value: (row.valid_from, row.valid_to) for row in find_call_rules(session, COUNTY)}
        assert rows == {
            7: (NEW_YEAR, date(2027, 4, 30)),
            8: (date(2027, 5, 1), date(2027, 8, 31)),
            9: (date(2027, 9, 1), None),
        }
        assert [row.value for row in find_call_rules(session, COUNTY)] == [9, 8, 7]
        entries = session.exec(select(AuditEntry).where(AuditEntry.action == "add_call_rule")).all()
        assert between.pk in {int(entry.subject_id or 0) for entry in entries}

    def test_two_values_cannot_begin_on_the_same_day(self, session: Session, admin: Actor) -> None:
        add_call_rule(session, admin, rule())
        with pytest.raises(DuplicateCallRule):
            add_call_rule(session, admin, rule(value=8))

    @pytest.mark.parametrize("values", [{"value": 61}, {"name": "open_days", "value": 14}])
    def test_what_no_call_could_use_is_refused(self, session: Session, admin: Actor, values: dict[str, object]) -> None:
        with pytest.raises(RulesNotUsable):
            add_call_rule(session, admin, rule(**values))
        assert find_call_rules(session, COUNTY) == []

    def test_only_for_ones_own_region_and_only_with_permission(self, session: Session) -> None:
        other = make_actor(session, role=Role.administrator, region_code="341122000000")
        with pytest.raises(RegionNotFound):
            add_call_rule(session, other, rule())
        with pytest.raises(NotPermitted):
            add_call_rule(session, make_actor(session, role=Role.social_worker), rule())

    @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.tuples(st.dates(date(2027, 1, 1), date(2027, 3, 1)), st.integers(1, 60)), max_size=6))
    def test_on_every_day_one_row_is_in_force_whatever_the_order(
        self, session: Session, admin: Actor, rows: list[tuple[date, int]]
    ) -> None:
        savepoint = session.begin_nested()
        latest = dict(reversed(rows))  # of one day the first stays
        for day, value in rows:
            try:
                add_call_rule(session, admin, rule(valid_from=day, value=value))
            except DuplicateCallRule:
                continue
        assert [list(check(session)) for check in INVARIANTS.values()] == [[] for _ in INVARIANTS]
        for day in {day for day, _ in rows}:
            assert call_rules_for(session, COUNTY, day)[NOTICE] == latest[day]
        savepoint.rollback()


class TestInvariants:
    def test_name_rows_that_no_verb_would_write(self, session: Session) -> None:
        for value, day in ((99, NEW_YEAR), (5, date(2027, 2, 1))):
            session.add(
                CallRule(name=NOTICE, region_code=COUNTY, valid_from=day, value=value, source="typed into the table")
            )
        session.flush()
        assert len(list(INVARIANTS["call_rules_within_bounds"](session))) == 1
        assert len(list(INVARIANTS["one_call_rule_a_day"](session))) == 1

    def test_the_database_refuses_a_negative_value(self, session: Session) -> None:
        session.add(CallRule(name=NOTICE, region_code=COUNTY, valid_from=NEW_YEAR, value=-1, source="typed"))
        with pytest.raises(IntegrityError):
            session.flush()
