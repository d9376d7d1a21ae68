"""`tuoju plan` says what a plan would be, and keeps nothing."""

import json

import pytest
from sqlmodel import select
from typer.testing import CliRunner

from factories.accounts import COUNTY
from factories.databases import UnitOfWork
from factories.plans import County
from tuoju.launch.cli import app
from tuoju.launch.commands import setup
from tuoju.plans.models import Plan


class Wired:
    """Stands where the wired parts of a process stand."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self.unit_of_work = unit_of_work


def test_the_numbers_are_told_and_nothing_is_kept(unit_of_work: UnitOfWork, monkeypatch: pytest.MonkeyPatch) -> None:
    county = County(unit_of_work)
    project = county.project(1)
    for urgency in ("routine", "urgent"):
        county.need(project, urgency=urgency)
    monkeypatch.setattr(setup, "make_parts", lambda: Wired(unit_of_work))
    invoke = CliRunner().invoke(app, ["plan", COUNTY, "--json"])
    loads = json.loads(invoke.stdout)
    assert (loads["needs"], loads["placed"]) == (2, 1)
    assert loads["ranker"] == "rules-1"
    assert loads["modes"]["optimum"]["placed"] == {"urgent": 1}
    assert "first come, first served" in CliRunner().invoke(app, ["plan", COUNTY]).stdout
    assert CliRunner().invoke(app, ["plan", "999999999999"]).exit_code == 1
    with unit_of_work.read() as session:
        assert session.exec(select(Plan)).all() == []
