"""The constraint that a write violates is read by its name, on either database."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel

from factories.accounts import make_actor, make_user
from factories.cases import make_need
from factories.projects import make_project
from tuoju.accounts.models import AuditChain, User
from tuoju.cases.models import Draft
from tuoju.database.integrity import Violation, ViolationKind, read_violation, unique_names, violated_unique
from tuoju.launch.tables import METADATA
from tuoju.matchmaking.models import Gap
from tuoju.relief.models import Society


def violate(session: Session, *rows: SQLModel) -> IntegrityError:
    """The error of writing these rows, or of what was changed."""
    session.add_all(rows)
    with pytest.raises(IntegrityError) as caught:
        session.flush()
    return caught.value


class TestUnique:
    def test_a_constraint_of_one_column(self, session: Session) -> None:
        user = make_user(session)
        copy = User(**user.model_dump(exclude={"id"}))
        assert violated_unique(violate(session, copy)) == "uq_user_account_username"

    def test_a_constraint_of_two_columns(self, session: Session) -> None:
        user = make_user(session)
        drafts = [Draft(user_id=user.pk, form="need", content="") for _ in range(2)]
        error = violate(session, *drafts)
        assert read_violation(error) == Violation(ViolationKind.unique, "uq_draft_user_id_form")

    def test_a_partial_index(self, session: Session) -> None:
        need = make_need(session, make_actor(session))
        gaps = [Gap(need_id=need.pk, category="A01", region_code="341124105205", obstacles=[]) for _ in range(2)]
        assert violated_unique(violate(session, *gaps)) == "uq_gap_open_need"

    def test_a_primary_key(self, session: Session) -> None:
        add = insert(AuditChain).values(scope="x", sequence=0, hash="")
        session.execute(add)
        with pytest.raises(IntegrityError) as caught:
            session.execute(add)
        assert violated_unique(caught.value) == "pk_audit_chain"


class TestOthers:
    def test_a_check(self, session: Session) -> None:
        project = make_project(session)
        project.ends_on = project.starts_on - timedelta(days=1)
        error = violate(session)
        assert read_violation(error) == Violation(ViolationKind.check, "ck_project_period_in_order")
        assert violated_unique(error) is None

    def test_a_foreign_key(self, session: Session) -> None:
        error = violate(session, Society(region_code="000000000000", recorded_by=make_user(session).pk))
        assert read_violation(error).kind is ViolationKind.foreign_key
        assert read_violation(error).constraint in ("fk_society_region_code", "")  # SQLite names none

    def test_not_null(self, session: Session) -> None:
        with pytest.raises(IntegrityError) as caught:
            session.execute(text("INSERT INTO audit_chain (scope, sequence) VALUES ('x', 0)"))
        assert read_violation(caught.value) == Violation(ViolationKind.not_null, "audit_chain.hash")


def test_no_two_unique_rules_of_a_table_have_the_same_columns() -> None:
    """SQLite tells the columns alone: they must lead to one name."""
    for table in METADATA.sorted_tables:
        columns = [of for _, of in unique_names(table)]
        assert len(columns) == len(set(columns)), table.name
