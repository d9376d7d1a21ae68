"""Nothing typed is lost and nothing is doubled, on a phone at the edge of coverage (docs/device-queue.md)."""

import io
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlmodel import delete, func, select

from factories.accounts import PASSWORD, make_user
from factories.cases import make_case
from factories.databases import UnitOfWork
from factories.residents import make_resident
from journeys.conftest import SWITCHES, find_chromium
from tuoju.accounts.models import User, UserSession
from tuoju.accounts.queries import actor_of
from tuoju.cases.models import Attachment, Case, Draft
from tuoju.cases.policies import Scheme
from tuoju.database.engine import make_engine
from tuoju.residents.models import ConsentPaper, Resident

pytestmark = pytest.mark.browser
PHONE: Any = {"width": 390, "height": 844}
TYPED = "独居老人每天需要送餐"
NAME = "钱春梅"
PAGES_KEPT = """async () => {
  for (let tries = 0; tries < 300; tries += 1) {
    const pages = await deviceStore.all("pages", "");
    if (navigator.serviceWorker.controller && pages.length >= 5) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("the pages are not kept");
}"""
"""Waits until the worker is there and the pages of a social worker are kept."""
SLOW = 30_000
"""Milliseconds that the first page of projects, or the reading of a photo, may take in a new process."""


@pytest.fixture(scope="module", autouse=True)
def _patience() -> Iterator[None]:
    expect.set_options(timeout=SLOW)
    yield
    expect.set_options(timeout=5_000)


def free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class Desk:
    """A server that can be killed and started again over one database, with two workers and a resident."""

    url: str
    folder: Path
    port: int
    unit_of_work: UnitOfWork
    resident_id: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self) -> None:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        main = "from journeys.faulty_server import main; main()"
        command = [sys.executable, "-c", main, self.url, str(self.port), str(self.folder)]
        self.process = subprocess.Popen(command, env=environment)
        give_up_at = time.monotonic() + 180
        while True:
            with closing(socket.socket()) as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self.process.poll() is None, "the server did not start"
            assert time.monotonic() < give_up_at, "the server did not start"
            time.sleep(0.05)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def die(self, when: str) -> None:
        (self.folder / "die").write_text(when)

    def revive(self) -> None:
        assert self.process is not None
        self.process.wait(30)
        (self.folder / "die").unlink()
        self.start()

    def count(self, model: Any) -> int:
        with self.unit_of_work.read() as session:
            return int(session.exec(select(func.count()).select_from(model)).one())

    def end_sessions(self) -> None:
        with self.unit_of_work.write() as session:
            session.exec(delete(UserSession))  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def running_desk(databases: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    url = databases.fresh()
    engine = make_engine(url)
    desk = Desk(str(url), tmp_path_factory.mktemp("desk"), free_port(), UnitOfWork(engine))
    with desk.unit_of_work.write() as session:
        worker = make_user(session, username="worker", display_name="王芳")
        make_user(session, username="other", display_name="李强")
        desk.resident_id = make_resident(session, actor_of(worker)).pk
    desk.start()
    yield desk
    desk.stop()
    engine.dispose()


@pytest.fixture
def desk(running_desk: Desk) -> Desk:
    """The running desk with no draft and no case."""
    with running_desk.unit_of_work.write() as session:
        session.exec(delete(Draft))  # type: ignore[call-overload]
    return running_desk


@pytest.fixture
def open_profile(browser: Browser, tmp_path: Path) -> Iterator[Callable[[], BrowserContext]]:
    """Opens the browser over one profile on the disk: closed and opened again it is the same phone."""
    opened: list[BrowserContext] = []

    def launch() -> BrowserContext:
        context = browser.browser_type.launch_persistent_context(
            tmp_path / "profile",
            executable_path=find_chromium(),
            args=SWITCHES,
            viewport=PHONE,
            locale="zh-CN",
        )
        opened.append(context)
        return context

    yield launch
    for context in opened:
        context.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=PHONE, locale="zh-CN")
    yield context
    context.close()


