"""A second step in a browser: set up while signing in, then a passkey alone (design.md section 7).

Chromium's virtual authenticator (WebAuthn by CDP) stands for the fingerprint sensor.
"""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pyotp
import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect
from sqlmodel import select

from factories.accounts import COUNTY, PASSWORD, make_user
from factories.databases import UnitOfWork
from tuoju.accounts.models import Role, TotpSecret
from tuoju.database.engine import make_engine
from tuoju.web.app import create_app
from tuoju.web.kit.settings import WebSettings

pytestmark = pytest.mark.browser
FINGERPRINT = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def office(databases: Any) -> Iterator[tuple[str, UnitOfWork]]:
    """The address of a server whose administrators need a second step. Passkeys need a host name: localhost."""
    engine = make_engine(databases.fresh())
    unit_of_work = UnitOfWork(engine)
    with unit_of_work.write() as session:
        make_user(session, role=Role.administrator, region_code=COUNTY, username="admin")
    roles = frozenset({Role.administrator})
    app = create_app(unit_of_work, WebSettings("s" * 32, secure_cookies=False, second_factor_roles=roles))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", proxy_headers=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < deadline, "the server did not start"
        thread.join(0.02)
    yield f"http://localhost:{server.servers[0].sockets[0].getsockname()[1]}", unit_of_work
    server.should_exit = True
    thread.join(10)
    engine.dispose()


def open_page(browser: Browser, width: int) -> Page:
    page = browser.new_context(viewport={"width": width, "height": 844}, locale="zh-CN").new_page()
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": FINGERPRINT})
    return page


def check(page: Page, axe: str, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
    page.evaluate(axe)
    result = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})")
    assert [(violation["id"], violation["nodes"][0]["html"]) for violation in result["violations"]] == [], page.url


def give_password(page: Page, address: str) -> None:
    page.goto(f"{address}/sign-in")
    page.fill("#username", "admin")
    page.fill("#password", PASSWORD)
    page.click("form[action='/sign-in'] .btn-go")


@pytest.mark.parametrize("width", [390, 1280])
def test_a_second_step_is_set_up_and_a_passkey_replaces_both(
    browser: Browser, office: tuple[str, UnitOfWork], axe: str, width: int
) -> None:
    address, unit_of_work = office
    page = open_page(browser, width)
    give_password(page, address)
    expect(page.locator("h1")).to_have_text("设置第二步验证")
    check(page, axe, width)
    with unit_of_work.read() as session:
        secret = session.exec(select(TotpSecret.secret)).one()
    page.fill("#code", pyotp.TOTP(secret).now())
    page.click("form:not([hidden]) .btn-go")
    check(page, axe, width)
    codes = page.locator(".codes code").all_inner_texts()
    page.get_by_role("button", name="恢复码已保存好").click()

    page.click("a.name")
    expect(page.locator("h1")).to_have_text("我的账号")
    page.get_by_role("button", name="在本设备上添加通行密钥").click()
    expect(page.locator("form[action$='/removal'][action^='/account/passkeys/']")).to_have_count(1)
    check(page, axe, width)
    page.goto(f"{address}/account/password")
    check(page, axe, width)

    page.get_by_role("button", name="退出", exact=True).click()
    page.get_by_role("button", name="用通行密钥登录").click()
    page.wait_for_url(f"{address}/")

    other = open_page(browser, width)
    give_password(other, address)
    expect(other.locator("h1")).to_have_text("第二步验证")
    check(other, axe, width)
    other.fill("#code", codes[0])
    other.click("form:not([hidden]) .btn-go")
    other.wait_for_url(f"{address}/")


def test_without_javascript_the_app_is_set_up_and_passkeys_are_not_offered(
    browser: Browser, office: tuple[str, UnitOfWork]
) -> None:
    address, unit_of_work = office
    page = browser.new_context(java_script_enabled=False, locale="zh-CN").new_page()
    give_password(page, address)
    expect(page.get_by_role("button", name="在本设备上添加通行密钥")).to_have_count(0)
    with unit_of_work.read() as session:
        secret = session.exec(select(TotpSecret.secret)).one()
    page.fill("#code", pyotp.TOTP(secret).now())
    page.click("form:not([hidden]) .btn-go")
    page.get_by_role("button", name="恢复码已保存好").click()
    page.wait_for_url(f"{address}/")
