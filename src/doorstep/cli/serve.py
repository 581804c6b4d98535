"""`doorstep serve`: a market, kept in a folder and served at an address until someone ends it."""

import logging
import os
from contextlib import closing
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import typer

from doorstep.adapters.lease import FolderTaken, FolderUnusable, Lease, claim, market_in
from doorstep.adapters.messaging.mail import MailPost, MailServer, MailUrlWrong, read_mail_url
from doorstep.adapters.solvers.pool import WORKERS_MAX
from doorstep.app import Doorstep, Settings
from doorstep.cli.failure import BadInput
from doorstep.cli.keys import Bearer, issue
from doorstep.cli.market_files import read_market, read_policies, read_streets
from doorstep.cli.market_opening import check_hubs, open_market
from doorstep.engine.network import Network
from doorstep.engine.ports.store import StoreUnavailableError
from doorstep.planning.warm import warm
from doorstep.policy.book import PolicyBook
from doorstep.web import serving
from doorstep.web.api import create_api
from doorstep.web.auth import Role

PORT_MAX: Final = 65_535
FIRST_LABEL: Final = "first operator"


def serve(
    *,
    map_file: Annotated[Path, typer.Option("--map", metavar="CITY.map", help="The city's map.")],
    network: Annotated[Path, typer.Option("--network", metavar="FILE.toml", help="Hubs, vans and roster.")],
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="Where the market is kept.")],
    policies: Annotated[
        Path | None, typer.Option("--policies", metavar="FOLDER", help="Policies other than the defaults.")
    ] = None,
    host: Annotated[str, typer.Option("--host", help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=PORT_MAX, help="The port; 0 takes any that is free.")
    ] = 8000,
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=WORKERS_MAX, help="Route search processes.")
    ] = 1,
    mail: Annotated[
        str | None,
        typer.Option(
            "--mail",
            metavar="URL",
            envvar="DOORSTEP_MAIL",
            help="The mail server that carries messages to shoppers; DOORSTEP_MAIL in its place.",
        ),
    ] = None,
    public_url: Annotated[
        str | None,
        typer.Option(
            "--public-url",
            metavar="URL",
            envvar="DOORSTEP_PUBLIC_URL",
            help="Where shoppers reach the pages; DOORSTEP_PUBLIC_URL in its place, else where it listens.",
        ),
    ] = None,
    local_webhooks: Annotated[
        bool, typer.Option("--local-webhooks", help="Let webhooks lead to this machine, for trying them out.")
    ] = False,
) -> None:
    """Serve the API and the pages.

    The folder keeps everything: orders, plan, proofs, keys. The first start prints an operator's key, once;
    `doorstep keys create` makes more. SIGINT and SIGTERM end it cleanly. A mail server is named as
    `mailtos://user:password@host?from=sender`, or `mailto://` where it speaks no TLS.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    book, described = read_policies(policies), read_market(network)
    _check_currency(book, described, network)
    mail_server, link_base = _read_mail(mail), _read_public_url(public_url)
    streets = read_streets(map_file)
    # Whatever can be refused is refused before a file is made.
    check_hubs(described, streets)
    warm()
    try:
        _check_market(data, described, network)
        with closing(serving.bind(host, port)) as bound, Lease(data) as lease:
            lease.note(f"process {os.getpid()} at {serving.url_of(bound)}")
            _check_market(data, described, network)
            url = serving.url_of(bound)
            settings = Settings(
                folder=data, workers=workers, public_url=link_base or url, local_webhooks=local_webhooks
            )
            with closing(open_market(described, streets, book, settings)) as app:
                claim(data, described.market.id)
                if mail_server is not None:
                    app.post = MailPost(mail_server, app.clock)
                serving.serve(create_api(app), bound, app, lambda: _greet(app, url))
    except serving.AddressUnusable as unusable:
        raise BadInput(f"{unusable}; choose another with --host and --port.") from unusable
    except FolderTaken as taken:
        raise BadInput(f"{taken}; one market is run by one server.") from taken
    except FolderUnusable as unusable:
        raise BadInput(f"{unusable}; choose another --data.") from unusable
    except StoreUnavailableError as fault:
        raise BadInput(f"{data} cannot be written: {fault}.") from fault


def _greet(app: Doorstep, url: str) -> None:
    """Say where the market is, and on the first start with which key it is run."""
    print(f"Doorstep serves {app.network.market.name} at {url}", flush=True)
    if not app.keys.of_market(app.market.id):
        bearer = Bearer(Role.operator, FIRST_LABEL)
        token, _ = issue(app.keys, app.market.id, bearer, app.clock.now(), app.chance)
        print(f"Operator key, shown this once: {token}", flush=True)


def _read_mail(url: str | None) -> MailServer | None:
    """The mail server; the sentence about a wrong one leaves the URL out, for it holds a password."""
    if not url:
        return None
    try:
        return read_mail_url(url)
    except MailUrlWrong as wrong:
        raise BadInput(
            f"the URL of --mail {wrong}; write it like mailtos://user:password@mail.example.org?from=shop@example.org."
        ) from wrong


def _read_public_url(url: str | None) -> str:
    """What stands before a path in a message's link; empty where nothing is said."""
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in {"http", "https"} and parts.hostname and not parts.query + parts.fragment
    except ValueError:
        is_usable = False
    if not is_usable:
        raise BadInput(f"--public-url {url!r} is no http:// or https:// address.")
    return url.rstrip("/")


def _check_currency(book: PolicyBook, network: Network, path: Path) -> None:
    ours, theirs = network.market.currency, book.tariffs.currency
    if ours != theirs:
        raise BadInput(
            f"{path} counts in {ours}, the tariffs in {theirs}; `doorstep policy defaults --out FOLDER`"
            " writes policies to change, and --policies FOLDER takes them."
        )


def _check_market(data: Path, network: Network, path: Path) -> None:
    held = market_in(data)
    if held is not None and held != network.market.id:
        raise BadInput(f"{data} holds the market {held!r}, yet {path} describes {network.market.id!r}.")
