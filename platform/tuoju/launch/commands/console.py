"""Where the commands print to, and how they end with an error."""

import typer
from rich.console import Console

from tuoju.launch.errors import print_error

console = Console()


def fail(sentence: str) -> typer.Exit:
    """Print an error to stderr; the exception to raise, which ends the process with exit code 1."""
    print_error(sentence)
    return typer.Exit(1)


def say(sentence: str, **facts: object) -> None:
    """Print a sentence with its facts, which may hold any characters."""
    console.print(sentence % facts, highlight=False, markup=False, soft_wrap=True)
