"""Large bodies for the routes that carry a conversation: some right, most wrong, each in another way."""

from collections.abc import Callable, Iterator

_TINY = b"tiny/tiny"


def _filled(begin: bytes, piece: bytes, end: bytes, size: int) -> bytes:
    return begin + piece * ((size - len(begin) - len(end)) // len(piece)) + end


def _native(begin: bytes, piece: bytes, end: bytes) -> tuple[str, Callable[[int], bytes]]:
    return "/api/v1/chat", lambda size: _filled(b'{"model":"tiny/tiny",' + begin, piece, end, size)


def _chat(begin: bytes, piece: bytes, end: bytes) -> tuple[str, Callable[[int], bytes]]:
    return "/v1/chat/completions", lambda size: _filled(b'{"model":"tiny/tiny",' + begin, piece, end, size)


def _other(path: str, begin: bytes, piece: bytes, end: bytes) -> tuple[str, Callable[[int], bytes]]:
    return path, lambda size: _filled(b'{"model":"tiny/tiny",' + begin, piece, end, size)


_USER = b'"messages":[{"role":"user","content":'
_SHAPES = {
    "lists for input": _native(b'"input":[', b"[],", b"[]]}"),
    "lists for integrations": _native(b'"input":"x","integrations":[', b"[],", b"[]]}"),
    "unknown keys": _native(b'"input":"x"', b',"odd":1', b"}"),
    "one text": _native(b'"input":"', b"word ", b'"}'),
    "one text with escapes": _native(b'"input":"', b"word\\n", b'"}'),
    "one text with emoji": _native(b'"input":"', "words\U0001f600".encode(), b'"}'),
    "one model's name": _other("/api/v1/chat", b'"input":"x","model":"', b"name", b'"}'),
    "an image that is none": _native(b'"input":[{"type":"image","data_url":"data:image/png;base64,', b"AAAA", b'"}]}'),
    "deep lists": _native(b'"input":', b"[", b"}"),
    "no JSON": _native(b'"input":', b"nonsense ", b"}"),
    "one number": _native(b'"input":"x","top_k":', b"1", b"}"),
    "lists for messages": _chat(b'"messages":[', b"[],", b"[]]}"),
    "messages": _chat(b'"messages":[', b'{"role":"user","content":"x"},', b'{"role":"user","content":"x"}]}'),
    "one message": _chat(_USER + b'"', b"word ", b'"}]}'),
    "parts of a message": _chat(_USER + b"[", b'{"type":"text","text":"x"},', b'{"type":"text","text":"x"}]}]}'),
    "tools": _chat(_USER + b'"x"}],"tools":[', b'{"type":"function","function":{"name":"f"}},', b"{}]}"),
    "a logit bias": _chat(_USER + b'"x"}],"logit_bias":{"1":1', b',"2":"x"', b"}}"),
    "stops": _chat(_USER + b'"x"}],"stop":[', b"1,", b"1]}"),
    "items": _other("/v1/responses", b'"input":[', b'{"role":"user","content":"x"},', b"{}]}"),
    "numbers for items": _other("/v1/responses", b'"input":[', b"1,", b"1]}"),
    "tokens": _other("/v1/completions", b'"prompt":[', b"70000,", b"1]}"),
    "texts": _other("/v1/completions", b'"prompt":[', b'"x",', b"1]}"),
    "lists for embeddings": _other("/v1/embeddings", b'"input":[', b"[1],", b"0]}"),
    "messages without a role": _other("/v1/messages", b'"max_tokens":3,"messages":[', b"{},", b"{}]}"),
    "system blocks": _other("/v1/messages", b'"max_tokens":3,"system":[', b'{"type":"text"},', b"0]}"),
    "counted text": _other("/v1/messages/count_tokens", _USER + b'"', b"word ", b'"}]}'),
    "a setting": _other("/api/v1/models/load", b'"identifier":"', b"word", b'"}'),
}
_LAST = b'{"role":"user","content":"x"}]}'
_SAID = b'{"role":"user","content":"What now?"},{"role":"assistant","content":"This."},'
_CALLED = (
    b'{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f",'
    b'"arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":"x"},'
)
_CALLED_ITEMS = (
    b'{"type":"function_call","call_id":"a","name":"f","arguments":"{}"},'
    b'{"type":"function_call_output","call_id":"a","output":"x"},'
)
_CALLED_BLOCKS = (
    b'{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{}}]},'
    b'{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"x"}]},'
)
_LONG_CHATS = {
    "turns": _chat(b'"messages":[', _SAID, _LAST),
    "turns with calls": _chat(b'"messages":[', _CALLED, _LAST),
    "parts": _native(b'"input":[', b'{"type":"text","content":"word "},', b'{"type":"text","content":"x"}]}'),
    "items": _other("/v1/responses", b'"input":[', _SAID, _LAST),
    "items with calls": _other("/v1/responses", b'"input":[', _CALLED_ITEMS, _LAST),
    "Claude's turns": _other("/v1/messages", b'"max_tokens":3,"messages":[', _SAID, _LAST),
    "Claude's turns with calls": _other("/v1/messages", b'"max_tokens":3,"messages":[', _CALLED_BLOCKS, _LAST),
}


def large_bodies(size: int) -> Iterator[tuple[str, str, bytes]]:
    """What it is, its path, and the body, which has `size` bytes or a little less."""
    for name, (path, make) in _SHAPES.items():
        yield name, path, make(size)


def long_chats(values: int) -> Iterator[tuple[str, str, bytes]]:
    """As large_bodies: conversations without a mistake, of about as many texts, lists and objects as `values`."""
    for name, (path, make) in _LONG_CHATS.items():
        sample = make(100_000)
        counted = sum(sample.count(sign) for sign in (b"{", b"[")) + sample.count(b'"') // 2
        yield name, path, make(values * len(sample) // counted)
