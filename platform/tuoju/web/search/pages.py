"""The one search box of the header: what was typed goes by POST, its answer has an address without it."""

from collections.abc import Sequence
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, may
from tuoju.accounts.request_limits import Expense
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import full_name, names
from tuoju.residents import service
from tuoju.residents.queries import SHORTEST_TAIL, kind_of_search
from tuoju.residents.views import resident_seen
from tuoju.search.queries import SHOWN, Found, Part, find
from tuoju.web.kit.dependencies import BareForm, CurrentActor, ReadSession, WriteSession
from tuoju.web.kit.gates import needs
from tuoju.web.kit.kept_searches import kept_search, lead_to_answer
from tuoju.web.kit.menu import menu_of
from tuoju.web.kit.once import READS, repeatable
from tuoju.web.kit.rate_limits import costs
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.search.views import Hit, HitGroup, SearchPage
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _
from tuoju_projects.queries import organizations_by_id
from tuoju_text.folding import folded

router = APIRouter()
MAX_TEXT = 60


@router.post("/search", dependencies=[needs(Action.use_application), repeatable(READS), costs(Expense.search)])
def search(request: Request, session: WriteSession, actor: CurrentActor, form: BareForm) -> Response:
    """Look for what was typed: people are looked for on record, and digits of their numbers from the daily budget."""
    text = str(form.get("q", ""))[:MAX_TEXT].strip()
    if may(actor, Action.read_residents) and kind_of_search(text) is not None:
        service.search(session, actor, text)
    return lead_to_answer(request, "/search/", text)


@router.get("/search", dependencies=[needs(Action.use_application)])
def box(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """The box by itself, with what it looks for."""
    return render(request, SearchPage("", [], _searched(session, actor), []))


@router.get("/search/{name}", dependencies=[needs(Action.use_application), costs(Expense.search)])
def found(request: Request, session: ReadSession, actor: CurrentActor, name: str) -> Response:
    """What was found, by kind; the empty box if this browser no longer knows what was searched for."""
    text = kept_search(request, name)
    if text is None:
        return redirect(request, "/search", _("This search is no longer kept. Search again."))
    answer = find(session, actor, text)
    groups = [group for group in _groups(session, actor, answer, text) if group.hits]
    return render(request, SearchPage(text, groups, _searched(session, actor), _left_out(answer, text)))


def _groups(session: Session, actor: Actor, answer: Found, text: str) -> Sequence[HitGroup]:
    return [
        _people(session, actor, answer),
        _group(_("Cases"), [_case_hit(case.pk, case.number, case.state) for case in answer.cases]),
        _group(
            _("Referrals"),
            [
                Hit(referral.number, f"/referrals/{referral.pk}", [label("referral_state", referral.state)])
                for referral in answer.referrals
            ],
        ),
        _regions(session, actor, answer),
        _projects(session, answer),
        _group(
            _("Organizations"),
            [
                Hit(organization.name, "/projects?" + urlencode({"q": organization.name}))
                for organization in answer.organizations
            ],
        ),
        _group(_("Pages"), _pages(actor, text)),
    ]


def _group(title: str, hits: Sequence[Hit], *, all_action: str = "") -> HitGroup:
    return HitGroup(title, len(hits), hits[:SHOWN], all_action if len(hits) > SHOWN else "")


def _case_hit(case_id: int, number: str, state: str) -> Hit:
    return Hit(number, f"/cases/{case_id}", [label("case_state", state)])


def _people(session: Session, actor: Actor, answer: Found) -> HitGroup:
    shown, today = answer.people[:SHOWN], china_day(now())
    places = names(session, {resident.region_code for resident in shown})
    hits = []
    for resident in shown:
        seen = resident_seen(actor, resident, today)
        age = _("%(age)s years") % {"age": seen.age} if seen.age is not None else ""
        facts = [fact for fact in (places[resident.region_code], age, seen.id_number, seen.phone) if fact]
        hits.append(Hit(seen.name, f"/residents/{resident.pk}", facts))
    more = "/residents/search" if len(answer.people) > SHOWN else ""
    return HitGroup(_("Residents"), len(answer.people), hits, more)


def _regions(session: Session, actor: Actor, answer: Found) -> HitGroup:
    shown = answer.regions[:SHOWN]
    places = names(session, {region.code for region in shown})
    address = "/residents?village=" if may(actor, Action.read_residents) else "/deadlines?region="
    hits = [Hit(places[region.code], address + region.code) for region in shown]
    return HitGroup(_("Villages and townships"), len(answer.regions), hits)


def _projects(session: Session, answer: Found) -> HitGroup:
    shown = answer.projects[:SHOWN]
    owners = organizations_by_id(session, {project.organization_id for project in shown})
    hits = [Hit(project.name, f"/projects/{project.pk}", [owners[project.organization_id].name]) for project in shown]
    return HitGroup(_("Projects"), len(answer.projects), hits)


def _pages(actor: Actor, text: str) -> list[Hit]:
    """The entries of the menu that the reader may open."""
    sought = folded(text)
    entries = menu_of(actor, "", {}) if sought else []
    return [Hit(item.words, item.url) for item in entries if sought in folded(item.words)]


def _searched(session: Session, actor: Actor) -> str:
    """What is looked through for this reader."""
    if actor.region_code is None:
        return _("Searched: your referrals by number, your projects, and pages.")
    place = full_name(session, actor.region_code)
    if may(actor, Action.read_residents):
        words = _(
            "Searched: all residents, cases, referrals and villages of %(place)s, all projects and organizations."
        )
    elif may(actor, Action.read_cases):
        words = _("Searched: all cases, referrals and villages of %(place)s, all projects and organizations.")
    else:
        words = _("Searched: all villages of %(place)s, all projects and organizations.")
    return words % {"place": place}


def _left_out(answer: Found, text: str) -> list[str]:
    """What was not looked through, though it may hold what was sought."""
    reasons = [_("Texts in cases, referrals and visits are not searched.")]
    if Part.people in answer.left_out:
        reasons.append(_("Residents are not searched: your role opens no files."))
    elif kind_of_search(text) is None:
        words = _("Residents are not searched: enter at least %(count)s digits, or a part of the name.")
        reasons.append(words % {"count": SHORTEST_TAIL})
    return reasons
