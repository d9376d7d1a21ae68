"""Whether the broker answers, within a few seconds also where it is silent, and what was damaged in it."""

from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

from kombu import Connection

from tuoju_notifications.celery_app import is_embedded
from tuoju_notifications.embedded_queue import EmbeddedQueue

TIMEOUT = 3
"""Seconds to connect, and to be answered."""


def broker_problem(url: str) -> str:
    """Why the broker does not answer, without the password; empty if it does. The embedded queue always does."""
    if is_embedded(url):
        return ""
    scheme = urlsplit(url).scheme
    options = {"read_timeout": TIMEOUT, "write_timeout": TIMEOUT}
    if scheme in ("redis", "rediss"):
        options = {"socket_timeout": TIMEOUT, "socket_connect_timeout": TIMEOUT}
    try:
        with Connection(url, connect_timeout=TIMEOUT, transport_options=options) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=TIMEOUT)
            connection.channel()
    except Exception as error:  # each transport has its own family
        password = unquote(urlsplit(url).password or "")
        words = str(error).strip().partition("\n")[0] or type(error).__name__
        return words.replace(password, "…") if password else words
    return ""


def count_set_aside(url: str, folder: Path) -> int:
    """How many messages of the embedded queue in `folder` were damaged within a week; brokers keep none aside."""
    if not is_embedded(url):
        return 0
    with closing(EmbeddedQueue(folder)) as queue:
        return queue.count_set_aside()
