"""A real web process over a database of a test, and somebody signed in to it."""

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from benchmarks.processes import environment, wait_until

from factories.accounts import PASSWORD


@contextmanager
def serving(folder: Path, database_url: str, **settings: object) -> Iterator[str]:
    """The address of a web process with these settings (`TUOJU_` and the name in capitals); its log is in `folder`."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    env = environment(folder, database=database_url, broker="filesystem://", mail_port=1, web="http://127.0.0.1:1") | {
        "TUOJU_SECURE_COOKIES": "false",
        "TUOJU_PUBLIC_ADDRESS": address,
        **{f"TUOJU_{name.upper()}": str(value) for name, value in settings.items()},
    }
    command = [sys.executable, "-m", "tuoju.launch.commands.web", "--port", str(port)]
    with (folder / "web.log").open("wb") as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        try:
            wait_until(lambda: process.poll() is not None or _answers(address), 120, "the web process answers")
            assert process.poll() is None, (folder / "web.log").read_text()
            yield address
            assert process.poll() is None, "the web process ended"
        finally:
            process.terminate()
            process.wait(30)


def _answers(address: str) -> bool:
    try:
        return httpx2.get(f"{address}/sign-in", timeout=5).status_code == 200
    except httpx2.HTTPError:
        return False


def signed_in_cookies(address: str, username: str) -> dict[str, str]:
    """The cookies of a browser in which the user has signed in."""
    with httpx2.Client(base_url=address, timeout=60) as client:
        token = form_token_of(client.get("/sign-in").text)
        answer = client.post("/sign-in", data={"form_token": token, "username": username, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return dict(client.cookies)


def form_token_of(page: str) -> str:
    token = re.search(r'name="form_token" value="([0-9a-f]+)"', page)
    assert token is not None
    return token[1]
