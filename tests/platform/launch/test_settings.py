"""Production is named, its keys are strong, and what it writes is for its own user's eyes."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tuoju.accounts.models import Role
from tuoju.accounts.request_limits import Expense
from tuoju.launch.data_folders import keep_files_private
from tuoju.launch.settings import Environment, Settings, begin_demo
from tuoju.launch.weak_keys import weakness_of, weakness_of_secret

START = "from tuoju.launch.cli import app; app()"
WEAK_KEYS = {
    "one byte": b"t" * 32,
    "zeros": bytes(32),
    "counted up": bytes(range(32)),
    "counted down": bytes(range(64, 32, -1)),
    "hex digits": bytes.fromhex("0123456789abcdef" * 4),
    "dead beef": bytes.fromhex("deadbeef" * 8),
    "sixteen bytes twice": secrets.token_bytes(16) * 2,
    "typed": b"the key of the city of Chuzhou!!",
    "hash of a word": bytes.fromhex("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    "few bytes": bytes([1, 9, 200, 17, 4, 4, 9, 1, 17, 200, 3, 3, 1, 9, 4, 17] + [7, 9, 1, 5, 4, 4, 9, 1] * 2),
}


@pytest.fixture(autouse=True)
def _settings_of_the_test_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith("TUOJU_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    umask = os.umask(0o022)
    yield
    os.umask(umask)


def production(**values: Any) -> Settings:
    key = SecretStr(secrets.token_hex(32))
    return Settings(
        **{
            "environment": Environment.production,
            "secret_key": SecretStr(secrets.token_urlsafe(40)),
            "encryption_keys": {"2026": key},
            "encryption_key_in_use": "2026",
            "audit_key": SecretStr(secrets.token_hex(32)),
        }
        | values
    )


class TestEnvironment:
    def test_it_must_be_named(self) -> None:
        with pytest.raises(ValueError, match="TUOJU_ENVIRONMENT is not set"):
            Settings()
        assert list(Path().iterdir()) == [], "a process that does not start makes no secrets"

    def test_the_demo_names_itself_and_its_folder_stays_a_demo(self) -> None:
        begin_demo()
        assert Settings().environment is Environment.demo

    def test_the_demo_makes_no_secrets_where_production_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TUOJU_ENVIRONMENT", "production")
        begin_demo()
        assert not Path("var").exists()


class TestWeakKeys:
    @pytest.mark.parametrize("key", WEAK_KEYS.values(), ids=WEAK_KEYS)
    def test_production_refuses_them(self, key: bytes) -> None:
        assert weakness_of(key)
        with pytest.raises(ValueError, match="“2026” of TUOJU_ENCRYPTION_KEYS"):
            production(encryption_keys={"2026": SecretStr(key.hex())})

    @pytest.mark.parametrize("secret", ["0" * 64, "change-me-before-you-go-into-production", "abcdefgh" * 8, "short"])
    def test_a_weak_secret_is_refused(self, secret: str) -> None:
        assert weakness_of_secret(secret)
        with pytest.raises(ValueError, match="TUOJU_SECRET_KEY"):
            production(secret_key=SecretStr(secret))

    def test_no_key_has_two_names(self) -> None:
        key = secrets.token_hex(32)
        with pytest.raises(ValueError, match="another key"):
            production(encryption_keys={"2026": SecretStr(key), "2027": SecretStr(key.upper())})
        with pytest.raises(ValueError, match="another key"):
            production(encryption_keys={"2026": SecretStr(key)}, secret_key=SecretStr(key))

    def test_an_error_shows_no_key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TUOJU_ENCRYPTION_KEYS", f'{{"2026": "{"ab" * 32}"}}')
        with pytest.raises(ValueError, match="TUOJU_ENCRYPTION_KEY_IN_USE") as caught:
            Settings(environment=Environment.production)
        assert "abab" not in str(caught.value)

    def test_random_keys_pass(self) -> None:
        for _ in range(200):
            assert weakness_of(secrets.token_bytes(32)) == ""
            assert weakness_of_secret(secrets.token_hex(32)) == ""
        assert production().environment is Environment.production

    @pytest.mark.parametrize("name", ["a:b", "", "ключ", "x" * 41])
    def test_a_name_fits_into_a_header(self, name: str) -> None:
        with pytest.raises(ValueError, match="TUOJU_ENCRYPTION_KEYS"):
            production(encryption_keys={name: SecretStr(secrets.token_hex(32))}, encryption_key_in_use=name)


class TestFiles:
    def test_what_a_process_writes_is_for_its_user_alone(self, tmp_path: Path) -> None:
        """Also what an older version left readable for all."""
        folder = tmp_path / "data"
        folder.mkdir()
        (folder / "tuoju.log").touch(mode=0o644)
        environment = {"TUOJU_DATA_FOLDER": str(folder), "TUOJU_ENVIRONMENT": "demo"}
        subprocess.run([sys.executable, "-c", START, "migrate"], env=os.environ | environment, check=True, umask=0o022)
        made = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
        assert made >= {"secrets.json", "tuoju.db", "tuoju.log"}
        readable = [path for path in (folder, *folder.rglob("*")) if path.stat().st_mode & 0o077]
        assert readable == []

    def test_a_file_created_later_is_private_too(self, tmp_path: Path) -> None:
        keep_files_private(tmp_path / "data")
        (tmp_path / "data" / "later.log").write_text("")
        assert (tmp_path / "data" / "later.log").stat().st_mode & 0o777 == 0o600


class TestHosts:
    def test_production_takes_the_public_name_and_those_that_are_set(self) -> None:
        settings = production(public_address="https://Tuoju.example:8443/", hosts=["10.0.0.7"])
        assert settings.allowed_hosts() == {"tuoju.example", "10.0.0.7"}
        assert settings.address_on_pages() == "https://Tuoju.example:8443/"

    def test_a_demo_takes_this_machine_and_shows_the_address_that_was_asked_for(self, tmp_path: Path) -> None:
        settings = Settings(environment=Environment.demo, data_folder=tmp_path)
        assert settings.allowed_hosts() == {"127.0.0.1", "localhost", "[::1]"}
        assert settings.address_on_pages() == ""


class TestRequestLimits:
    def test_a_role_can_have_limits_of_its_own(self) -> None:
        limits = production(expense_limits={"charity_staff": {"export": 2}}).request_limits()
        assert limits is not None
        assert limits.of(Expense.export, Role.charity_staff).attempts == 2
        assert limits.of(Expense.export, Role.social_worker).attempts == 10

    def test_none_lifts_all(self) -> None:
        assert production(account_requests=0).request_limits() is None

    @pytest.mark.parametrize("wrong", [{"nobody": {"export": 2}}, {"charity_staff": {"all": 2}}])
    def test_an_unknown_role_or_kind_is_refused(self, wrong: dict[str, dict[str, int]]) -> None:
        with pytest.raises(ValueError, match="expense_limits"):
            production(expense_limits=wrong)
