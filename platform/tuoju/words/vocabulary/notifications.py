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
            NotificationVolume.usual: N_("Standard"),
            NotificationVolume.urgent_only: N_("Urgent only"),
            NotificationVolume.everything: N_("Everything"),
            NotificationVolume.nothing: N_("Nothing"),
        },
    ),
    EnumWords(
        Channel,
        "channel",
        {
            Channel.in_app: N_("In Tuoju"),
            Channel.email: N_("Email"),
            Channel.sms: N_("SMS"),
            Channel.robot: N_("Group robot"),
            Channel.webhook: N_("Webhook"),
        },
    ),
    EnumWords(
        NotificationState,
        "notification_state",
        {
            NotificationState.created: N_("Created"),
            NotificationState.sending: N_("Sending"),
            NotificationState.sent: N_("Sent"),
            NotificationState.delivered: N_("Delivered"),
            NotificationState.temporary_failure: N_("Failed, will be tried again"),
            NotificationState.permanent_failure: N_("Refused by the receiver"),
            NotificationState.technical_failure: N_("Given up"),
            NotificationState.called_off: N_("Called off"),
        },
    ),
    EnumWords(
        Urgency,
        "notification_urgency",
        {
            Urgency.urgent: N_("Urgent"),
            Urgency.normal: N_("Normal"),
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
        "no_provider": N_("No provider is set up"),
        "template": N_("The text could not be filled in"),
        "sender_lost": N_("Sending stopped unexpectedly"),
        "given_up": N_("Tried for too long"),
        "not_delivered": N_("The provider reports that it was not delivered"),
        "unreachable": N_("The provider could not be reached"),
        "timeout": N_("The provider did not answer in time"),
        "broken_off": N_("The connection was lost"),
        "throttled": N_("The provider asked to slow down"),
        "address_not_allowed": N_("This address is not allowed"),
        "gone": N_("The receiver no longer accepts notifications"),
        "bad_secret": N_("The signing secret is not valid"),
        "not_understood": N_("The answer could not be understood"),
        "consent_withdrawn": N_("The resident has withdrawn consent, so it is no longer sent"),
        "files_joined": N_("The file was joined with another of the same person, so it is no longer sent"),
        "not_safe": N_("SMS is not safe for this person, so it is no longer sent"),
        "with_care": N_("The case must be handled with care, so it is no longer sent"),
        "number_changed": N_("The number no longer belongs to this person, so it is not sent there"),
        "replayed": N_("Sent again by an administrator"),
    },
}
