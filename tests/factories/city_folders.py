"""City folders for the tests."""

from dataclasses import replace
from datetime import date

from sqlmodel import Session

from tuoju.cities.folder import read_demo_folder
from tuoju.cities.loading import Loaded, load_city


def load_demo_city(session: Session) -> Loaded:
    """The city that ships, without its projects: tests make those that they need."""
    return load_city(session, replace(read_demo_folder(), offers=[]), began_on=date(2026, 1, 1))
