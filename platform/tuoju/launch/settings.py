"""Settings: the only reader of the environment."""

import json
import secrets
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Environment(StrEnum):
    """A demo makes its own secrets and sends nothing; production needs every secret."""

    demo = "demo"
    production = "production"


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
    """Where the data are. Reading it needs no secret and creates nothing."""

    model_config = SettingsConfigDict(env_prefix="TUOJU_", env_file=".env", extra="ignore")

    data_folder: Path = Path("var")
    """The folder of the database, files, logs and the embedded queue."""
    database_url: str = ""
    """An SQLAlchemy URL; empty for SQLite in the data folder."""

    @model_validator(mode="after")
    def _default_database(self) -> Self:
        self.database_url = self.database_url or f"sqlite:///{self.data_folder / 'tuoju.db'}"
        return self


class Settings(DataSettings):
    """Read from TUOJU_* variables. In production every secret must be given; a demo makes its own once and
    keeps them beside its data."""

    environment: Environment = Environment.demo
    broker_url: str = "filesystem://"
    """The Celery broker: a folder, `redis://` or `amqp://`."""
    secret_key: SecretStr = SecretStr("")
    """Signs cookies, form tokens and links."""
    encryption_keys: dict[str, SecretStr] = Field(default_factory=dict)
    """Keys of personal fields by name; old ones still decrypt."""
    encryption_key_in_use: str = ""
    """The name of the key that encrypts."""
    index_key: SecretStr = SecretStr("")
    """Hashes id numbers, so that they can be looked up."""
    secure_cookies: bool = True
    """Send cookies over HTTPS only; off in a demo."""
    public_address: str = "http://127.0.0.1:8000"
    """Where the links in messages lead."""
    mail_servers: list[SecretStr] = Field(default_factory=list)
    """URLs as `providers.mail_server` takes them, in order of preference."""
    mail_sender: str = "Tuoju <post@localhost>"
    sms_gateways: list[SmsSettings] = Field(default_factory=list)
    """In order of preference."""
    sender_lease_seconds: float = Field(default=60, ge=1)
    """After so long a sender that has not settled its notification is lost."""
    hooks_may_be_private: bool = False
    """Allow robots and webhooks at private addresses."""
    metrics_token: SecretStr = SecretStr("")
    """The bearer token of /metrics; without it only administrators see them."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.environment is Environment.demo:
            self._make_own_secrets()
            self.secure_cookies = False
        missing_names = [
            name
            for name, missing in {
                "TUOJU_SECRET_KEY (32 characters or more)": len(self.secret_key.get_secret_value()) < 32,
                "TUOJU_INDEX_KEY (64 hex digits)": not _is_key(self.index_key),
                "TUOJU_ENCRYPTION_KEYS (names to 64 hex digits)": not self.encryption_keys
                or not all(_is_key(key) for key in self.encryption_keys.values()),
                "TUOJU_ENCRYPTION_KEY_IN_USE (one of those names)": self.encryption_key_in_use
                not in self.encryption_keys,
            }.items()
            if missing
        ]
        if missing_names:
            raise ValueError("these settings are missing or too weak: " + "; ".join(missing_names))
        return self

    def _make_own_secrets(self) -> None:
        path = self.data_folder / "secrets.json"
        if not path.exists():
            self.data_folder.mkdir(parents=True, exist_ok=True)
            generated = {
                "secret_key": secrets.token_hex(32),
                "index": secrets.token_hex(32),
                "key": secrets.token_hex(32),
            }
            path.touch(mode=0o600)
            path.write_text(json.dumps(generated))
        stored = json.loads(path.read_text())
        self.secret_key, self.index_key = SecretStr(stored["secret_key"]), SecretStr(stored["index"])
        self.encryption_keys, self.encryption_key_in_use = {"demo": SecretStr(stored["key"])}, "demo"


def _is_key(secret: SecretStr) -> bool:
    try:
        return len(bytes.fromhex(secret.get_secret_value())) == 32
    except ValueError:
        return False
