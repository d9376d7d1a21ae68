"""Lets Celery use the embedded queue as its broker: the address `embedded://`."""

import binascii
import sqlite3
import time
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, virtual
from kombu.utils.json import dumps, loads

from tuoju_notifications.embedded_queue import EmbeddedQueue, TakenMessage

SCHEME = "embedded"
ADDRESS = f"{SCHEME}://localhost"
FOLDER = "folder"
"""The transport option that names the folder."""
IDLE_SECONDS = 2.0
"""Seconds between two looks of a consumer that nothing wakes."""
RECOVERY_SECONDS = 5.0
"""Seconds between two looks for consumers whose processes have ended."""


def use_embedded_queue() -> None:
    """Make the address `embedded://` known to kombu."""
    TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"


class QoS(virtual.QoS):
    """Acknowledging deletes the message; rejecting with `requeue` releases it."""

    channel: "Channel"

    def ack(self, delivery_tag: str) -> None:
        self.channel.embedded.delete(int(delivery_tag))
        super().ack(delivery_tag)
        self.channel.embedded.wake()  # There may be room for one more.

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        if requeue:
            self.channel.embedded.release([int(delivery_tag)])
        else:
            self.channel.embedded.delete(int(delivery_tag))
        super().ack(delivery_tag)


class Channel(virtual.Channel):
    """A channel; its messages are named by their row."""

    QoS = QoS

    def __init__(self, connection: Any, **options: Any) -> None:
        super().__init__(connection, **options)
        self.embedded: EmbeddedQueue = connection.embedded
        self._without_ack: set[str] = set()

    def basic_consume(self, queue: str, no_ack: bool, callback: Any, consumer_tag: Any, **options: Any) -> Any:
        if no_ack:
            self._without_ack.add(queue)
        return super().basic_consume(queue, no_ack, callback, consumer_tag, **options)

    def basic_get(self, queue: str, no_ack: bool = False, **options: Any) -> Any:
        message = super().basic_get(queue, no_ack=no_ack, **options)
        if message is not None and no_ack:
            self.embedded.delete(int(str(message.delivery_tag)))
        return message

    def _put(self, queue: str, message: dict[str, Any], **_options: Any) -> None:
        self.embedded.put(queue, dumps(message).encode())

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        while (taken := self.embedded.take(queue)) is not None:
            payload = self._read(taken)
            if payload is not None:
                if queue in self._without_ack:
                    self.embedded.delete(taken.id)
                return payload
        raise Empty

    def _read(self, taken: TakenMessage) -> dict[str, Any] | None:
        """What the message says; None for one that is damaged, which is set aside."""
        try:
            payload: dict[str, Any] = loads(taken.payload.decode())
            payload["properties"]["delivery_tag"] = str(taken.id)
            self.Message(payload, channel=self)
            if not isinstance(payload["body"], str) or not isinstance(payload["headers"], dict):
                raise TypeError
        except (ValueError, TypeError, KeyError, AttributeError, LookupError, binascii.Error) as error:
            self.embedded.set_aside(taken.id, type(error).__name__)
            return None
        return payload

    def _restore(self, message: Any) -> None:
        self.embedded.release([int(message.delivery_tag)])

    def _purge(self, queue: str) -> int:
        return self.embedded.purge(queue)

    def _size(self, queue: str) -> int:
        return self.embedded.count(queue)


class Transport(virtual.Transport):
    """A connection to the embedded queue, which does not poll while nothing is put."""

    Channel = Channel
    driver_type = SCHEME
    driver_name = "sqlite3"
    connection_errors = (*virtual.Transport.connection_errors, sqlite3.Error, OSError)
    channel_errors = (*virtual.Transport.channel_errors, sqlite3.Error)

    embedded: EmbeddedQueue

    def __init__(self, client: Any, **options: Any) -> None:
        super().__init__(client, **options)
        self._folder = Path(client.transport_options[FOLDER])

    def establish_connection(self) -> Any:
        self.embedded = EmbeddedQueue(self._folder)
        self._recovered_at: float | None = None
        return super().establish_connection()

    def close_connection(self, connection: Any) -> None:
        super().close_connection(connection)
        self.embedded.close()

    def drain_events(self, connection: Any, timeout: float | None = None, **_options: Any) -> None:
        cycle: Any = self.cycle
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            self._recover()
            try:
                cycle.get(self._deliver, timeout=timeout)
            except Empty:
                left = IDLE_SECONDS if end is None else end - time.monotonic()
                if left <= 0:
                    raise TimeoutError from None
                self.embedded.wait(min(left, IDLE_SECONDS))
            else:
                return

    def _recover(self) -> None:
        moment = time.monotonic()
        if self._recovered_at is None or moment - self._recovered_at >= RECOVERY_SECONDS:
            self._recovered_at = moment
            self.embedded.recover()

    def driver_version(self) -> str:
        return sqlite3.sqlite_version
