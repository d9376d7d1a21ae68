"""Data that another version wrote are refused at the start, with the way out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from factories.schemas import VERSION_TABLE
from tuoju.database.engine import make_engine

START = "from tuoju.launch.cli import app; app()"


def mark_as_older(url: str) -> None:
    """Leave a database as a version before the first release left it."""
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(text(f"INSERT INTO {VERSION_TABLE} VALUES ('0026')"))
    engine.dispose()


def start(*arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TUOJU_")} | settings
    return subprocess.run(
        [sys.executable, "-c", START, *arguments], env=environment, capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize("command", ["demo", "serve", "migrate"])
def test_an_older_data_folder_is_refused_and_named(tmp_path: Path, command: str) -> None:
    url = f"sqlite:///{tmp_path / 'tuoju.db'}"
    mark_as_older(url)
    ended = start(command, TUOJU_DATA_FOLDER=str(tmp_path), TUOJU_ENVIRONMENT="demo")
    assert ended.returncode == 1
    assert ended.stderr == (
        f"The data in {tmp_path} were written by another version of Tuoju (schema 0026), and this version cannot read "
        "them. To keep them, use the version that wrote them. To start afresh, delete this folder, or name another one "
        "with TUOJU_DATA_FOLDER.\n"
    )
    assert inspect(make_engine(url)).get_table_names() == [VERSION_TABLE]


def test_an_older_database_elsewhere_is_named_by_its_address(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'elsewhere' / 'mine.db'}"
    mark_as_older(url)
    ended = start("migrate", TUOJU_DATA_FOLDER=str(tmp_path / "var"), TUOJU_DATABASE_URL=url, TUOJU_ENVIRONMENT="demo")
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"The contents of {url} were written by another version of Tuoju")
    assert "TUOJU_DATABASE_URL" in ended.stderr
    assert "Traceback" not in ended.stderr
