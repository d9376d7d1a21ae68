"""Web processes of their own, as on the hosts of an installation."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx2
from benchmarks.keys import SUITE, invented_key

from factories.forms import hidden_in

STARTS_WITHIN = 90
"""Seconds until a web process must answer."""


def production_settings(database_url: str, data_folder: Any, **more: str) -> dict[str, str]:
    """The environment of a production process with the keys of the tests."""
    return {
        "TUOJU_ENVIRONMENT": "production",
        "TUOJU_SECURE_COOKIES": "false",
        "TUOJU_SECOND_FACTOR_ROLES": "[]",
        "TUOJU_HOSTS": '["127.0.0.1"]',
        "TUOJU_DATA_FOLDER": str(data_folder),
        "TUOJU_DATABASE_URL": database_url,
        "TUOJU_SECRET_KEY": invented_key("web").hex(),
        "TUOJU_AUDIT_KEY": invented_key("audit").hex(),
        "TUOJU_ENCRYPTION_KEYS": f'{{"test": "{invented_key("test").hex()}"}}',
        "TUOJU_ENCRYPTION_KEY_IN_USE": "test",
        "TUOJU_CRYPTO": SUITE.name,
    } | more


class SignedIn:
    """Somebody signed in at one host."""

    def __init__(self, address: str, username: str, password: str) -> None:
        self.client = httpx2.Client(base_url=address, follow_redirects=True, timeout=60)
        answer = self.post("/sign-in", {"username": username, "password": password}, page="/sign-in")
        assert answer.status_code == 200, answer.status_code

    def post(
        self, path: str, data: Mapping[str, str], *, files: Any = None, page: str = "/notifications"
    ) -> httpx2.Response:
        return self.client.post(path, data={**hidden_in(self.client.get(page).text), **data}, files=files)


@contextmanager
def web_host(settings: Mapping[str, str]) -> Iterator[str]:
    """The address of a web process with these settings."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TUOJU_")} | dict(settings)
    command = [sys.executable, "-m", "uvicorn", "tuoju.launch.asgi:app", "--port", str(port), "--log-level", "warning"]
    process = subprocess.Popen(command, env=environment)
    address, give_up_at = f"http://127.0.0.1:{port}", time.monotonic() + STARTS_WITHIN
    try:
        while True:
            try:
                httpx2.get(f"{address}/sign-in", timeout=60)
                break
            except httpx2.TransportError:
                assert process.poll() is None, "the web process ended"
                assert time.monotonic() < give_up_at, "the web process did not answer"
                time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(30)
