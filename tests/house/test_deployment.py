"""The files in deployment/ name only what there is: settings, commands, queues, routes; and they leak nothing."""

import json
import re
import shlex
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.routing import APIRoute, iter_route_contexts

from factories.api import make_app
from factories.databases import UnitOfWork
from tuoju.database.engine import make_engine
from tuoju.launch.cli import COMMANDS
from tuoju.launch.settings import Settings
from tuoju_notifications.celery_app import QUEUES

ROOT = Path(__file__).parent.parent.parent
DEPLOYMENT = ROOT / "deployment"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOYMENT / "compose.yaml").read_text())
UNITS = sorted((DEPLOYMENT / "systemd").glob("*.service"))
SETTINGS = {f"TUOJU_{name.upper()}" for name in Settings.model_fields}
REQUIRED = {
    "TUOJU_ENVIRONMENT",
    "TUOJU_PUBLIC_ADDRESS",
    "TUOJU_TRUSTED_PROXIES",
    "TUOJU_DATABASE_URL",
    "TUOJU_BROKER_URL",
    "TUOJU_SECRET_KEY",
    "TUOJU_AUDIT_KEY",
    "TUOJU_ENCRYPTION_KEYS",
    "TUOJU_ENCRYPTION_KEY_IN_USE",
}
"""What every process of an installation behind a proxy has to be given."""
OF_COMPOSE = {"TUOJU_OWNER_PASSWORD", "TUOJU_SERVICE_PASSWORD", "TUOJU_BACKUP_PASSWORD", "TUOJU_UPSTREAMS"}
"""Variables of compose.yaml and the Caddyfile that are parts of settings, not settings."""
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"].startswith("tuoju:")}
ENVIRONMENT_FILE = (DEPLOYMENT / "systemd" / "tuoju.env.example").read_text()
EXAMPLE = (DEPLOYMENT / ".env.example").read_text()


def variables(text: str) -> set[str]:
    return set(re.findall(r"^([A-Z][A-Z_]+)=", text, re.MULTILINE))


def route_paths(databases_url: str = "sqlite://") -> set[str]:
    app = make_app(UnitOfWork(make_engine(databases_url)))
    return {context.path for context in iter_route_contexts(app.routes) if isinstance(context.original_route, APIRoute)}


def commands() -> list[tuple[str, list[str]]]:
    """Every command that a unit, a service or the image runs, without the folder of the executable."""
    started = [(path.name, re.findall(r"^ExecStart=(.*)$", path.read_text(), re.MULTILINE)[0]) for path in UNITS]
    split = [(name, shlex.split(command.replace("%%h", "host").replace("%i", "1"))) for name, command in started]
    split += [(name, service["command"]) for name, service in OURS.items() if "command" in service]
    dockerfile = (DEPLOYMENT / "Dockerfile").read_text()
    split.append(("Dockerfile", json.loads(re.findall(r"^CMD (\[.*\])$", dockerfile, re.MULTILINE)[-1])))
    return [(name, [Path(words[0]).name, *words[1:]]) for name, words in split]


class TestSettings:
    @pytest.mark.parametrize("path", sorted(DEPLOYMENT.rglob("*")), ids=lambda path: path.name)
    def test_every_named_variable_is_a_setting(self, path: Path) -> None:
        if path.is_file():
            named = set(re.findall(r"\bTUOJU_[A-Z_]+[A-Z]\b", path.read_text()))
            assert named - SETTINGS - OF_COMPOSE == set()

    @pytest.mark.parametrize("service", OURS)
    def test_every_service_is_given_what_it_needs(self, service: str) -> None:
        assert OURS[service]["environment"].keys() >= REQUIRED

    def test_the_environment_file_of_the_units_is_complete(self) -> None:
        assert variables(ENVIRONMENT_FILE) >= REQUIRED

    def test_what_compose_asks_for_is_in_the_example(self) -> None:
        asked = set(re.findall(r"\$\{([A-Z_]+)", (DEPLOYMENT / "compose.yaml").read_text()))
        assert asked == variables(EXAMPLE)

    @pytest.mark.parametrize("text", [EXAMPLE, ENVIRONMENT_FILE], ids=[".env", "tuoju.env"])
    def test_the_examples_hold_no_secret_that_somebody_could_keep(self, text: str) -> None:
        values = dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE))
        assert [name for name in values if re.search("KEY$|PASSWORD$|TOKEN$", name) and values[name]] == []
        assert json.loads(values["TUOJU_ENCRYPTION_KEYS"].strip("'") or "{}") in ({}, {"2026": ""})

    def test_only_the_migration_knows_the_owner_of_the_tables(self) -> None:
        knowing = [name for name, service in OURS.items() if "OWNER" in json.dumps(service["environment"])]
        assert knowing == ["migrate"]


