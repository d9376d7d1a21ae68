"""`tuoju web`. Parsers in child processes import this module again, so it imports little."""

from typing import Annotated

import typer

from tuoju.launch.http import serve_http

app = typer.Typer(add_completion=False)


@app.command()
def web(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the web pages.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="How many processes serve pages.")] = 1,
) -> None:
    """Serve the web pages and the API."""
    serve_http(host, port, workers)


if __name__ == "__main__":
    app()