def sign_in(page: Page, desk: Desk, username: str = "worker") -> None:
    page.goto(f"{desk.address}/sign-in")
    page.fill("#username", username)
    page.fill("#password", PASSWORD)
    page.click("main .btn-go")
    expect(page.locator("h1")).to_contain_text("今日工作")
    page.wait_for_load_state()  # the scripts of the page are deferred


def sign_out(page: Page, desk: Desk) -> None:
    page.get_by_role("button", name="退出", exact=True).click()
    expect(page).to_have_url(f"{desk.address}/sign-in")


def new_case(desk: Desk) -> str:
    return f"{desk.address}/cases/new?resident={desk.resident_id}"


def fill_case(page: Page, text: str = TYPED) -> None:
    page.get_by_label("因病", exact=True).check()
    page.fill("#text", text)
    page.select_option("#category", "A01")


def save(page: Page) -> None:
    page.click("main form[data-draft] .btn-go")


def state(page: Page) -> Any:
    return page.locator(".device-state")


def open_case_form(context: BrowserContext, desk: Desk) -> Page:
    page = context.new_page()
    sign_in(page, desk)
    page.goto(new_case(desk))
    fill_case(page)
    return page


def expect_saved(page: Page, desk: Desk, before: int) -> None:
    expect(page.locator("h1")).to_have_text("适合这项需求的项目")
    assert desk.count(Case) == before + 1


def test_a_form_sent_with_a_network_goes_on_as_without_the_queue(phone: BrowserContext, desk: Desk) -> None:
    before = desk.count(Case)
    page = open_case_form(phone, desk)
    save(page)
    expect_saved(page, desk, before)


def test_a_form_sent_without_a_network_is_kept_and_sent_later(phone: BrowserContext, desk: Desk) -> None:
    before = desk.count(Case)
    page = open_case_form(phone, desk)
    expect(state(page)).to_contain_text("草稿已保存")
    phone.set_offline(True)
    save(page)
    expect(state(page)).to_contain_text("没有网络")
    assert desk.count(Case) == before
    phone.set_offline(False)
    expect_saved(page, desk, before)


def test_without_a_network_the_form_opens_again_with_what_was_typed(phone: BrowserContext, desk: Desk) -> None:
    page = phone.new_page()
    sign_in(page, desk)
    page.evaluate(PAGES_KEPT)
    page.goto(f"{desk.address}/residents/new?form=full")
    page.fill("#name", NAME)
    phone.set_offline(True)
    page.fill("#address", "村西头5号")
    expect(state(page)).to_contain_text("已存在本机")
    page.reload()
    expect(page.locator("main .note.warn").first).to_contain_text("没有网络")
    expect(page.locator("#address")).to_have_value("村西头5号")
    phone.set_offline(False)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_server_that_dies_takes_the_form_once(phone: BrowserContext, desk: Desk, when: str) -> None:
    before = desk.count(Case)
    page = open_case_form(phone, desk)
    desk.die(when)
    save(page)
    expect(state(page)).to_contain_text("没有网络")
    desk.revive()
    page.goto(desk.address)
    expect(page.locator("#device-count")).to_contain_text("已发 1")
    assert desk.count(Case) == before + 1


def test_an_ended_session_keeps_the_form_and_sends_it_after_signing_in(phone: BrowserContext, desk: Desk) -> None:
    before = desk.count(Case)
    page = open_case_form(phone, desk)
    desk.end_sessions()
    save(page)
    expect(state(page)).to_contain_text("登录已结束")
    page.get_by_role("link", name="重新登录").click()
    page.fill("#username", "worker")
    page.fill("#password", PASSWORD)
    page.click("main .btn-go")
    expect(page).to_have_url(new_case(desk))
    expect(page.locator("#device-count")).to_contain_text("已发 1")
    assert desk.count(Case) == before + 1


