"""Codes into words: the national and the platform's code lists, and the enums of every room."""

from collections.abc import Mapping

from tuoju.regions.code_lists import code_lists
from tuoju.web.languages import gettext, language


def N_(message: str) -> str:  # noqa: N802
    """Mark a message for translation where it is written, to be translated where it is shown."""
    return message


ENUMS: Mapping[str, Mapping[str, str]] = {
    "role": {
        "social_worker": N_("Social worker"),
        "township_officer": N_("Township officer"),
        "charity_staff": N_("Charity staff"),
        "program_manager": N_("Program manager"),
        "administrator": N_("Administrator"),
    },
    "city_figure": {
        "societies": N_("societies with a fund"),
        "relief_person_times": N_("relief person-times"),
        "relief_paid_fen": N_("relief paid"),
        "residents_referred": N_("residents referred"),
        "residents_referred_helped": N_("of them helped"),
        "projects": N_("projects that served"),
        "service_person_times": N_("service person-times"),
        "average_handling_working_days": N_("working days to relief"),
    },
    "office_list": {
        "residents": N_("Residents"),
        "alerts": N_("Warnings"),
        "projects": N_("Projects"),
        "visits": N_("Service records"),
        "payments": N_("Relief payments"),
    },
    "sex_word": {"male": N_("Male"), "female": N_("Female"), "unknown": N_("Not stated")},
    "id_type": {
        "resident_id": N_("Resident ID card"),
        "residence_permit": N_("Residence permit"),
        "hmt_residence_permit": N_("Residence permit for Hong Kong, Macao and Taiwan"),
        "passport": N_("Passport"),
        "none": N_("No document"),
    },
    "self_care_word": {
        "not_assessed": N_("Not assessed yet"),
        "able": N_("Manages alone"),
        "partly_unable": N_("Needs some help"),
        "unable": N_("Can not manage alone"),
    },
    "case_state": {
        "recorded": N_("Case accepted"),
        "investigating": N_("Being investigated"),
        "under_review": N_("Awaiting a decision"),
        "announced": N_("On public notice before the decision"),
        "approved": N_("Approved"),
        "refused": N_("Refused"),
        "relieved": N_("Relief complete"),
        "publicised": N_("On public notice"),
        "objected": N_("Objection raised"),
        "closed": N_("Closed"),
        "withdrawn": N_("Withdrawn"),
        "entered_in_error": N_("Entered in error"),
    },
    "case_verb": {
        "investigate": N_("Investigation begun"),
        "give_opinion": N_("Opinion given"),
        "return_back": N_("Sent back to be investigated again"),
        "announce": N_("Notice posted before the decision"),
        "approve": N_("Approved"),
        "refuse": N_("Refused"),
        "complete_relief": N_("Relief complete"),
        "publicise": N_("Notice posted"),
        "object": N_("Objection received"),
        "answer_objection": N_("Objection answered"),
        "answer_before_decision": N_("Objection answered before the decision"),
        "close": N_("Closed"),
        "withdraw": N_("Withdrawn"),
        "reopen": N_("Opened again"),
        "mark_in_error": N_("Entered in error"),
    },
    "scheme": {
        "society_relief": N_("Mutual-aid society relief"),
        "small_urgent": N_("Small urgent relief"),
        "temporary_relief": N_("Temporary relief"),
        "low_income": N_("Low-income allowance"),
        "charity_referral": N_("Referral to charity only"),
    },
    "clock_step": {
        "opinion": N_("Visit and opinion"),
        "relief": N_("Relief or report of the service need"),
        "notice": N_("Post the public notice"),
        "objection": N_("Answer the objection"),
    },
    "standing": {
        "overdue": N_("Overdue"),
        "due_today": N_("Due today"),
        "due_next": N_("Due next working day"),
        "later": N_("In time"),
    },
    "opinion": {
        "relieve": N_("Give relief"),
        "services_only": N_("Services only"),
        "refuse": N_("Refuse"),
    },
    "refusal_reason": {
        "not_in_hardship": N_("Not in hardship as the rule means it"),
        "helped_already": N_("Helped for the same already"),
        "other_scheme": N_("Another scheme is the right one"),
        "not_as_stated": N_("Not as stated"),
        "other": N_("Another reason (please write it)"),
    },
    "help": {"money": N_("Money"), "goods": N_("Goods"), "services": N_("A service")},
    "recheck": {"revisit": N_("A second visit"), "deliberation": N_("Deliberation of the council")},
    "finding": {"none": N_("None"), "mild": N_("Mild"), "severe": N_("Severe")},
    "conclusion": {
        "money": N_("Relief money"),
        "goods": N_("Goods"),
        "services": N_("A service"),
        "report_upward": N_("Report upward"),
        "no_need": N_("No need found"),
    },
    "alert_state": {"open": N_("To look into"), "verified": N_("Became a case"), "dismissed": N_("Set aside")},
    "alert_source": {
        "medical_cost": N_("High medical costs (medical insurance)"),
        "serious_illness": N_("Serious illness (health)"),
        "disability": N_("New disability (disabled persons' federation)"),
        "schooling": N_("Cost of schooling (education)"),
        "lost_work": N_("Lost work (human resources)"),
        "disaster": N_("Disaster or accident (emergency management)"),
        "other_department": N_("Another department"),
        "hotline": N_("Hotline"),
    },
    "dismissal_reason": {
        "no_need": N_("Checked, no need"),
        "helped_already": N_("Helped already"),
        "passed_on": N_("Passed on to the department in charge"),
        "not_found": N_("Not found or moved away"),
        "duplicate": N_("Warned of twice"),
        "other": N_("Other (please write it)"),
    },
    "happening": {
        "registered": N_("File opened"),
        "consent_given": N_("Consent given"),
        "consent_withdrawn": N_("Consent taken back"),
        "told_without_consent": N_("Organization told in an emergency, without consent"),
        "case_opened": N_("Case accepted"),
        "case_step": N_("Step of the case"),
        "visited": N_("Household visit recorded"),
        "need_recorded": N_("Service need recorded"),
        "payment": N_("Relief given"),
        "objection": N_("Objection received"),
        "referral_step": N_("Referral"),
        "served": N_("Served"),
        "paper_filed": N_("Paper filed"),
        "read_in_full": N_("File read in full"),
    },
    "paper": {
        "application": N_("Application or discovery record"),
        "consent": N_("Consent, signed"),
        "identity": N_("Identity papers"),
        "investigation": N_("Household visit with assessment of needs"),
        "decision": N_("Opinion and decision"),
        "payment": N_("Relief paid or need reported"),
        "receipt": N_("Receipt for the relief"),
        "notice": N_("Public notice hung its days"),
        "wall_photo": N_("Photo of the notice on the wall"),
        "objections": N_("Objections answered"),
        "referrals": N_("Referrals ended"),
        "service_records": N_("Service records"),
        "satisfaction": N_("Resident asked"),
    },
    "paper_standing": {
        "done": N_("There"),
        "missing": N_("Missing: the case can not close"),
        "to_file": N_("Still to be filed"),
        "not_needed": N_("Not needed"),
    },
    "blank_paper": {
        "application": N_("Application"),
        "investigation": N_("Household visit"),
        "decision": N_("Review and decision"),
        "refusal": N_("Letter of refusal"),
        "receipt": N_("Receipt for the relief"),
        "closing": N_("Closing of a case"),
        "notice": N_("Sheet of public notices"),
        "slip": N_("Referral slip and receipt"),
        "service_record": N_("Service record"),
    },
    "attachment_kind": {
        "application": N_("Application or discovery record"),
        "consent": N_("Consent, signed"),
        "identity": N_("Identity papers"),
        "home_photo": N_("Photo of the visit"),
        "minutes": N_("Minutes of the meeting"),
        "receipt": N_("Receipt for the relief"),
        "wall_photo": N_("Photo of the notice on the wall"),
        "objection": N_("Papers of an objection"),
        "referral_slip": N_("Referral slip and receipt"),
        "service_record": N_("Service record, signed"),
        "other": N_("Other"),
    },
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
    "day_unit": {"working_day": N_("working days"), "calendar_day": N_("calendar days")},
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
    "need_state": {
        "open": N_("Waiting"),
        "referred": N_("Referred"),
        "in_service": N_("In service"),
        "met": N_("Met"),
        "partly_met": N_("Partly met"),
        "unmet": N_("Unmet"),
        "withdrawn": N_("Withdrawn"),
    },
    "referral_state": {
        "requested": N_("Waiting for an answer"),
        "waitlisted": N_("On the waiting list"),
        "accepted": N_("Accepted"),
        "in_progress": N_("In service"),
        "on_hold": N_("Paused"),
        "completed": N_("Completed"),
        "failed": N_("Not carried through"),
        "rejected": N_("Returned"),
        "expired": N_("No answer in time"),
        "cancelled": N_("Taken back"),
        "entered_in_error": N_("Entered in error"),
    },
    "referral_verb": {
        "accept": N_("Accept"),
        "reject": N_("Return"),
        "waitlist": N_("Put on the waiting list"),
        "expire": N_("No answer in time"),
        "start": N_("Start the service"),
        "hold": N_("Pause"),
        "resume": N_("Go on"),
        "complete": N_("Complete"),
        "fail": N_("Can not carry through"),
        "cancel": N_("Take back"),
        "mark_in_error": N_("Entered in error"),
    },
    "rejection_reason": {
        "no_capacity": N_("No place free"),
        "not_eligible": N_("Not whom the project is for"),
        "outside_service_area": N_("Outside the area served"),
        "service_not_offered": N_("This service is not offered"),
        "already_served": N_("Already served by us or others"),
        "missing_information": N_("Something has to be known first"),
        "safety": N_("Safety"),
        "could_not_contact": N_("Could not be reached"),
        "resident_declined": N_("The resident does not want it"),
        "duplicate": N_("Sent twice"),
        "other": N_("Another reason (please write it)"),
    },
    "outcome": {"met": N_("Need met"), "partly_met": N_("Need partly met"), "unmet": N_("Need not met")},
    "urgency": {
        "routine": N_("Can wait"),
        "soon": N_("Soon"),
        "urgent": N_("Urgent"),
        "life_threatening": N_("Life or health at risk"),
    },
    "opened_by": {
        "application": N_("Application"),
        "proactive_discovery": N_("Found by a visit or a hint"),
    },
    "wished_time": {
        "morning": N_("Morning"),
        "midday": N_("Midday"),
        "afternoon": N_("Afternoon"),
        "evening": N_("Evening"),
        "weekend": N_("Weekend"),
    },
    "constraint": {
        "at_home": N_("Must come to the home"),
        "woman_only": N_("A woman only"),
        "two_helpers": N_("Two helpers"),
        "wheelchair": N_("Uses a wheelchair"),
        "hard_of_hearing": N_("Hard of hearing"),
        "dialect": N_("Speaks dialect"),
    },
    "visit_mode": {
        "home": N_("At home"),
        "site": N_("At our place"),
        "phone": N_("By telephone"),
        "online": N_("Online"),
    },
    "consent_purpose": {
        "referral": N_("Referral to a charity"),
        "publicity": N_("Public notice"),
        "checking": N_("Checking of circumstances"),
    },
    "consent_giver": {"self": N_("The person"), "guardian": N_("The guardian")},
    "consent_method": {
        "paper": N_("Signed on paper"),
        "fingerprint": N_("Fingerprint on paper"),
        "spoken": N_("Spoken, before a witness"),
    },
    "project_state": {
        "draft": N_("Draft"),
        "open": N_("Open"),
        "suspended": N_("Suspended"),
        "closed": N_("Ended"),
    },
    "project_verb": {
        "open": N_("Open the project"),
        "suspend": N_("Suspend"),
        "resume": N_("Open again"),
        "close": N_("End the project"),
    },
    "funding_type": {
        "venture_philanthropy": N_("Venture philanthropy"),
        "government_purchase": N_("Government purchase"),
        "own_funds": N_("Own funds"),
        "welfare_lottery": N_("Welfare lottery fund"),
        "earmarked_donation": N_("Earmarked donation"),
    },
    "figure": {
        "waiting_needs": N_("Needs waiting"),
        "referrals_sent": N_("Referrals sent"),
        "referrals_answered": N_("Referrals answered"),
        "loops_closed": N_("Loops closed"),
        "got_help": N_("Got help"),
        "person_times": N_("Person-times"),
        "household_times": N_("Household-times"),
        "persons": N_("Persons"),
    },
    "summary_state": {
        "missing": N_("Not handed in"),
        "prepared": N_("Waits for the signature"),
        "handed_in": N_("Handed in"),
        "returned": N_("Returned"),
        "accepted": N_("Accepted"),
    },
    "sheet_section": {
        "fund": N_("The fund (yuan)"),
        "relief": N_("Relief"),
        "service": N_("Services"),
        "notice": N_("Public notices"),
    },
    "sheet_figure": {
        "opening_fen": N_("Carried over from last month"),
        "income_government_fen": N_("In: government subsidy"),
        "income_collective_fen": N_("In: village collective"),
        "income_donation_fen": N_("In: donations"),
        "income_other_fen": N_("In: other"),
        "relief_fen": N_("Out: relief"),
        "goods_fen": N_("of it goods, at their worth"),
        "recovered_fen": N_("Recovered"),
        "closing_fen": N_("Left at the end of the month"),
        "relief_person_times": N_("Relief, person-times"),
        "relief_household_times": N_("Relief, household-times"),
        "cases_opened": N_("Cases accepted"),
        "cases_discovered": N_("of them discovered by visiting"),
        "cases_refused": N_("Cases refused"),
        "cases_relieved": N_("Cases whose relief is complete"),
        "cases_in_time": N_("of them in time"),
        "needs_reported": N_("Service needs reported"),
        "referrals_sent": N_("Referrals sent"),
        "referrals_accepted": N_("Referrals accepted"),
        "referrals_rejected": N_("Referrals sent back"),
        "referrals_completed": N_("Referrals completed"),
        "service_person_times": N_("Service, person-times"),
        "service_persons": N_("Service, persons"),
        "service_household_times": N_("Service, household-times"),
        "service_minutes": N_("Service, minutes"),
        "notices_posted": N_("Notices posted"),
        "notices_late": N_("of them late"),
        "objections": N_("Objections received"),
        "average_days": N_("Mean working days to relief"),
        "handling_half_days": N_("Half working days to relief, in all"),
    },
    "dimension": {"county": N_("County"), "project": N_("Project"), "month": N_("Month")},
    "project_field": {
        "organization": N_("organization"),
        "areas": N_("area"),
        "period": N_("period"),
        "places": N_("places"),
        "target_person_times": N_("target person-times"),
        "budget": N_("budget"),
        "rules": N_("conditions"),
    },
    "rule_kind": {
        "min_age": N_("From age"),
        "max_age": N_("Up to age"),
        "sex": N_("Sex"),
        "relief_category": N_("Category of hardship"),
        "vulnerability": N_("Circumstances"),
        "self_care": N_("Self-care"),
        "disability_type": N_("Kind of disability"),
        "disability_grade_at_most": N_("Disability grade at most"),
    },
    "place_move": {
        "published": N_("Published"),
        "held": N_("Held"),
        "used": N_("Used"),
        "freed": N_("Freed"),
        "corrected": N_("Corrected"),
    },
    "obstacle": {
        "not_open": N_("Project not open"),
        "not_started": N_("Project has not begun"),
        "ended": N_("Project has ended"),
        "intake_over": N_("Takes nobody any more"),
        "no_home_visits": N_("No home visits"),
        "disability_type": N_("Kind of disability does not fit"),
        "disability_grade": N_("Disability not severe enough"),
        "no_place": N_("No place free"),
        "outside_area": N_("Outside the area served"),
        "service_not_offered": N_("Service not offered"),
        "refused": N_("Refused before"),
        "not_taken": N_("Returned or not answered before"),
        "min_age": N_("Too young"),
        "max_age": N_("Too old"),
        "vulnerability": N_("Not the target group"),
        "relief_category": N_("Not the category"),
        "self_care": N_("Self-care does not fit"),
        "sex": N_("Sex does not fit"),
        "unknown": N_("Something is not recorded"),
    },
    "plan_state": {
        "computing": N_("Being computed"),
        "proposed": N_("Proposed"),
        "sending": N_("Being sent"),
        "approved": N_("Approved"),
        "superseded": N_("Replaced by a newer one"),
        "discarded": N_("Discarded"),
        "failed": N_("Not computed"),
    },
    "plan_stage": {
        "waiting": N_("Waiting for its turn"),
        "reading": N_("Reading who waits and what is open"),
        "solving": N_("Looking for the best plan"),
        "joining": N_("Joining the counties"),
        "comparing": N_("Comparing with other ways"),
        "valuing": N_("Asking what one more place would bring"),
        "writing": N_("Writing it down"),
        "sending": N_("Sending the referrals"),
        "done": N_("Done"),
    },
    "line_state": {
        "placed": N_("Has a project"),
        "without": N_("Without a project"),
        "left_out": N_("Left out"),
        "sent": N_("Sent"),
        "waiting_for_consent": N_("Waiting for consent"),
        "not_sent": N_("Could not be sent"),
    },
    "held_back": {
        "need_answered": N_("The need is no longer open"),
        "no_place": N_("The last place was given meanwhile"),
        "project_closed": N_("The project takes nobody any more"),
        "not_eligible": N_("The project can no longer take this need"),
        "busy": N_("Others were changing the same; please refer by hand"),
    },
    "grouping": {
        "county": N_("County"),
        "township": N_("Township"),
        "remoteness": N_("Town or village"),
        "hardship": N_("Category of hardship"),
        "sex": N_("Sex"),
        "age": N_("Age"),
    },
    "remoteness": {
        "subdistrict": N_("Urban subdistrict"),
        "community": N_("Community in a town"),
        "village": N_("Rural village"),
    },
    "age_band": {
        "child": N_("Up to 17"),
        "adult": N_("18 to 59"),
        "older": N_("60 to 79"),
        "oldest": N_("80 and above"),
        "unknown": N_("Not stated"),
    },
    "plan_mode": {
        "this": N_("This plan"),
        "optimum": N_("Best for all, without bounds"),
        "envy_free": N_("Nobody envies"),
        "urgent_first": N_("Queue, the most urgent first"),
        "first_come": N_("As today: first come"),
    },
    "reveal_purpose": {
        "contact": N_("To contact the person"),
        "visit": N_("To visit"),
        "check": N_("To compare with documents"),
        "correct": N_("To correct the file"),
    },
}


