"""The officers of many societies by Excel (design.md section 7): errors per row, in scope, without passwords."""

from typing import Any

import pytest
from sqlmodel import select

from factories.accounts import COUNTY, VILLAGE
from factories.databases import UnitOfWork
from factories.jobs import checked, exported, imported, workbook
from factories.pages import Visitor
from factories.projects import make_organization
from tuoju.accounts.models import Role, User
from tuoju.accounts.service import NO_PASSWORD

AIDE = {"display_name": "测试协理员", "role": "协理员", "region_code": "马厂镇黄庵村委会"}
CHAIR = {"display_name": "测试社长", "role": "社长", "region_code": VILLAGE}


@pytest.fixture
def county(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work, Role.administrator, region_code=COUNTY)


def sheet(unit_of_work: UnitOfWork, visitor: Visitor, *rows: dict[str, Any]) -> bytes:
    return workbook(unit_of_work, visitor, "accounts", *rows)


def test_both_officers_of_a_society_are_added_without_a_password(unit_of_work: UnitOfWork, county: Visitor) -> None:
    assert "新增" in imported(unit_of_work, county, "accounts", sheet(unit_of_work, county, AIDE, CHAIR))
    with unit_of_work.read() as session:
        users = session.exec(select(User).where(User.region_code == VILLAGE).order_by(User.username)).all()
        assert [(user.username, user.role) for user in users] == [
            (f"a{VILLAGE}", Role.social_worker),
            (f"c{VILLAGE}", Role.society_chair),
        ]
        assert {user.password_hash for user in users} == {NO_PASSWORD}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"region_code": "341122103213"}, "辖区"),
        ({"region_code": COUNTY}, "该角色不能设在这一级区划"),
        ({"role": "系统管理员"}, "不在可选范围内"),
        ({"username": "x"}, "用3至64位"),
    ],
)
def test_a_row_beyond_the_grant_is_named_and_not_added(
    unit_of_work: UnitOfWork, county: Visitor, wrong: dict[str, str], message: str
) -> None:
    page = imported(unit_of_work, county, "accounts", sheet(unit_of_work, county, AIDE | wrong, CHAIR))
    assert message in page
    with unit_of_work.read() as session:
        assert len(session.exec(select(User).where(User.region_code == VILLAGE)).all()) == 1


def test_the_same_person_is_not_added_twice(unit_of_work: UnitOfWork, county: Visitor) -> None:
    imported(unit_of_work, county, "accounts", sheet(unit_of_work, county, AIDE))
    assert "已经" in checked(unit_of_work, county, "accounts", sheet(unit_of_work, county, AIDE))[1]


def test_the_list_goes_out_with_the_state_of_each(unit_of_work: UnitOfWork, county: Visitor) -> None:
    imported(unit_of_work, county, "accounts", sheet(unit_of_work, county, AIDE))
    assert exported(unit_of_work, county, "accounts")


def test_staff_of_a_charity_import_nothing(unit_of_work: UnitOfWork) -> None:
    with unit_of_work.write() as session:
        organization_id = make_organization(session).id
    charity = Visitor(unit_of_work, Role.charity_staff, organization_id=organization_id, is_leader=True)
    assert charity.get("/imports/accounts/template.xlsx").status_code == 403