def test_a_session_that_ends_while_typing_brings_the_same_form_back(phone: BrowserContext, desk: Desk) -> None:
    page = open_case_form(phone, desk)
    expect(state(page)).to_contain_text(re.compile("已存在本机|草稿已保存"))  # the draft is sent once it is kept
    desk.end_sessions()
    fill_case(page, f"{TYPED}。")
    expect(state(page)).to_contain_text("登录已结束")
    page.get_by_role("link", name="重新登录").click()
    page.fill("#username", "worker")
    page.fill("#password", PASSWORD)
    page.click("main .btn-go")
    expect(page).to_have_url(new_case(desk))
    expect(page.locator("#text")).to_have_value(f"{TYPED}。")


def test_a_triple_click_is_one_form(phone: BrowserContext, desk: Desk) -> None:
    before = desk.count(Case)
    page = open_case_form(phone, desk)
    page.locator("main form[data-draft] .btn-go").click(click_count=3)
    expect_saved(page, desk, before)


def test_four_pages_send_what_waits_once(phone: BrowserContext, desk: Desk) -> None:
    before = desk.count(Case)
    page = open_case_form(phone, desk)
    others = [phone.new_page() for _ in range(3)]
    for other in others:
        other.goto(desk.address)
    phone.set_offline(True)
    save(page)
    expect(state(page)).to_contain_text("没有网络")
    phone.set_offline(False)
    for other in others:
        other.reload(wait_until="commit")
    expect_saved(page, desk, before)


def test_a_refusal_comes_back_as_a_question(phone: BrowserContext, desk: Desk) -> None:
    page = open_case_form(phone, desk)
    page.select_option("#category", "")
    phone.set_offline(True)
    save(page)
    expect(state(page)).to_contain_text("没有网络")
    page.goto("about:blank")
    phone.set_offline(False)
    page.goto(desk.address)
    expect(page.locator("#device-count")).to_contain_text("待答 1")
    page.click("#device-count")
    page.locator("#device-list a.title").first.click()
    expect(page.locator("#text")).to_have_value(TYPED)
    expect(page.locator("main .wrong").first).to_be_visible()
    before = desk.count(Case)
    page.select_option("#category", "A01")
    save(page)
    expect_saved(page, desk, before)
    expect(page.locator("#device-count")).not_to_contain_text("待答")


def test_the_browser_closed_while_typing(
    open_profile: Callable[[], BrowserContext], desk: Desk, tmp_path: Path
) -> None:
    """What was typed is back, and lies nowhere in the profile in plain."""
    context = open_profile()
    page = open_case_form(context, desk)
    context.set_offline(True)
    page.fill("#text", TYPED + "两次")
    expect(state(page)).to_contain_text("已存在本机")
    context.close()
    again = open_profile()
    page = again.new_page()
    page.goto(new_case(desk))
    if page.url.endswith("/sign-in"):  # the cookie of the session ends with the browser
        sign_in(page, desk)
        page.goto(new_case(desk))
    expect(page.locator("#text")).to_have_value(TYPED + "两次")
    again.close()
    assert places_in(tmp_path / "profile", TYPED) == []


def places_in(profile: Path, text: str) -> list[str]:
    """The files of a browser's profile that hold the text in plain, in the encodings that browsers write."""
    signs = [text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be")]
    files = [path for path in profile.rglob("*") if path.is_file()]
    return [str(path) for path in files if any(sign in path.read_bytes() for sign in signs)]


def test_signing_out_hands_over_and_clears(open_profile: Callable[[], BrowserContext], desk: Desk) -> None:
    """What was only typed becomes a draft on the server; the next person of the device sees nothing of it."""
    context = open_profile()
    page = open_case_form(context, desk)
    context.route("**/drafts/case-new-*", lambda route: route.abort())
    page.fill("#text", TYPED + "三次")
    expect(state(page)).to_contain_text("已存在本机")
    context.unroute("**/drafts/case-new-*")
    sign_out(page, desk)
    assert page.evaluate("async () => (await indexedDB.databases()).length") == 0
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    sign_in(page, desk, "other")
    page.goto(new_case(desk))
    assert page.input_value("#text") == ""
    sign_out(page, desk)
    sign_in(page, desk)
    page.goto(new_case(desk))
    expect(page.locator("#text")).to_have_value(TYPED + "三次")


def photo() -> bytes:
    """A picture of some 400 KB."""
    picture = Image.effect_noise((900, 700), 90).convert("RGB")
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=95)
    assert content.tell() > 400_000
    return content.getvalue()


