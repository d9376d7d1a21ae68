"""Notices."""

from datetime import datetime
from typing import Self

from pydantic import Field

from tuoju.web.kit.representations.regions import Representation
from tuoju.words.notifications import sentence
from tuoju_notifications.kinds import NoticeKind
from tuoju_notifications.models import Notice


class NoticeShown(Representation):
    """One message to you."""

    id: int
    kind: NoticeKind
    text: str = Field(description="In the language of `Accept-Language`.")
    link: str = Field(description="The page it is about.", examples=["/referrals/17"])
    created_at: datetime
    read_at: datetime | None

    @classmethod
    def of(cls, notice: Notice) -> Self:
        return cls.model_validate({**notice.model_dump(), "text": sentence(notice)})
