"""The report of what is wrong in files, for the command line: in Chinese and English."""

from collections.abc import Sequence

import typer
from rich.markup import escape

from tuoju.cities.problems import Problem
from tuoju.launch.commands.console import console, fail
from tuoju.web.kit.forms import message_of
from tuoju.words.languages import LANGUAGES, ngettext, use_language
from tuoju.words.languages import gettext as _

SHOWN = 200
"""So many problems are printed at most."""


def fail_with_report(problems: Sequence[Problem]) -> typer.Exit:
    """Print every problem with its place, in both languages; the exception to raise."""
    for problem in problems[:SHOWN]:
        console.print(f"[bold]{escape(_place(problem))}[/]", soft_wrap=True)
        for language in LANGUAGES:
            with use_language(language):
                console.print(f"  {escape(problem.wrong())} {escape(_right(problem))}", soft_wrap=True)
    if len(problems) > SHOWN:
        console.print(f"… {len(problems) - SHOWN}")
    return fail(" ".join(_summary(language, len(problems)) for language in LANGUAGES))


def _summary(language: str, count: int) -> str:
    with use_language(language):
        return ngettext("%(num)d problem.", "%(num)d problems.", count) % {"num": count} + _(" Nothing was loaded.")


def _place(problem: Problem) -> str:
    """divisions.csv:12 parent_code, as editors and terminals understand it."""
    line = f":{problem.line}" if problem.line else ""
    return f"{problem.file}{line} {problem.column}".rstrip()


def _right(problem: Problem) -> str:
    return problem.right() if problem.is_own else message_of(problem.kind, problem.facts)
