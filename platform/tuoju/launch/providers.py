"""The providers of each channel, as the settings name them."""

from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from tuoju.database.installation import Environment
from tuoju.launch.settings import AliyunSettings, Settings, SmsSettings
from tuoju_notifications.channels.aliyun import Aliyun
from tuoju_notifications.channels.base import Provider
from tuoju_notifications.channels.in_app import InApp, Shown
from tuoju_notifications.channels.robots import DingTalk, Feishu, WeCom
from tuoju_notifications.channels.sms import JsonGateway
from tuoju_notifications.channels.smtp import MailServer, Smtp
from tuoju_notifications.channels.webhooks import SignedWebhook
from tuoju_notifications.kinds import Channel

SmsGateway = JsonGateway | Aliyun


def make_providers(settings: Settings) -> dict[Channel, Sequence[Provider]]:
    """The providers of each channel, in order of preference. A demo shows e-mails and SMS if it has no provider."""
    private = settings.hooks_may_be_private
    mail = [
        Smtp(mail_server(url.get_secret_value()), settings.mail_sender, name=f"smtp{number or ''}")
        for number, url in enumerate(settings.mail_servers)
    ]
    providers: dict[Channel, Sequence[Provider]] = {
        Channel.in_app: (InApp(),),
        Channel.email: mail,
        Channel.sms: sms_gateways(settings),
        Channel.robot: [robot(allow_private=private) for robot in (WeCom, DingTalk, Feishu)],
        Channel.webhook: (SignedWebhook(allow_private=private),),
    }
    if settings.environment is Environment.demo:
        providers |= {channel: (Shown(),) for channel in (Channel.email, Channel.sms) if not providers[channel]}
    return providers


def sms_gateways(settings: Settings) -> list[SmsGateway]:
    """The gateways for SMS, in order of preference."""
    return [sms_gateway(gateway) for gateway in settings.sms_gateways]


def sms_gateway(gateway: SmsSettings) -> SmsGateway:
    if isinstance(gateway, AliyunSettings):
        return Aliyun(
            gateway.key_id,
            gateway.key_secret.get_secret_value(),
            sign_name=gateway.sign_name,
            templates=gateway.templates,
            url=gateway.url,
            name=gateway.name,
        )
    return JsonGateway(gateway.url, gateway.token.get_secret_value(), name=gateway.name)


def mail_server(url: str) -> MailServer:
    """From `smtp://user:password@host:port` (plain text), `smtps://` (TLS) or `smtp+starttls://` (STARTTLS)."""
    parts = urlsplit(url)
    security = {"smtp": "none", "smtps": "tls", "smtp+starttls": "starttls"}[parts.scheme]
    default_port = {"none": 25, "tls": 465, "starttls": 587}[security]
    return MailServer(
        host=parts.hostname or "",
        port=parts.port or default_port,
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        security=security,
    )
