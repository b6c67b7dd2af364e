"""A llama-server without a build: an executable with its command line and its HTTP, over the binding that we have.

It takes the options of the real one that we pass, and has its words for what goes wrong; `tests/server/proofs` holds
it against the real one. What a runtime may do wrong is asked for by files beside it (`write_stand`).
"""

import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import Any

FLAGS = {
    "--model": "model.path",
    "--ctx-size": "n_ctx",
    "--parallel": "n_parallel",
    "--batch-size": "n_batch",
    "--ubatch-size": "n_ubatch",
    "--threads": "cpuparams.n_threads",
    "--threads-batch": "cpuparams_batch.n_threads",
    "--port": "port",
    "--cache-ram": "cache_ram_mib",
    "--mmproj": "mmproj.path",
    "--seed": "sampling.seed",
    "--log-verbosity": "verbosity",
    "--gpu-layers": "n_gpu_layers",
    "--host": "",
    "--chat-template-file": "",
    "--chat-template-kwargs": "",
    "--rpc": "",
    "--lora": "",
    "--device": "",
    "--log-colors": "",
    "--fit": "",
}
"""Options with a value, and what the binding calls them; those without a name are looked at by themselves."""
SWITCHES = {
    "--no-ui": ("ui", False),
    "--kv-unified": ("kv_unified", True),
    "--no-kv-unified": ("kv_unified", False),
    "--no-kv-offload": ("no_kv_offload", True),
    "--embedding": ("embedding", True),
    "--slots": ("endpoint_slots", True),
    "--jinja": ("use_jinja", True),
    "--offline": ("offline", True),
    "--log-prefix": ("", True),
    "--log-timestamps": ("", True),
}
VERSION = "version: 0.9.9 (build 9999, commit 0123abc)\nbuilt with a test for this machine\n"
_DEVICES = "Available devices:\n"


def write_stand(folder: Path, **how: Any) -> Path:
    """Write the executable to `folder`, and return it.

    how: what is odd of it. `devices`: lines of --list-devices. `at_load`: what happens instead of a load, "illegal",
    "segfault", "hang", "missing" (a library), or a text that it complains of; with "on the card: " before it, only
    there. `at_help`: the same when it is asked for its options. `without`: options that it does not have.
    `other_model`: a file that it loads in place of what it is told. `noise`: bytes that it says without an end of the
    line, before a load. `answer`: what it answers in place of all that a model would.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "how.json").write_text(json.dumps(how))
    file = folder / "llama-server"
    root = Path(__file__).parents[2]
    file.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path[:0] = [{str(root)!r}, {str(root / 'app')!r}]\n"
        "from tests.stands.llama_executable import main\nmain(sys.argv)\n"
    )
    file.chmod(0o755)
    return file


def main(argv: list[str]) -> None:
    how = json.loads((Path(argv[0]).parent / "how.json").read_text())
    if "--help" in argv:
        _help(how)
    elif "--version" in argv:
        sys.stderr.write(VERSION)
    elif "--list-devices" in argv:
        print(_DEVICES + "".join(f"  {line}\n" for line in how.get("devices", ())), end="")
    else:
        _fail(how.get("at_load", ""), argv)
        sys.stderr.write("x" * how.get("noise", 0))
        sys.stderr.flush()
        if "answer" in how:
            _answer(argv[argv.index("--host") + 1], how["answer"])
        _serve(argv[1:], how.get("other_model"))


def _help(how: dict[str, Any]) -> None:
    _fail(how.get("at_help", ""), [])
    for flag in sorted({*FLAGS, *SWITCHES} - {*how.get("without", ())}):
        print(f"-x,    {flag} N".ljust(40) + "what it means")
    print("--spec-type none,draft-simple,ngram-simple")


def _fail(how: str, argv: list[str]) -> None:
    card = "none" not in argv
    how = how.removeprefix("on the card: ") if card or not how.startswith("on the card: ") else ""
    if how == "hang":
        time.sleep(600)
    elif how in ("illegal", "segfault"):
        os.kill(os.getpid(), {"illegal": 4, "segfault": 11}[how])
    elif how == "missing":
        sys.exit(
            f"{sys.argv[0]}: error while loading shared libraries: libvulkan.so.1: cannot open shared object file: "
            "No such file or directory"
        )
    elif how:
        sys.exit(how)


def _serve(arguments: list[str], other_model: str | None) -> None:
    import xllamacpp

    from studiolo.server.engine.worker import flush_log

    params = xllamacpp.CommonParams()
    params.fit_params = False
    params.api_keys = [os.environ["LLAMA_API_KEY"]]
    given = iter(arguments)
    for flag in given:
        if flag in SWITCHES:
            name, value = SWITCHES[flag]
            _set(params, name, value)
        elif flag in FLAGS:
            text = next(given)
            _take(params, flag, text)
        else:
            sys.exit(f"error: invalid argument: {flag}")
    if other_model:
        params.model.path = other_model
    try:
        server = xllamacpp.Server(params)  # It serves as long as somebody holds it.
    except RuntimeError as error:
        flush_log(xllamacpp.xllamacpp.__file__)
        sys.stderr.write(f"0.00.000.001 E srv  llama_server: {error}\n")
        sys.stderr.flush()
        os._exit(1)
    while server:
        time.sleep(60)


def _answer(place: str, answer: str) -> None:
    with socket.create_server(place, family=socket.AF_UNIX) as door:
        while True:
            visitor, _ = door.accept()
            with visitor:
                health = visitor.recv(1 << 16).startswith(b"GET /health")
                body = b'{"status": "ok"}' if health else answer.encode()
                visitor.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def _take(params: Any, flag: str, text: str) -> None:
    import xllamacpp

    if flag == "--host":
        params.hostnames = [text]
    elif flag == "--chat-template-file":
        params.chat_template = Path(text).read_text(encoding="utf-8")
    elif flag == "--lora":
        params.lora_adapters = [*params.lora_adapters, xllamacpp.CommonAdapterLoraInfo(text, 1.0)]
    elif flag == "--chat-template-kwargs":
        params.default_template_kwargs = {key: json.dumps(value) for key, value in json.loads(text).items()}
    elif FLAGS[flag]:
        _set(params, FLAGS[flag], int(text) if text.lstrip("-").isdigit() else text)


def _set(params: Any, name: str, value: Any) -> None:
    if not name:
        return
    *path, last = name.split(".")
    for part in path:
        params = getattr(params, part)
    setattr(params, last, value)
