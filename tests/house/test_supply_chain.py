"""What is made of the lock and looked for in the files (`make sbom`, `make audit-dependencies`, `make secrets`)."""

import re
from pathlib import Path

import pytest
from supply_chain import advisories
from supply_chain.sbom import LOCK, bill_of_materials
from supply_chain.secrets import allowed, digest_of, find_secrets, tracked_files

ROOT = Path(__file__).parent.parent.parent
LOCKED = dict(re.findall(r"^([\w.-]+)==([\w.]+)", LOCK.read_text(), re.MULTILINE))


def test_the_bill_of_materials_has_every_locked_library_and_no_address_of_a_registry() -> None:
    bill = bill_of_materials()
    assert bill["bomFormat"] == "CycloneDX"
    assert {component["name"]: component["version"] for component in bill["components"]} == LOCKED
    assert "://" not in str(bill["components"])


def test_where_no_database_of_advisories_is_reached_nothing_counts_as_audited(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["advisories", "http://127.0.0.1:9/"])
    assert advisories.main() == 2
    assert capsys.readouterr().out.startswith("Nothing was audited")


@pytest.mark.parametrize(
    "line",
    [
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        "key = '" + "9c1f4be07a6d28e3" + "b5509d7f41ac83e6'",
        "url = 'amqp://worker:" + "Zk3vQ9xT@queue'",
        "token = 'gh" + "p_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'",
    ],
)
def test_a_secret_is_found(tmp_path: Path, line: str) -> None:
    (tmp_path / "settings.py").write_text(line + "\n")
    assert list(find_secrets(tmp_path, ["settings.py"]))


def test_ordinary_code_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text("secret_key = settings.secret_key\nname = 'resident-new'\n")
    assert list(find_secrets(tmp_path, ["settings.py"])) == []


def test_what_is_allowed_is_in_a_file_that_is_there() -> None:
    assert {path for path, _digest in allowed()} <= set(tracked_files())


def test_a_value_is_named_without_repeating_it() -> None:
    assert digest_of("secret") == "2bb80d537b1da3e3"


PRODUCTION = (ROOT / "requirements" / "production.txt").read_text()


def test_the_production_lock_is_the_lock_with_drivers() -> None:
    """What runs in production is what was tested, with drivers for PostgreSQL and Redis, and tracing."""
    locked = dict(re.findall(r"^([\w.-]+)==([\w.]+)", PRODUCTION, re.MULTILINE))
    assert LOCKED.items() <= locked.items()
    assert {"psycopg", "psycopg-binary", "redis", "opentelemetry-sdk"} <= locked.keys()


def test_every_line_of_the_production_lock_is_hashed_and_names_no_index() -> None:
    entries = re.split(r"\n(?=[a-z0-9])", PRODUCTION)
    assert all("--hash=sha256:" in entry for entry in entries if "==" in entry)
    assert "://" not in PRODUCTION
