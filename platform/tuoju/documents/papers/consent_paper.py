"""One consent on paper (PIPL arts 13-15, 17, 23, 29, 31): who may be told what, for which need, until when, and who was
there."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from tuoju.accounts.fields import ConsentData, visible
from tuoju.accounts.permissions import Actor
from tuoju.accounts.queries import names_of
from tuoju.documents.papers.typesetting import (
    Choice,
    Choices,
    Document,
    Field,
    Fields,
    Paragraph,
    Signature,
    Signatures,
    chinese_day,
)
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import full_name
from tuoju.residents.models import Consent, ConsentGiver, ConsentPurpose, Resident
from tuoju.residents.service import reveal
from tuoju.words.labels import label
from tuoju_projects.queries import get_organization


@dataclass(frozen=True)
class ConsentFacts:
    """What the paper of one consent says."""

    place: str
    name: str
    id_number: str | None
    guardian: str | None
    number: str
    purpose: ConsentPurpose
    receiver: str
    data: tuple[ConsentData, ...]
    bound: str
    """For which need or service."""
    given_by: ConsentGiver
    relation: str
    method: str
    witness: str
    given_on: date
    expires_on: date | None
    recorder: str


def collect_consent(session: Session, actor: Actor, consent: Consent) -> ConsentFacts:
    """The facts of a consent; naming the person in full is audited. Raises NotPermitted, ResidentErased,
    ProcessingRestricted."""
    resident = session.get_one(Resident, consent.resident_id)
    revealed = reveal(session, actor, resident, purpose="print")
    people = names_of(session, {consent.recorded_by, consent.witness_id})
    receiver = get_organization(session, consent.organization_id).name if consent.organization_id else ""
    return ConsentFacts(
        place=full_name(session, resident.region_code),
        name=revealed.name,
        id_number=revealed.id_number,
        guardian=revealed.guardian_name,
        number=f"{resident.region_code}-{consent.pk}",
        purpose=consent.purpose,
        receiver=receiver,
        data=tuple(ConsentData(kind) for kind in consent.data),
        bound=_bound(consent),
        given_by=consent.given_by,
        relation=label("guardian_relation", consent.relation) if consent.relation else "",
        method=label("consent_method", consent.method),
        witness=people.get(consent.witness_id or 0) or visible(actor, consent, "witness_name"),
        given_on=china_day(consent.given_at),
        expires_on=consent.expires_on,
        recorder=people.get(consent.recorded_by, ""),
    )


def _bound(consent: Consent) -> str:
    if consent.need_id is not None:
        return f"仅限编号{consent.need_id}的服务需求"
    if consent.category is not None:
        return f"仅限：{label('service_type', consent.category)}"
    return "本人的各项服务需求"


def consent_paper(facts: ConsentFacts, foot: str = "") -> Document:
    """单项知情同意书, to be signed or to be kept beside a spoken consent."""
    is_referral = facts.purpose is ConsentPurpose.referral
    end = chinese_day(facts.expires_on) if facts.expires_on else "未约定（此前作出的同意）"
    fields = [
        Field("姓名", facts.name),
        Field("身份证号", facts.id_number),
        Field("监护人", facts.guardian),
        Field("与本人关系", facts.relation or None),
        Field("同意事项", label("consent_purpose", facts.purpose)),
        Field("接收方", facts.receiver or "本社"),
        Field("适用范围", facts.bound if is_referral else "本事项", 2),
        Field("作出日期", chinese_day(facts.given_on)),
        Field("有效期至", end),
        Field("方式", facts.method),
        Field("见证人", facts.witness or None),
    ]
    shared = [Choice(label("consent_data", kind), kind in facts.data) for kind in ConsentData]
    return Document(
        "知情同意书",
        [
            Fields(fields),
            *([Choices("可以提供的信息", shared)] if is_referral else []),
            Paragraph(
                "上述信息只用于上述事项，接收方不得另作他用。健康、残疾等信息属于敏感个人信息，不同意提供不影响申请救助。"
                "到期后本同意自动失效，不再提供任何信息；需要继续的，重新征求您的同意。"
            ),
            Paragraph(
                "您可以随时撤回同意，当面、电话告知经办人，或在短信链接打开的页面上自己撤回。撤回以后，还没有结束的转介随即停止，"
                "接收方不能再看到您的信息；撤回以前已经提供的服务和发放的救助不受影响。"
            ),
            Choices(
                "签署人", [Choice(label("consent_giver", giver), giver is facts.given_by) for giver in ConsentGiver]
            ),
            Signatures(
                [
                    Signature("本人（或监护人）签字、按手印"),
                    Signature("见证人签字（口头同意的）", facts.witness or None),
                    Signature("经办人", facts.recorder),
                ]
            ),
        ],
        f"{facts.place}救急难互助社",
        facts.number,
        "依据：个人信息保护法第13—15、17、23、29、31条",
        foot,
    )
