"""``medreason review serve``: the pages of a study for reviewers, adjudicators and the coordinator."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from medreason.review.server.settings import Settings


def _needed() -> None:
    """Checks that what the server runs on is installed.

    Raises:
        UsageError: the extra is missing.
    """
    from importlib.util import find_spec

    from medreason.errors import UsageError

    lacking = [name for name in ("starlette", "uvicorn", "pydantic") if find_spec(name) is None]
    if lacking:
        raise UsageError(f"{' and '.join(lacking)} not installed", fix="pip install 'medreason[review]'")


def listening(settings: Settings) -> socket.socket:
    """A socket that listens at the address.

    Raises:
        UsageError: the address is not this machine's, or is taken.
    """
    from medreason.errors import UsageError

    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((settings.host, settings.port))
        found.listen(256)
    except OSError as error:
        found.close()
        raise UsageError(
            f"cannot listen at {settings.host} port {settings.port}: {error.strerror or error}",
            fix="end the other server, or give another --port or --host",
        ) from error
    return found


def serve(study: Path, settings: Settings, proxy: str) -> None:
    """Serves until it is told to end (Ctrl+C or SIGTERM).

    Requests are not logged: an address may hold a personal link. Errors go to stderr.

    Raises:
        InputError: the file is no study.
        UsageError: the address cannot be used.
    """
    import uvicorn

    from medreason.review.server.app import create_app
    from medreason.review.store import StudyFile

    app = create_app(StudyFile.open(study), settings)
    place = listening(settings)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="none",
        lifespan="off",
        proxy_headers=bool(settings.public_url),
        forwarded_allow_ips=proxy,
        timeout_graceful_shutdown=5,
    )
    with place:
        uvicorn.Server(config).run(sockets=[place])


def register(group: typer.Typer) -> None:
    """Adds the command."""

    @group.command("serve")
    def serve_command(
        study: Annotated[Path, typer.Argument(metavar="STUDY.db", help="A study made by medreason review create.")],
        host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
        port: Annotated[int, typer.Option(min=1, max=65535)] = 8600,
        public_url: Annotated[
            str, typer.Option(metavar="URL", help="Address under which browsers reach the reverse proxy.")
        ] = "",
        proxy: Annotated[
            str, typer.Option(metavar="ADDRESS", help="The proxy whose word on a visitor's address counts.")
        ] = "127.0.0.1",
        hours: Annotated[float, typer.Option(min=0.1, max=168, help="Life of a session.")] = 12.0,
        open_network: Annotated[
            bool, typer.Option("--open-network", help="Listen beyond this machine without https.")
        ] = False,
    ) -> None:
        """Serve a study; each person opens the personal link of medreason review links."""
        _needed()

        from rich.console import Console
        from rich.text import Text

        from medreason.quality.language import printable
        from medreason.review.server.settings import Settings, checked

        settings = checked(
            Settings(host=host, port=port, public_url=public_url, hours=hours), open_network=open_network
        )
        console = Console(highlight=False, stderr=True)
        console.print(Text(f"{printable(study.name)}: {settings.origin}/  (Ctrl+C ends it)"), soft_wrap=True)
        serve(study, settings, proxy)
