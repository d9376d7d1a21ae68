"""The web process: `uvicorn tuoju.launch.asgi:app`."""

from tuoju.launch.bootstrap import bootstrap
from tuoju.launch.logs import configure_logs
from tuoju.launch.providers import receipt_gates
from tuoju.launch.settings import Environment
from tuoju.simulation.demo_city import DEMO_SIGN_INS
from tuoju.web.app import create_app
from tuoju.web.kit.settings import WebSettings

configure_logs()
_parts = bootstrap()
_settings = _parts.settings

app = create_app(
    _parts.unit_of_work,
    WebSettings(
        secret_key=_settings.secret_key.get_secret_value(),
        secure_cookies=_settings.secure_cookies,
        demo_sign_ins=DEMO_SIGN_INS if _settings.environment is Environment.demo else (),
        metrics_token=_settings.metrics_token.get_secret_value(),
        receipt_gates=receipt_gates(_settings),
    ),
)
