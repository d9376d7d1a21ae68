"""A charity on a phone, from the link to a closed referral, with no account."""

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlmodel import select

from factories.cases import make_case, make_need
from factories.databases import UnitOfWork
from factories.residents import make_consent, make_resident
from tuoju.accounts.models import User
from tuoju.accounts.queries import actor_of
from tuoju.referrals import links, service
from tuoju.referrals.models import Referral, ReferralMessage
from tuoju.referrals.proposing import propose
from tuoju.referrals.status import ReferralState
from tuoju_projects.models import Project

pytestmark = pytest.mark.browser
NAME, ADDRESS = "周桂英", "村西头5号"


def send(city: UnitOfWork) -> tuple[int, str]:
    """A new referral in the demo city: its id and the token of its link."""
    with city.write() as session:
        worker = actor_of(session.exec(select(User).where(User.username == "worker")).one())
        person = make_resident(session, worker, name=NAME, address=ADDRESS, region_code=worker.region_code)
        need = make_need(session, worker, make_case(session, worker, person))
        project = session.get_one(Project, propose(session, need, limit=1).ranked[0].project.id)
        make_consent(session, worker, person, project.organization_id)
        referral = service.send(session, worker, need, project)
        link = links.find_current_link(session, referral)
        assert link is not None
        return referral.pk, links.token_of(link)


def phone(browser: Browser, *, javascript: bool = True) -> Page:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, locale="zh-CN", has_touch=True, java_script_enabled=javascript
    )
    return context.new_page()


def open_link(page: Page, address: str) -> None:
    """The tap on the link in the messenger, and the one on the button of the page that it opens."""
    page.goto(address)
    page.get_by_role("button", name="打开").tap()
    expect(page).not_to_have_url(address)


def check(page: Page, axe: str) -> None:
    """WCAG 2.2 AA by axe-core, and nothing wider than the screen."""
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.evaluate(axe)
    evaluate = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})")
    assert [
        (violation["id"], [node["html"] for node in violation["nodes"]][:2]) for violation in evaluate["violations"]
    ] == []


def test_three_taps_accept(browser: Browser, city: UnitOfWork, server: str) -> None:
    """The tap on the link in the messenger, on the button that opens it, and on the one that accepts: no scrolling."""
    referral_id, token = send(city)
    page = phone(browser)
    open_link(page, f"{server}/a/{token}")
    button = page.get_by_role("button", name="接收", exact=True)
    box = button.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 844
    button.tap()
    expect(page.locator(".chip").nth(1)).to_contain_text("已接收")
    with city.read() as session:
        assert session.get_one(Referral, referral_id).state is ReferralState.accepted


def test_from_the_link_to_a_closed_referral(browser: Browser, city: UnitOfWork, server: str, axe: str) -> None:
    referral_id, token = send(city)
    page = phone(browser)
    open_link(page, f"{server}/a/{token}")
    expect(page.locator("main")).not_to_contain_text(NAME)
    expect(page.locator("main")).not_to_contain_text(ADDRESS)
    check(page, axe)
    page.locator("#thread summary").tap()
    page.fill("#message", "家里有人陪吗?")
    page.get_by_role("button", name="发送").tap()
    expect(page.locator("#thread")).to_contain_text("家里有人陪吗?")
    page.get_by_role("button", name="接收", exact=True).tap()
    page.get_by_role("button", name="约定这一天").tap()
    expect(page.get_by_role("status").first).to_have_text("已记下，协理员和服务对象会知道。")
    page.locator("summary", has_text="查看姓名、电话和住址").tap()
    page.get_by_label("用途").select_option("serve")
    page.get_by_role("button", name="显示完整信息").tap()
    expect(page.locator("main")).to_contain_text(NAME)
    check(page, axe)
    page.get_by_role("link", name="记录服务").tap()
    expect(page.locator("h1")).to_have_text("记录服务")
    check(page, axe)
    page.get_by_role("button", name="保存服务记录").tap()
    expect(page.locator("main")).to_contain_text("1次服务，共1人次")
    page.locator("summary", has_text="办结").tap()
    page.locator("label.pick", has_text="需求已满足").tap()
    page.get_by_role("button", name="办结").tap()
    expect(page.locator("h1")).to_have_text("谢谢您")
    check(page, axe)
    open_link(page, f"{server}/a/{token}")
    expect(page.locator("h1")).to_have_text("这个链接已失效")
    check(page, axe)
    with city.read() as session:
        assert session.get_one(Referral, referral_id).state is ReferralState.completed


def test_works_without_javascript(browser: Browser, city: UnitOfWork, server: str) -> None:
    referral_id, token = send(city)
    page = phone(browser, javascript=False)
    open_link(page, f"{server}/a/{token}")
    page.locator("summary", has_text="退回").tap()
    page.locator("label.pick").first.tap()
    page.get_by_role("button", name="退回").tap()
    expect(page.locator("h1")).to_have_text("谢谢您")
    with city.read() as session:
        assert session.get_one(Referral, referral_id).state is ReferralState.rejected


def test_an_answer_without_a_network_is_kept_and_sent_once(browser: Browser, city: UnitOfWork, server: str) -> None:
    """The device queue without an account: what is typed is sealed by the key of the link."""
    referral_id, token = send(city)
    page = phone(browser)
    open_link(page, f"{server}/a/{token}")
    page.locator("#thread summary").tap()
    page.fill("#message", "家里有人陪吗?")
    expect(page.locator(".device-state")).to_contain_text("已存在本机", timeout=30_000)
    page.reload()
    expect(page.locator("#message")).to_have_value("家里有人陪吗?", timeout=30_000)
    page.context.set_offline(True)
    page.get_by_role("button", name="发送").tap()
    expect(page.locator(".device-state")).to_contain_text("没有网络", timeout=30_000)
    page.context.set_offline(False)
    expect(page.locator("#thread")).to_contain_text("家里有人陪吗?", timeout=30_000)
    with city.read() as session:
        written = session.exec(select(ReferralMessage).where(ReferralMessage.referral_id == referral_id)).all()
        assert len(written) == 1
