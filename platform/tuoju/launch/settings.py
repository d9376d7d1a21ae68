"""Settings: the only reader of the environment."""

import json
import re
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, IPvAnyNetwork, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from tuoju.accounts.models import Role
from tuoju.accounts.request_limits import DEFAULT_EXPENSES, Expense, RequestLimits
from tuoju.database.file_stores import write_whole
from tuoju.database.installation import Environment
from tuoju.launch.language import gettext
from tuoju.launch.weak_keys import used_twice, weakness_of_secret, weakness_of_token
from tuoju.words.languages import N_


class SettingsProblem(NamedTuple):
    """What is wrong with a setting, and how to mend it, in the operator's language."""

    problem: str
    remedy: str


class WrongSettings(ValueError):
    """Settings that do not go together, or secrets that are missing or weak."""

    def __init__(self, problems: Sequence[SettingsProblem]) -> None:
        super().__init__(" ".join(f"{problem} {remedy}" for problem, remedy in problems))
        self.problems = tuple(problems)


def _unnamed() -> SettingsProblem:
    return SettingsProblem(
        gettext("TUOJU_ENVIRONMENT is not set."), gettext("Name it production, or demo to try Tuoju out.")
    )


class JsonGatewaySettings(BaseModel):
    """An SMS gateway that speaks JSON. Its reports come to /receipts/{name} with `receipt_token`."""

    kind: Literal["json"]
    name: str = "sms"
    url: str
    token: SecretStr
    receipt_token: SecretStr = SecretStr("")


class AliyunSettings(BaseModel):
    """SMS by Aliyun; `templates` names the template code of each kind of notification, with "_any" for the rest."""

    kind: Literal["aliyun"]
    name: str = "aliyun"
    url: str = "https://dysmsapi.aliyuncs.com/"
    key_id: str
    key_secret: SecretStr
    sign_name: str
    templates: dict[str, str]
    receipt_token: SecretStr = SecretStr("")


SmsSettings = Annotated[JsonGatewaySettings | AliyunSettings, Field(discriminator="kind")]


class DataSettings(BaseSettings):
    """Where the data are, and whether they are a demo's. Reading it needs no secret and creates nothing."""

    model_config = SettingsConfigDict(env_prefix="TUOJU_", env_file=".env", extra="ignore", hide_input_in_errors=True)

    environment: Environment | None = None
    """Must be named, except in the data folder of a demo, which has the secrets that it made, if no secret is given."""
    data_folder: Path = Path("var")
    """The folder of the database, files, logs and the embedded queue."""
    database_url: str = ""
    """An SQLAlchemy URL; empty for SQLite in the data folder."""
    files: str = ""
    """Where sealed files lie: a folder, or `s3://bucket/prefix?endpoint=...`; empty for `files` in the data folder."""
    files_access_key: SecretStr = SecretStr("")
    """Access key of the bucket; without one boto3 looks for credentials by itself."""
    files_secret_key: SecretStr = SecretStr("")
    """Secret key of the bucket."""
    migration_database_url: str = ""
    """The same database as the role that owns its tables; only `tuoju migrate` uses it. Empty: `database_url`."""
    broker_url: str = "embedded://"
    """The Celery broker: the embedded queue, `redis://` or `amqp://`."""

    backup_database_url: str = ""
    """The same database as a role that reads every row, for `tuoju backup`. Empty: `migration_database_url`."""
    backup_recipient: str = ""
    """The public key that backups are sealed to; `tuoju keys backup` makes one."""
    backup_passphrase: SecretStr = SecretStr("")
    """Seals backups where there is no recipient, and opens them."""
    audit_anchor_file: Path | None = None
    """The append-only file of anchors; by default in the data folder."""

    @model_validator(mode="after")
    def _default_database(self) -> Self:
        self.database_url = self.database_url or f"sqlite:///{self.data_folder / 'tuoju.db'}"
        return self

    @property
    def anchor_file(self) -> Path:
        """The file of anchors."""
        return self.audit_anchor_file or self.data_folder / "audit-anchors.jsonl"

    @property
    def demo_secrets(self) -> Path:
        """The file of the secrets that a demo made for itself."""
        return self.data_folder / "secrets.json"


