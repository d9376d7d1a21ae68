"""Who may report to /receipts that a message has arrived."""

from tuoju.launch.providers import sms_gateway
from tuoju.launch.settings import Settings
from tuoju.web.kit.settings import ReceiptGate


def receipt_gates(settings: Settings) -> dict[str, ReceiptGate]:
    """By name, the token and the reader of the delivery reports of each gateway."""
    return {
        gateway.name: ReceiptGate(gateway.receipt_token.get_secret_value(), sms_gateway(gateway))
        for gateway in settings.sms_gateways
    }
