"""`tuoju check invariants`: a sound demo city passes, and every breach is found."""

import importlib
import json
import pkgutil
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from sqlmodel import Session, col, select

from factories.databases import UnitOfWork
from factories.plans import do
from tuoju.accounts.models import Role, User
from tuoju.accounts.queries import actor_of
from tuoju.cases.attachments import add_attachment, clean_upload
from tuoju.cases.models import AttachmentKind, Case
from tuoju.database.engine import WRITES, make_engine
from tuoju.invariants.registry import HISTORIES, RULES
from tuoju.invariants.service import check_invariants
from tuoju.plans import service as plans
from tuoju.reports.summaries import last_month, prepare
from tuoju.simulation.demo_city import build_demo_city

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
PACKAGES = ("tuoju", "tuoju_projects", "tuoju_notifications")


@pytest.fixture(scope="module")
def city(databases: Any) -> Iterator[Engine]:
    """A small demo city with an attachment, a monthly summary and an approved plan."""
    engine = make_engine(databases.fresh())

    def work(jobs: Any) -> None:
        for job in jobs:
            do(UnitOfWork(engine, start=work), job)

    unit_of_work = UnitOfWork(engine, start=work)
    build_demo_city(unit_of_work, people=10, waiting=12, tell=lambda _words: None)
    with unit_of_work.write() as session:
        signed_in = session.exec(select(User).where(col(User.username).in_(("worker", "manager")))).all()
        actors = {user.role: actor_of(user) for user in signed_in}
        village = actors[Role.social_worker].region_code
        case = session.exec(select(Case).where(Case.region_code == village)).first()
        assert case is not None
        add_attachment(
            session, actors[Role.social_worker], case, kind=AttachmentKind.other, name="a.pdf", file=clean_upload(PDF)
        )
        prepare(session, actors[Role.social_worker], village, last_month(session, village))
        plan = plans.make_plan(session, actors[Role.program_manager], "341124000000")
    with unit_of_work.write() as session:
        plans.approve(session, actors[Role.program_manager], session.get_one(plans.Plan, plan.pk))
    yield engine
    engine.dispose()


def test_a_sound_city_passes(city: Engine) -> None:
    findings = check_invariants(city)
    assert findings.violations == []
    assert findings.checked == list(RULES)


CALL_RULE = (
    "INSERT INTO call_rule (name, region_code, valid_from, value, source)"
    " VALUES ('open_days', '341124000000', '{valid_from}', {value}, 'x')"
)
CALL = (
    "INSERT INTO funding_call (id, version, number, title, region_code, plan_id, state, funding_type, budget_fen,"
    " closes_at, starts_on, ends_on, introduction, telephone, criteria, rules, made_by, made_at, cancel_reason,"
    " receipts)"
    " VALUES (1, 1, 'x', 'x', '341124000000', 1, '{state}', 'own_funds', 1, '2026-01-01 00:00:00', '2026-01-01',"
    " '2026-02-01', '', '', '{{}}', '{{}}', 1, '2026-01-01 00:00:00', '', 0)"
)
APPLICATION = (
    "INSERT INTO funding_application (id, version, call_id, organization_id, region_code, state, is_from_paper,"
    " content, ask_fen, matching_fen, receipt, submitted_at, made_by, made_at, saved_at)"
    " VALUES (1, 1, 1, 1, '341124000000', '{state}', false, 'x', 0, 0, {receipt}, {at}, 1, '2026-01-01 00:00:00',"
    " '2026-01-01 00:00:00')"
)
MEMBER = (
    "INSERT INTO call_member (id, version, call_id, user_id, hat, is_active, added_by, added_at)"
    " VALUES (1, 1, 1, 1, '{hat}', true, 1, '2026-01-01 00:00:00')"
)
REVIEW = (
    "INSERT INTO funding_review (id, version, call_id, application_id, reviewer_id, position, state, interest, points,"
    " reasons, is_locked, panel_note, feedback, minutes, office_reason, assigned_at)"
    " VALUES (1, 1, 1, 1, 1, 1, '{state}', {interest}, '{points}', 'x', false, 'x', 'x', 0, 'x',"
    " '2026-01-01 00:00:00')"
)
JOB = (
    "INSERT INTO background_job (id, user_id, kind, list_name, purpose, language, fingerprint, state,"
    " problem_detail, file_name, rows_done, rows_added, rows_refused, runs, stalled_runs, created_at, worked_at)"
    " VALUES (1, 1, 'import_list', 'residents', '', 'zh', 'x', '{state}', '', '', 0, {rows_added}, 0, 0, 0,"
    " '2026-01-01 00:00:00', '2026-01-01 00:00:00')"
)


