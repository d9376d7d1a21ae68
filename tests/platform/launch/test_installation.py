"""The mark of a database keeps demo and production apart, and `tuoju check` says what is wrong and how to mend it."""

import json
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.engine import make_url
from typer.testing import CliRunner

from factories.databases import UnitOfWork
from factories.full_disks import largest_file
from tuoju.database.clock_check import TRUSTED
from tuoju.database.engine import make_engine
from tuoju.database.installation import Environment, Installation, WrongDatabase, keep_to, mark
from tuoju.launch.cli import app
from tuoju.launch.installation_checks import checks_certificate
from tuoju.launch.settings import Settings, make_demo_secrets
from tuoju_notifications.broker import TIMEOUT, broker_problem
from tuoju_notifications.heartbeats import BACKUP, last_seen, record_heartbeat

START = "from tuoju.launch.cli import app; app()"


def production_environment(folder: Path, **settings: str) -> dict[str, str]:
    """What a production installation needs, and nothing of the test run's own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TUOJU_")} | {
        "TUOJU_ENVIRONMENT": "production",
        "TUOJU_DATA_FOLDER": str(folder / "var"),
        "TUOJU_SECRET_KEY": secrets.token_hex(32),
        "TUOJU_AUDIT_KEY": secrets.token_hex(32),
        "TUOJU_ENCRYPTION_KEYS": json.dumps({"2026": secrets.token_hex(32)}),
        "TUOJU_ENCRYPTION_KEY_IN_USE": "2026",
        "TUOJU_PUBLIC_ADDRESS": "https://tuoju.example",
        **settings,
    }


def run(*arguments: str, environment: dict[str, str], cwd: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", START, *arguments], env=environment, cwd=cwd, capture_output=True, text=True, timeout=300
    )


@pytest.fixture
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith("TUOJU_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    umask = os.umask(0o022)
    yield
    os.umask(umask)


class TestMark:
    @pytest.mark.parametrize("marked", Environment)
    def test_only_processes_of_the_same_environment_connect(
        self, unit_of_work: UnitOfWork, marked: Environment
    ) -> None:
        with unit_of_work.write() as session:
            mark(session, marked)
        url = unit_of_work.engine.url.render_as_string(hide_password=False)
        for environment in Environment:
            engine = make_engine(url)
            keep_to(engine, environment)
            if environment is marked:
                engine.connect().close()
            else:
                with pytest.raises(WrongDatabase, match=f"belongs to {marked}"):
                    engine.connect()
            engine.dispose()

    def test_a_mark_stays(self, unit_of_work: UnitOfWork) -> None:
        for environment in (Environment.production, Environment.demo):
            with unit_of_work.write() as session:
                mark(session, environment)
        with unit_of_work.read() as session:
            assert session.get_one(Installation, 1).environment is Environment.production

    def test_a_database_without_mark_or_tables_is_taken(self, databases: object) -> None:
        engine = make_engine(databases.empty())  # type: ignore[attr-defined]
        keep_to(engine, Environment.demo)
        engine.connect().close()
        engine.dispose()

    @pytest.mark.parametrize("command", ["demo", "simulate --city", "migrate", "serve"])
    def test_no_command_of_a_demo_touches_a_production_database(self, tmp_path: Path, command: str) -> None:
        url = f"sqlite:///{tmp_path / 'real.db'}"
        real = production_environment(tmp_path, TUOJU_DATABASE_URL=url)
        assert run("migrate", environment=real, cwd=tmp_path).returncode == 0
        forgotten = {name: value for name, value in real.items() if not name.startswith("TUOJU_")}
        demo = forgotten | {"TUOJU_DATABASE_URL": url, "TUOJU_ENVIRONMENT": "demo"}
        before = (tmp_path / "real.db").read_bytes()
        ended = run(*command.split(), environment=demo, cwd=tmp_path)
        assert ended.returncode == 1
        assert ended.stderr.startswith("This database belongs to production, but TUOJU_ENVIRONMENT is demo.")
        assert (tmp_path / "real.db").read_bytes() == before

    def test_the_clock_is_trusted_where_the_tables_are_new(self, tmp_path: Path) -> None:
        """A new installation ends requests from its first minute, not after an hour of doubt."""
        url = f"sqlite:///{tmp_path / 'new.db'}"
        real = production_environment(tmp_path, TUOJU_DATABASE_URL=url)
        engine = make_engine(url)
        trusted_at = []
        for _ in range(2):
            assert run("migrate", environment=real, cwd=tmp_path).returncode == 0
            with UnitOfWork(engine).read() as session:
                trusted_at.append(last_seen(session, TRUSTED))
        engine.dispose()
        assert trusted_at[0] is not None
        assert trusted_at[1] == trusted_at[0]

    @pytest.mark.parametrize("command", ["demo", "simulate --city"])
    def test_no_invented_people_come_where_production_is_named(self, tmp_path: Path, command: str) -> None:
        ended = run(*command.split(), environment=production_environment(tmp_path), cwd=tmp_path)
        assert ended.returncode == 1
        assert "no invented people belong" in ended.stderr

    def test_a_demo_leaves_alone_what_was_there_before_marks(self, unit_of_work: UnitOfWork, tmp_path: Path) -> None:
        """Also where the variable is set: the database may be of a release that had no mark."""
        if unit_of_work.engine.dialect.name != "sqlite":
            pytest.skip("row-level security hides the accounts from the owner: it is refused as well")
        url = unit_of_work.engine.url.render_as_string(hide_password=False)
        environment = production_environment(tmp_path, TUOJU_ENVIRONMENT="demo", TUOJU_DATABASE_URL=url)
        ended = run("demo", environment=environment, cwd=tmp_path)
        assert ended.returncode == 1
        assert "data that no demo made" in ended.stderr
        with unit_of_work.read() as session:
            assert session.get(Installation, 1) is None


@pytest.mark.usefixtures("_own_environment")
class TestGivenSecrets:
    def test_no_generated_secret_replaces_a_given_one(self, tmp_path: Path) -> None:
        audit_key = SecretStr(secrets.token_hex(32))
        settings = Settings(environment=Environment.demo, data_folder=tmp_path, audit_key=audit_key)
        assert settings.audit_key == audit_key
        assert settings.secret_key.get_secret_value() != ""

    def test_a_full_disk_costs_a_demo_none_of_its_keys(self, tmp_path: Path) -> None:
        settings = Settings(environment=Environment.demo, data_folder=tmp_path)
        stored = json.loads(settings.demo_secrets.read_text())
        settings.demo_secrets.write_text(json.dumps({"key": stored["key"]}))
        with largest_file(50), pytest.raises(OSError, match="too large"):
            make_demo_secrets(settings)
        assert json.loads(settings.demo_secrets.read_text()) == {"key": stored["key"]}

    def test_given_keys_are_the_whole_ring(self, tmp_path: Path) -> None:
        keys = {"2026": SecretStr(secrets.token_hex(32))}
        settings = Settings(
            environment=Environment.development,
            data_folder=tmp_path,
            encryption_keys=keys,
            encryption_key_in_use="2026",
        )
        assert settings.encryption_keys == keys

    def test_a_folder_of_a_demo_is_none_where_secrets_are_given(self, tmp_path: Path) -> None:
        """The variable that names production was forgotten, in the folder where somebody tried the demo."""
        make_demo_secrets(Settings(environment=Environment.demo, data_folder=tmp_path))
        with pytest.raises(ValueError, match="TUOJU_ENVIRONMENT is not set"):
            Settings(data_folder=tmp_path, audit_key=SecretStr(secrets.token_hex(32)))


@pytest.mark.usefixtures("_own_environment")
class TestCheck:
    def checks_by_part(
        self, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
    ) -> tuple[int, dict[str, dict[str, str]]]:
        for name, value in environment.items():
            if name.startswith("TUOJU_"):
                monkeypatch.setenv(name, value)
        result = CliRunner().invoke(app, ["check", "--json"])
        checks = json.loads(result.stdout)
        return result.exit_code, {check["part"]: check for check in checks}

    def test_it_names_every_setting_that_is_wrong_at_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        weak = production_environment(
            tmp_path, TUOJU_SECRET_KEY="0" * 64, TUOJU_AUDIT_KEY="ab", TUOJU_METRICS_TOKEN="x"
        )
        for name, value in weak.items():
            if name.startswith("TUOJU_"):
                monkeypatch.setenv(name, value)
        result = CliRunner().invoke(app, ["check", "--json"])
        assert result.exit_code == 1
        problems = [check["problem"] for check in json.loads(result.stdout) if check["part"] == "settings"]
        for name in ("TUOJU_SECRET_KEY", "TUOJU_AUDIT_KEY", "TUOJU_METRICS_TOKEN"):
            assert any(problem.startswith(name) for problem in problems)
        assert "0" * 64 not in result.stdout

    def test_default_passwords_and_plain_addresses(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in production_environment(
            tmp_path,
            TUOJU_BROKER_URL="amqp://guest:guest@127.0.0.1:9//",
            TUOJU_PUBLIC_ADDRESS="http://tuoju.example",
            TUOJU_SECURE_COOKIES="false",
        ).items():
            monkeypatch.setenv(name, value)
        result = CliRunner().invoke(app, ["check"])
        assert result.exit_code == 1
        for words in ("The password in TUOJU_BROKER_URL", "TUOJU_PUBLIC_ADDRESS is http:", "TUOJU_SECURE_COOKIES"):
            assert words in result.stdout

    def test_a_migrated_database_with_its_calendar_is_in_order(
        self, unit_of_work: UnitOfWork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        url = unit_of_work.engine.url.render_as_string(hide_password=False)
        with unit_of_work.write() as session:
            record_heartbeat(session, BACKUP)
        _exit_code, checks = self.checks_by_part(monkeypatch, production_environment(tmp_path, TUOJU_DATABASE_URL=url))
        for part in ("database", "calendar", "backup", "broker", "data folder"):
            assert checks[part]["problem"] == "", part
        assert checks["processes"]["is_advice"]

    def test_a_database_that_is_not_migrated(
        self, databases: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        url = databases.empty()  # type: ignore[attr-defined]
        make_engine(url).connect().close()
        exit_code, checks = self.checks_by_part(monkeypatch, production_environment(tmp_path, TUOJU_DATABASE_URL=url))
        assert exit_code == 1
        assert "tuoju migrate" in checks["database"]["remedy"]

    def test_what_is_unreachable_is_named_without_passwords(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        environment = production_environment(
            tmp_path,
            TUOJU_DATABASE_URL="postgresql+psycopg://tuoju:Zk3vQ9xT@127.0.0.1:9/tuoju",
            TUOJU_BROKER_URL="amqp://tuoju:Zk3vQ9xT@127.0.0.1:9//",
        )
        exit_code, checks = self.checks_by_part(monkeypatch, environment)
        assert exit_code == 1
        assert "127.0.0.1" in checks["database"]["problem"]
        assert "127.0.0.1" in checks["broker"]["problem"]
        assert "Zk3vQ9xT" not in str(checks)

    def test_a_folder_that_cannot_be_written(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "var").write_text("a file")
        exit_code, checks = self.checks_by_part(monkeypatch, production_environment(tmp_path))
        assert exit_code == 1
        assert checks["data folder"]["problem"]

    @pytest.mark.postgres
    def test_row_level_security_and_the_role(
        self, unit_of_work: UnitOfWork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        url = unit_of_work.engine.url.render_as_string(hide_password=False)
        _exit_code, checks = self.checks_by_part(monkeypatch, production_environment(tmp_path, TUOJU_DATABASE_URL=url))
        assert "superuser" in checks["database role"]["problem"]
        with unit_of_work.engine.begin() as connection:
            connection.execute(text("ALTER TABLE resident NO FORCE ROW LEVEL SECURITY"))
        exit_code, checks = self.checks_by_part(monkeypatch, {})
        assert exit_code == 1
        assert "resident" in checks["row-level security"]["problem"]

    @pytest.mark.postgres
    def test_a_role_that_owns_nothing_is_in_order(
        self, unit_of_work: UnitOfWork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        role, password = f"tuoju_check_{secrets.token_hex(4)}", secrets.token_hex(16)
        own = unit_of_work.engine.url.set(username=role, password=password).render_as_string(hide_password=False)
        with unit_of_work.engine.begin() as connection:
            connection.execute(text(f"CREATE ROLE {role} LOGIN PASSWORD '{password}' IN ROLE tuoju_app"))
        try:
            _exit_code, checks = self.checks_by_part(
                monkeypatch, production_environment(tmp_path, TUOJU_DATABASE_URL=own)
            )
            assert {part: checks[part]["problem"] for part in ("database", "row-level security", "database role")} == {
                "database": "",
                "row-level security": "",
                "database role": "",
            }
        finally:
            with unit_of_work.engine.begin() as connection:
                connection.execute(text(f"DROP ROLE {role}"))


@pytest.mark.parametrize(
    ("url", "is_checked"),
    [
        ("sqlite:///tuoju.db", True),
        ("postgresql+psycopg://127.0.0.1/tuoju", True),
        ("postgresql+psycopg://db/tuoju", False),
        ("postgresql+psycopg://db/tuoju?sslmode=require", False),
        ("postgresql+psycopg://db/tuoju?sslmode=verify-full", True),
        ("redis://cache:6379/0", False),
        ("rediss://cache:6379/0", True),
        ("rediss://cache:6379/0?ssl_cert_reqs=none", False),
        ("amqp://queue//", False),
        ("amqps://queue//", True),
    ],
)
def test_certificates_of_other_machines_are_checked(url: str, is_checked: bool) -> None:
    """OWASP ASVS 5, V12.3.2."""
    assert checks_certificate(url) is is_checked


def test_a_silent_broker_is_given_up_in_seconds() -> None:
    """It accepts the connection and answers nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = make_url("amqp://tuoju@127.0.0.1").set(port=server.getsockname()[1], password="Zk3vQ9xT")
        server.settimeout(10 * TIMEOUT)
        assert broker_problem(url.render_as_string(hide_password=False))
