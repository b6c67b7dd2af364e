"""Tokens and passwords, cut out of what is logged: by the shape that they have, and by what they are called.

Every pattern looks at each place once, however the text was made: what is logged may come from strangers.
"""

import re

_CUT = "…"

_SHAPES = (
    # Ours and LM Studio's: ten characters tell two tokens apart and open nothing.
    (re.compile(r"\b(sk-lm-[A-Za-z0-9]{4})[A-Za-z0-9:_-]+"), r"\1…"),
    (re.compile(r"\b(sk-)(?!lm-)[A-Za-z0-9_-]{16,}"), r"\1…"),
    (
        re.compile(
            r"(?<![A-Za-z0-9])(hf_|gh[oprsu]_|github_pat_|glpat-|xox[abeoprs]-|xapp-|npm_|pypi-|gsk_|r8_|xai-|AIza|A[KS]IA)"
            r"[A-Za-z0-9_-]{8,}"
        ),
        r"\1…",
    ),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?"), "eyJ…"),
    (
        re.compile(
            r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)", re.DOTALL
        ),
        "-----BEGIN PRIVATE KEY-----…",
    ),
    (re.compile(r"(?i)\b((?:bearer|basic)\s+)(?!sk-lm-)[A-Za-z0-9._~+/=:-]+"), r"\1…"),
    # An address may carry a password, or a token instead of a name.
    (re.compile(r"(://)[^/\s@'\"\\]{1,500}@"), r"\1…@"),
    # A part of a path that nobody would give as a name.
    (re.compile(r"(?<=/)(?=[a-z0-9_]*[A-Z])(?=[A-Z0-9_]*[a-z])(?=[A-Za-z_]*\d)[A-Za-z0-9_]{24,}(?![\w.-])"), _CUT),
)

_WORD = (
    r"(?:token|secret|passw(?:or)?d|passphrase|api[_-]?key|access[_-]?key|private[_-]?key|credentials?"
    r"|authorization|cookie)"
)
_NAME = rf"(?<![\w.-])[\w.-]{{0,60}}?{_WORD}"
_ANY_NAME = re.compile(rf"(?i){_WORD}|x-|headers|env")
_BEFORE_QUOTED = r"(?:\\{0,8}[\"']\s*[:=,]|\s*[:=])\s*b?"
_QUOTED = re.compile(rf"(?is)({_NAME}{_BEFORE_QUOTED})(\\{{0,8}}[\"'])((?:(?!\2)(?:\\.|.))*)")
_ASSIGNED = re.compile(rf"(?i)({_NAME}=)(?![\"'\\])[^\s&\"'<>;,\\]+")
_LINE = re.compile(r"(?i)(?<![\w-])((?:set-)?cookie:\s*)(?![\"'])[^\r\n\"'\\]+")
_KEY_LINE = re.compile(r"(?i)(?<![\w-])(x-[a-z-]{0,30}(?:key|token|secret):\s*)(?!sk-lm-)[^\s\"'\\,]+")

# What a program sends along for somebody else: nobody knows which of these are secret.
_SENT_ALONG = re.compile(r"(?i)([\"'](?:headers|env)\\{0,8}[\"']\s*:\s*\{)([^{}]{1,20000})")
_VALUE = re.compile(r"(?s)(:\s*)(\\{0,8}[\"'])((?:(?!\2)(?:\\.|.))*)")


def redact(text: str) -> str:
    """Return `text` with tokens and passwords cut out. Of a `sk-lm-` token the first ten characters stay."""
    for pattern, replacement in _SHAPES:
        text = pattern.sub(replacement, text)
    if not _ANY_NAME.search(text):
        return text
    text = _SENT_ALONG.sub(lambda found: found[1] + _VALUE.sub(rf"\1\2{_CUT}", found[2]), text)
    text = _QUOTED.sub(_without_value, text)
    text = _ASSIGNED.sub(lambda found: found[0] if _CUT in found[0] else found[1] + _CUT, text)
    for pattern in (_LINE, _KEY_LINE):
        text = pattern.sub(rf"\1{_CUT}", text)
    return text


def _without_value(found: "re.Match[str]") -> str:
    # What its shape has cut already keeps the part by which it is known.
    return found[0] if _CUT in found[3] or not found[3] else f"{found[1]}{found[2]}{_CUT}"
