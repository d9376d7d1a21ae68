"""Every script that is served parses in the syntax of Chromium 79 and uses nothing that came later."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tuoju.web.kit.rendering import STATIC

pytestmark = pytest.mark.browser
SCRIPTS = sorted(path for path in STATIC.rglob("*.js"))
ACORN = Path(__file__).parent.parent / "vendor" / "acorn-8.16.0.min.js"
LATER = frozenset(
    [
        "at()",
        "replaceAll",
        "hasOwn",
        "randomUUID",
        "submitter",
        "structuredClone",
        "showPopover",
        "findLast",
        "findLastIndex",
        "groupBy",
        "toSorted",
        "toReversed",
        "withResolvers",
        "replaceChildren",
    ]
)
"""Members of the platform that Chromium 79 does not have (MDN browser-compat-data)."""
POLYFILLED = {"htmx-4.0.1.chrome79.min.js": frozenset({"replaceAll", "replaceChildren"})}
GUARDED = {"htmx-4.0.1.chrome79.min.js": frozenset({"submitter"})}
"""What the library reads and does without where it is undefined."""
PARSE = """(source) => {
  const tree = acorn.parse(source, { ecmaVersion: 2019 });
  const members = new Set();
  const walk = (node) => {
    if (!node || typeof node !== "object") return;
    if (node.type === "MemberExpression" && !node.computed) members.add(node.property.name);
    const called = node.type === "CallExpression" && node.callee.type === "MemberExpression" && !node.callee.computed;
    if (called) members.add(node.callee.property.name + "()");
    Object.values(node).forEach((child) => (Array.isArray(child) ? child.forEach(walk) : walk(child)));
  };
  walk(tree);
  return Array.from(members);
}"""


@pytest.fixture(scope="module")
def members_of(browser: Browser) -> object:
    """Parses a script as ECMAScript 2019 (acorn) and names the members that it reads. Raises at the first sign that a
    browser of 2019 does not know."""
    page = browser.new_page()
    page.add_script_tag(path=ACORN)
    yield lambda source: frozenset(page.evaluate(PARSE, source))
    page.close()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_runs_on_chromium_79(members_of: object, path: Path) -> None:
    members = members_of(path.read_text(encoding="utf-8"))  # type: ignore[operator]
    allowed = POLYFILLED.get(path.name, frozenset()) | GUARDED.get(path.name, frozenset())
    assert members & LATER - allowed == frozenset()


@pytest.mark.parametrize("source", ["a?.b", "a ?? b", "class A { #b }", "a ||= b", "1_000"])
def test_later_syntax_is_refused(members_of: object, source: str) -> None:
    with pytest.raises(Exception, match="SyntaxError"):
        members_of(source)  # type: ignore[operator]
