"""An empty folder for a city: each file with its columns, and what they mean."""

import csv
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel

from tuoju.cities.rows import DataPolicyRow, DivisionRow, PolicyRow, ProjectRow, ZoneRow

DATA = files("tuoju.cities") / "data"
TABLES: dict[str, type[BaseModel]] = {
    "divisions.csv": DivisionRow,
    "development_zones.csv": ZoneRow,
    "policies.csv": PolicyRow,
    "data_policies.csv": DataPolicyRow,
    "projects.csv": ProjectRow,
}
"""The files that begin with their columns alone; calendar.csv has the days of the years that are published."""


class FolderInUse(Exception):
    """The folder has files already."""


def write_template(folder: Path) -> list[Path]:
    """Write an empty city into a folder that is new or empty; returns the files. Raises FolderInUse."""
    if folder.exists() and any(folder.iterdir()):
        raise FolderInUse(str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, model in TABLES.items():
        path = folder / name
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerow(field.alias or column for column, field in model.model_fields.items())
        written.append(path)
    for name, source in (("README.md", DATA / "template"), ("calendar.csv", DATA / "demo")):
        path = folder / name
        path.write_bytes((source / name).read_bytes())
        written.append(path)
    return written
