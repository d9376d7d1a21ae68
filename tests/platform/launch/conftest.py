"""One small simulated city for every test that reads it."""

import pytest

from factories.cities import simulated
from factories.databases import UnitOfWork


@pytest.fixture(scope="session")
def small_city(tmp_path_factory: pytest.TempPathFactory) -> UnitOfWork:
    return simulated(tmp_path_factory.mktemp("city"), 1)
