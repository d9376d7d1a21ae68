"""A sealed value opens in the row that it was written for alone, whoever moves it in the database."""

from datetime import date

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from factories.accounts import make_actor
from factories.residents import make_resident
from tuoju.database.keys import EncryptionError
from tuoju.database.sealing import UnboundValue, reserve_ids, sealed_columns
from tuoju.launch.tables import METADATA
from tuoju.residents.models import Resident
from tuoju_projects.models import Organization


@pytest.fixture
def two(session: Session) -> tuple[Resident, Resident]:
    worker = make_actor(session)
    return make_resident(session, worker, name="测试甲"), make_resident(session, worker, name="测试乙")


def read_again(session: Session, resident: Resident) -> Resident:
    session.expire_all()
    return session.get_one(Resident, resident.pk)


class TestMovedValues:
    """What a database administrator could do by SQL."""

    def test_between_rows(self, session: Session, two: tuple[Resident, Resident]) -> None:
        first, second = two[0].pk, two[1].pk
        session.execute(
            text("UPDATE resident SET name = (SELECT name FROM resident WHERE id = :second) WHERE id = :first"),
            {"first": first, "second": second},
        )
        with pytest.raises(EncryptionError):
            read_again(session, two[0])
        assert session.get_one(Resident, second).name == "测试乙"

    def test_between_columns(self, session: Session, two: tuple[Resident, Resident]) -> None:
        session.execute(text("UPDATE resident SET phone = name WHERE id = :id"), {"id": two[0].pk})
        with pytest.raises(EncryptionError):
            read_again(session, two[0])

    def test_between_tables(self, session: Session, two: tuple[Resident, Resident]) -> None:
        organization = Organization(
            id=two[0].pk + 10_000, name="测试", org_type="foundation", region_code="341100000000", contact_name="测试丙"
        )
        session.add(organization)
        session.flush()
        session.execute(
            text("UPDATE resident SET name = (SELECT contact_name FROM organization WHERE id = :from) WHERE id = :id"),
            {"from": organization.id, "id": two[0].pk},
        )
        with pytest.raises(EncryptionError):
            read_again(session, two[0])

    def test_with_the_id_of_the_row(self, session: Session, two: tuple[Resident, Resident]) -> None:
        """A whole row under another id does not open either."""
        session.execute(text("UPDATE resident SET id = 900001 WHERE id = :id"), {"id": two[1].pk})
        session.expunge_all()
        with pytest.raises(EncryptionError):
            session.get(Resident, 900001)

    def test_days_too(self, session: Session, two: tuple[Resident, Resident]) -> None:
        assert isinstance(read_again(session, two[0]).born_on, date)
        session.execute(
            text("UPDATE resident SET born_on = (SELECT born_on FROM resident WHERE id = :second) WHERE id = :first"),
            {"first": two[0].pk, "second": two[1].pk},
        )
        with pytest.raises(EncryptionError):
            read_again(session, two[0])

    @pytest.mark.parametrize("stored", ["测试", "", "test:AAAA", "aes:test:", "aes:test:AAAA", "sm:test:AAAA"])
    def test_what_was_never_sealed(self, session: Session, two: tuple[Resident, Resident], stored: str) -> None:
        session.execute(text("UPDATE resident SET name = :stored WHERE id = :id"), {"stored": stored, "id": two[0].pk})
        with pytest.raises(EncryptionError):
            read_again(session, two[0])


