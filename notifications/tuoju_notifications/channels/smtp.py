"""E-mail by SMTP. Every attempt has the same Message-ID, by which mail servers recognise a repeat."""

import smtplib
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr, parseaddr

from tuoju_notifications.channels.base import Accepted, Envelope, Failed, Outcome, Refused

_ON_THE_WIRE = compat32.clone(linesep="\r\n")

SECONDS = 10.0
"""For each step of the SMTP session."""


@dataclass(frozen=True)
class MailServer:
    """The server that takes mail. `security` is "none", "starttls" or "tls"."""

    host: str
    port: int = 25
    username: str = ""
    password: str = field(default="", repr=False)
    security: str = "none"


class Smtp:
    """Keeps one connection open for each thread, since connecting costs more than a message."""

    name: str

    def __init__(self, server: MailServer, sender: str, *, name: str = "smtp") -> None:
        self.name = name
        self._server = server
        named, self._sender = parseaddr(sender)
        self._from = formataddr((named, self._sender))
        self._domain = self._sender.rpartition("@")[2] or "localhost"
        self._kept = threading.local()

    def serves(self, address: str) -> bool:
        return "@" in address

    def send(self, envelope: Envelope) -> Outcome:
        if not envelope.address.isascii() or any(character.isspace() for character in envelope.address):
            return Refused("bad_address")
        content = self._compose(envelope)
        try:
            connection = self._begin()
            reply = connection.rcpt(envelope.address)
            if reply[0] not in (250, 251):
                connection.rset()
                return _refusal(reply[0])
        except smtplib.SMTPResponseException as error:
            self._disconnect()
            return Failed(f"smtp_{error.smtp_code}")
        except (OSError, smtplib.SMTPException):
            self._disconnect()
            return Failed("unreachable")
        return self._hand_over(connection, content, envelope)

    def _hand_over(self, connection: smtplib.SMTP, content: bytes, envelope: Envelope) -> Outcome:
        try:
            code = connection.data(content)[0]
        except smtplib.SMTPDataError as error:  # DATA was refused: the server took nothing.
            self._disconnect()
            return _refusal(int(error.smtp_code))
        except (OSError, smtplib.SMTPException):  # The text was being sent; the server may have taken it.
            self._disconnect()
            return Failed("broken_off", uncertain=True)
        return Accepted(reference=envelope.message_id) if code == 250 else _refusal(code)

    def _compose(self, envelope: Envelope) -> bytes:
        """The message in short ASCII lines, which every server takes.

        Uses the older API of the email package: the newer one parses each header again, which costs more than sending.
        """
        words = envelope.message
        message: MIMEText | MIMEMultipart = MIMEText(words.text, "plain", "utf-8")
        if words.html:
            message = MIMEMultipart("alternative", _subparts=(message, MIMEText(words.html, "html", "utf-8")))
        message["From"], message["To"] = self._from, envelope.address
        message["Subject"] = Header(words.subject, "utf-8").encode()
        message["Date"] = format_datetime(envelope.created_at)
        message["Message-ID"] = f"<{envelope.message_id}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"
        return message.as_bytes(policy=_ON_THE_WIRE)

    def _begin(self) -> smtplib.SMTP:
        """A connection after MAIL FROM.

        If the server has closed the one that was kept, a new one is opened; nothing has been sent at that point.
        """
        kept: smtplib.SMTP | None = getattr(self._kept, "connection", None)
        if kept is not None:
            with suppress(OSError, smtplib.SMTPException):
                if kept.mail(self._sender)[0] == 250:
                    return kept
            self._disconnect()
        connection = self._connect()
        self._kept.connection = connection
        reply = connection.mail(self._sender)
        if reply[0] != 250:
            raise smtplib.SMTPResponseException(*reply)
        return connection

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        context = ssl.create_default_context()
        connection: smtplib.SMTP
        if server.security == "tls":
            connection = smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=context)
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
        connection.ehlo_or_helo_if_needed()
        if server.security == "starttls":
            connection.starttls(context=context)
            connection.ehlo()
        if server.username:
            connection.login(server.username, server.password)
        return connection

    def _disconnect(self) -> None:
        connection: smtplib.SMTP | None = getattr(self._kept, "connection", None)
        self._kept.connection = None
        if connection is not None:
            connection.close()


def _refusal(code: int) -> Outcome:
    """4yz may succeed later (a grey list, a full mailbox), 5yz never. Only 421 is about the server itself."""
    if 500 <= code < 600:
        return Refused(f"smtp_{code}")
    return Failed(f"smtp_{code}", provider_down=code == 421)