class TestCommands:
    @pytest.mark.parametrize(("name", "command"), commands(), ids=[name for name, _command in commands()])
    def test_a_command_starts_what_there_is(self, name: str, command: list[str]) -> None:
        if command[0] == "tuoju":
            assert command[1] in COMMANDS
        else:
            assert command[:2] == ["celery", "-A"]
            assert find_spec(command[2])
            assert command[3] in ("worker", "beat")

    @pytest.mark.parametrize("of", ["units", "compose"])
    def test_every_queue_has_a_worker_and_urgent_ones_never_wait_behind_plans(self, of: str) -> None:
        started = commands()[: len(UNITS)] if of == "units" else commands()[len(UNITS) :]
        served = [command[command.index("-Q") + 1].split(",") for _name, command in started if "-Q" in command]
        assert sorted(queue for queues in served for queue in queues) == sorted(QUEUES)
        [urgent] = [queues for queues in served if "notifications.urgent" in queues]
        assert "long_work" not in urgent
        [long_work] = [queues for queues in served if "long_work" in queues]
        assert long_work == ["long_work"], "an import would wait behind a plan of 15 minutes"

    def test_health_checks_ask_for_a_route_that_is_there(self) -> None:
        texts = [(DEPLOYMENT / name).read_text() for name in ("Dockerfile", "caddy/Caddyfile")]
        asked = [re.findall(r"(?:8000|health_uri )(/[a-z]+)", text) for text in texts]
        assert all(asked)
        assert {path for paths in asked for path in paths} <= route_paths()


class TestImages:
    def test_images_are_pinned_to_a_release(self) -> None:
        images = {service["image"] for service in COMPOSE["services"].values()}
        images |= set(re.findall(r"^FROM (\S+)", (DEPLOYMENT / "Dockerfile").read_text(), re.MULTILINE))
        assert [image for image in images if not re.search(r":\d+\.\d+(\.\d+)?(-[a-z-]+)?$", image)] == []

    def test_the_image_runs_without_rights(self) -> None:
        """As hadolint asks: two stages, a user that is not root, hashed libraries, no cache, no shell form."""
        text = (DEPLOYMENT / "Dockerfile").read_text()
        final = text.split("FROM ")[-1]
        assert text.count("FROM ") == 2
        assert re.search(r"^USER 10001", final, re.MULTILINE)
        assert "--require-hashes -r requirements/production.txt" in text
        assert "PIP_NO_CACHE_DIR" in text
        assert "HEALTHCHECK" in final
        assert not re.search(r"^(CMD|ENTRYPOINT) [^\[]", text, re.MULTILINE)
        assert not re.search(r"\b(sudo|ADD|latest|apt-get upgrade)\b", text)
        for folder in re.findall(r"^COPY (\w+) \1$", text, re.MULTILINE):
            assert f"!{folder}" in (DEPLOYMENT / "Dockerfile.dockerignore").read_text()

    @pytest.mark.parametrize("service", OURS)
    def test_services_write_only_where_they_may(self, service: str) -> None:
        assert OURS[service]["read_only"]
        assert OURS[service]["cap_drop"] == ["ALL"]
        assert {volume.partition(":")[0] for volume in OURS[service]["volumes"]} <= COMPOSE["volumes"].keys()

    @pytest.mark.parametrize("service", COMPOSE["services"])
    def test_logs_are_rotated(self, service: str) -> None:
        assert COMPOSE["services"][service]["logging"]["options"]["max-file"]

    def test_only_the_proxy_is_reached_from_outside(self) -> None:
        assert [name for name, service in COMPOSE["services"].items() if "ports" in service] == ["proxy"]

    def test_files_that_compose_mounts_are_there(self) -> None:
        mounts = [volume for service in COMPOSE["services"].values() for volume in service.get("volumes", ())]
        files = [mount.partition(":")[0] for mount in mounts if mount.startswith("./")]
        assert files
        assert all((DEPLOYMENT / file).is_file() for file in files)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
class TestUnits:
    def test_a_unit_is_confined(self, path: Path) -> None:
        text = path.read_text()
        runs_once = "\nType=oneshot\n" in text
        restart = () if runs_once else ("Restart=always",)
        for line in ("User=tuoju", "NoNewPrivileges=yes", "ProtectSystem=strict", "UMask=0077", *restart):
            assert f"\n{line}\n" in text
        assert not runs_once or path.with_suffix(".timer").is_file()

    def test_systemd_takes_it(self, path: Path, tmp_path: Path) -> None:
        """With the executables of this machine in place of /opt/tuoju/bin."""
        if not shutil.which("systemd-analyze"):
            pytest.skip("no systemd-analyze")
        unit = tmp_path / path.name.replace("@.", "@1.")
        unit.write_text(re.sub(r"/opt/tuoju/bin/\w+", "/bin/true", path.read_text()))
        for timer in path.parent.glob("*.timer"):
            (tmp_path / timer.name).write_text(timer.read_text())
        (tmp_path / "tuoju.target").write_text((path.parent / "tuoju.target").read_text())
        ended = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, timeout=60)
        assert unit.name not in ended.stderr
        assert ended.returncode == 0


