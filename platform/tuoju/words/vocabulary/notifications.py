"""Notices and their delivery."""

from collections.abc import Mapping

from tuoju.words.languages import N_

ENUMS: Mapping[str, Mapping[str, str]] = {
    "told": {
        "usual": N_("The usual"),
        "urgent_only": N_("Only what is urgent"),
        "everything": N_("Everything"),
        "nothing": N_("Nothing"),
    },
    "channel": {
        "in_app": N_("In Tuoju"),
        "email": N_("E-mail"),
        "sms": N_("SMS"),
        "robot": N_("Group robot"),
        "webhook": N_("Webhook"),
    },
    "notice_state": {
        "created": N_("Written"),
        "sending": N_("On its way"),
        "sent": N_("Sent"),
        "delivered": N_("Delivered"),
        "temporary_failure": N_("Failed, tried again soon"),
        "permanent_failure": N_("Refused for good"),
        "technical_failure": N_("Given up"),
        "called_off": N_("Called off"),
    },
    "notice_urgency": {"urgent": N_("Urgent"), "normal": N_("Usual"), "digest": N_("Once a day")},
    "recipient_type": {
        "user": N_("Account"),
        "organization": N_("Organization"),
        "resident": N_("Resident"),
        "group": N_("Group"),
        "integrator": N_("Integrator"),
    },
    "subscriber_form": {
        "wecom": N_("WeCom group robot"),
        "dingtalk": N_("DingTalk group robot"),
        "feishu": N_("Feishu group robot"),
        "webhook": N_("Another system (webhook)"),
    },
    "delivery_trouble": {
        "no_provider": N_("No provider is set up for this"),
        "template": N_("Its words could not be filled in"),
        "sender_lost": N_("The sender stopped in the middle"),
        "given_up": N_("Tried for too long"),
        "not_delivered": N_("The provider says it did not arrive"),
        "unreachable": N_("The provider could not be reached"),
        "timeout": N_("The provider did not answer in time"),
        "broken_off": N_("The connection broke off"),
        "throttled": N_("The provider asked to slow down"),
        "address_not_allowed": N_("This address may not be used"),
        "gone": N_("The receiver wants no more"),
        "bad_secret": N_("The signing secret is not valid"),
        "not_understood": N_("The answer was not understood"),
        "consent_withdrawn": N_("The resident took the consent back: it is not sent any more"),
        "not_safe": N_("An SMS is not safe for this person: it is not sent any more"),
        "with_care": N_("The case is to be handled with care: it is not sent any more"),
        "number_changed": N_("The number is not this person's any more: it is not sent there"),
        "replayed": N_("Sent again by an administrator"),
    },
}
