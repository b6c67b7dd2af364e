"""`studiolo token`: who may use the server."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.text import Text

from studiolo.api.server import PERMISSIONS, USUAL_PERMISSIONS, Permission, TokenChange, TokenInfo, TokenRequest
from studiolo.cli.options import AsJson, Host, Token
from studiolo.cli.output import one_line, print_json, print_table, say
from studiolo.cli.session import ClientSession
from studiolo.client.server import ServerApi
from studiolo.errors import NotFoundError, RequestError

_app = typer.Typer(no_args_is_help=True, add_completion=False)

_DAYS = re.compile(r"(\d{1,5})d")
_UNITS = "30d, 2027-01-31 or 2027-01-31T12:00:00Z"

_Permissions = Annotated[
    list[str] | None,
    typer.Option(
        "--permission",
        "-p",
        metavar="NAME",
        help=f"What it opens, may be repeated: {', '.join(PERMISSIONS)}. Usually {', '.join(USUAL_PERMISSIONS)}.",
    ),
]
_Expiry = Annotated[str | None, typer.Option("--expires", metavar="TIME", help=f"When it ends: {_UNITS}.")]
_Which = Annotated[str, typer.Argument(metavar="TOKEN", help="A token's id, the beginning of it, or its name.")]


@_app.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is for, as the list and the log will show it.")],
    permission: _Permissions = None,
    expires: _Expiry = None,
    host: Host = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Make a token. Its text is printed now and never again."""
    if not name.strip() or len(name) > 100:
        raise RequestError("A token's name has 1 to 100 characters.")
    permissions = _permissions(permission) or list(USUAL_PERMISSIONS)
    request = TokenRequest(name=name, permissions=permissions, expires_at=_time(expires))
    with ClientSession(host, token, start=True) as session:
        made = session.run(ServerApi(session.client).create_token(request))
    if as_json:
        print_json(made.model_dump(mode="json"))
        return
    print(made.token)
    say("Keep it: it is shown only now.")


@_app.command("list")
def list_tokens(host: Host = None, token: Token = None, as_json: AsJson = False) -> None:
    """List the tokens."""
    with ClientSession(host, token, start=True) as session:
        tokens = session.run(ServerApi(session.client).tokens())
    if as_json:
        print_json([item.model_dump(mode="json") for item in tokens])
    elif tokens:
        print_table(["ID", "NAME", "TOKEN", "PERMISSIONS", "EXPIRES", "LAST USED"], [_row(item) for item in tokens])
    else:
        say("No tokens yet.")


@_app.command()
def edit(
    which: _Which,
    name: Annotated[str | None, typer.Option("--name", help="Another name.")] = None,
    permission: _Permissions = None,
    expires: _Expiry = None,
    never_expires: Annotated[bool, typer.Option("--never-expires", help="It has no end.")] = False,
    host: Host = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Change a token; its text stays."""
    if name is not None and not 0 < len(name) <= 100:
        raise RequestError("A token's name has 1 to 100 characters.")
    change = TokenChange(
        name=name, permissions=_permissions(permission), expires_at=_time(expires), never_expires=never_expires
    )
    with ClientSession(host, token, start=True) as session:
        server = ServerApi(session.client)
        found = _find(session.run(server.tokens()), which)
        changed = session.run(server.change_token(found.id, change))
    if as_json:
        print_json(changed.model_dump(mode="json"))
    else:
        print_table(["ID", "NAME", "TOKEN", "PERMISSIONS", "EXPIRES", "LAST USED"], [_row(changed)])


@_app.command()
def revoke(which: _Which, host: Host = None, token: Token = None) -> None:
    """Make a token worthless, at once and for good."""
    with ClientSession(host, token, start=True) as session:
        server = ServerApi(session.client)
        found = _find(session.run(server.tokens()), which)
        session.run(server.revoke_token(found.id))
    print(one_line(f"Revoked {found.name} ({found.id})."))


def _find(tokens: list[TokenInfo], which: str) -> TokenInfo:
    if not which:
        raise RequestError("A token is named by its id, the beginning of that, or its name.")
    exact = [item for item in tokens if which in (item.id, item.name)]
    found = exact or [item for item in tokens if item.id.startswith(which)]
    if not found:
        raise NotFoundError(f"No token '{which}' is known.", what="token", hint="`studiolo token list` lists them.")
    if len(found) > 1:
        raise RequestError(
            f"'{which}' could be several tokens.", hint=f"Name its id: {', '.join(item.id for item in found)}."
        )
    return found[0]


def _permissions(names: list[str] | None) -> list[Permission] | None:
    wanted = {part.strip() for name in names or () for part in name.split(",")}
    if unknown := wanted - set(PERMISSIONS):
        raise RequestError(
            f"'{sorted(unknown)[0]}' is not a permission.", hint=f"Permissions are {', '.join(PERMISSIONS)}."
        )
    return [permission for permission in PERMISSIONS if permission in wanted] or None


def _time(text: str | None) -> str | None:
    """Return a time, or days from now, as ISO 8601 in UTC."""
    if text is None:
        return None
    if match := _DAYS.fullmatch(text):
        time = datetime.now(UTC) + timedelta(days=int(match[1]))
    else:
        try:
            # A date without a zone is the person's own.
            time = datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise RequestError(f"'{text}' is not a time.", hint=f"Times look like {_UNITS}.") from error
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")


def _row(item: TokenInfo) -> list[str | Text]:
    expired = item.expires_at is not None and datetime.fromisoformat(item.expires_at) <= datetime.now(UTC)
    ends = (
        Text(f"expired {item.expires_at[:10]}", style="red") if expired and item.expires_at else _day(item.expires_at)
    )
    return [item.id, item.name, f"{item.prefix}…", ", ".join(item.permissions), ends, _day(item.last_used_at)]


def _day(time: str | None) -> str:
    return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d") if time else "never"


command = typer.main.get_command(_app)
command.help = "Make, list, edit and revoke API tokens."
