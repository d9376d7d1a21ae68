"""Grants never exceed the grantor in role or region (design.md section 7): once reproduced holes."""

import pytest
from sqlmodel import Session, select

from factories.accounts import CITY, COUNTY, TOWNSHIP, VILLAGE, make_user
from factories.pages import Visitor
from factories.projects import make_organization
from tuoju.accounts.models import Role, TotpSecret, User
from tuoju.accounts.service import sign_in
from tuoju.database.records import now
from tuoju.database.unit_of_work import UnitOfWork

ELSEWHERE = "341122000000"
ELSEWHERE_TOWNSHIP = "341122103000"


@pytest.fixture
def county(unit_of_work: UnitOfWork) -> Visitor:
    """The administrator of one county."""
    return Visitor(unit_of_work, Role.administrator, region_code=COUNTY)


def add(unit_of_work: UnitOfWork, role: Role, region_code: str | None, organization_id: int | None = None) -> User:
    with unit_of_work.write() as session:
        user = make_user(session, role=role, region_code=region_code, organization_id=organization_id)
        session.expunge(user)
        return user


def named(session: Session, username: str) -> User | None:
    return session.exec(select(User).where(User.username == username)).first()


class TestLostSecondFactor:
    """The box on the page of an account that an administrator ticks when the person lost telephone or key."""

    @pytest.mark.parametrize("is_lost", [True, False])
    def test_the_factors_go_with_the_box_and_stay_without(
        self, unit_of_work: UnitOfWork, county: Visitor, is_lost: bool
    ) -> None:
        person = add(unit_of_work, Role.program_manager, COUNTY)
        with unit_of_work.write() as session:
            session.add(TotpSecret(user_id=person.pk, secret="JBSWY3DPEHPK3PXP", confirmed_at=now()))
        page = county.get(f"/accounts/{person.pk}").text
        assert 'type="checkbox" name="second_factor_lost"' in page
        assert 'name="second_factor_lost" value="1" checked' not in page
        data = {"second_factor_lost": "1"} if is_lost else {}
        assert "/invitation/" in county.post(f"/accounts/{person.pk}/invitation", data).text
        with unit_of_work.read() as session:
            assert bool(session.exec(select(TotpSecret).where(TotpSecret.user_id == person.pk)).all()) is not is_lost


FORM = {"username": "newcomer", "display_name": "测试新人", "email": ""}


class TestAnAdministratorOfACounty:
    @pytest.mark.parametrize(
        ("role", "region_code"),
        [
            (Role.administrator, CITY),
            (Role.program_manager, CITY),
            (Role.administrator, ELSEWHERE),
            (Role.township_officer, ELSEWHERE_TOWNSHIP),
        ],
    )
    def test_makes_no_account_above_or_beside_their_county(
        self, unit_of_work: UnitOfWork, county: Visitor, role: Role, region_code: str
    ) -> None:
        answer = county.post("/accounts", FORM | {"role": role.value, "region_code": region_code})
        assert answer.status_code == 422
        assert "newcomer" in answer.text, "what was typed is kept"
        with unit_of_work.read() as session:
            assert named(session, "newcomer") is None

    def test_makes_no_township_officer_of_a_whole_city_or_county(
        self, unit_of_work: UnitOfWork, county: Visitor
    ) -> None:
        """Each role has its levels of regions: a township officer with a county would read every file of it."""
        answer = county.post("/accounts", FORM | {"role": "township_officer", "region_code": COUNTY})
        assert answer.status_code == 422
        with unit_of_work.read() as session:
            assert named(session, "newcomer") is None

    def test_sees_the_accounts_of_the_county_only(self, unit_of_work: UnitOfWork, county: Visitor) -> None:
        own = add(unit_of_work, Role.social_worker, VILLAGE).username
        others = [
            add(unit_of_work, Role.administrator, CITY),
            add(unit_of_work, Role.township_officer, ELSEWHERE_TOWNSHIP),
        ]
        page = county.get("/accounts").text
        assert own in page
        assert [other.username for other in others if f">{other.username}<" in page] == []

    @pytest.mark.parametrize("verb", ["active", "invitation", "role"])
    @pytest.mark.parametrize(
        ("role", "region_code"), [(Role.administrator, CITY), (Role.township_officer, ELSEWHERE_TOWNSHIP)]
    )
    def test_changes_no_account_out_of_scope(
        self, unit_of_work: UnitOfWork, county: Visitor, verb: str, role: Role, region_code: str
    ) -> None:
        other = add(unit_of_work, role, region_code)
        form = {"role": "social_worker", "region_code": VILLAGE}
        assert county.post(f"/accounts/{other.pk}/{verb}", form).status_code == 404
        assert county.get(f"/accounts/{other.pk}").status_code == 404
        with unit_of_work.write() as session:
            assert sign_in(session, other.username, "right horse battery"), "the account works as before"

    def test_makes_staff_of_the_charities_of_the_county_only(self, unit_of_work: UnitOfWork, county: Visitor) -> None:
        with unit_of_work.write() as session:
            inside, outside = make_organization(session), make_organization(session)
            inside.region_code, outside.region_code = TOWNSHIP, ELSEWHERE
            session.add_all([inside, outside])
            inside_id, outside_id = inside.id, outside.id
        form = FORM | {"role": "charity_staff"}
        assert county.post("/accounts", form | {"organization_id": outside_id}).status_code == 422
        assert county.post("/accounts", form | {"organization_id": inside_id}).status_code == 200
        with unit_of_work.read() as session:
            user = named(session, "newcomer")
            assert user is not None
            assert user.organization_id == inside_id
