"""What a worker and whoever started it agree on. It imports nothing: each loaded model has it in its memory."""

from collections.abc import Mapping

UNUSABLE = 78
"""A worker's exit status where a runtime can't be used (EX_CONFIG of sysexits.h); its last line on stderr says why."""
EXEC_FAILED = "can't be executed: "
"""How that line begins where the kernel refused the program; the error's number follows."""

_FOREIGN = ("LLAMA_", "AIP_", "MTMD_")
"""How variables begin that llama-server takes as options (common/arg.cpp, tools/server): ours come as arguments."""
_SECRET = ("HF_TOKEN",)


def without_options(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without what a llama-server would take as its options, or could tell others."""
    return {name: value for name, value in environment.items() if not name.startswith(_FOREIGN) and name not in _SECRET}
