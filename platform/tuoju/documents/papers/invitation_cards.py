"""Invitations on paper: one card a person to cut out and hand over, with the link as a QR code."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tuoju.documents import qr
from tuoju.documents.papers.typesetting import Card, Cards, Document, Paragraph
from tuoju.words.formats import china_time


@dataclass(frozen=True)
class InvitationCard:
    """What one card says; `address` is the link for one use."""

    display_name: str
    username: str
    role: str
    place: str
    address: str
    expires_at: datetime


def invitation_cards(cards: Sequence[InvitationCard], foot: str = "") -> Document:
    """账号邀请卡: the cards of many accounts, in the order given."""
    return Document(
        title="账号邀请卡",
        blocks=[
            Paragraph(
                "沿虚线剪开，交给本人。本人扫码后自己设置密码；二维码只能用一次，过期作废。请当面交付，不要拍照转发。"
            ),
            Cards([_card(card) for card in cards]),
        ],
        foot=foot,
        size=9.5,
    )


def _card(card: InvitationCard) -> Card:
    return Card(
        title=card.display_name,
        lines=[
            f"{card.role}，{card.place}",
            f"用户名：{card.username}",
            f"请在{china_time(card.expires_at)}前扫码",
        ],
        svg=qr.on_card(card.address),
    )
