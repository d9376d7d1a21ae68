"""Relief money and public notices."""

from collections.abc import Mapping

from tuoju.words.languages import N_

ENUMS: Mapping[str, Mapping[str, str]] = {
    "payment_way": {
        "transfer": N_("Bank transfer"),
        "cash": N_("Cash"),
        "goods": N_("Goods"),
    },
    "payment_state": {
        "prepared": N_("To be confirmed"),
        "paid": N_("Paid"),
        "cancelled": N_("Cancelled"),
        "recovered": N_("Recovered"),
    },
    "fund_origin": {
        "government": N_("Government subsidy"),
        "collective": N_("Village collective"),
        "donation": N_("Donation"),
        "other": N_("Other income"),
    },
    "notice_phase": {
        "none": N_("No public notice"),
        "pre_decision": N_("Public notice before the decision"),
        "post_relief": N_("Public notice after relief"),
    },
    "leak_kind": {
        "id_number": N_("an ID number"),
        "phone": N_("a telephone number"),
        "bank_card": N_("an account number"),
        "address": N_("an address"),
        "childs_name": N_("a child's name or school"),
        "name_in_full": N_("a full name"),
        "health_detail": N_("an illness or a disability"),
        "points_at_one": N_("something that points at one person"),
        "income": N_("income or an account"),
    },
}
