"""Papers for the village's notice board: the sheet of public notices, and the poster with the address of the page."""

from collections.abc import Sequence

from tuoju.cases.policies import Policy
from tuoju.documents.papers.typesetting import Block, Document, Large, Paragraph, Rows, Signature, Signatures, scannable
from tuoju.relief.models import PublicNotice
from tuoju.words.labels import label

BLANK_ROWS = 6


def notice_sheet(
    place: str | None,
    notices: Sequence[PublicNotice],
    *,
    address: str = "",
    policy: Policy | None = None,
    telephone: str = "",
    foot: str = "",
    large: bool = False,
) -> Document:
    """公示单, on A4 or `large` on A3: what the board itself shows, which is masked, its days and where to object.

    `place` is None on a blank paper; `address` is that of the board's page.
    """
    rows = [
        [
            str(number),
            notice.shown_name,
            label("hardship_cause", notice.cause),
            _help(notice),
            f"{notice.first_day:%Y.%m.%d}—{notice.last_day:%Y.%m.%d}",
            notice.remark,
        ]
        for number, notice in enumerate(notices, start=1)
    ]
    within = policy.objection_within if policy else 5
    blocks: list[Block] = [
        Paragraph("现将本社救助情况公示如下，接受村民监督："),
        Rows(
            ["序号", "救助对象", "困难原因", "救助方式", "公示起止", "备注"],
            rows or [[""] * 6] * BLANK_ROWS,
            [1.1, 3.4, 2, 2.4, 3.4, 2],
            numbers=[3],
        ),
        Paragraph(
            f"对公示内容有异议的，请在公示期内向本社或乡镇人民政府（街道办事处）反映，我们将在{within}个工作日内书面答复，"
            f"并为反映人保密。联系电话：{telephone or '________________'}。"
        ),
    ]
    blocks.append(Signatures([Signature("社长（签字）"), Signature("监事（签字）"), Signature("救急难互助社（盖章）")]))
    if address:
        blocks.append(scannable(address, "扫码查看本村公示"))
    title = f"{place}救急难互助社救助公示" if place else "____________村（社区）救急难互助社救助公示"
    return Document(
        title,
        blocks,
        rule=f"{policy.title}（{policy.citation}）" if policy else "",
        foot=foot,
        title_size=30 if large else 22,
        size=19 if large else 13.5,
        paper="a3" if large else "a4",
    )


def _help(notice: PublicNotice) -> str:
    """The forms of help, and the value of the money and goods among them."""
    forms = "、".join(label("help", form) for form in notice.helps) or label("help", "services")
    return f"{forms} {notice.amount_fen / 100:,.2f}元" if notice.amount_fen else forms


def poster(place: str, address: str, foot: str = "") -> Document:
    """A sheet with a large QR code of the village's page."""
    blocks: list[Block] = [
        Large(place, 24),
        Large("救急难互助社", 24),
        scannable(address, "", 110),
        Large("扫一扫，查看本村救助公示", 20),
        Large("不用登录，不用下载软件；到期自动撤下", 14),
    ]
    return Document("救助公示", blocks, foot=foot, title_size=34)
