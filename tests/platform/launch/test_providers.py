"""Which providers a process has, by its settings."""

from pathlib import Path

import pytest

from tuoju.launch.providers import mail_server, make_providers
from tuoju.launch.settings import AliyunSettings, Environment, JsonGatewaySettings, Settings
from tuoju_notifications.channels.smtp import MailServer
from tuoju_notifications.kinds import Channel


def names(settings: Settings) -> dict[str, list[str]]:
    return {channel.value: [item.name for item in entry] for channel, entry in make_providers(settings).items()}


def test_a_demo_shows_what_it_has_no_provider_for(tmp_path: Path) -> None:
    result = names(Settings(data_folder=tmp_path, environment=Environment.demo))
    assert set(result) == set(Channel)
    assert (result["email"], result["sms"]) == (["shown"], ["shown"])


def test_the_order_of_the_settings_is_the_order_of_preference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUOJU_MAIL_SERVERS", '["smtp://a.example", "smtps://b.example"]')
    monkeypatch.setenv(
        "TUOJU_SMS_GATEWAYS",
        '[{"kind": "aliyun", "key_id": "k", "key_secret": "s", "sign_name": "托举", "templates": {"_any": "SMS_1"}},'
        ' {"kind": "json", "name": "second", "url": "https://sms.example", "token": "t"}]',
    )
    settings = Settings(data_folder=tmp_path, environment=Environment.demo)
    assert [type(gateway) for gateway in settings.sms_gateways] == [AliyunSettings, JsonGatewaySettings]
    result = names(settings)
    assert (result["email"], result["sms"]) == (["smtp", "smtp1"], ["aliyun", "second"])


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", MailServer("mail.example", 25)),
        ("smtps://u:p%40w@mail.example", MailServer("mail.example", 465, "u", "p@w", "tls")),
        ("smtp+starttls://mail.example:2525", MailServer("mail.example", 2525, "", "", "starttls")),
    ],
)
def test_a_mail_server_is_named_by_one_address(url: str, server: MailServer) -> None:
    assert mail_server(url) == server
    assert "p@w" not in repr(server)
