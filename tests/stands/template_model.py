"""The starter model with another chat template: real tool calls, real reasoning, as far as its size goes."""

import struct
from pathlib import Path

from tests.stands.starter import starter_model as starter_model

_KEY = b"tokenizer.chat_template"
_ALIGNMENT = 32

_CONVERSATION = """
{%- for message in messages %}
    {{- '<|im_start|>' + ('user' if message.role == 'tool' else message.role) + '\\n' }}
    {%- if message.role == 'assistant' and message.reasoning_content %}
        {{- '<think>\\n' + message.reasoning_content + '\\n</think>\\n\\n' }}
    {%- endif %}
    {{- message.content or '' }}
    {%- for call in message.tool_calls or [] %}
        {{- '<tool_call>\\n{"name": "' + call.function.name + '", "arguments": ' }}
        {{- call.function.arguments if call.function.arguments is string else call.function.arguments | tojson }}
        {{- '}\\n</tool_call>' }}
    {%- endfor %}
    {{- '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}
"""

TOOLS = (
    """
{%- if tools %}
    {{- '<|im_start|>system\\nThese are your tools:' }}
    {%- for tool in tools %}{{- '\\n' + (tool | tojson) }}{%- endfor %}
    {{- '\\nCall one as <tool_call>\\n{"name": …, "arguments": {…}}\\n</tool_call><|im_end|>\\n' }}
{%- endif %}
"""
    + _CONVERSATION
)
"""Shows the tools to the model and knows a call when it sees one."""

REASONING = (
    _CONVERSATION
    + """
{%- if add_generation_prompt %}
    {%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}
    {%- else %}{{- '<think>\\n' }}{%- endif %}
{%- endif %}
"""
)
"""Begins every answer with a thought, unless told not to."""

EFFORT = (
    _CONVERSATION
    + """
{%- if add_generation_prompt %}
    {%- set thoughts = {'low': 10, 'medium': 20, 'high': 40}[reasoning_effort or 'medium'] %}
    {%- for _ in range(thoughts) %}{{- ' think' }}{%- endfor %}
    {{- '<think>\\n' }}
{%- endif %}
"""
)
"""Has a longer prompt for each degree of effort."""


def write_template_model(path: Path, template: str) -> Path:
    """Write the starter model with `template` to `path`, and return it."""
    source = starter_model().read_bytes()
    length_at = source.index(_KEY) + len(_KEY) + 4
    (length,) = struct.unpack_from("<Q", source, length_at)
    text = template.strip().encode()
    # The tensors stay aligned as long as what comes before them moves by whole steps.
    text += b"{#" + b"-" * ((length - len(text) - 4) % _ALIGNMENT) + b"#}"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(source[:length_at])
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        file.write(source[length_at + 8 + length :])
    return path
