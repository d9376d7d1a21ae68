"""The layout of the flow diagram and of the chart of modes."""

import pytest

from tuoju.cases.models import Urgency
from tuoju.web.plans.flow_diagram import OTHER_PLACES, OTHER_PROJECTS, FlowDiagram, Label, draw
from tuoju.web.plans.mode_chart import TOTAL_ROOM, WIDTH, mode_chart

URGENCIES = [Urgency.urgent, Urgency.routine]


def diagram(flows: dict[tuple[str, int | None], int], max_bars: int = 12) -> FlowDiagram:
    def place_label(code: str) -> Label:
        return Label("others" if code == OTHER_PLACES else code, "")

    def project_label(project_id: int | None) -> Label:
        return Label("others" if project_id == OTHER_PROJECTS else str(project_id), "")

    return draw(flows, place_label, project_label, max_bars=max_bars)


class TestFlowDiagram:
    def test_the_largest_bars_come_first_and_needs_without_a_project_last(self) -> None:
        drawn = diagram({("a", 1): 2, ("b", 2): 5, ("b", None): 9})
        assert [bar.text for bar in drawn.places] == ["b 14", "a 2"]
        assert [bar.text for bar in drawn.projects] == ["2 5", "1 2", "None 9"]
        assert [bar.is_without for bar in drawn.projects] == [False, False, True]

    def test_small_bars_are_joined(self) -> None:
        drawn = diagram({(f"place {number}", number): number for number in range(1, 5)}, max_bars=3)
        assert [bar.text for bar in drawn.places] == ["place 4 4", "place 3 3", "others 3"]
        assert [bar.text for bar in drawn.projects] == ["4 4", "3 3", "others 3"]

    def test_a_ribbon_is_as_wide_as_its_share_of_the_bar(self) -> None:
        drawn = diagram({("a", 1): 1, ("a", 2): 3})
        [bar] = drawn.places
        assert [ribbon.width for ribbon in drawn.ribbons] == [bar.height * 3 / 4, bar.height / 4]

    def test_a_long_label_is_shortened(self) -> None:
        [bar] = diagram({("a long name of a township", 1): 1}).places
        assert bar.text == "a long nam… 1"


class TestModeChart:
    def test_the_longest_bar_fills_the_width(self) -> None:
        chart = mode_chart([("this", {"urgent": 1, "routine": 3}), ("other", {"routine": 2})], URGENCIES)
        long, short = chart.bars
        assert sum(segment.width for segment in long.segments) == pytest.approx(WIDTH - TOTAL_ROOM)
        assert sum(segment.width for segment in short.segments) == pytest.approx((WIDTH - TOTAL_ROOM) / 2)
        assert (long.total, short.total) == (4, 2)

    def test_an_empty_plan_has_empty_bars(self) -> None:
        [bar] = mode_chart([("this", {})], URGENCIES).bars
        assert (bar.segments, bar.total) == ((), 0)