def fill_consent(page: Page, desk: Desk) -> None:
    page.goto(f"{desk.address}/residents/{desk.resident_id}/consents/new?purpose=publicity")
    for choice in ("本人", "书面签字"):
        page.get_by_label(choice, exact=True).check()
    page.set_input_files("#files", {"name": "同意书.jpg", "mimeType": "image/jpeg", "buffer": photo()})


def test_a_consent_with_a_photo_is_kept_without_a_network_and_arrives_whole(phone: BrowserContext, desk: Desk) -> None:
    before = desk.count(ConsentPaper)
    page = phone.new_page()
    sign_in(page, desk)
    fill_consent(page, desk)
    phone.set_offline(True)
    save(page)
    expect(state(page)).to_contain_text("没有网络")
    page.goto("about:blank")
    phone.set_offline(False)
    page.goto(desk.address)
    expect(page.locator("#device-count")).to_contain_text("已发 1")
    assert desk.count(ConsentPaper) == before + 1


def test_photos_of_a_household_visit_are_kept_without_a_network(phone: BrowserContext, desk: Desk) -> None:
    """They wait beside the form of the visit, and what was typed there stays."""
    with desk.unit_of_work.write() as session:
        worker = actor_of(session.exec(select(User).where(User.username == "worker")).one())
        case = make_case(session, worker, session.get_one(Resident, desk.resident_id), scheme=Scheme.society_relief)
    before = desk.count(Attachment)
    page = phone.new_page()
    sign_in(page, desk)
    page.goto(f"{desk.address}/cases/{case.pk}/investigation")
    page.fill("#difficulties", TYPED)
    expect(state(page)).to_contain_text("草稿已保存")
    phone.set_offline(True)
    page.set_input_files("#paper-files", {"name": "屋顶.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    page.get_by_role("button", name="归入档案").click()
    expect(state(page)).to_contain_text("没有网络")
    phone.set_offline(False)
    expect(page.locator("#device-count")).to_contain_text("已发 1")
    assert desk.count(Attachment) == before + 1
    expect(page.locator("#difficulties")).to_have_value(TYPED)


def test_a_photo_that_does_not_fit_is_said_before(phone: BrowserContext, desk: Desk) -> None:
    page = phone.new_page()
    sign_in(page, desk)
    page.goto(f"{desk.address}/residents/{desk.resident_id}/consents/new?purpose=publicity")
    page.evaluate("() => { deviceQueue.fits = async () => false }")
    page.set_input_files("#files", {"name": "同意书.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    expect(state(page)).to_contain_text("放不下这张照片")
    assert page.evaluate("document.getElementById('files').files.length") == 0


def test_a_full_device_says_so_and_leaves_the_text_on_the_page(phone: BrowserContext, desk: Desk) -> None:
    before = desk.count(Case)
    page = open_case_form(phone, desk)
    page.evaluate("() => { deviceQueue.keep = () => Promise.reject(new DOMException('full', 'QuotaExceededError')) }")
    phone.set_offline(True)
    save(page)
    expect(state(page)).to_contain_text("本机空间已满")
    assert page.input_value("#text") == TYPED
    phone.set_offline(False)
    save(page)
    expect_saved(page, desk, before)


def test_with_the_clock_set_back_the_key_is_asked_for_again(phone: BrowserContext, desk: Desk) -> None:
    page = open_case_form(phone, desk)
    phone.set_offline(True)
    page.evaluate("() => { Date.now = () => new Date(2020, 0, 1).getTime() }")
    page.fill("#text", TYPED + "五次")
    expect(state(page)).to_contain_text("无法存在本机")
    phone.set_offline(False)
    page.fill("#text", TYPED + "六次")
    expect(state(page)).to_contain_text("草稿已保存")


def test_what_is_moved_to_another_place_does_not_open(phone: BrowserContext, desk: Desk) -> None:
    page = open_case_form(phone, desk)
    phone.set_offline(True)
    page.fill("#text", TYPED + "七次")
    expect(state(page)).to_contain_text("已存在本机")
    page.evaluate(
        """async (name) => {
          const [slot] = await deviceStore.all("slots", deviceQueue.owner + "/" + name);
          const moved = Object.assign({}, slot, { id: deviceQueue.owner + "/case-new-999" });
          await deviceStore.transact("readwrite", (stores) => stores.slots.put(moved));
          const key = await deviceQueue.key();
          window.opened = await deviceStore.open(key, moved).then(() => "opened", () => "closed");
        }""",
        f"case-new-{desk.resident_id}",
    )
    assert page.evaluate("opened") == "closed"
    phone.set_offline(False)


def test_a_form_from_before_an_update_comes_back_as_a_question(phone: BrowserContext, desk: Desk) -> None:
    """It carries no key of a form: nothing is doubled, nothing is lost."""
    before = desk.count(Case)
    page = open_case_form(phone, desk)
    page.evaluate("document.querySelector('main form[data-draft] input[name=once]').remove()")
    save(page)
    expect(page.locator("main")).to_contain_text("更新")
    assert desk.count(Case) == before
    expect(page.locator("#text")).to_have_value(TYPED)
    save(page)
    expect_saved(page, desk, before)


def test_two_people_registered_without_a_network_are_two_files(phone: BrowserContext, desk: Desk) -> None:
    """The kept page is opened twice; each form takes a key of its own."""
    before = desk.count(Resident)
    page = phone.new_page()
    sign_in(page, desk)
    page.evaluate(PAGES_KEPT)
    phone.set_offline(True)
    for name in ("钱春梅", "孙明德"):
        page.goto(f"{desk.address}/residents/new?form=full")
        expect(page.locator("main .note.warn").first).to_contain_text("没有网络")
        page.fill("#name", name)
        page.get_by_label("女", exact=True).check()
        page.fill("#born_on", "1945-05-06")
        page.get_by_label("无证件", exact=True).check()
        save(page)
        expect(state(page)).to_contain_text("没有网络")
    page.goto("about:blank")
    phone.set_offline(False)
    page.goto(desk.address)
    expect(page.locator("#device-count")).to_contain_text("已发 2")
    assert desk.count(Resident) == before + 2


def test_the_second_person_of_a_device_opens_nothing_of_the_first(
    open_profile: Callable[[], BrowserContext], desk: Desk
) -> None:
    """The session of the first has ended unseen; what they typed waits for them alone."""
    context = open_profile()
    page = open_case_form(context, desk)
    context.set_offline(True)
    page.fill("#text", TYPED + "四次")
    expect(state(page)).to_contain_text("已存在本机")
    desk.end_sessions()
    page.goto("about:blank")
    context.set_offline(False)
    sign_in(page, desk, "other")
    page.goto(new_case(desk))
    expect(page.locator("h1")).to_be_visible()
    assert page.input_value("#text") == ""
    page.goto(f"{desk.address}/device")
    expect(page.locator("#device-empty")).to_be_visible()
    sign_out(page, desk)
    sign_in(page, desk)
    page.goto(new_case(desk))
    expect(page.locator("#text")).to_have_value(TYPED + "四次")
