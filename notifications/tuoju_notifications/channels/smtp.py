"""E-mail by SMTP. A message bears one Message-ID however often it is tried, by which mail servers tell a repeat."""

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
"""For each step of the conversation."""


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over. `security` is "none", "starttls" or "tls"."""

    host: str
    port: int = 25
    username: str = ""
    password: str = field(default="", repr=False)
    security: str = "none"


class Smtp:
    """Keeps one conversation open for each thread, since a greeting costs more than a message."""

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
        if not envelope.address.isascii() or any(sign.isspace() for sign in envelope.address):
            return Refused("bad_address")
        content = self._compose(envelope)
        try:
            conversation = self._begin()
            reply = conversation.rcpt(envelope.address)
            if reply[0] not in (250, 251):
                conversation.rset()
                return _refusal(reply[0])
        except smtplib.SMTPResponseException as error:
            self._hang_up()
            return Failed(f"smtp_{error.smtp_code}")
        except (OSError, smtplib.SMTPException):
            self._hang_up()
            return Failed("unreachable")
        return self._hand_over(conversation, content, envelope)

    def _hand_over(self, conversation: smtplib.SMTP, content: bytes, envelope: Envelope) -> Outcome:
        try:
            code = conversation.data(content)[0]
        except smtplib.SMTPDataError as error:  # DATA itself was turned down: nothing was taken.
            self._hang_up()
            return _refusal(int(error.smtp_code))
        except (OSError, smtplib.SMTPException):  # The text was on its way; whether it was taken is not known.
            self._hang_up()
            return Failed("broken_off", uncertain=True)
        return Accepted(reference=envelope.message_id) if code == 250 else _refusal(code)

    def _compose(self, envelope: Envelope) -> bytes:
        """The message in short lines of ASCII, which no server refuses. Written with the older half of the standard
        library's email package: the newer one parses each header again, which costs more than sending."""
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
        """A conversation in which the sender was named. One that was kept may have been ended by the server meanwhile:
        then there is another, and nothing was handed over yet."""
        kept: smtplib.SMTP | None = getattr(self._kept, "conversation", None)
        if kept is not None:
            with suppress(OSError, smtplib.SMTPException):
                if kept.mail(self._sender)[0] == 250:
                    return kept
            self._hang_up()
        conversation = self._greet()
        self._kept.conversation = conversation
        reply = conversation.mail(self._sender)
        if reply[0] != 250:
            raise smtplib.SMTPResponseException(*reply)
        return conversation

    def _greet(self) -> smtplib.SMTP:
        server = self._server
        context = ssl.create_default_context()
        conversation: smtplib.SMTP
        if server.security == "tls":
            conversation = smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=context)
        else:
            conversation = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
        conversation.ehlo_or_helo_if_needed()
        if server.security == "starttls":
            conversation.starttls(context=context)
            conversation.ehlo()
        if server.username:
            conversation.login(server.username, server.password)
        return conversation

    def _hang_up(self) -> None:
        conversation: smtplib.SMTP | None = getattr(self._kept, "conversation", None)
        self._kept.conversation = None
        if conversation is not None:
            conversation.close()


def _refusal(code: int) -> Outcome:
    """4yz may go later (a grey list, a full box); 5yz never will. Only 421 speaks of the server itself."""
    if 500 <= code < 600:
        return Refused(f"smtp_{code}")
    return Failed(f"smtp_{code}", provider_down=code == 421)
