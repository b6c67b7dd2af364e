"""What a person pastes about a runtime on hardware that nobody else could try: one screen, without names and paths."""

import re
from datetime import UTC, datetime

from studiolo.api.machine import MachineInfo
from studiolo.api.runtimes import RuntimeInfo, RuntimeList
from studiolo.cli.output import printable, size

_HOME = re.compile(r"(/home/|/Users/|[A-Z]:\\Users\\)[^/\\\s]+")
"""Has the user's name in it."""
_MOST_DETAILS = 12
_MOST_CHARACTERS = 140


def report_lines(version: str, machine: MachineInfo, found: RuntimeList, result: RuntimeInfo) -> list[str]:
    """Return the lines of a report on the test of a runtime."""
    processor = machine.processor
    proof = result.proof
    lines = [
        f"Studiolo {version}, runtime {result.id} ({result.build}, {result.backend}, {result.kind})",
        f"when       {datetime.now(UTC).strftime('%Y-%m-%d %H:%M')} UTC, list of {found.manifest}",
        f"system     {machine.system}",
        f"processor  {processor.name}, {processor.cores} cores: {' '.join(processor.features)}",
        f"memory     {size(machine.memory_bytes)}",
        f"machine    {found.machine}",
    ]
    for device in result.devices:
        total = size(device.total_bytes) if device.total_bytes else "?"
        lines.append(f"device     {device.id}: {device.name} ({device.kind}, {total})")
    lines.append(f"fits       {'yes' if result.fits else 'no'}: {result.reason}" if result.reason else "fits       yes")
    if proof is None:
        lines.append(f"result     {result.state}: {result.problem}")
    else:
        used = ", ".join(proof.devices_used) or "processor"
        speed = f", {proof.tokens_per_second:.1f} tokens/s" if proof.tokens_per_second else ""
        lines.append(f"result     {'passed' if proof.passed else 'FAILED'} on {used}{speed}")
        lines += [f"{name:10} {text}" for name, text in (("problem", proof.problem), ("hint", proof.hint)) if text]
        lines.append(f"said       {proof.text!r}")
        lines += [f"  | {line}" for line in proof.details.splitlines()[-_MOST_DETAILS:]]
    return [_HOME.sub("~", printable(line))[:_MOST_CHARACTERS] for line in lines]