BREACHES: Mapping[str, tuple[str, ...]] = {
    "sealed_values_open": (
        "UPDATE resident SET name = (SELECT other.name FROM resident other WHERE other.id <> resident.id LIMIT 1)"
        " WHERE id = (SELECT min(id) FROM resident)",
    ),
    "audit_chains_verify": ("UPDATE audit_entry SET action = 'other' WHERE id = (SELECT max(id) FROM audit_entry)",),
    "places_within_total": ("UPDATE project SET places_taken = places_total + 1 WHERE id = 1",),
    "places_equal_ledger": ("UPDATE project SET places_total = places_total + 1 WHERE id = 1",),
    "place_given_once": (
        "UPDATE place_entry SET change = -2 WHERE id = (SELECT max(id) FROM place_entry WHERE change = -1)",
    ),
    "notification_history": (
        "UPDATE notification SET state = 'created' WHERE id = (SELECT max(id) FROM notification"
        " WHERE state = 'delivered')",
    ),
    "outbox_consistent": (
        "UPDATE notification SET state = 'sending', lease = '' WHERE id = (SELECT max(id) FROM notification)",
    ),
    "tallies_equal_recount": ("UPDATE notification_tally SET steps = steps + 1 WHERE state = 'delivered'",),
    "case_history": (
        "UPDATE case_step SET to_state = 'under_review' WHERE id = (SELECT min(id) FROM case_step"
        " WHERE to_state = 'investigating')",
    ),
    "need_ends": ("UPDATE need SET ended_at = opened_at WHERE id = (SELECT max(id) FROM need WHERE state = 'open')",),
    "files_open": ("UPDATE attachment SET sha256 = 'other'",),
    "fund_entries_balance": ("UPDATE posting SET amount_fen = amount_fen + 1 WHERE id = 1",),
    "fund_balances_equal_entries": ("UPDATE earmarked_account SET balance_fen = balance_fen + 1 WHERE id = 1",),
    "payments_equal_entries": (
        "UPDATE relief_payment SET state = 'prepared' WHERE id = (SELECT min(id) FROM relief_payment"
        " WHERE state = 'paid')",
    ),
    "ranker_history": (
        "INSERT INTO ranker_version (id, version, number, state, finding, trained_at, decisions, report)"
        " VALUES (1, 1, 1, 'in_use', 'better', '2026-01-01 00:00:00', 0, '{}')",
    ),
    "one_live_referral": (
        "DROP INDEX uq_referral_live_need",
        "UPDATE referral SET state = 'in_progress', need_id = (SELECT min(need_id) FROM referral)",
    ),
    "places_equal_referrals": (
        "UPDATE referral SET state = 'in_progress' WHERE id = (SELECT min(id) FROM referral WHERE state = 'completed')",
    ),
    "referral_history": (
        "DELETE FROM referral_event WHERE id = (SELECT min(id) FROM referral_event WHERE verb = 'accept')",
    ),
    "need_history": ("UPDATE need SET state = 'met' WHERE id = (SELECT max(id) FROM need WHERE state = 'open')",),
    "project_history": (
        "INSERT INTO audit_entry (scope, sequence, at, action, subject_type, subject_id, purpose, detail, address,"
        " request_id, previous_hash, hash, key_id, mac) VALUES ('x', 1, '2026-01-01 00:00:00', 'project_close',"
        " 'Project', '1', '', '{}', '', '', '', 'x', '', '')",
    ),
    "plan_history": ("UPDATE plan SET state = 'computing', ended_at = NULL",),
    "plan_lines": ("UPDATE plan_line SET state = 'sent', referral_id = NULL",),
    "summaries_equal_recount": (
        "UPDATE fund_entry SET occurred_on = (SELECT first_day FROM monthly_summary),"
        " recorded_at = '2020-01-01 00:00:00' WHERE id = (SELECT max(id) FROM fund_entry WHERE fund_id ="
        " (SELECT f.id FROM fund f JOIN monthly_summary s ON s.region_code = f.region_code))",
    ),
    "erasure_history": (
        "INSERT INTO erasure (id, version, what, ground, region_code, state, row_count, blocks, reason, proposed_at)"
        " VALUES (1, 1, 'draft', 'retention', '341124000000', 'done', 0, '[]', 'x', '2026-01-01 00:00:00')",
    ),
    "call_rules_within_bounds": (CALL_RULE.format(valid_from="2026-01-01", value=10**9),),
    "one_call_rule_a_day": (
        CALL_RULE.format(valid_from="2026-01-01", value=1),
        CALL_RULE.format(valid_from="2026-02-01", value=1),
    ),
    "complaints_of_ended_services": (
        "INSERT INTO complaint (version, referral_id, cause, opened_at, due_at, due_provisional, answered_at, answer)"
        " SELECT 1, id, 'low_rating', requested_at, requested_at, false, requested_at, '' FROM referral LIMIT 1",
    ),
    "spot_checks_equal_draws": (
        "INSERT INTO spot_check_draw (region_code, month, percent, seed, population, drawn_at, drawn_by)"
        " SELECT region_code, '2026-01', 100, 'x', '[1]', requested_at, sent_by FROM referral LIMIT 1",
    ),
    "call_history": (CALL.format(state="open"),),
    "published_calls_are_whole": (CALL.format(state="open"),),
    "application_history": (
        CALL.format(state="draft"),
        APPLICATION.format(state="eligible", at="NULL", receipt="NULL"),
    ),
    "submitted_applications_are_frozen": (
        CALL.format(state="draft"),
        APPLICATION.format(state="draft", at="'2026-01-01 00:00:00'", receipt="1"),
    ),
    "eligible_applications_were_checked": (
        CALL.format(state="draft"),
        APPLICATION.format(state="eligible", at="NULL", receipt="NULL"),
    ),
    "hats_are_kept_apart": (
        CALL.format(state="draft"),
        "INSERT INTO funding_step (call_id, machine, row_id, verb, before, after, by, at)"
        " VALUES (1, 'call', 1, 'extend', 'open', 'open', 1, '2026-01-01 00:00:00')",
        MEMBER.format(hat="screener"),
    ),
    "review_history": (
        CALL.format(state="review"),
        APPLICATION.format(state="eligible", at="NULL", receipt="NULL"),
        MEMBER.format(hat="reviewer"),
        REVIEW.format(state="recused", interest="'kin'", points="{}"),
    ),
    "reviews_are_whole": (
        CALL.format(state="review"),
        APPLICATION.format(state="eligible", at="NULL", receipt="NULL"),
        MEMBER.format(hat="reviewer"),
        REVIEW.format(state="assigned", interest="NULL", points='{"x": 1}'),
    ),
    "job_history": (JOB.format(state="done", rows_added=0),),
    "job_rows_equal_counts": (JOB.format(state="queued", rows_added=1),),
}
"""What an administrator of the database could write past the program, by the rule that has to find it."""


