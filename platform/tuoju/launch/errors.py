"""How the command line tells an error."""

from rich.console import Console
from rich.markup import escape


def print_error(sentence: str) -> None:
    """Print a sentence to stderr, in red on a terminal."""
    Console(stderr=True).print(f"[bold red]{escape(sentence)}[/]", soft_wrap=True, highlight=False)
