"""The main job in a browser: from a resident to an outcome, across three roles (issue of the first release)."""

from datetime import date

import pytest
from playwright.sync_api import Browser, Page, expect

from factories.residents import id_number
from tuoju.simulation.sign_ins import PASSWORD

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


def sign_in(
    browser: Browser, server: str, username: str, *, locale: str = "zh-CN", size: dict[str, int] = PHONE
) -> Page:
    page = browser.new_context(viewport=size, locale=locale).new_page()  # type: ignore[arg-type]
    page.goto(f"{server}/sign-in")
    page.fill("#username", username)
    page.fill("#password", PASSWORD)
    page.click(".btn-go")
    expect(page.locator("h1")).to_be_visible()
    return page


def record_consent(worker: Page) -> None:
    """On the form of a signed consent of the person to a referral, as it opens from a match."""
    expect(worker.locator("h1")).to_have_text("记录同意")
    for asked in ("需求、姓名、年龄", "电话和住址", "本人", "书面签字"):
        worker.get_by_label(asked, exact=True).check()
    worker.get_by_role("button", name="保存同意").click()


def test_a_need_becomes_a_served_referral(browser: Browser, server: str) -> None:
    worker = sign_in(browser, server, "worker")
    worker.goto(f"{server}/residents/new")
    worker.fill("#id_number", id_number(date(1945, 5, 6)))
    worker.click("main .btn-go")
    assert worker.input_value("#born_on") == "1945-05-06"
    worker.fill("#name", "钱春梅")
    worker.fill("#phone", "13805501234")
    worker.fill("#address", "演示组1号")
    worker.get_by_label("独居老人", exact=True).check()
    worker.get_by_label("部分不能自理", exact=True).check()
    worker.click("main form[action='/residents'] .btn-go")

    expect(worker.locator("h1")).to_have_text("新建个案")
    worker.get_by_label("因病", exact=True).check()
    worker.fill("#text", "一个人住,做饭洗衣都困难")
    worker.select_option("#category", "A01")
    worker.get_by_label("尽快", exact=True).check()
    worker.click("main form .btn-go")

    expect(worker.locator("h1")).to_have_text("适合这项需求的项目")
    best = worker.locator("li.best")
    expect(best).to_contain_text("慈社联动")
    expect(best.locator(".reasons")).to_contain_text("面向独居老人")
    best.get_by_role("link", name="已同意，记录下来").click()
    record_consent(worker)
    expect(worker.locator("h1")).to_have_text("适合这项需求的项目")
    worker.locator("li.best").get_by_role("button", name="转介").click()
    expect(worker.locator(".chip").nth(1)).to_contain_text("待答复")
    address = worker.url

    charity = sign_in(browser, server, "charity")
    charity.goto(address)
    expect(charity.locator("main")).not_to_contain_text("钱春梅")
    expect(charity.locator("main")).not_to_contain_text("演示组1号")
    charity.get_by_role("button", name="接收", exact=True).click()
    charity.locator("summary", has_text="查看姓名、电话和住址").click()
    reveal = charity.locator("form[action$='/reveal']")
    reveal.get_by_label("用途").select_option("serve")
    reveal.get_by_role("button", name="显示完整信息").click()
    expect(charity.locator("main")).to_contain_text("钱春梅")
    charity.get_by_role("link", name="记录服务").click()
    charity.click("main form .btn-go")
    expect(charity.locator("main")).to_contain_text("1次服务，共1人次")
    charity.locator("summary", has_text="办结").click()
    charity.get_by_label("需求已满足", exact=True).check()
    charity.get_by_role("button", name="办结").click()
    expect(charity.locator(".chip").nth(1)).to_contain_text("已办结")

    manager = sign_in(browser, server, "manager", size={"width": 1280, "height": 900})
    manager.goto(f"{server}/figures")
    expect(manager.locator("main")).to_contain_text("服务人次")
    manager.locator("a.tile", has_text="得到帮助率").click()
    expect(manager.locator("table")).to_contain_text("慈社联动")
    expect(manager.locator("main")).not_to_contain_text("钱春梅")


def test_a_wrong_digit_is_told_at_the_field_and_nothing_is_lost(browser: Browser, server: str) -> None:
    worker = sign_in(browser, server, "worker")
    worker.goto(f"{server}/residents/new?form=full")
    worker.get_by_label("居民身份证", exact=True).check()
    worker.fill("#name", "钱春梅")
    worker.fill("#id_number", "341199194505060023")
    worker.click("main form .btn-go")
    expect(worker.locator("#id_number-wrong")).to_contain_text("身份证号有一位不对")
    assert worker.input_value("#name") == "钱春梅"


PAGES = {
    "worker": ["/", "/residents", "/residents/new?form=full", "/residents/1", "/cases", "/needs", "/needs/1/matches"],
    "charity": ["/", "/referrals", "/projects", "/projects/1", "/notifications"],
    "manager": ["/", "/figures", "/needs"],
    "admin": ["/", "/accounts"],
}


@pytest.mark.parametrize("username", list(PAGES))
@pytest.mark.parametrize("width", [390, 1280])
def test_pages_fit_and_are_accessible(browser: Browser, server: str, axe: str, username: str, width: int) -> None:
    """WCAG 2.2 AA by axe-core; nothing wider than the screen; nothing refused by the content policy."""
    page = sign_in(browser, server, username, size={"width": width, "height": 844})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    for path in PAGES[username]:
        page.goto(server + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        page.evaluate(axe)
        evaluate = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})")
        assert [
            (violation["id"], [node["html"] for node in violation["nodes"]][:2]) for violation in evaluate["violations"]
        ] == [], path
    assert complaints == []


def test_english_is_complete(browser: Browser, server: str) -> None:
    page = sign_in(browser, server, "worker", locale="en-GB")
    page.goto(f"{server}/needs/1/matches")
    if "适合" in page.inner_text("h1"):
        page.get_by_role("button", name="English").click()
    expect(page.locator("h1")).to_have_text("Projects for this need")