@pytest.fixture
def tampered(city: Engine) -> Iterator[Session]:
    """A session of whoever owns the database: past triggers, CHECKs and policies. Rolled back after the test."""
    with city.execution_options(**WRITES).connect() as connection:
        _go_past_guards(connection)
        with Session(connection) as session:
            yield session
            session.rollback()
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA ignore_check_constraints = OFF")


def _go_past_guards(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        for verb in ("update", "delete", "replace"):
            connection.exec_driver_sql(f"DROP TRIGGER audit_entry_{verb}")
        return
    connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
    names = connection.exec_driver_sql(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c' AND connamespace ="
        " 'public'::regnamespace"
    ).all()
    for table, name in names:
        connection.exec_driver_sql(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')


@pytest.mark.parametrize("rule", RULES)
def test_a_breach_is_found(tampered: Session, rule: str) -> None:
    assert list(RULES[rule](tampered)) == []
    for statement in BREACHES[rule]:
        tampered.execute(text(statement))
    violations = list(RULES[rule](tampered))
    assert violations
    assert {type(row_id) for rows in violations for row_id in rows.values()} <= {int, str}
    json.dumps(violations)


def test_a_value_that_no_key_opens_stops_no_other_rule(tampered: Session) -> None:
    """Rules that need no personal value do not read one."""
    tampered.execute(text("UPDATE resident SET name = 'x'"))
    tampered.execute(text("UPDATE monthly_summary SET reason = 'x'"))
    broken = {name for name, rule in RULES.items() if list(rule(tampered))}
    assert broken == {"sealed_values_open"}


def test_every_rule_says_what_holds() -> None:
    assert [name for name, rule in RULES.items() if not rule.__doc__] == []
    assert set(BREACHES) == set(RULES)


def test_every_transition_table_has_its_rule() -> None:
    """A new table of lawful steps needs a rule that checks the histories of its rows."""
    tables = [
        f"{name}.{attribute}"
        for name in _status_modules()
        for attribute, value in vars(importlib.import_module(name)).items()
        if (attribute == "STEPS" or attribute.endswith("_STEPS"))
        and not any(value is table and rule in RULES for table, rule in HISTORIES)
    ]
    assert tables == []
    assert len(list(_status_modules())) >= 7


def _status_modules() -> Iterator[str]:
    for package in PACKAGES:
        path = importlib.import_module(package).__path__
        for module in pkgutil.walk_packages(path, f"{package}."):
            if module.name.rsplit(".", 1)[-1] == "status":
                yield module.name
