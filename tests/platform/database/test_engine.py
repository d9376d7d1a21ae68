"""Engines are made for SQLite and PostgreSQL alone, and their errors say nothing of a person."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from tuoju.database.engine import UnsupportedDatabase, make_engine
from tuoju.launch.cli import app


class TestDialects:
    @pytest.mark.parametrize("url", ["mysql://a@b/c", "oracle://a@b/c", "opengauss+psycopg2://a@b/c", "dm://a@b"])
    def test_another_kind_of_database_is_refused(self, url: str) -> None:
        with pytest.raises(UnsupportedDatabase, match="SQLite and PostgreSQL"):
            make_engine(url)

    def test_a_command_ends_with_the_sentence(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TUOJU_DATABASE_URL", "mysql://tuoju@localhost/tuoju")
        ended = CliRunner().invoke(app, ["match", "needs.xlsx", "projects.xlsx"])
        assert ended.exit_code == 1
        assert ended.stderr == (
            "Tuoju runs on SQLite and PostgreSQL, not on 'mysql'. Please change TUOJU_DATABASE_URL.\n"
        )


class TestErrors:
    def test_they_leave_out_bound_values(self, database_url: str) -> None:
        engine = make_engine(database_url)
        with engine.connect() as connection, pytest.raises(DBAPIError) as caught:
            connection.execute(text("SELECT :name FROM no_such_table"), {"name": "王秀英"})
        assert "王秀英" not in str(caught.value)
        engine.dispose()
