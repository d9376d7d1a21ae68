"""Notifications."""

from datetime import datetime
from typing import Self

from pydantic import Field

from tuoju.web.kit.representations.regions import Representation
from tuoju.words.notifications import sentence
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import Notification


class NotificationShown(Representation):
    """One notification to you."""

    id: int
    kind: NotificationKind
    text: str = Field(description="In the language of `Accept-Language`.")
    link: str = Field(description="The page that the notification is about.", examples=["/referrals/17"])
    created_at: datetime
    read_at: datetime | None

    @classmethod
    def of(cls, notification: Notification) -> Self:
        return cls.model_validate({**notification.model_dump(), "text": sentence(notification)})
