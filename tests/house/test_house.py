"""Guards of the house itself: what no single room would notice."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from tuoju.accounts import errors as accounts
from tuoju.cases import errors as cases
from tuoju.launch.settings import Environment, Settings
from tuoju.matchmaking import errors as matchmaking
from tuoju.plans import errors as plans
from tuoju.referrals import errors as referrals
from tuoju.relief import errors as relief
from tuoju.residents import errors as residents
from tuoju.visits import errors as visits
from tuoju.web.kit.dependencies import _current_actor, _opened_link, _own_page, checked_form, claimed_form
from tuoju.web.kit.error_table import TABLE
from tuoju.web.pages import ROUTERS
from tuoju_projects import errors as projects

ROOT = Path(__file__).parent.parent.parent
OPEN_TO_ALL = {
    "/calls",
    "/calls/{call_id}",
    "/board/{region_code}",
    "/board/{region_code}/sheet.pdf",
    "/board/{region_code}/poster.pdf",
    "/verify",
    "/sign-in",
    "/sign-in/code",
    "/sign-in/passkey",
    "/sign-in/passkey/options",
    "/sign-in/set-up",
    "/sign-in/set-up/passkey",
    "/sign-in/set-up/passkey/options",
    "/sign-in/set-up/done",
    "/sign-out",
    "/sw.js",
    "/language",
    "/healthz",
    "/livez",
    "/readyz",
    "/a",
    "/a/{token}",
    "/addresses",
    "/addresses/{token}",
    "/contact-changes",
    "/contact-changes/open",
    "/contact-changes/{token}",
    "/answer/again",
    "/my",
    "/my/{token}",
    "/answer/{handle}/done",
    "/invitation",
    "/invitation/{token}",
    "/invitation/open",
}


def test_no_module_shadows_pythons_platform() -> None:
    assert not (ROOT / "platform" / "__init__.py").exists()


@pytest.mark.parametrize("room", [accounts, residents, cases, relief, matchmaking, referrals, plans, visits, projects])
def test_every_error_of_a_room_has_its_answer(room: object) -> None:
    errors = [var for var in vars(room).values() if isinstance(var, type) and issubclass(var, Exception)]
    families = {error.__mro__[1] for error in errors}
    assert [item.__name__ for item in errors if item not in families and item not in TABLE] == []


def page_routes() -> list[APIRoute]:
    return [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]


def depends_on(route: APIRoute, dependency: object) -> bool:
    return any(item.call is dependency for item in route.dependant.dependencies)


@pytest.mark.parametrize("route", page_routes(), ids=lambda route: f"{route.name}:{route.path}")
def test_every_page_asks_who_it_is(route: APIRoute) -> None:
    asked = depends_on(route, _current_actor) or depends_on(route, _opened_link) or depends_on(route, _own_page)
    assert asked or route.path in OPEN_TO_ALL


@pytest.mark.parametrize("route", page_routes(), ids=lambda route: f"{route.name}:{route.path}")
def test_a_link_opens_its_own_pages_alone(route: APIRoute) -> None:
    assert not depends_on(route, _opened_link) or route.path.startswith("/answer/{handle}")
    assert not depends_on(route, _own_page) or route.path.startswith("/progress/{handle}")


@pytest.mark.parametrize("route", page_routes(), ids=lambda route: f"{route.name}:{route.path}")
def test_every_posted_form_is_checked(route: APIRoute) -> None:
    assert "POST" not in route.methods or (depends_on(route, checked_form) or depends_on(route, claimed_form))


class TestSettings:
    def test_production_refuses_to_start_without_secrets(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TUOJU_ENVIRONMENT", "production")
        with pytest.raises(ValueError, match="TUOJU_SECRET_KEY"):
            Settings()

    def test_a_demo_makes_its_own_secrets_once(self, tmp_path: Path) -> None:
        demo = {"data_folder": tmp_path, "environment": Environment.demo}
        first, second = Settings(**demo), Settings(**demo)
        assert first.secret_key.get_secret_value() == second.secret_key.get_secret_value()
        assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0


def test_the_wheel_holds_what_runs(tmp_path: Path) -> None:
    """Templates, translations, assets and data travel with the code, and nothing shadows `platform`."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    names = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    for wanted in (
        "tuoju/web/kit/templates/layout.html",
        "tuoju/words/translations/zh_CN/pages.po",
        "tuoju/web/static/app.css",
        "tuoju/cities/data/demo/divisions.csv",
        "tuoju/cities/data/template/README.md",
        "tuoju/database/migrations/env.py",
        "tuoju_matching/ranker.py",
        "tuoju_notifications/tasks.py",
    ):
        assert wanted in names, wanted
    assert "__init__.py" not in names
