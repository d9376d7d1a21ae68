"""Notices: what you have been told."""

from fastapi import HTTPException

from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import CurrentActor, ReadSession, WriteSession
from tuoju.web.kit.pagination import Page, PageOf
from tuoju.web.kit.problems import api_router, problems
from tuoju.web.notifications.representations import NoticeShown
from tuoju_notifications.models import now
from tuoju_notifications.queries import find_notice, find_notices

router = api_router("/notices", "Notices")


@router.get("", summary="List your notices")
def list_notices(session: ReadSession, actor: CurrentActor, paging: PageOf) -> Page[NoticeShown]:
    """Latest first. They hold numbers of the matter, nothing personal."""
    rows = find_notices(session, actor.user_id, before_id=paging.after_id, limit=paging.fetch)
    shown, following = paging.take(rows, lambda notice: (notice.id,))
    return Page(items=[NoticeShown.of(notice) for notice in shown], next=following)


@router.post("/{notice_id}/read", summary="Mark a notice as read", responses=problems(404))
def read_notice(session: WriteSession, actor: CurrentActor, notice_id: PathId) -> NoticeShown:
    """Again changes nothing."""
    notice = find_notice(session, actor.user_id, notice_id)
    if notice is None:
        raise HTTPException(404)
    notice.read_at = notice.read_at or now()
    return NoticeShown.of(notice)