TOKEN = "hAnd1e_-x.s1gnature_-"


class TestProxies:
    def addresses(self) -> list[str]:
        """Every address that holds what opens a link."""
        with_token = [path for path in route_paths() if "{token}" in path]
        assert len(with_token) >= 4
        return [path.replace("{token}", TOKEN) for path in with_token] + [f"/receipts/sms?token={TOKEN}"]

    def test_nginx_writes_no_line_with_a_token(self) -> None:
        text = (DEPLOYMENT / "nginx" / "tuoju.conf").read_text()
        [pattern] = re.findall(r'"~\*(\^/.*?)"\s+0;', text)
        assert [address for address in self.addresses() if not re.search(pattern, address, re.IGNORECASE)] == []
        log_format = text.split("log_format")[1].split(";")[0]
        assert not re.search(r"\$(request_uri|request|args|query_string|http_referer|http_cookie)\b", log_format)
        assert re.findall(r"access_log +(.*);", text) == ["off", "/var/log/nginx/tuoju.log tuoju if=$tuoju_is_logged"]

    def test_nginx_speaks_tls_1_2_or_later_and_nothing_else_but_the_way_there(self) -> None:
        text = (DEPLOYMENT / "nginx" / "tuoju.conf").read_text()
        assert re.findall(r"ssl_protocols +(.*);", text) == ["TLSv1.2 TLSv1.3"]
        ciphers = subprocess.run(
            ["openssl", "ciphers", "-tls1_2", "-s", re.findall(r"ssl_ciphers +(\S+);", text)[0]],
            check=True,
            capture_output=True,
            text=True,
        )
        assert [name for name in ciphers.stdout.strip().split(":") if not re.search("GCM|POLY1305", name)] == []
        [plain] = [server for server in text.split("\nserver {")[1:] if "listen 80;" in server]
        assert "return 301 https://$host$request_uri;" in plain
        assert "proxy_pass" not in plain

    def test_neither_proxy_redirects_the_api(self) -> None:
        """OWASP ASVS 5.0, 4.1.2: a program that is led on to HTTPS has sent its token in the open, unnoticed."""
        nginx = (DEPLOYMENT / "nginx" / "tuoju.conf").read_text()
        caddy = (DEPLOYMENT / "caddy" / "Caddyfile").read_text()
        plain_nginx = nginx.split("\nserver {")[1]
        plain_caddy = caddy.split("\nhttp:// {")[1].split("\n}")[0]
        assert re.search(r"location /api/ \{[^}]*return 403;", plain_nginx)
        assert re.search(r"handle /api/\* \{\s*respond 403\s*\}", plain_caddy)
        assert "reverse_proxy" not in plain_caddy

    def test_caddy_cuts_what_opens_a_link(self) -> None:
        text = (DEPLOYMENT / "caddy" / "Caddyfile").read_text()
        [(pattern, _replacement)] = re.findall(r'request>uri regexp "(.*)" "(.*)"', text)
        assert [address for address in self.addresses() if TOKEN in re.sub(pattern, "", address)] == []
        assert "request>headers delete" in text

    def test_nginx_takes_it(self, tmp_path: Path) -> None:
        if not shutil.which("nginx") or not shutil.which("openssl"):
            pytest.skip("no nginx here")
        key, certificate = tmp_path / "privkey.pem", tmp_path / "fullchain.pem"
        make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=tuoju.example"]
        subprocess.run([*make, "-keyout", key, "-out", certificate], check=True, capture_output=True)
        text = (DEPLOYMENT / "nginx" / "tuoju.conf").read_text()
        text = text.replace("/etc/tuoju/tls", str(tmp_path)).replace("/var/log/nginx", str(tmp_path))
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        folders = "".join(f"{kind}_temp_path {tmp_path}/{kind};\n" for kind in kinds)
        configuration = tmp_path / "nginx.conf"
        configuration.write_text(f"pid {tmp_path}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n{folders}{text}\n}}\n")
        ended = subprocess.run(
            ["nginx", "-t", "-c", configuration, "-p", tmp_path], capture_output=True, text=True, timeout=60
        )
        assert ended.returncode == 0, ended.stderr

    def test_caddy_takes_it(self, tmp_path: Path) -> None:
        if not shutil.which("caddy"):
            pytest.skip("no caddy here")
        file = tmp_path / "Caddyfile"
        file.write_text((DEPLOYMENT / "caddy" / "Caddyfile").read_text().replace("/var/log/caddy", str(tmp_path)))
        environment = {
            "HOME": str(tmp_path),
            "TUOJU_PUBLIC_ADDRESS": "https://tuoju.example",
            "TUOJU_UPSTREAMS": "127.0.0.1:8001 127.0.0.1:8002",
        }
        command = [shutil.which("caddy") or "", "validate", "--adapter", "caddyfile", "--config", str(file)]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
        assert ended.returncode == 0, ended.stderr
