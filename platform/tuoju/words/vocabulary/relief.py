"""Relief money and public notices."""

from collections.abc import Mapping

from tuoju.cases.policies import NoticePhase
from tuoju.relief.models import FundSource, PaymentState, PaymentWay
from tuoju.residents.leaks.kinds import LeakKind
from tuoju.words.enum_words import EnumWords
from tuoju.words.languages import N_

ENUMS = (
    EnumWords(
        PaymentWay,
        "payment_way",
        {
            PaymentWay.transfer: N_("Bank transfer"),
            PaymentWay.cash: N_("Cash"),
            PaymentWay.goods: N_("Goods"),
        },
    ),
    EnumWords(
        PaymentState,
        "payment_state",
        {
            PaymentState.prepared: N_("To be confirmed"),
            PaymentState.paid: N_("Paid"),
            PaymentState.cancelled: N_("Cancelled"),
            PaymentState.recovered: N_("Recovered"),
        },
    ),
    EnumWords(
        FundSource,
        "fund_source",
        {
            FundSource.government: N_("Government subsidy"),
            FundSource.collective: N_("Village collective"),
            FundSource.donation: N_("Donation"),
            FundSource.other: N_("Other income"),
        },
    ),
    EnumWords(
        NoticePhase,
        "notice_phase",
        {
            NoticePhase.none: N_("No public notice"),
            NoticePhase.pre_decision: N_("Public notice before the decision"),
            NoticePhase.post_relief: N_("Public notice after relief"),
        },
    ),
    EnumWords(
        LeakKind,
        "leak_kind",
        {
            LeakKind.id_number: N_("an ID number"),
            LeakKind.phone: N_("a telephone number"),
            LeakKind.bank_card: N_("an account number"),
            LeakKind.address: N_("an address"),
            LeakKind.childs_name: N_("a child's name or school"),
            LeakKind.name_in_full: N_("a full name"),
            LeakKind.health_detail: N_("an illness or a disability"),
            LeakKind.points_at_one: N_("something that identifies one person"),
            LeakKind.income: N_("income or an account"),
        },
    ),
)

CODES: Mapping[str, Mapping[str, str]] = {}
