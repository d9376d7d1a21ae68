"""`tuoju user`: the same grants as on the pages, two persons, and an audit (design.md section 7)."""

import pytest
from sqlmodel import Session, select
from typer.testing import CliRunner

from factories.accounts import CITY, COUNTY, VILLAGE, make_user
from tuoju.accounts.audit_verifier import REGISTRY
from tuoju.accounts.invitations import accept
from tuoju.accounts.models import AuditEntry, Role, User
from tuoju.database.engine import WRITES, make_engine
from tuoju.launch.commands.user import app


@pytest.fixture(autouse=True)
def _settings(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("TUOJU_ENVIRONMENT", "demo")
    monkeypatch.setenv("TUOJU_DATABASE_URL", database_url)
    monkeypatch.setenv("TUOJU_DATA_FOLDER", str(tmp_path))


@pytest.fixture
def administrators(database_url: str) -> None:
    """One of the city, one of a county."""
    with Session(make_engine(database_url).execution_options(**WRITES)) as session:
        make_user(session, role=Role.administrator, region_code=CITY, username="city")
        make_user(session, role=Role.administrator, region_code=COUNTY, username="county")
        session.commit()


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output


def create(*words: str) -> tuple[int, str]:
    return run("create", *words, "--display-name", "测试")


def rows(database_url: str) -> tuple[list[str], list[str]]:
    """The user names, and the verbs of the audit."""
    with Session(make_engine(database_url)) as session:
        names = list(session.exec(select(User.username)))
        entries = session.exec(select(AuditEntry).where(AuditEntry.scope != REGISTRY)).all()
        return names, [entry.action for entry in sorted(entries, key=lambda entry: entry.pk)]


def test_the_first_administrator_needs_nobody_and_chooses_the_password(database_url: str) -> None:
    code, output = create("root", "administrator", "--region", CITY)
    assert code == 0
    token = output.strip().rsplit("/invitation/", 1)[1]
    with Session(make_engine(database_url).execution_options(**WRITES)) as session:
        accept(session, token, "my own long sentence")
    assert rows(database_url)[1] == ["create_first_administrator", "invite"]
    assert create("second", "administrator", "--region", CITY)[0] == 1, "from then on two are asked"


@pytest.mark.usefixtures("administrators")
class TestCreate:
    @pytest.mark.parametrize(
        "words",
        [
            ("aide", "social_worker", "--region", VILLAGE),
            ("aide", "social_worker", "--region", "341122103213", "--by", "county"),
            ("manager", "program_manager", "--region", CITY, "--by", "county"),
            ("officer", "township_officer", "--region", COUNTY, "--by", "county"),
            ("more", "administrator", "--region", COUNTY, "--by", "city"),
            ("more", "administrator", "--region", COUNTY, "--by", "city", "--confirmed-by", "city"),
            ("more", "administrator", "--region", CITY, "--by", "city", "--confirmed-by", "county"),
            ("aide", "social_worker", "--region", VILLAGE, "--by", "nobody"),
        ],
    )
    def test_more_than_the_grant_is_refused(self, database_url: str, words: tuple[str, ...]) -> None:
        assert create(*words)[0] == 1
        assert words[0] not in rows(database_url)[0]

    def test_within_the_grant_an_invitation_is_printed(self, database_url: str) -> None:
        code, output = create("aide", "social_worker", "--region", VILLAGE, "--by", "county")
        assert (code, "/invitation/" in output) == (0, True)

    def test_two_make_an_administrator(self, database_url: str) -> None:
        words = ("more", "administrator", "--region", COUNTY, "--by", "city", "--confirmed-by", "county")
        assert create(*words)[0] == 0
        assert "confirm_grant" in rows(database_url)[1]


@pytest.mark.usefixtures("administrators")
class TestRecover:
    def recover(self, username: str, first: str, second: str, region: str = CITY) -> tuple[int, str]:
        return run("recover", username, "--region", region, "--first-operator", first, "--second-operator", second)

    def test_two_persons_let_the_last_one_in_again(self, database_url: str) -> None:
        code, output = self.recover("city", "county", "李四（测试）")
        assert (code, "/invitation/" in output) == (0, True)
        with Session(make_engine(database_url)) as session:
            entry = session.exec(select(AuditEntry).where(AuditEntry.action == "recover_administrator")).one()
            county = session.exec(select(User.id).where(User.username == "county")).one()
            assert entry.detail["operators"] == [county, "李四（测试）"]

    def test_two_persons_make_a_new_one(self, database_url: str) -> None:
        assert self.recover("newadmin", "张三（测试）", "李四（测试）")[0] == 0

    @pytest.mark.parametrize(
        ("first", "second"), [("张三", "张三"), ("张三", " 张三 "), ("", "李四"), ("city", "李四")]
    )
    def test_one_person_is_not_enough(self, first: str, second: str) -> None:
        assert self.recover("city", first, second)[0] == 1

    def test_not_where_two_others_can_do_it(self) -> None:
        assert self.recover("newadmin", "张三", "李四", COUNTY)[0] == 1
