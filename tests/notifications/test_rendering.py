"""Every notification has words on every channel and in every language, with nothing left open."""

import itertools
import re
from pathlib import Path

import pytest

from tuoju_notifications.kinds import Channel, NotificationKind
from tuoju_notifications.models import Notification
from tuoju_notifications.rendering import SAMPLE, TEMPLATES, Templates

LEAVING = [each for each in Channel if each is not Channel.in_app]


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


def test_every_language_has_words_for_the_same_kinds() -> None:
    for path in (TEMPLATES / "words").iterdir():
        found = re.findall(r'^  "(\w+)":', path.read_text(), re.M)
        assert sorted(found) == sorted([kind.value for kind in NotificationKind] * 2), path.name


def test_no_template_lies_where_nothing_looks_for_it() -> None:
    names = {kind.value for kind in NotificationKind} | {"_any"}
    stray = [
        str(path.relative_to(TEMPLATES))
        for path in TEMPLATES.rglob("*.*")
        if path.parent.name != "words"
        and (
            path.stem not in names
            or path.suffix not in {".txt", ".html"}
            or path.parent.name not in {"zh_CN", "en"}
            or path.parent.parent.name not in set(Channel)
        )
    ]
    assert stray == []
    assert Path(TEMPLATES).is_dir()
