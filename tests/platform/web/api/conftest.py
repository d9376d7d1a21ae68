import pytest
from fastapi import FastAPI

from factories.api import Stage, make_app, make_stage
from factories.databases import UnitOfWork


@pytest.fixture
def app(unit_of_work: UnitOfWork) -> FastAPI:
    return make_app(unit_of_work)


@pytest.fixture
def stage(app: FastAPI) -> Stage:
    return make_stage(app)
