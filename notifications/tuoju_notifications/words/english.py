"""What every kind of notification says in English. Nothing personal but the name of the organization."""

from collections.abc import Mapping

from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.words.entry import KindWords

WORDS: Mapping[NotificationKind, KindWords] = {
    NotificationKind.referral_received: KindWords(
        in_app="New referral to answer: {{ number }}",
        headline="You have a referral to answer",
        next_step="It takes seconds to accept or reject it.",
    ),
    NotificationKind.referral_accepted: KindWords(
        in_app="Referral accepted: {{ number }}",
        headline="A referral was accepted",
        next_step="The charity will contact the resident.",
    ),
    NotificationKind.referral_rejected: KindWords(
        in_app="Referral rejected, look at the next project: {{ number }}",
        headline="A referral was rejected",
        next_step="Look at the next project.",
    ),
    NotificationKind.referral_waitlisted: KindWords(
        in_app="Referral on the waiting list: {{ number }}",
        headline="A referral is on the waiting list",
        next_step="You will be notified when there is a place.",
    ),
    NotificationKind.referral_expired: KindWords(
        in_app="Referral not answered in time, look at the next project: {{ number }}",
        headline="A referral was not answered in time",
        next_step="Look at the next project.",
    ),
    NotificationKind.referral_cancelled: KindWords(
        in_app="Referral withdrawn by the sender: {{ number }}",
        headline="A referral was withdrawn",
        next_step="You no longer need to answer.",
        sms="Referral {{ number }} was withdrawn. You no longer need to answer. {{ link }}",
        email="""\
Withdrawn: {{ number }}

Hello,

referral {{ number }} was withdrawn. You no longer need to answer. Thank you.

{{ link }}
""",
    ),
    NotificationKind.referral_completed: KindWords(
        in_app="Referral completed, ask the resident for feedback: {{ number }}",
        headline="A referral is completed",
        next_step="Ask the resident how the service was.",
    ),
    NotificationKind.referral_failed: KindWords(
        in_app="Service could not be provided: {{ number }}",
        headline="A service could not be provided",
        next_step="Check the reason and look for another project.",
    ),
    NotificationKind.referral_question: KindWords(
        in_app="Question from the charity: {{ number }}",
        headline="The charity has a question about a referral",
        next_step="Answer soon: the charity is waiting for you.",
    ),
    NotificationKind.complaint_opened: KindWords(
        in_app="A resident complains about referral {{ number }}",
        headline="A resident is not content",
        next_step="Talk to them and answer within the time limit.",
    ),
    NotificationKind.referral_reply: KindWords(
        in_app="Answer to your question: {{ number }}",
        headline="Your question was answered",
        next_step="You can now answer the referral.",
        sms="New answer on referral {{ number }}: {{ link }}",
        email="""\
New answer: {{ number }}

Hello,

there is a new answer on referral {{ number }}:
{{ link }}
""",
    ),
    NotificationKind.contact_change_proposed: KindWords(
        in_app="Confirm or refuse the new contact of your organization",
        headline="An office wants to change your contact",
        next_step="Check the new contact. Links to referrals will be sent there.",
        sms="An office wants to change the contact of your organization. Confirm or refuse: {{ link }}",
        email="""\
Confirm or refuse the new contact of your organization

Hello,

an office wants to change the contact of your organization. Links to referrals are sent to the contact.
Confirm or refuse the change here:
{{ link }}

Nothing changes until you confirm.
""",
    ),
    NotificationKind.address_to_confirm: KindWords(
        in_app="Confirm your address",
        headline="Confirm your address",
        next_step="Open the link within 7 days.",
        sms="Confirm that messages from Tuoju may be sent to this number: {{ link }} Not you? Do nothing.",
        email="""\
Confirm this email address

Hello,

somebody entered this address to get messages from Tuoju. Confirm it within 7 days:
{{ link }}

If it was not you, do nothing. Nothing else is sent to this address.
""",
    ),
    NotificationKind.contact_changed: KindWords(
        in_app="The contact of your organization has changed",
        headline="Your contact has changed",
        next_step="If you did not expect this, tell the civil affairs office.",
        sms="The contact of your organization has changed. Not expected? Tell the civil affairs office: {{ link }}",
        email="""\
The contact of your organization has changed

Hello,

the contact of your organization has changed. Links to referrals are sent to the new contact from now on.

If you did not expect this, tell the civil affairs office:
{{ link }}
""",
    ),
    NotificationKind.first_visit_planned: KindWords(
        in_app="Date of the first visit set: {{ number }}",
        headline="The date of the first visit is set",
        next_step="Tell the resident.",
    ),
    NotificationKind.link_wanted: KindWords(
        in_app="The charity asks for a new link: {{ number }}",
        headline="A charity needs a new link to answer",
        next_step="Check the request and send the link again.",
    ),
    NotificationKind.link_sent: KindWords(
        in_app="New link to the referral: {{ number }}",
        headline="The new link you asked for",
        next_step="The old link no longer works.",
        sms="New link to referral {{ number }}: {{ link }}",
        email="""\
New link to referral {{ number }}

Hello,

here is a new link to referral {{ number }}:
{{ link }}

The old link no longer works. The new link opens only this referral. Keep it within your organization.
""",
    ),
    NotificationKind.referral_stuck: KindWords(
        in_app="Referred several times and not accepted, step in: case {{ number }}",
        headline="A referral has no next step",
        next_step="Decide what to do next.",
    ),
    NotificationKind.referral_expiring: KindWords(
        in_app="Answer by {{ day }}: {{ number }}",
        headline="A referral must be answered soon",
        next_step="It takes seconds to accept or reject it.",
    ),
    NotificationKind.visit_due: KindWords(
        in_app="The first visit is due by {{ day }}: {{ number }}",
        headline="The first visit is due",
        next_step="Record the visit when it is done.",
    ),
    NotificationKind.deadline_ahead: KindWords(
        in_app="Due on {{ day }}: {{ matter }}, {{ number }}",
        headline="A deadline is close",
        next_step="Finish it in time.",
    ),
    NotificationKind.deadline_due: KindWords(
        in_app="Due today: {{ matter }}, {{ number }}",
        headline="A deadline is today",
        next_step="Finish it today.",
    ),
    NotificationKind.deadline_overdue: KindWords(
        in_app="Overdue since {{ day }}: {{ matter }}, {{ number }}",
        headline="A deadline has passed",
        next_step="Finish it as soon as you can.",
    ),
    NotificationKind.deadline_escalated: KindWords(
        in_app="Overdue since {{ day }}, step in: {{ matter }}, {{ number }}",
        headline="A deadline in your region has passed",
        next_step="Ask what is holding it up.",
    ),
    NotificationKind.resident_referred: KindWords(
        in_app="Your request is with {{ organization }}",
        headline="Your request is with a service organization",
        next_step="The organization will call you. It costs nothing.",
        sms="Your request is with {{ organization }}. They will call you. It costs nothing. See {{ link }}",
    ),
    NotificationKind.resident_accepted: KindWords(
        in_app="{{ organization }} will help you",
        headline="A service organization will help you",
        next_step="The organization will call you. It costs nothing.",
        sms="{{ organization }} will help you. They will call before they come. It costs nothing. See {{ link }}",
    ),
    NotificationKind.resident_visit: KindWords(
        in_app="{{ organization }} will come on {{ day }}",
        headline="The date of the first visit is set",
        next_step="If the date does not suit you, tell your village social worker.",
        sms=(
            "{{ organization }} will come on {{ day }}. If the date does not suit you, "
            "tell your village social worker. See {{ link }}"
        ),
    ),
    NotificationKind.resident_closed: KindWords(
        in_app="The service by {{ organization }} has ended",
        headline="The service has ended",
        next_step="If you are not satisfied, tell your village social worker.",
        sms="The service by {{ organization }} has ended. Tell us how it was: {{ link }}",
    ),
    NotificationKind.gap_found: KindWords(
        in_app="No project fits a need of case {{ number }}",
        headline="No project fits a need",
        next_step="It is recorded as a gap.",
    ),
    NotificationKind.safety_alarm: KindWords(
        in_app="An alarm waits for you: somebody may be in danger",
        headline="An alarm waits for you",
        next_step="Open it now.",
    ),
    NotificationKind.safety_question: KindWords(
        in_app="A text may mean that somebody is in danger: please look at it",
        headline="A text may mean that somebody is in danger",
        next_step="Look at it today.",
    ),
    NotificationKind.override_to_review: KindWords(
        in_app="An emergency referral needs your review",
        headline="An emergency referral needs your review",
        next_step="Review it today.",
    ),
    NotificationKind.duplicate_to_settle: KindWords(
        in_app="Two files in your area may be about one person",
        headline="Two files may be about one person",
        next_step="Compare the two files and decide.",
    ),
    NotificationKind.duplicate_without_officer: KindWords(
        in_app="Two files may be about one person, and no officer has an area that holds both",
        headline="Two files may be about one person",
        next_step="Set up an officer whose area holds both places.",
    ),
    NotificationKind.files_joined: KindWords(
        in_app="A file you opened was joined with an earlier file of the same person",
        headline="Two files of one person were joined",
        next_step="Your cases stay with you. Your township can tell you who keeps the file.",
    ),
    NotificationKind.number_to_compare: KindWords(
        in_app="Compare the ID number of a file with the card",
        headline="Compare an ID number with the card",
        next_step="Correct the file, or confirm the number to your township.",
    ),
    NotificationKind.budget_alarm: KindWords(
        in_app="Somebody in your area has used {{ percent }}% of a daily limit for personal data",
        headline="A daily limit for personal data is nearly used or used up",
        next_step="Look at who viewed how much today.",
    ),
    NotificationKind.plan_ready: KindWords(
        in_app="Plan {{ number }} is ready for you to check",
        headline="A plan is ready for you to check",
        next_step="Check the plan and decide whether to approve it.",
    ),
    NotificationKind.job_ended: KindWords(
        in_app="Your import or export {{ number }} is done: see what became of it",
        headline="An import or export is done",
        next_step="See what became of it. A trial run waits for you to confirm it.",
    ),
    NotificationKind.plan_sent: KindWords(
        in_app="The referrals of plan {{ number }} have been sent",
        headline="The referrals of a plan have been sent",
        next_step="Check the state of each line.",
    ),
    NotificationKind.plan_referred: KindWords(
        in_app="The county's plan has referred a need of case {{ number }}",
        headline="The county's plan has referred a need",
        next_step="Tell the resident.",
    ),
    NotificationKind.consent_wanted: KindWords(
        in_app="The county has a place for a need of case {{ number }}: ask the resident for consent",
        headline="A referral needs the consent of the resident",
        next_step="Ask the resident in person or by telephone.",
    ),
    NotificationKind.call_to_confirm: KindWords(
        in_app="Call {{ number }} waits for you as the second person",
        headline="A step of a call waits for a second person",
        next_step="Look at the call and confirm or refuse.",
    ),
    NotificationKind.call_opened: KindWords(
        in_app="New call for projects {{ number }}: {{ title }}, open until {{ day }}",
        headline="A new call for projects is open",
        next_step="Read what it asks for, and apply before the last day.",
    ),
    NotificationKind.call_extended: KindWords(
        in_app="Call {{ number }} takes applications until {{ day }}",
        headline="A call for projects is open longer",
        next_step="The new last day holds for all.",
    ),
    NotificationKind.call_cancelled: KindWords(
        in_app="Call {{ number }} was cancelled",
        headline="A call for projects was cancelled",
        next_step="The reason is on the page of the call.",
    ),
    NotificationKind.call_question: KindWords(
        in_app="A charity asks about call {{ number }}",
        headline="A charity asks about a call",
        next_step="Answer on the page of the call, for all.",
    ),
    NotificationKind.application_received: KindWords(
        in_app="Application {{ number }} was received",
        headline="Your application was received",
        next_step="Keep its receipt number.",
    ),
    NotificationKind.application_came_in: KindWords(
        in_app="Application {{ number }} came in",
        headline="An application came in",
        next_step="It is listed on the page of the call.",
    ),
    NotificationKind.call_hat: KindWords(
        in_app="You were asked to work on call {{ number }}",
        headline="You were asked to work on a call",
        next_step="Open it to see what you are asked to do.",
    ),
    NotificationKind.application_to_complete: KindWords(
        in_app="Application {{ number }} has to be completed",
        headline="An application has to be completed",
        next_step="Complete it in time. This is possible once.",
    ),
    NotificationKind.application_completed: KindWords(
        in_app="Application {{ number }} was completed",
        headline="An application was completed",
        next_step="Go on with the pre-check.",
    ),
    NotificationKind.application_ineligible: KindWords(
        in_app="Application {{ number }} did not pass the pre-check",
        headline="An application did not pass the pre-check",
        next_step="The reason and the day until which you can object are on its page.",
    ),
    NotificationKind.reviews_assigned: KindWords(
        in_app="Applications to call {{ number }} wait for your review",
        headline="Applications wait for your review",
        next_step="Declare your interests for each one first. Then it opens.",
    ),
    NotificationKind.review_to_replace: KindWords(
        in_app="A reviewer of call {{ number }} has a conflict of interest",
        headline="A reviewer has a conflict of interest",
        next_step="Assign another reviewer.",
    ),
    NotificationKind.call_answered: KindWords(
        in_app="A question about call {{ number }} was answered for all",
        headline="A question about a call was answered",
        next_step="Read the answer on the page of the call.",
    ),
    NotificationKind.account_invited: KindWords(
        in_app="Your account is ready",
        headline="Your account is ready",
        next_step="Open the link and choose your own password. The link works once.",
        sms="Your Tuoju account is ready. Choose your own password here; the link works once: {{ link }}",
        email="""\
Tuoju: choose your password

Hello,

an account was made for you, or your access was renewed. Choose your own password here:
{{ link }}

The link works once and only for a few days. Do not pass it on: nobody else needs it, and nobody will ask you for
your password.
""",
    ),
    NotificationKind.grant_to_confirm: KindWords(
        in_app="An administrator's account waits for a second administrator to confirm it",
        headline="An administrator's account waits for a second administrator",
        next_step="Check with the person who proposed it, then confirm or refuse it on the accounts page.",
    ),
    NotificationKind.consent_withdrawn: KindWords(
        in_app="A resident has withdrawn a consent (number {{ number }})",
        headline="A resident has withdrawn a consent",
        next_step="Check what has to go on another way.",
    ),
    NotificationKind.erasure_waiting: KindWords(
        in_app="Erasures of personal data that wait for your decision: {{ number }}",
        headline="Erasures of personal data wait for your decision",
        next_step="Check and approve them, or say why the data are kept.",
    ),
    NotificationKind.daily_digest: KindWords(
        in_app="Today: {{ overdue }} overdue, {{ due_today }} due, {{ to_answer }} to answer",
        headline="What you have to do today",
        email="""\
Tuoju: what you have to do today

Hello, you have today:
{% if overdue %}- {{ overdue }} case(s) overdue
{% endif %}
{% if due_today %}- {{ due_today }} case(s) due today
{% endif %}
{% if due_next %}- {{ due_next }} case(s) overdue after the next working day
{% endif %}
{% if to_answer %}- {{ to_answer }} referral(s) waiting for an answer
{% endif %}

{{ link }}
""",
    ),
}
