"""How a server is doing, in words."""

from urllib.parse import urlsplit

from studiolo.desktop.connections.known import OWN
from studiolo.desktop.connections.states import Lost, Ready, Starting, State, Stopped
from studiolo.desktop.language import translate
from studiolo.desktop.widgets.countdown import seconds_until
from studiolo.errors import AccessError, CertificateError, StoppedError, UnreachableError


def state_words(address: str, state: State) -> str:
    """Return how a server is doing in a few words. address: OWN for that of this computer."""
    match state:
        case Ready(address=at) if address == OWN:
            return translate("ServerState", "Running, port %1").replace("%1", str(urlsplit(at).port or ""))
        case Ready():
            return translate("ServerState", "Connected")
        case Starting() if address == OWN:
            return translate("ServerState", "Starting")
        case Starting():
            return translate("ServerState", "Connecting")
        case Stopped():
            return translate("ServerState", "Not connected")
        case Lost():
            return _lost_words(state)


def settled_words(address: str, state: State) -> str:
    """Return the same words, without what is another each second: for who hears them."""
    if isinstance(state, Lost) and state.again and state.due is not None:
        return translate("ServerState", "Lost, trying again")
    return state_words(address, state)


def lost_words(name: str, lost: Lost) -> str:
    """Return what has happened to a server that is gone, in a sentence. name: what it is called."""
    match lost.error:
        case StoppedError():
            return lost.error.message
        case UnreachableError() if lost.stuck is None:
            return translate("ServerState", "%1 does not answer.").replace("%1", name)
        case AccessError(status=401):
            return translate("ServerState", "%1 refuses the token.").replace("%1", name)
        case _:
            return lost.error.message


def _lost_words(lost: Lost) -> str:
    match lost.error:
        case StoppedError():
            return translate("ServerState", "Stopped")
        case AccessError(status=401):
            return translate("ServerState", "Token refused")
        case AccessError():
            return translate("ServerState", "Not allowed")
        case CertificateError():
            return translate("ServerState", "Certificate not trusted")
        case _ if lost.again:
            left = seconds_until(lost.due)
            if not left:
                return translate("ServerState", "Lost, trying again")
            return translate("ServerState", "Lost, trying again in %1 s").replace("%1", str(left))
        case UnreachableError():
            return translate("ServerState", "No answer")
        case _:
            return translate("ServerState", "Can't be used")
