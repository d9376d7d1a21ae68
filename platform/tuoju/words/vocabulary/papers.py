"""The file of one person, its papers and what prints itself."""

from collections.abc import Mapping

from tuoju.cases.models import AttachmentKind
from tuoju.reports.checklist import Paper, PaperStatus
from tuoju.reports.history import EventKind
from tuoju.reports.models import IssuedKind
from tuoju.words.enum_words import EnumWords
from tuoju.words.languages import N_

ENUMS = (
    EnumWords(
        EventKind,
        "event_kind",
        {
            EventKind.registered: N_("File opened"),
            EventKind.consent_given: N_("Consent given"),
            EventKind.consent_withdrawn: N_("Consent withdrawn"),
            EventKind.disclosed_without_consent: N_("Organization told in an emergency, without consent"),
            EventKind.case_opened: N_("Case opened"),
            EventKind.case_step: N_("Case step"),
            EventKind.visited: N_("Household visit recorded"),
            EventKind.need_recorded: N_("Service need recorded"),
            EventKind.payment: N_("Relief given"),
            EventKind.objection: N_("Objection received"),
            EventKind.referral_step: N_("Referral"),
            EventKind.served: N_("Served"),
            EventKind.paper_filed: N_("Document filed"),
            EventKind.read_in_full: N_("File viewed in full"),
        },
    ),
    EnumWords(
        Paper,
        "paper",
        {
            Paper.application: N_("Application or discovery record"),
            Paper.consent: N_("Consent, signed"),
            Paper.identity: N_("Identity documents"),
            Paper.investigation: N_("Household visit with assessment of needs"),
            Paper.decision: N_("Opinion and decision"),
            Paper.payment: N_("Relief paid or need reported"),
            Paper.receipt: N_("Receipt for the relief"),
            Paper.notice: N_("Public notice period completed"),
            Paper.wall_photo: N_("Photo of the public notice on the wall"),
            Paper.objections: N_("Objections answered"),
            Paper.referrals: N_("Referrals ended"),
            Paper.service_records: N_("Service records"),
            Paper.satisfaction: N_("Resident asked for feedback"),
        },
    ),
    EnumWords(
        PaperStatus,
        "paper_status",
        {
            PaperStatus.done: N_("On file"),
            PaperStatus.missing: N_("Missing: the case cannot close"),
            PaperStatus.to_file: N_("Still to be filed"),
            PaperStatus.not_needed: N_("Not needed"),
        },
    ),
    EnumWords(
        AttachmentKind,
        "attachment_kind",
        {
            AttachmentKind.application: N_("Application or discovery record"),
            AttachmentKind.consent: N_("Consent, signed"),
            AttachmentKind.identity: N_("Identity documents"),
            AttachmentKind.home_photo: N_("Photo of the visit"),
            AttachmentKind.minutes: N_("Minutes of the meeting"),
            AttachmentKind.receipt: N_("Receipt for the relief"),
            AttachmentKind.wall_photo: N_("Photo of the public notice on the wall"),
            AttachmentKind.objection: N_("Documents of an objection"),
            AttachmentKind.referral_slip: N_("Referral slip and receipt"),
            AttachmentKind.service_record: N_("Service record, signed"),
            AttachmentKind.other: N_("Other"),
        },
    ),
    EnumWords(
        IssuedKind,
        "issued_kind",
        {
            IssuedKind.person_file: N_("A person's file (PDF)"),
            IssuedKind.person_archive: N_("A person's file with attachments (ZIP)"),
        },
    ),
)

CODES: Mapping[str, Mapping[str, str]] = {
    "blank_paper": {
        "application": N_("Application"),
        "investigation": N_("Household visit"),
        "decision": N_("Review and decision"),
        "refusal": N_("Letter of refusal"),
        "receipt": N_("Receipt for the relief"),
        "closing": N_("Closing of a case"),
        "consent": N_("Consent and information"),
        "satisfaction": N_("Follow-up and satisfaction"),
        "discovery": N_("Record of a discovery"),
        "minutes": N_("Minutes of the society's meeting"),
        "open_account": N_("Public accounts of the society"),
        "summary": N_("Monthly summary"),
        "cover": N_("Cover and contents of a file"),
        "notice": N_("Public notice sheet"),
        "slip": N_("Referral slip and receipt"),
        "service_record": N_("Service record"),
    },
    "office_list": {
        "residents": N_("Residents"),
        "alerts": N_("Alerts"),
        "projects": N_("Projects"),
        "visits": N_("Service records"),
        "payments": N_("Relief payments"),
        "accounts": N_("Accounts"),
    },
}
