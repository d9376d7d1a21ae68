"""Templates that one can read: short lines, no logic that belongs in Python, names that their view object has."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
from jinja2 import meta, nodes

import tuoju.web
from tuoju.web.kit.rendering import PAGE_GLOBALS, TEMPLATES, WEB
from tuoju.web.kit.views import View

GLUED = re.compile(r"^\s*\{% if [^%]*%\}[\w-]+(?:=\"[^\"]*\")?\{% endif %\}$", re.MULTILINE)
"""An attribute between `if` and `endif` on a line of its own: the line break is trimmed, so it sticks to the next."""

MAX_LINE = 160
PAGES = sorted(WEB.glob("*/templates/**/*.html"))
LOGIC = {
    "a list of states or verbs belongs in Python": re.compile(r"(?:==|not in|in) \((?:\"|')\w+(?:\"|'), (?:\"|')\w+"),
    "a dictionary belongs in Python": re.compile(r"\{%-? set \w+ = \{"),
    "a view object has all its fields": re.compile(r"\bis (?:not )?defined\b"),
    "a loop variable has a name": re.compile(r"\{%-? for (?:each|found|told|given|item_|x)\b"),
}


def name_of(path: Path) -> str:
    """The template's name for the loader: `cases/show.html`, `layout.html`."""
    subject, _templates, *rest = path.relative_to(WEB).parts
    return "/".join(rest if subject == "kit" else (subject, *rest))


def import_all_views() -> None:
    for module in pkgutil.walk_packages(tuoju.web.__path__, "tuoju.web."):
        importlib.import_module(module.name)


import_all_views()


def all_views(base: type[View] = View) -> Iterator[type[View]]:
    for view in base.__subclasses__():
        if "template" in vars(view):
            yield view
        yield from all_views(view)


VIEWS = sorted(all_views(), key=lambda view: f"{view.__module__}.{view.__name__}")


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_no_line_is_too_long_to_review(path: Path) -> None:
    long = [number for number, line in enumerate(path.read_text().splitlines(), 1) if len(line) > MAX_LINE]
    assert long == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_a_template_holds_no_logic_of_its_own(path: Path) -> None:
    text = path.read_text()
    assert [reason for reason, pattern in LOGIC.items() if pattern.search(text)] == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_an_optional_attribute_does_not_stick_to_the_next(path: Path) -> None:
    assert GLUED.findall(path.read_text()) == []


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
def test_a_view_object_is_frozen(view: type[View]) -> None:
    assert is_dataclass(view)
    assert view.__dataclass_params__.frozen  # type: ignore[attr-defined]


def names_used(template: str, seen: set[str]) -> set[str]:
    """Every name that a template takes from its context, with what it extends, includes and imports with context."""
    if template in seen:
        return set()
    seen.add(template)
    loader = TEMPLATES.loader
    assert loader is not None
    source, _path, _uptodate = loader.get_source(TEMPLATES, template)
    tree = TEMPLATES.parse(source)
    names = set(meta.find_undeclared_variables(tree))
    for node in tree.find_all((nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)):
        if isinstance(node.template, nodes.Const):  # type: ignore[attr-defined]
            names |= names_used(str(node.template.value), seen)  # type: ignore[attr-defined]
    return names - defined_in(tree)


def defined_in(tree: nodes.Template) -> set[str]:
    """Names that a template defines itself: macros, imports, loop variables and what it sets."""
    names = {node.name for node in tree.find_all(nodes.Macro)} | {node.target for node in tree.find_all(nodes.Import)}
    for node in tree.find_all(nodes.FromImport):
        names |= {name[1] if isinstance(name, tuple) else name for name in node.names}
    targets: list[nodes.Node] = [node.target for node in tree.find_all((nodes.Assign, nodes.For))]  # type: ignore[attr-defined]
    targets += [target for node in tree.find_all(nodes.With) for target in node.targets]
    for target in targets:
        names |= {name.name for name in (target, *target.find_all(nodes.Name)) if isinstance(name, nodes.Name)}
    return names


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
def test_a_template_uses_only_what_its_view_object_has(view: type[View]) -> None:
    """StrictUndefined would say so only for the branch that a test happens to render."""
    known = {field.name for field in fields(view)} | PAGE_GLOBALS | TEMPLATES.globals.keys()  # type: ignore[arg-type]
    assert names_used(view.template, set()) - known == set()


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
def test_no_field_is_hidden_by_what_the_layout_imports(view: type[View]) -> None:
    layout = next(path for path in PAGES if name_of(path) == "layout.html").read_text()
    imported = set(re.findall(r'import "[^"]+" as (\w+)', layout))
    assert imported
    assert {field.name for field in fields(view)} & imported == set()  # type: ignore[arg-type]


FORM = re.compile(r"<form\b[^>]*>")
TITLE = re.compile(r"\{% block title %\}(.*?)\{% endblock %\}", re.DOTALL)
NAMES_OF_PEOPLE = re.compile(r"\{\{[^}]*\b(?:resident|person|actor|user|account)\b[^}]*\}\}|\{\{ name \}\}")
WORDS = re.compile(r'"[^"]*"')
PROJECTS_AND_GROUPS = frozenset({"projects/show.html", "notifications/delivery/subscription.html"})
"""Pages whose `name` is a project's or a group's, not a person's."""


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_no_form_reaches_autofill_or_session_restore(path: Path) -> None:
    """Both lie in plain in the profile of the browser. A field may say what it is, as a password does."""
    source = path.read_text()
    compiled = TEMPLATES.preprocess(source, name_of(path))
    assert [form for form in FORM.findall(compiled) if form.count("autocomplete=") != 1] == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_no_title_names_a_person(path: Path) -> None:
    """Titles lie in plain in the history of the browser."""
    titles = TITLE.findall(path.read_text()) if name_of(path) not in PROJECTS_AND_GROUPS else []
    assert [title for title in titles if NAMES_OF_PEOPLE.search(WORDS.sub("", title))] == []
