"""The forms of a page as a browser reads them: where each is sent, with which fields, and what stands in them."""

import re
from collections import Counter
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser

from fastapi.testclient import TestClient

FILE = re.compile(r"\.(pdf|xlsx|zip|ics|css|js|png|svg|csv|txt)\b")
"""An address of no page."""
REQUIRED = ("(required)", "（必填）")
"""The mark of a field that has to be filled in."""


@dataclass
class FormField:
    """One control of a form."""

    name: str
    kind: str
    """The type of an input, or `textarea` or `select`."""
    values: list[str] = field(default_factory=list)
    """What is sent if nobody touches it."""
    choices: list[str] = field(default_factory=list)
    has_blank: bool = False
    """Of a select: whether one may choose nothing."""
    ids: set[str] = field(default_factory=set)
    is_marked: bool = False
    """Whether its label or legend says before that it has to be filled in."""

    @property
    def may_be_cleared(self) -> bool:
        """Whether a browser can send it empty."""
        return self.kind not in ("hidden", "button") and (self.kind != "select" or self.has_blank)

    @property
    def is_text(self) -> bool:
        """Whether a person types into it, and reads it again when the form comes back."""
        return self.kind in ("text", "textarea", "search", "tel", "email", "url")


@dataclass
class PageForm:
    """A form that is posted."""

    action: str
    fields: dict[str, FormField] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    """Address, name and value of each button that sends it."""

    @property
    def shape(self) -> tuple[str, tuple[str, ...]]:
        """The same for the forms of all rows of a kind."""
        return re.sub(r"\d+|[A-Za-z0-9_-]{20,}", "1", self.action), tuple(sorted(self.fields))

    def filled(self) -> dict[str, list[str]]:
        """What a browser sends if each choice is made and no text typed."""
        return {name: part.values or part.choices[:1] for name, part in self.fields.items() if part.kind != "file"}

    def blank(self) -> dict[str, list[str]]:
        """What a browser sends if somebody clears whatever can be cleared."""
        sent = {}
        for name, part in self.fields.items():
            if part.kind == "hidden" or (part.kind == "select" and not part.has_blank):
                sent[name] = part.values or part.choices[:1]
            elif part.kind not in ("radio", "checkbox", "button", "file"):
                sent[name] = [""]
        return sent


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self._form: PageForm | None = None
        self._field: FormField | None = None
        self._label: str | None = None
        self._marked_ids: set[str] = set()
        self._fieldsets: list[bool] = []
        """Of each fieldset around: whether its legend is marked."""
        self._in_legend = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = (
                PageForm(attributes.get("action", "")) if attributes.get("method", "").lower() == "post" else None
            )
            if self._form is not None and self._form.action:
                self.forms.append(self._form)
        elif tag in ("label", "fieldset", "legend"):
            self._open_group(tag, attributes)
        elif self._form is not None and tag in ("input", "textarea", "select", "button"):
            if tag == "button":
                button = (attributes.get("formaction", ""), attributes.get("name", ""), attributes.get("value", ""))
                self._form.buttons.append(button)
            if attributes.get("name"):
                self._control(self._form, tag, attributes)
        elif tag == "option" and self._field is not None:
            self._choice(self._field, attributes.get("value", ""), "selected" in attributes)
            self._field.has_blank |= not attributes.get("value")

    def _open_group(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "label":
            self._label = attributes.get("for", "")
        elif tag == "fieldset":
            self._fieldsets.append(False)
        else:
            self._in_legend = True

    def _control(self, form: PageForm, tag: str, attributes: dict[str, str]) -> None:
        kind = attributes.get("type", "text") if tag == "input" else tag
        control = form.fields.setdefault(attributes["name"], FormField(attributes["name"], kind))
        control.ids.add(attributes.get("id", ""))
        if kind in ("radio", "checkbox") and any(self._fieldsets):
            control.is_marked = True
        if kind in ("radio", "checkbox", "button"):
            self._choice(control, attributes.get("value", "on"), "checked" in attributes)
        elif tag == "input":
            control.values.append(attributes.get("value", ""))
        self._field = control if tag in ("select", "textarea") else None

    @staticmethod
    def _choice(control: FormField, value: str, chosen: bool) -> None:
        if value:
            control.choices.append(value)
            if chosen:
                control.values.append(value)

    def handle_data(self, data: str) -> None:
        if self._field is not None and self._field.kind == "textarea":
            self._field.values = ["".join(self._field.values) + data]
        is_mark = any(mark in data for mark in REQUIRED)
        if is_mark and self._in_legend and self._fieldsets:
            self._fieldsets[-1] = True
        elif is_mark and self._label:
            self._marked_ids.add(self._label)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("select", "textarea"):
            self._field = None
        elif tag == "label":
            self._label = None
        elif tag == "legend":
            self._in_legend = False
        elif tag == "fieldset" and self._fieldsets:
            self._fieldsets.pop()
        elif tag == "form":
            for part in self._form.fields.values() if self._form else ():
                part.is_marked |= bool(part.ids & self._marked_ids)
            self._form, self._marked_ids = None, set()


def forms_of(html: str) -> list[PageForm]:
    """The posted forms of a page."""
    reader = _Reader()
    reader.feed(html)
    return reader.forms


def hidden_in(html: str) -> dict[str, str]:
    """What every posted form carries besides its fields: the token of the session, and a key of its own for one effect.
    From the first form of the page, whose key no other form of a test has."""
    token = re.search(r'name="form_token" value="([0-9a-f]+)"', html)
    key = re.search(r'name="once" value="([^"]+)"', html)
    assert token is not None
    assert key is not None
    return {"form_token": token[1], "once": key[1]}


def without_keys(html: str) -> str:
    """The page without what is made anew each time that it is opened."""
    return re.sub(r'name="(form_token|once)" value="[^"]*"', "", html)


def texts_shown(html: str) -> set[str]:
    """What stands in the text fields of a page."""
    fields = (part for form in forms_of(html) for part in form.fields.values())
    return {value for part in fields for value in part.values}


def pages_reached(client: TestClient, limit: int, start: str = "/") -> dict[str, str]:
    """The pages that links lead to from the start page, by path: two of each kind, filtered lists after all others."""
    waiting, pages, of_kind = [start], {}, Counter[str]()
    while waiting and len(pages) < limit:
        waiting.sort(key=lambda path: "?" in path)
        path = waiting.pop(0)
        kind = re.sub(r"\d+|[A-Za-z0-9_-]{20,}|=[^&]*", "1", path)
        if of_kind[kind] == 2 or FILE.search(path):
            continue
        of_kind[kind] += 1
        response = client.get(path)
        if "text/html" not in response.headers.get("content-type", ""):
            continue
        pages[path] = response.text
        links = [unescape(link) for link in re.findall(r'href="(/[^"#]*)', response.text)]
        waiting += [link for link in dict.fromkeys(links) if link not in pages and link not in waiting]
    return pages
