"""No call that Windows lacks, unless a condition on the platform or its absence guards it: CI has no Windows."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGES = (
    "platform/tuoju",
    "matching/tuoju_matching",
    "projects/tuoju_projects",
    "notifications/tuoju_notifications",
    "text/tuoju_text",
)
POSIX_MODULES = {"fcntl", "resource", "pwd", "grp", "termios", "pty", "syslog", "crypt"}
POSIX_CALLS = {
    "os": {
        "fork",
        "forkpty",
        "setsid",
        "getuid",
        "geteuid",
        "getgid",
        "getpgid",
        "killpg",
        "setpgrp",
        "mkfifo",
        "chown",
    },
    "signal": {"SIGKILL", "SIGUSR1", "SIGUSR2", "SIGHUP", "SIGALRM", "SIGQUIT", "alarm", "setitimer", "pause"},
}


def sources() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def faults_of(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    guarded = {id(child) for node in ast.walk(tree) if is_guard(node) for child in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in guarded:
            continue
        match node:
            case ast.Import(names=names):
                yield from (f"{node.lineno}: import {name.name}" for name in names if name.name in POSIX_MODULES)
            case ast.ImportFrom(module=module) if module in POSIX_MODULES:
                yield f"{node.lineno}: from {module} import"
            case ast.Attribute(value=ast.Name(id=module), attr=name) if name in POSIX_CALLS.get(module, ()):
                yield f"{node.lineno}: {module}.{name}"
            case ast.Constant(value="fork" | "forkserver"):
                yield f"{node.lineno}: {node.value}"
            case ast.Call() if opens_text_without_encoding(node):
                yield f"{node.lineno}: text without encoding"


def is_guard(node: ast.AST) -> bool:
    """`if hasattr(os, ...)`, `if sys.platform ...`, `if os.name ...`, or `try: import ...`."""
    if isinstance(node, ast.Try):
        names = {item.id for handler in node.handlers for item in ast.walk(handler) if isinstance(item, ast.Name)}
        return bool(names & {"ImportError", "ModuleNotFoundError", "AttributeError"})
    return isinstance(node, ast.If | ast.IfExp) and any(
        words in ast.unparse(node.test) for words in ("hasattr", "sys.platform", "os.name")
    )


def opens_text_without_encoding(call: ast.Call) -> bool:
    """What reads or writes text takes the encoding of the system, which is not UTF-8 on Windows, unless it is told."""
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    keywords = {keyword.arg for keyword in call.keywords}
    if name in ("read_text", "write_text"):
        return "encoding" not in keywords and len(call.args) < (1 if name == "read_text" else 2)
    if name != "open" or (isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") in NOT_FILES):
        return False
    mode_at = 1 if isinstance(call.func, ast.Name) else 0
    if isinstance(call.func, ast.Attribute) and call.args and not isinstance(call.args[0], ast.Constant):
        return False  # what opens a sealed value, not a file
    modes = [*call.args[mode_at : mode_at + 1], *(item.value for item in call.keywords if item.arg == "mode")]
    mode = next((str(item.value) for item in modes if isinstance(item, ast.Constant)), "r")
    return "b" not in mode and "encoding" not in keywords


NOT_FILES = {"os", "Image", "zipfile", "archive", "tarfile", "webbrowser", "fitz", "ImageFile"}
"""What has an `open` of its own without an encoding."""


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_runs_on_windows(path: Path) -> None:
    assert list(faults_of(path)) == []


@pytest.mark.parametrize(
    "source",
    [
        "import fcntl",
        "import os\nos.fork()",
        "import signal\nsignal.SIGKILL",
        "from pathlib import Path\nPath('x').read_text()",
        "open('x')",
        "from multiprocessing import get_context\nget_context('fork')",
    ],
)
def test_the_guard_sees(source: str, tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(source, encoding="utf-8")
    assert len(list(faults_of(path))) == 1
