"""Every notification has words on every channel and in every language, with no placeholder left empty."""

import itertools

import pytest

from tuoju_notifications.kinds import Channel, NotificationKind
from tuoju_notifications.models import Notification
from tuoju_notifications.rendering import LAYOUTS, SAMPLE, Templates
from tuoju_notifications.words.table import WORDS, in_app_line

LEAVING = [channel for channel in Channel if channel is not Channel.in_app]


def notification(kind: NotificationKind, channel: Channel, language: str, **parameters: object) -> Notification:
    return Notification(
        key="k",
        group_key="k",
        kind=kind,
        channel=channel,
        language=language,
        recipient_id=1,
        link="/",
        parameters=parameters,
    )


@pytest.mark.parametrize(
    ("kind", "channel", "language"), list(itertools.product(NotificationKind, LEAVING, ["zh_CN", "en"]))
)
def test_says_where_to_look(kind: NotificationKind, channel: Channel, language: str) -> None:
    message = Templates().render(notification(kind, channel, language, **SAMPLE), "https://tuoju.example/referrals/1")
    assert "https://tuoju.example/referrals/1" in message.text
    assert bool(message.subject) is (channel is not Channel.sms)
    assert "\n" not in message.subject


def test_only_html_is_escaped() -> None:
    message = Templates().render(
        notification(NotificationKind.referral_received, Channel.email, "zh_CN", number="<1>"), "https://x"
    )
    assert "<1>" in message.text
    assert "&lt;1&gt;" in message.html


@pytest.mark.parametrize("language", WORDS)
def test_the_line_in_the_application_has_all_its_values(language: str) -> None:
    for kind in NotificationKind:
        assert "{" not in in_app_line(kind, language, SAMPLE)


def test_an_email_with_a_text_of_its_own_has_no_html_part() -> None:
    message = Templates().render(
        notification(NotificationKind.daily_digest, Channel.email, "en", **SAMPLE), "https://x"
    )
    assert message.html == ""
    assert message.subject == "Tuoju: what you have to do today"


def test_an_sms_with_a_text_of_its_own_bears_the_signature() -> None:
    message = Templates().render(
        notification(NotificationKind.link_sent, Channel.sms, "zh_CN", number="R-1"), "https://x"
    )
    assert message.text == "【托举】编号R-1的转介，新链接：https://x"


def test_every_layout_belongs_to_a_channel_and_a_language() -> None:
    paths = {str(path.relative_to(LAYOUTS)) for path in LAYOUTS.rglob("*.*")}
    text = {f"{channel}/{language}.txt" for channel in LEAVING for language in WORDS}
    assert paths == text | {f"{Channel.email}/{language}.html" for language in WORDS}
