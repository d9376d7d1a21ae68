"""What a process keeps between requests: nothing that another process has to know.

Many web processes and workers serve one installation, and each may end at any moment. A value that is kept in a module
is therefore either the same in every process (computed from the code, the package's files or the settings), or it may
be forgotten and may differ without harm. Each stands here with the reason.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import tuoju
import tuoju_matching
import tuoju_notifications
import tuoju_projects

PACKAGES = (tuoju, tuoju_matching, tuoju_projects, tuoju_notifications)
CACHES = {"cache", "lru_cache"}
CONTAINERS = {"WeakKeyDictionary", "WeakValueDictionary", "defaultdict", "Counter", "OrderedDict", "deque", "Lock"}
CHANGES = {"append", "add", "update", "setdefault", "pop", "clear", "extend", "remove", "discard", "insert", "set"}

ALLOWED = {
    # set once at the start of a process, from the settings
    "tuoju.accounts.audit._keys": "the audit keys of the settings",
    "tuoju.database.keys._ring": "the key ring of the settings",
    "tuoju.database.sealed_files._store": "the file store of the settings",
    "tuoju.launch.scheduler._settings": "the settings",
    "tuoju.residents.masking._erased_word": "how the word for an erased value is found",
    "tuoju_notifications.routing._router": "the function that finds addresses",
    "tuoju_notifications.sealing._seal": "the functions that seal",
    "tuoju_projects.sealing._seal": "the functions that seal",
    # computed from the code or from files of the package
    "tuoju.web.app._routes": "the routes of the code",
    "tuoju.accounts.passwords._common_words": "a file of the package",
    "tuoju.database.keys.derive_key": "a function of its arguments",
    "tuoju.database.schema_version.shipped_revision": "the files of the migrations",
    "tuoju.database.sealing._SEALED": "the sealed columns of a class",
    "tuoju.database.write_guard._counting": "a function of its arguments",
    "tuoju.documents.papers.typefaces._covered": "the characters of the fonts",
    "tuoju.documents.papers.typefaces.fonts": "the fonts",
    "tuoju.regions.code_lists.code_lists": "files of the package",
    "tuoju.simulation.simulated_city._password": "the hash of the password of the simulation",
    "tuoju.web.kit.rendering.static_url": "the assets of the package",
    "tuoju.words.languages.merged_catalog": "the translations of the package",
    "tuoju.words.languages.translations": "the translations of the package",
    "tuoju_matching.safety.model.shipped_model": "a file of the package",
    "tuoju_matching.semantic._load_model": "the weights of an installed package",
    "tuoju_notifications.words.table._template": "the words of notifications",
    # may be forgotten, and may differ between processes
    "tuoju.cases.suggestions._fitted": "suggestions of categories, learned anew after a day: they decide nothing",
    "tuoju.cases.suggestions._lock": "its lock",
    "tuoju.launch.worker._clock": "how the clock of this process moved; a doubt is also a heartbeat in the database",
    "tuoju.matchmaking.proposals._index": "the ranker, compared with the stamp of the registry at each use",
    "tuoju.parsing.service._CHILDREN": "the child processes of this process",
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        root = Path(str(package.__file__)).parent
        for path in sorted(root.rglob("*.py")):
            if "migrations" in path.parts:
                continue
            parts = (package.__name__, *path.relative_to(root).with_suffix("").parts)
            yield ".".join(part for part in parts if part != "__init__"), ast.parse(path.read_text(encoding="utf-8"))


def name_of_call(node: ast.expr) -> str:
    called = node.func if isinstance(node, ast.Call) else node
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""


def kept_names(tree: ast.Module, changing: set[str]) -> Iterator[str]:
    """Names of a module that keep something between calls of its functions. `changing` are classes with a state."""
    assigned = {name: value for name, value in assignments(tree) if name_of_call(value) != "ContextVar"}
    yield from (name for name, value in assigned.items() if name_of_call(value) in CONTAINERS | changing)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if any(name_of_call(decorator) in CACHES for decorator in node.decorator_list):
                yield node.name
            yield from (name for name in changed_in(node) if name in assigned)


def assignments(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in tree.body:
        if isinstance(node, ast.Assign):
            yield from ((target.id, node.value) for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and node.value is not None and isinstance(node.target, ast.Name):
            yield node.target.id, node.value


def changing_classes(tree: ast.Module) -> Iterator[str]:
    """Classes that set attributes of `self` after they were made."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            methods = [part for part in node.body if isinstance(part, ast.FunctionDef) and part.name != "__init__"]
            if any(sets_self(method) for method in methods):
                yield node.name


def sets_self(method: ast.FunctionDef) -> bool:
    return any(
        isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
        for node in ast.walk(method)
    )


def changed_in(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """Names of the module that the function sets, or whose contents it changes."""
    own = {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    own |= {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    for node in ast.walk(function):
        if isinstance(node, ast.Global):
            yield from node.names
        elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
            yield from names_but(node.value, own)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
            yield from names_but(node.func.value, own)


def names_but(node: ast.expr, own: set[str]) -> Iterator[str]:
    if isinstance(node, ast.Name) and node.id not in own:
        yield node.id


def test_every_module_that_keeps_something_says_why_it_may() -> None:
    parsed = dict(modules())
    changing = {name for tree in parsed.values() for name in changing_classes(tree)}
    kept = {f"{module}.{name}" for module, tree in parsed.items() for name in kept_names(tree, changing)}
    assert sorted(kept - ALLOWED.keys()) == []
    assert sorted(ALLOWED.keys() - kept) == []
