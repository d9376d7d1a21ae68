"""A plan in a browser: computed, a line changed after seeing what it costs, approved (issue of plans)."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tuoju.simulation.sign_ins import PASSWORD

pytestmark = pytest.mark.browser
DESK = {"width": 1280, "height": 900}
RULES = "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})"


def sign_in(browser: Browser, server: str, **options: object) -> Page:
    """The program manager, at a desk."""
    page = browser.new_context(viewport=DESK, locale="zh-CN", **options).new_page()  # type: ignore[arg-type]
    page.goto(f"{server}/sign-in")
    page.fill("#username", "manager")
    page.fill("#password", PASSWORD)
    page.click(".btn-go")
    expect(page.locator("h1")).to_be_visible()
    return page


def look(page: Page, axe: str) -> None:
    """WCAG 2.2 AA by axe-core; nothing wider than the screen."""
    page.evaluate(axe)
    evaluate = page.evaluate(RULES)
    assert [
        (violation["id"], [node["html"] for node in violation["nodes"]][:2]) for violation in evaluate["violations"]
    ] == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("window.innerWidth"), page.url


def test_a_plan_is_computed_changed_and_approved(browser: Browser, server: str, axe: str) -> None:
    manager = sign_in(browser, server)
    complaints: list[str] = []
    manager.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    manager.goto(f"{server}/plans")
    manager.select_option("#region_code", "341124000000")
    manager.get_by_role("button", name="开始测算").click()
    expect(manager.locator(".tiles")).to_be_visible(timeout=60_000)  # the page asks every two seconds
    expect(manager.locator("main")).to_contain_text("已证明最优")
    address = manager.url

    manager.get_by_role("link", name="逐条查看").click()
    manager.locator("nav.filters a", has_text="已有去处").click()
    manager.locator("tbody tr a").first.click()
    manager.get_by_label("本次暂不安排").check()
    manager.get_by_role("button", name="看看会怎样").click()
    expect(manager.locator("#cost")).to_contain_text("调整的影响")
    manager.get_by_role("button", name="确认调整").click()
    expect(manager.locator("main")).to_contain_text("手工指定")

    for page in ("", "/lines", "/planning", "/brief"):
        for width in (1280, 390):
            manager.set_viewport_size({"width": width, "height": 900})
            manager.goto(address + page)
            look(manager, axe)

    manager.set_viewport_size(DESK)
    manager.goto(f"{address}/planning")
    manager.select_option("#project-rule", index=0)
    expect(manager.locator("#outcome")).to_contain_text("会带来什么", timeout=30_000)

    manager.goto(address)
    manager.once("dialog", lambda dialog: dialog.accept())
    manager.get_by_role("button", name="批准并发出转介").click()
    expect(manager.locator(".head .chip").first).to_contain_text("已批准并发出", timeout=60_000)
    manager.locator("a.tile[href*='state=sent']").click()
    manager.locator("tbody td a .chip").first.click()
    expect(manager.locator("main")).to_contain_text("待答复")
    assert complaints == []


def test_a_plan_is_read_without_javascript(browser: Browser, server: str) -> None:
    page = sign_in(browser, server, java_script_enabled=False)
    page.goto(f"{server}/plans")
    page.select_option("#region_code", "341122000000")
    page.get_by_role("button", name="开始测算").click()
    while page.locator("#progress").count():
        page.get_by_role("link", name="刷新").click()
    expect(page.locator(".tiles")).to_be_visible()
