"""The roles that docs/operations.md tells an operator to make: an owner who is no superuser migrates, and the service
signs in as a role of its own that has only the rights of `tuoju_app`."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError
from sqlmodel import Session, select

from conftest import administer
from factories.city_folders import load_demo_city
from factories.referrals import make_scene
from tuoju.accounts.row_scope import row_scope_of
from tuoju.database.engine import make_engine
from tuoju.database.scopes import SYSTEM, RowScope
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.launch.migrations import migrate
from tuoju.referrals.service import send
from tuoju.residents.models import Resident

pytestmark = pytest.mark.postgres


@dataclass
class Roles:
    owner: Engine
    service: Engine


@pytest.fixture
def roles(databases: Any) -> Iterator[Roles]:
    """A database of an owner who is no superuser, migrated, and the engine of the service."""
    owner, service = (f"tuoju_test_{kind}_{uuid.uuid4().hex[:8]}" for kind in ("owner", "service"))
    address = make_url(databases.empty())
    with administer() as connection:
        connection.execute(text(f"CREATE ROLE {owner} LOGIN CREATEROLE"))
        connection.execute(text(f"ALTER DATABASE {address.database} OWNER TO {owner}"))
    engines = [make_engine(address.set(username=name).render_as_string(False)) for name in (owner, service)]
    migrate(engines[0])
    with administer() as connection:
        connection.execute(text(f"CREATE ROLE {service} LOGIN IN ROLE tuoju_app"))
    yield Roles(*engines)
    for engine in engines:
        engine.dispose()
    with administer() as connection:
        connection.execute(text(f"DROP DATABASE {address.database} WITH (FORCE)"))
        connection.execute(text(f"DROP ROLE {service}"))
        connection.execute(text(f"DROP ROLE {owner}"))


def test_the_service_works_under_its_own_role(roles: Roles) -> None:
    unit_of_work = UnitOfWork(roles.service)
    with unit_of_work.write(SYSTEM) as session:
        load_demo_city(session)
        scene = make_scene(session)
        send(session, scene.worker, scene.need, scene.project)
    for scope, people in (
        (row_scope_of(scene.worker), 1),
        (row_scope_of(scene.charity), 1),
        (RowScope(region_code="341126000000"), 0),
    ):
        with unit_of_work.read(scope) as session:
            assert len(session.exec(select(Resident)).all()) == people
    for engine in (roles.service, roles.owner):
        with Session(engine) as session:
            assert session.exec(select(Resident)).all() == [], "without a scope there is no row, for the owner neither"
    with roles.service.connect() as connection, pytest.raises(ProgrammingError):
        connection.execute(text("ALTER TABLE resident DISABLE ROW LEVEL SECURITY"))


def test_migrating_again_as_the_owner_changes_nothing(roles: Roles) -> None:
    migrate(roles.owner)
