"""How an account is told: channels it chose, quiet hours that the urgent breaks through."""

from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlmodel import Session

from factories.accounts import make_actor
from factories.addresses import confirm_addresses
from tuoju.accounts.contact_preferences import (
    ContactPreferencesInput,
    OwnAddressesInput,
    destinations_of_user,
    end_of_quiet_hours,
    set_contact_preferences,
    set_own_addresses,
    wants,
)
from tuoju.accounts.models import ContactPreferences, NotificationVolume, User
from tuoju.database.records import frozen_time
from tuoju.regions.calendar import CHINA
from tuoju_notifications.kinds import Channel, NotificationKind, Urgency

NIGHT = datetime(2026, 11, 23, 23, 30, tzinfo=CHINA)
NOON = datetime(2026, 11, 23, 12, tzinfo=CHINA)
EARLIEST, LATEST = NOON.replace(year=2024, tzinfo=None), NOON.replace(year=2028, tzinfo=None)
ADDRESSES = {"email": "a@example.test", "mobile": "138 0000 1234"}
QUIET = {"quiet_from": "21:00", "quiet_to": "07:30"}
URGENT, NORMAL = NotificationKind.referral_received, NotificationKind.referral_accepted


def destinations(
    session: Session, kind: NotificationKind, moment: datetime, **values: str
) -> dict[Channel, datetime | None]:
    actor = make_actor(session)
    set_own_addresses(session, actor, OwnAddressesInput.model_validate(ADDRESSES))
    set_contact_preferences(session, actor, ContactPreferencesInput.model_validate(QUIET | values))
    confirm_addresses(session, user_id=actor.user_id)
    with frozen_time(moment):
        return {way.channel: way.not_before for way in destinations_of_user(session, actor.user_id, kind)}


class TestWays:
    def test_who_said_nothing_finds_it_in_the_application(self, session: Session) -> None:
        assert [way.channel for way in destinations_of_user(session, make_actor(session).user_id, URGENT)] == [
            Channel.in_app
        ]

    def test_who_may_not_sign_in_is_not_told(self, session: Session) -> None:
        actor = make_actor(session)
        session.get_one(User, actor.user_id).is_active = False
        assert destinations_of_user(session, actor.user_id, URGENT) == ()

    def test_the_usual_is_what_the_kind_says(self, session: Session) -> None:
        assert set(destinations(session, NORMAL, NOON)) == {Channel.in_app, Channel.email}
        assert set(destinations(session, URGENT, NOON)) == {Channel.in_app, Channel.email, Channel.sms}

    def test_a_channel_can_be_closed(self, session: Session) -> None:
        assert set(destinations(session, URGENT, NOON, by_email="nothing", by_sms="nothing")) == {Channel.in_app}

    def test_what_can_wait_waits_for_the_end_of_the_quiet_hours(self, session: Session) -> None:
        messages = destinations(session, NORMAL, NIGHT)
        assert messages[Channel.email] == datetime(2026, 11, 24, 7, 30, tzinfo=CHINA)
        assert messages[Channel.in_app] is None

    def test_what_is_urgent_breaks_through(self, session: Session) -> None:
        assert set(destinations(session, URGENT, NIGHT).values()) == {None}


@given(st.sampled_from(NotificationKind), st.sampled_from([Channel.email, Channel.sms]))
def test_wanting_more_never_tells_less(kind: NotificationKind, channel: Channel) -> None:
    rising = [
        NotificationVolume.nothing,
        NotificationVolume.urgent_only,
        NotificationVolume.usual,
        NotificationVolume.everything,
    ]
    results = [wants(item, kind, channel) for item in rising]
    assert results == sorted(results)
    assert results[1] <= (kind.urgency is Urgency.urgent)


@given(st.times(), st.times(), st.datetimes(EARLIEST, LATEST, timezones=st.just(CHINA)))
def test_quiet_hours_end_within_a_day_at_their_end(start: time, end: time, moment: datetime) -> None:
    start, end = start.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0)
    ends = end_of_quiet_hours(ContactPreferences(user_id=1, quiet_from=start, quiet_to=end), moment)
    if ends is not None:
        assert moment < ends <= moment + timedelta(days=1)
        assert (ends.hour, ends.minute) == (end.hour, end.minute)
        assert end_of_quiet_hours(ContactPreferences(user_id=1, quiet_from=start, quiet_to=end), ends) is None


class TestInput:
    @pytest.mark.parametrize("wrong", [{"quiet_to": ""}, {"quiet_from": "25:00"}, {"by_sms": "x"}])
    def test_preferences_that_cannot_be_are_told_at_their_field(self, wrong: dict[str, str]) -> None:
        with pytest.raises(ValidationError):
            ContactPreferencesInput.model_validate(QUIET | wrong)

    @pytest.mark.parametrize("wrong", [{"mobile": "12345"}, {"email": "nobody"}])
    def test_addresses_that_cannot_be_are_told_at_their_field(self, wrong: dict[str, str]) -> None:
        with pytest.raises(ValidationError):
            OwnAddressesInput.model_validate(ADDRESSES | wrong)
