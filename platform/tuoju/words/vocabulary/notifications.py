"""Notices and their delivery."""

from collections.abc import Mapping

from tuoju.accounts.models import NotificationVolume
from tuoju.accounts.subscriptions import SubscriberForm
from tuoju.words.enum_words import EnumWords
from tuoju.words.languages import N_
from tuoju_notifications.kinds import Channel, Urgency
from tuoju_notifications.models import RecipientType
from tuoju_notifications.status import NotificationState

ENUMS = (
    EnumWords(
        NotificationVolume,
        "notification_volume",
        {
            NotificationVolume.usual: N_("The usual"),
            NotificationVolume.urgent_only: N_("Only what is urgent"),
            NotificationVolume.everything: N_("Everything"),
            NotificationVolume.nothing: N_("Nothing"),
        },
    ),
    EnumWords(
        Channel,
        "channel",
        {
            Channel.in_app: N_("In Tuoju"),
            Channel.email: N_("E-mail"),
            Channel.sms: N_("SMS"),
            Channel.robot: N_("Group robot"),
            Channel.webhook: N_("Webhook"),
        },
    ),
    EnumWords(
        NotificationState,
        "notification_state",
        {
            NotificationState.created: N_("Written"),
            NotificationState.sending: N_("On its way"),
            NotificationState.sent: N_("Sent"),
            NotificationState.delivered: N_("Delivered"),
            NotificationState.temporary_failure: N_("Failed, tried again soon"),
            NotificationState.permanent_failure: N_("Refused for good"),
            NotificationState.technical_failure: N_("Given up"),
            NotificationState.called_off: N_("Called off"),
        },
    ),
    EnumWords(
        Urgency,
        "notification_urgency",
        {
            Urgency.urgent: N_("Urgent"),
            Urgency.normal: N_("Usual"),
            Urgency.digest: N_("Once a day"),
        },
    ),
    EnumWords(
        RecipientType,
        "recipient_type",
        {
            RecipientType.user: N_("Account"),
            RecipientType.organization: N_("Organization"),
            RecipientType.resident: N_("Resident"),
            RecipientType.group: N_("Group"),
            RecipientType.integrator: N_("Integrator"),
        },
    ),
    EnumWords(
        SubscriberForm,
        "subscriber_form",
        {
            SubscriberForm.wecom: N_("WeCom group robot"),
            SubscriberForm.dingtalk: N_("DingTalk group robot"),
            SubscriberForm.feishu: N_("Feishu group robot"),
            SubscriberForm.webhook: N_("Another system (webhook)"),
        },
    ),
)

CODES: Mapping[str, Mapping[str, str]] = {
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
