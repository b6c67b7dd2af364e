"""`studiolo get`: find a model, choose a quantization that fits, and download it."""

import sys
from typing import Annotated

import typer
from rich.prompt import IntPrompt
from rich.text import Text

from studiolo.api.downloads import DownloadInfo
from studiolo.api.hub import HubChoice, HubDetails, HubModel
from studiolo.cli.command import as_command
from studiolo.cli.fetch import fetch
from studiolo.cli.options import AsJson, Host, Token
from studiolo.cli.output import errors_console, one_line, print_json, print_table, say, size
from studiolo.cli.session import ClientSession
from studiolo.client.downloads import DownloadsApi, selection_of
from studiolo.client.hub import HubApi
from studiolo.errors import NotFoundError, RequestError

_MEMORY = {"fits": ("fits", "green"), "tight": ("tight", "yellow"), "too_large": ("too large", "red")}
_STATE = {"downloaded": "downloaded", "downloading": "downloading", "partial": "begun"}


@as_command
def command(
    name: Annotated[
        str | None,
        typer.Argument(help="A model such as qwen/qwen3-8b, a link to its repository, or words to search for."),
    ] = None,
    quantization: Annotated[
        str | None, typer.Option("--quant", "-q", metavar="NAME", help="Which quantization, e.g. q8_0.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask: take the usual quantization.")] = False,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Leave it to the server, and don't wait.")] = False,
    search: Annotated[bool, typer.Option("--search", "-s", help="Only list what is found.")] = False,
    host: Host = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Find and download a model. Ctrl+C asks whether the download goes on without you."""
    ask = sys.stdin.isatty() and sys.stderr.isatty() and not yes and not as_json
    with ClientSession(host, token, start=True) as session:
        downloads = DownloadsApi(session.client)
        if search or name is None or not _is_name(name):
            name = _search(session, name or "", ask=ask and not search, as_json=as_json)
            if name is None:
                return
        job = _start(session, downloads, name, quantization, ask=ask)
        if job is not None and job.job_id and not detach:
            job = fetch(session, downloads, job, ask=ask)
    if job is None:
        return
    if as_json:
        print_json(job.model_dump(mode="json"))
    elif job.status == "already_downloaded":
        print(one_line(f"{name} is downloaded already."))
    elif job.state == "completed":
        print(one_line(f"Downloaded {job.model} to {job.folder}."))
    elif detach:
        print(one_line(f"Downloading {job.model} ({job.job_id}). See `studiolo downloads`."))


def _is_name(text: str) -> bool:
    return "/" in text and " " not in text.strip()


def _search(session: ClientSession, text: str, *, ask: bool, as_json: bool) -> str | None:
    """Return the name of what the person picks; None where there is only to be listed."""
    hub = HubApi(session.client)
    models: list[HubModel] = []
    page = None
    while True:
        found = session.run(hub.search(text, page=page))
        models += found.models
        if found.problem:
            say(found.problem)
        if as_json:
            print_json([model.model_dump(mode="json") for model in models])
            return None
        if not models:
            raise NotFoundError(f"Nothing is found for '{text}'.", what="model", hint="Try fewer words, or a link.")
        rows = [_model_row(number, model) for number, model in enumerate(models, 1)]
        print_table(["", "MODEL", "PARAMS", "SIZE", "DOWNLOADS", ""], rows[len(models) - len(found.models) :])
        if not ask:
            say("`studiolo get NAME` downloads one of them.")
            return None
        more = ", 0 for more" if found.next_page else ""
        numbers = [str(number) for number in range(0 if found.next_page else 1, len(models) + 1)]
        answer = IntPrompt.ask(
            f"Which one{more}?", console=errors_console(), choices=numbers, show_choices=False, default=1
        )
        if answer:
            return models[answer - 1].name
        page = found.next_page


def _model_row(number: int, model: HubModel) -> list[str | Text]:
    note = "★ fits this machine" if model.recommended else "asks first" if model.gated else ""
    weight = size(model.size_bytes) if model.size_bytes else ""
    downloads = f"{model.downloads:,}" if model.downloads is not None else ""
    return [f"{number}", model.name, model.parameters or "", weight, downloads, Text(note, style="dim")]


def _start(
    session: ClientSession, downloads: DownloadsApi, name: str, quantization: str | None, *, ask: bool
) -> DownloadInfo | None:
    """Return the job, begun; None where the person thought better of it."""
    if ask and not quantization and "@" not in name:
        try:
            details = session.run(HubApi(session.client).details(name))
        except NotFoundError as error:
            if error.what != "endpoint":
                raise
            # A server that speaks the documented API alone chooses by itself.
            return session.run(downloads.start(name))
        choice = _pick(details)
        if choice is None:
            return None
        if selection := selection_of(details, choice):
            return session.run(downloads.start(details.model.name, selection=selection))
        quantization = choice.quantization or choice.name
    is_link = "://" in name or name.lower().startswith(("huggingface.co/", "hf.co/"))
    if quantization and "@" in name and not is_link:
        raise RequestError("The quantization is named twice.", hint="Leave --quant or the part after @ out.")
    if is_link:
        job = session.run(downloads.start(name, quantization))
    else:
        job = session.run(downloads.start(f"{name}@{quantization.lower()}" if quantization else name))
    if job.remark:
        say(one_line(job.remark))
    return job


def _pick(details: HubDetails) -> HubChoice | None:
    choices = details.choices
    if not choices:
        raise RequestError("There are no GGUF files in this repository.", hint="Search for a conversion of it.")
    if details.model.sentence:
        say(details.model.sentence)
    print_table(
        ["", "QUANT", "SIZE", "MEMORY", "DISK", ""], [_choice_row(n, choice) for n, choice in enumerate(choices, 1)]
    )
    memory, disk = size(details.memory_free_bytes), size(details.disk_free_bytes)
    say(f"Free on the server's machine: {memory} of memory, {disk} on the disk. {details.remark}".strip())
    usual = next((number for number, choice in enumerate(choices, 1) if choice.usual), 1)
    numbers = [str(number) for number in range(len(choices) + 1)]
    answer = IntPrompt.ask(
        "Which one, 0 for none?", console=errors_console(), choices=numbers, show_choices=False, default=usual
    )
    return choices[answer - 1] if answer else None


def _choice_row(number: int, choice: HubChoice) -> list[str | Text]:
    word, style = _MEMORY.get(choice.memory, (choice.memory, ""))
    disk = Text("fits", style="green") if choice.fits_disk else Text("no room", style="red")
    notes = [_STATE.get(choice.state, ""), "with vision" if choice.vision else "", "← usual" if choice.usual else ""]
    return [
        f"{number}",
        choice.quantization or choice.name,
        size(choice.size_bytes),
        Text(f"{word} ({size(choice.memory_bytes)})", style=style),
        disk,
        Text(" ".join(filter(None, notes)), style="dim"),
    ]