class TestReading:
    def test_a_column_alone(self, session: Session, two: tuple[Resident, Resident]) -> None:
        names = select(col(Resident.name)).where(col(Resident.id).in_([two[0].pk, two[1].pk]))
        assert set(session.execute(names).scalars()) == {"测试甲", "测试乙"}

    def test_a_labelled_column(self, session: Session, two: tuple[Resident, Resident]) -> None:
        query = select(col(Resident.name).label("called")).where(col(Resident.id) == two[0].pk)
        assert session.execute(query).one().called == "测试甲"

    def test_two_aliases_of_a_table(self, session: Session, two: tuple[Resident, Resident]) -> None:
        first, second = aliased(Resident), aliased(Resident)
        query = select(first.name, second.name).where(
            col(first.id) == two[0].pk, col(second.id) == two[1].pk, col(first.id) != second.id
        )
        assert session.execute(query).one() == ("测试甲", "测试乙")

    def test_a_subquery_that_has_the_key(self, session: Session, two: tuple[Resident, Resident]) -> None:
        inner = select(col(Resident.id), col(Resident.name)).where(col(Resident.id) == two[0].pk).subquery()
        assert session.execute(select(inner.c.name)).scalar_one() == "测试甲"

    def test_a_subquery_without_the_key_is_refused(self, session: Session) -> None:
        inner = select(col(Resident.name)).subquery()
        with pytest.raises(UnboundValue):
            session.execute(select(inner.c.name))

    def test_a_union(self, session: Session, two: tuple[Resident, Resident]) -> None:
        first, second = (select(col(Resident.name)).where(col(Resident.id) == resident.pk) for resident in two)
        assert set(session.execute(first.union(second)).scalars()) == {"测试甲", "测试乙"}

    def test_what_a_change_returns(self, session: Session, two: tuple[Resident, Resident]) -> None:
        change = update(Resident).where(col(Resident.id) == two[0].pk).values(disability_type="1")
        returned = session.connection().execute(change.returning(col(Resident.name), col(Resident.id)))
        assert returned.one() == ("测试甲", two[0].pk)

    def test_a_computed_text_is_refused(self, session: Session) -> None:
        with pytest.raises(UnboundValue):
            session.execute(select(func.coalesce(col(Resident.name), "x")))


class TestWriting:
    def test_a_change_is_bound_as_a_new_row_is(self, session: Session, two: tuple[Resident, Resident]) -> None:
        two[0].name, two[0].born_on = two[1].name, two[1].born_on
        session.flush()
        assert type(two[0].name) is str
        assert type(two[0].born_on) is date
        assert (read_again(session, two[0]).name, two[1].name) == ("测试乙", "测试乙")

    def test_rows_added_together_get_ids_of_their_own(self, session: Session) -> None:
        names = [f"测试{number}" for number in range(20)]
        rows = [Organization(name=name, org_type="x", region_code="341100000000", contact_name=name) for name in names]
        session.add_all(rows)
        session.flush()
        assert len({row.id for row in rows}) == len(rows)
        session.expire_all()
        assert [row.contact_name for row in rows] == names

    @pytest.mark.parametrize("added", [1, 2])
    def test_reserved_ids_are_used_once(self, session: Session, added: int) -> None:
        reserve_ids(session, Organization)
        for _ in range(2):
            session.add_all(Organization(name="测试", org_type="x", region_code="341100000000") for _ in range(added))
            session.flush()
        assert session.scalar(select(func.count()).select_from(Organization)) == 2 * added

    def test_a_flush_that_fails_leaves_plain_values(self, session: Session, two: tuple[Resident, Resident]) -> None:
        broken = Resident(household_id=1, region_code="none", name="测试", recorded_by=-1)
        session.add(broken)
        with pytest.raises(IntegrityError):
            session.flush()
        assert type(broken.name) is str

    @pytest.mark.parametrize("value", ["测试", ""])
    def test_a_statement_past_the_session_is_refused(self, session: Session, value: str) -> None:
        with pytest.raises(UnboundValue):
            session.connection().execute(update(Resident).values(name=value))
        with pytest.raises(UnboundValue):
            session.connection().execute(insert(Organization).values(name="x", contact_name=value))

    def test_comparing_with_a_sealed_column_is_refused(self, session: Session) -> None:
        """It would never be true: the same text is sealed to another value each time."""
        with pytest.raises(UnboundValue):
            session.execute(select(col(Resident.id)).where(col(Resident.name) == "测试"))


def test_every_table_with_sealed_columns_has_one_primary_key() -> None:
    for table in METADATA.sorted_tables:
        assert not sealed_columns(table) or len(table.primary_key.columns) == 1, table.name
