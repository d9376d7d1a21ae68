"""Prints the table of the faults that were tried."""

from typing import Any

from factories.fault_table import ROWS, as_lines


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if ROWS:
        terminalreporter.section("faults")
        for line in as_lines():
            terminalreporter.line(line)
