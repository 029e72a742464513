"""What stands at the address: the service under ``/v1``, and for everything else the console where there is one."""

from importlib.util import find_spec

from starlette.types import ASGIApp, Receive, Scope, Send

from huitong.app.bank import Bank
from huitong.app.replays import Replays
from huitong.app.serving import BankService
from huitong.kernel import InputError

API_PATHS = ("/v1", "/metrics")
API_FOLDER = "/v1/"


class Front:
    """Sends what is for the service straight there, past everything that the console needs around its pages.

    Args:
        service: Everything under ``/v1``, and the metrics.
        console: Everything else, with the lifespan that it needs.
    """

    def __init__(self, service: ASGIApp, console: ASGIApp) -> None:
        self._service = service
        self._console = console

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        path: str = scope.get("path", "")
        to = self._service if scope["type"] == "http" and (path in API_PATHS or path.startswith(API_FOLDER)) else self._console
        await to(scope, receive, send)


def console_installed() -> bool:
    """Whether the extra ``console`` is installed."""
    return find_spec("nicegui") is not None


def console_of(bank: Bank, service: BankService, replays: Replays | None = None) -> ASGIApp:
    """The console of a bank; over HTTP and on its pages, replays are the same where both are given them.

    Raises:
        InputError: If the extra ``console`` is not installed, or ``openid`` where people sign in at a provider.
        PolicyError: If the provider's address is neither https nor on this machine.
    """
    if not console_installed():
        raise InputError(
            "console.missing",
            {"en": "NiceGUI, which carries the console's pages, is not installed", "zh": "未安装承载控制台页面的 NiceGUI"},
            {"en": "pip install 'huitong[console]', or serve with --no-console", "zh": "请安装 'huitong[console]'，或使用 --no-console"},
        )
    from huitong.app.working import WorkBank  # noqa: PLC0415 -- only where there is a console: NiceGUI takes half a second
    from huitong.console.acting import bound  # noqa: PLC0415
    from huitong.console.mounting import Console  # noqa: PLC0415
    from huitong.console.pages import DOCUMENTS, PAGES  # noqa: PLC0415
    from huitong.console.pages.log import LOG_ACTS  # noqa: PLC0415
    from huitong.console.work.acts import ACTS, ASKS  # noqa: PLC0415

    _ = bank.people.provider  # what it lacks is told to whoever starts the service, not to whoever signs in
    known = WorkBank(bank, service, replays)
    return Console(known, PAGES, bound({**ACTS, **LOG_ACTS}, known), DOCUMENTS, ASKS)