class Settings(DataSettings):
    """Read from TUOJU_* variables. In production every secret must be given; a demo makes those that are not given
    once and keeps them beside its data."""

    replica_url: str = ""
    """A read replica of the database, for reports only; empty: none."""
    replica_lag_seconds: float = Field(default=60, ge=10, le=3600)
    """How far the replica may be behind; beyond, reports are read from the database."""
    database_pool_size: int = Field(default=10, ge=1, le=200)
    """Connections that a process keeps; a web process works on as many requests at once."""
    database_pool_overflow: int = Field(default=8, ge=2, le=200)
    """Further connections of a process for uploads, health checks and what follows an answer."""
    database_pool_seconds: float = Field(default=5, gt=0, le=60)
    """How long a request waits for a connection before it is answered 503."""
    database_statement_seconds: float = Field(default=20, gt=0, le=600)
    """How long a statement of a web process may run on PostgreSQL, its waits for locks included."""
    database_busy_seconds: float = Field(default=15, gt=0, le=600)
    """How long a transaction waits for the write lock on SQLite."""
    requests_waiting: int = Field(default=100, ge=0, le=10_000)
    """Requests that wait for their turn in a web process; those beyond are answered 503 at once."""
    requests_waiting_seconds: float = Field(default=15, gt=0, le=60)
    """How long one may wait."""
    uploads_at_once: int = Field(default=4, ge=1, le=100)
    """Requests with large bodies that a web process takes at once."""
    request_body_seconds: float = Field(default=20, gt=0, le=600)
    """How long the body of a request may take to begin with; 2,000 bytes more add a second."""
    account_requests: int = Field(default=600, ge=0, le=100_000)
    """Requests that one account may send within a minute; 0 for any number, of expensive ones too."""
    expense_limits: dict[Role, dict[Expense, Annotated[int, Field(ge=1, le=100_000)]]] = Field(default_factory=dict)
    """Expensive requests that one account may send within a minute, by role and kind, where it is not the default."""
    secret_key: SecretStr = SecretStr("")
    """Signs cookies, form tokens and links."""
    encryption_keys: dict[str, SecretStr] = Field(default_factory=dict)
    """Master keys of personal data by name; old ones still open."""
    encryption_key_in_use: str = ""
    """The name of the key that seals."""
    audit_key: SecretStr = SecretStr("")
    """Under which entries of the audit are written; must not be where the database is kept."""
    retired_audit_keys: list[SecretStr] = Field(default_factory=list)
    """Earlier audit keys, which still verify what they wrote."""
    audit_anchor_minutes: int = Field(default=60, ge=1, le=1440)
    """How often the scheduler anchors the chains."""
    audit_anchor_webhook: SecretStr = SecretStr("")
    """Where each anchor is posted too, as `https://...#whsec_...`; nothing is posted without one."""
    crypto: Literal["aes", "sm"] = "aes"
    """The algorithms that seal and hash from now on: AES-256-GCM and SHA-256, or SM4-GCM and SM3."""
    secure_cookies: bool = True
    """Send cookies over HTTPS only; off in a demo."""
    second_factor_roles: list[Role] = Field(default_factory=lambda: [Role.administrator, Role.program_manager])
    """Roles that must set up a second factor to sign in; in a demo none unless it is set."""
    trusted_proxies: list[IPvAnyNetwork] = Field(default_factory=list)
    """Addresses and networks of proxies that say where a request comes from."""
    public_address: str = "http://127.0.0.1:8000"
    """Where the links in messages and on papers lead."""
    hosts: list[str] = Field(default_factory=list)
    """Other host names under which the pages are reached, beside that of `public_address`."""
    mail_servers: list[SecretStr] = Field(default_factory=list)
    """URLs as `providers.mail_server` takes them, in order of preference."""
    mail_sender: str = "Tuoju <post@localhost>"
    sms_gateways: list[SmsSettings] = Field(default_factory=list)
    """In order of preference."""
    sender_lease_seconds: float = Field(default=60, ge=1)
    """After so long a sender that has not settled its notification is lost."""
    hooks_may_be_private: bool = False
    """Allow robots and webhooks at private addresses."""
    prometheus_multiproc_dir: Path | None = Field(default=None, validation_alias="PROMETHEUS_MULTIPROC_DIR")
    """Where the processes of a machine share their metrics. prometheus_client reads it itself, and not from `.env`."""
    worker_metrics_address: str = ""
    """Where a worker shows its own metrics, as `127.0.0.1:9101`; empty for nowhere."""
    telemetry_endpoint: str = ""
    """Where traces go by OTLP over HTTP, as `http://collector:4318`; empty for nowhere."""
    metrics_token: SecretStr = SecretStr("")
    """The bearer token of /metrics; without it only administrators see them."""

    @property
    def named_environment(self) -> Environment:
        """The environment of settings that are complete; `_complete` refuses those without one."""
        if self.environment is None:
            raise WrongSettings([_unnamed()])
        return self.environment

    def request_limits(self) -> RequestLimits | None:
        """The limits of each account."""
        expenses = {role: {**usual, **self.expense_limits.get(role, {})} for role, usual in DEFAULT_EXPENSES.items()}
        return RequestLimits(self.account_requests, expenses) if self.account_requests else None

    def allowed_hosts(self) -> frozenset[str]:
        """The names that requests may ask for, without ports; in a demo this machine's own, too."""
        public = urlsplit(self.public_address).hostname or ""
        own = ("127.0.0.1", "localhost", "[::1]") if self.environment is Environment.demo else ()
        return frozenset((f"[{public}]" if ":" in public else public, *self.hosts, *own))

    def address_on_pages(self) -> str:
        """What links that pages show begin with; empty in a demo on a port of its own: the address that was asked."""
        is_given = "public_address" in self.model_fields_set
        return self.public_address if is_given or self.environment is Environment.production else ""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.environment is None and self.demo_secrets.exists() and not self._given_secrets():
            self.environment = Environment.demo
        if self.environment is None:
            raise WrongSettings([_unnamed()])
        if self.environment.makes_own_secrets:
            self._fill_with_own_secrets()
            self.secure_cookies = False
            if "second_factor_roles" not in self.model_fields_set:
                self.second_factor_roles = []
        problems = list(self._missing_secrets())
        if self.environment is Environment.production:
            problems += self._weak_secrets()
        if problems:
            raise WrongSettings(problems)
        return self

    def _given_secrets(self) -> list[str]:
        return [name for name in ("secret_key", "encryption_keys", "audit_key") if name in self.model_fields_set]

    def _missing_secrets(self) -> Iterator[SettingsProblem]:
        missing = {
            gettext("TUOJU_SECRET_KEY (32 characters or more)"): len(self.secret_key.get_secret_value()) < 32,
            gettext("TUOJU_AUDIT_KEY (64 hex digits)"): not _is_key(self.audit_key),
            gettext("TUOJU_RETIRED_AUDIT_KEYS (a list of 64 hex digits each)"): not all(
                map(_is_key, self.retired_audit_keys)
            ),
            gettext("TUOJU_ENCRYPTION_KEYS (names to 64 hex digits)"): not self.encryption_keys
            or not all(_is_key(key) for key in self.encryption_keys.values())
            or not all(re.fullmatch(r"[A-Za-z0-9._-]{1,40}", name) for name in self.encryption_keys),
            gettext("TUOJU_ENCRYPTION_KEY_IN_USE (one of those names)"): self.encryption_key_in_use
            not in self.encryption_keys,
        }
        sentence = gettext("%(name)s is missing or too weak.")
        remedy = gettext("`tuoju keys make` prints one.")
        return (SettingsProblem(sentence % {"name": name}, remedy) for name, is_so in missing.items() if is_so)

    def _weak_secrets(self) -> Iterator[SettingsProblem]:
        """Every secret that is not a random one, or is used under two names."""
        secrets_by_name = {
            gettext("“%(key)s” of TUOJU_ENCRYPTION_KEYS") % {"key": name}: key.get_secret_value()
            for name, key in self.encryption_keys.items()
        } | {
            "TUOJU_AUDIT_KEY": self.audit_key.get_secret_value(),
            "TUOJU_SECRET_KEY": self.secret_key.get_secret_value(),
        }
        complete = {name: secret for name, secret in secrets_by_name.items() if len(secret) >= 32}
        reasons = {name: weakness_of_secret(secret) for name, secret in complete.items()}
        reasons |= dict.fromkeys(used_twice(complete), N_("is the value of another key, too"))
        tokens = {"TUOJU_METRICS_TOKEN": self.metrics_token} | {
            gettext("receipt_token of the gateway “%(name)s”") % {"name": gateway.name}: gateway.receipt_token
            for gateway in self.sms_gateways
        }
        reasons |= {name: weakness_of_token(token.get_secret_value()) for name, token in tokens.items() if token}
        sentence = gettext("%(name)s is a weak key: it %(reason)s.")
        remedy = gettext("`tuoju keys make` prints a random one.")
        return (
            SettingsProblem(sentence % {"name": name, "reason": gettext(reason)}, remedy)
            for name, reason in reasons.items()
            if reason
        )

    def _fill_with_own_secrets(self) -> None:
        """Take the secrets that this folder made for itself, in place of those that are not given."""
        given_secrets = self._given_secrets()
        if len(given_secrets) == 3:
            return
        make_demo_secrets(self)
        stored = json.loads(self.demo_secrets.read_text(encoding="utf-8"))
        if "secret_key" not in given_secrets:
            self.secret_key = SecretStr(stored["secret_key"])
        if "audit_key" not in given_secrets:
            self.audit_key = SecretStr(stored["audit"])
        if "encryption_keys" not in given_secrets:
            self.encryption_keys, self.encryption_key_in_use = {"demo": SecretStr(stored["key"])}, "demo"


def begin_demo() -> None:
    """Make the data folder a demo's, unless TUOJU_ENVIRONMENT names what it is."""
    settings = DataSettings()
    if settings.environment is None:
        make_demo_secrets(settings)


def make_demo_secrets(settings: DataSettings) -> None:
    """Make the secrets of a demo, for its owner's eyes only; those that are there stay."""
    settings.data_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    stored = json.loads(settings.demo_secrets.read_text(encoding="utf-8")) if settings.demo_secrets.exists() else {}
    missing = {"secret_key", "key", "audit"} - stored.keys()
    if missing:
        made = {name: secrets.token_hex(32) for name in missing}
        write_whole(settings.demo_secrets, json.dumps(stored | made).encode())


def _is_key(secret: SecretStr) -> bool:
    try:
        return len(bytes.fromhex(secret.get_secret_value())) == 32
    except ValueError:
        return False
