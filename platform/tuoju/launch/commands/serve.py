"""`tuoju serve`."""

import subprocess
import sys
from typing import Annotated

import typer

from tuoju.launch.commands.lazy import data_folders, settings, supervisor
from tuoju.launch.language import operators_language

app = typer.Typer(add_completion=False)


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the web pages.")] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Run web, worker and scheduler on this machine, with your own data."""
    chosen = settings.Settings()
    data_folders.keep_files_private(chosen.data_folder)
    with data_folders.lock_data_folder(chosen.data_folder):
        run_first("migrate")
        raise typer.Exit(supervisor.supervise(chosen, host, port))


def run_first(*arguments: str) -> None:
    """Run another command in a process of its own, which gives its memory back. Ends with its exit code if it fails."""
    language = "zh" if operators_language() == "zh_CN" else "en"
    command = [sys.executable, "-m", "tuoju.launch.cli", "--language", language, *arguments]
    ended = subprocess.run(command, check=False)
    if ended.returncode:
        raise typer.Exit(1)