def label(kind: str, code: object, in_language: str | None = None) -> str:
    """The words for a code of a list or enum; a code of neither is shown as "not known"."""
    text = str(code)
    chosen = in_language or language()
    if kind in ENUMS:
        return gettext(ENUMS[kind].get(text, "Not known"))
    names = code_lists().get(kind, {}).get(text)
    if names is None:
        return gettext("Not known")
    return names[0 if chosen.startswith("zh") else 1]


_READING = {"serve": N_("To serve, after accepting"), "print": N_("To print")}


def reading_words(purpose: str) -> str:
    """What a full reading was for: one of the list, by the product itself, or what was typed."""
    if purpose in ENUMS["reveal_purpose"]:
        return label("reveal_purpose", purpose)
    return gettext(_READING[purpose]) if purpose in _READING else purpose


def kinds() -> list[str]:
    """The names of every list and enum that has words."""
    return sorted({*ENUMS, *code_lists()} - {"list"})


def options(kind: str) -> list[tuple[str, str]]:
    """(code, words) of a list or enum, for a form field."""
    codes = ENUMS[kind] if kind in ENUMS else code_lists()[kind]
    return [(code, label(kind, code)) for code in codes]


def services() -> list[tuple[str, list[tuple[str, str]]]]:
    """The service categories by class: ("Care services", [("A01", "Home care"), ...]); relief money and
    goods are no service, and leave by another door."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for code, words in options("service_type"):
        if code[0] in "ABC" and len(code) > 1:
            groups.setdefault(label("service_type", code[0]), []).append((code, words))
    return list(groups.items())
