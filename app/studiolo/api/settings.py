"""The server's settings (spec section 6), as an extension: `GET` and `PATCH /api/v1/server/settings`."""

from typing import Any, Literal

from pydantic import Field, create_model

from studiolo.api.base import Request
from studiolo.api.chat import OverflowSetting
from studiolo.api.model_defaults import ModelDefaults
from studiolo.api.network import NetworkSettings

SETTINGS = "settings"
"""Capability: the settings can be read and changed."""

_CLOCK = r"^(|([01]\d|2[0-3]):[0-5]\d)$"

LONGEST_ORIGIN = 300
"""Characters; the name of a host has 253 at most."""
SECRET = "********"
"""Stands for the text of a secret that is set; sent back, it leaves the secret as it is."""
SECRETS = ("hub_token", "download_peer_token", "proxy_password")


PreferredQuantization = Literal["", "Q3_K_M", "Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0", "BF16"]
"""What is downloaded where nobody asks for a quantization; empty: the first of `hub.choices` that is offered."""


class ServerSettings(NetworkSettings):
    """What a server does and allows. Titles and descriptions are what a person reads beside the switch."""

    port: int = Field(
        default=1234,
        ge=0,
        le=65535,
        title="Port",
        description="In force from the next start.",
        json_schema_extra={"x-section": "server", "x-group": "Address", "x-words": "address listen tcp"},
    )
    serve_on_network: bool = Field(
        default=False,
        title="Serve on the local network",
        description="Other machines can reach the server. In force from the next start.",
        json_schema_extra={"x-section": "server", "x-group": "Address", "x-words": "lan remote share bind 0.0.0.0"},
    )
    require_authentication: bool = Field(
        default=False,
        title="Require authentication",
        description="Every request must carry an API token.",
        json_schema_extra={"x-section": "server", "x-group": "Who may use it", "x-words": "token password key login"},
    )
    serve_without_authentication: bool = Field(
        default=False,
        title="Serve the network without authentication",
        description="Confirms that anybody on the network may use the server.",
        json_schema_extra={"x-section": "server", "x-group": "Who may use it", "x-words": "token password open"},
    )
    announce: bool = Field(
        default=False,
        title="Announce on the local network",
        description="Other machines that look for servers find this one, while it serves the network.",
        json_schema_extra={"x-section": "server", "x-group": "Address", "x-words": "discover find mdns bonjour lan"},
    )
    cors: bool = Field(
        default=False,
        title="CORS",
        description="Web pages may use the server from a browser on this machine.",
        json_schema_extra={"x-section": "server", "x-group": "Who may use it", "x-words": "browser cross-origin web"},
    )
    allowed_origins: list[str] = Field(
        default_factory=list,
        title="Allowed origins",
        description="Web pages and programs that may use the server without CORS, such as app://obsidian.md.",
        json_schema_extra={"x-section": "server", "x-group": "Who may use it", "x-words": "browser cross-origin web"},
    )
    allowed_hosts: list[str] = Field(
        default_factory=list,
        title="Allowed host names",
        description="Names, beside this machine's own, under which the server may be asked; *.ts.net is any of them.",
        json_schema_extra={"x-section": "server", "x-group": "Who may use it", "x-words": "dns domain tailscale"},
    )
    allow_per_request_mcp: bool = Field(
        default=False,
        title="Allow per-request MCP servers",
        description="A request may name MCP servers to use.",
        json_schema_extra={"x-section": "server", "x-group": "Tools"},
    )
    allow_mcp_json: bool = Field(
        default=False,
        title="Allow servers from mcp.json",
        description="A request may use the MCP servers set up here; needs authentication.",
        json_schema_extra={"x-section": "server", "x-group": "Tools"},
    )
    allow_private_mcp: bool = Field(
        default=False,
        title="Allow private addresses",
        description="MCP servers that a request names may be on this machine or on the local network.",
        json_schema_extra={"x-section": "server", "x-group": "Tools"},
    )
    mcp_rounds: int = Field(
        default=32,
        ge=1,
        le=1000,
        title="Rounds of tools",
        description="So often a model may call tools in one reply before it is stopped.",
        json_schema_extra={"x-section": "server", "x-group": "Tools"},
    )
    log_tool_calls: bool = Field(
        default=False,
        title="Log tool calls in full",
        description="The log of tool calls has arguments and results. Tokens are cut out in any case.",
        json_schema_extra={"x-section": "privacy", "x-group": "What the server keeps"},
    )
    just_in_time_loading: bool = Field(
        default=True,
        title="Just-in-time loading",
        description="A request loads the model that it names.",
        json_schema_extra={"x-section": "models", "x-group": "Loading", "x-words": "jit automatic load"},
    )
    answer_to_any_name: bool = Field(
        default=True,
        title="Answer to any model name",
        description="A name that is not known means the model that is loaded, if it is the only one that chats.",
        json_schema_extra={"x-section": "models", "x-group": "Loading", "x-words": "alias gpt"},
    )
    unload_idle: bool = Field(
        default=True,
        title="Unload idle models",
        description="Only those that a request loaded just in time.",
        json_schema_extra={"x-section": "models", "x-group": "Memory", "x-words": "ttl keep alive eject"},
    )
    idle_minutes: float = Field(
        default=60,
        gt=0,
        le=60 * 24 * 365,
        title="Minutes until idle",
        description="A request resets the clock.",
        json_schema_extra={
            "x-section": "models",
            "x-group": "Memory",
            "x-title": "Time until idle",
            "x-unit": "min",
            "x-words": "ttl keep alive",
        },
    )
    keep_last_only: bool = Field(
        default=True,
        title="Keep only the last model",
        description="Loading a model just in time unloads the one before it that was.",
        json_schema_extra={"x-section": "models", "x-group": "Memory", "x-words": "evict unload"},
    )
    refuse_beyond_memory: bool = Field(
        default=True,
        title="Don't load models that won't fit",
        description="A model that needs more memory than is free is not loaded.",
        json_schema_extra={"x-section": "models", "x-group": "Memory", "x-words": "ram guardrail refuse"},
    )
    default_context_length: int = Field(
        default=0,
        ge=0,
        le=1 << 24,
        title="Context length",
        description="In tokens, where a request names none; 0 for what the model and the free memory allow.",
        json_schema_extra={
            "x-section": "models",
            "x-group": "Context",
            "x-unit": "tokens",
            "x-none": "Automatic",
            "x-step": 1024,
            "x-told": "Where nothing else is chosen.",
            "x-words": "window n_ctx default",
        },
    )
    automatic_context_limit: int = Field(
        default=32_768,
        ge=256,
        le=1 << 24,
        title="Longest automatic context",
        description="In tokens; a longer context takes more memory, and time when a model is loaded.",
        json_schema_extra={
            "x-section": "models",
            "x-group": "Context",
            "x-unit": "tokens",
            "x-step": 1024,
            "x-told": "A longer context takes more memory, and time when a model is loaded.",
        },
    )
    grow_context: bool = Field(
        default=True,
        title="Make room for longer requests",
        description="A model whose context was automatic is loaded again with a longer one when a request needs it.",
        json_schema_extra={"x-section": "models", "x-group": "Context"},
    )
    context_overflow: OverflowSetting = "stop"
    model_defaults: dict[str, ModelDefaults] = Field(
        default_factory=dict,
        title="Defaults of models",
        description="By key: how each is loaded, its variant, its sampling.",
        json_schema_extra={
            "x-section": "models",
            "x-group": "Loading",
            "x-told": "What was chosen for single models. Set on the page Models when a model is loaded.",
        },
    )
    model_folders: list[str] = Field(
        default_factory=list,
        title="Further model folders",
        description="Beside the one in the data folder.",
        json_schema_extra={
            "x-section": "models",
            "x-group": "Files",
            "x-entries": "folders",
            "x-words": "directory path disk gguf",
        },
    )
    preferred_quantization: PreferredQuantization = Field(
        default="",
        title="Preferred quantization",
        description="Downloaded where a model offers it and nobody asks for another; empty for the recommended one.",
        json_schema_extra={
            "x-section": "models",
            "x-group": "Files",
            "x-told": "Chosen for a download where a model offers it. More bits answer better, and take more memory.",
            "titles": {"": "Recommended"},
            "x-words": "quant bits gguf download",
        },
    )
    keep_responses_days: float = Field(
        default=30,
        gt=0,
        le=36500,
        title="Days to keep chats",
        description="Counted from their last use.",
        json_schema_extra={
            "x-section": "privacy",
            "x-group": "What the server keeps",
            "x-title": "Keep chats of programs for",
            "x-told": "Chats that programs continue by their id, counted from the last use.",
            "x-unit": "days",
            "x-words": "history responses delete retention",
        },
    )
    adopt_models: bool = Field(
        default=True,
        title="Show models of other programs",
        description="Those of LM Studio, Ollama and the Hugging Face cache, where they lie; they are only read.",
        json_schema_extra={"x-section": "models", "x-group": "Files"},
    )
    download_jobs: int = Field(
        default=2,
        ge=1,
        le=16,
        title="Downloads at a time",
        description="Further ones wait in the queue.",
        json_schema_extra={"x-section": "downloads", "x-group": "Speed", "x-words": "parallel queue concurrent"},
    )
    download_connections: int = Field(
        default=4,
        ge=1,
        le=16,
        title="Connections per download",
        description="More are faster where the hub is far.",
        json_schema_extra={"x-section": "downloads", "x-group": "Speed", "x-words": "parallel segments threads"},
    )
    download_limit: int = Field(
        default=0,
        ge=0,
        title="Bandwidth limit",
        description="Bytes a second for all downloads together; 0 for none.",
        json_schema_extra={
            "x-section": "downloads",
            "x-group": "Speed",
            "x-told": "For all downloads together.",
            "x-scale": 1_000_000,
            "x-unit": "MB/s",
            "x-none": "No limit",
            "x-words": "throttle speed",
        },
    )
    download_limit_from: str = Field(
        default="",
        pattern=_CLOCK,
        title="Limit from",
        description="HH:MM; empty for the whole day.",
        json_schema_extra={
            "x-section": "downloads",
            "x-group": "Speed",
            "x-ends": "download_limit_to",
            "x-title": "Limit only at certain hours",
            "x-told": "Otherwise the limit is in force all day.",
            "x-words": "schedule night time",
        },
    )
    download_limit_to: str = Field(
        default="",
        pattern=_CLOCK,
        title="Limit until",
        description="HH:MM; may be on the next day.",
        json_schema_extra={"x-section": "downloads", "x-group": "Speed"},
    )
    disk_reserve_gb: float = Field(
        default=2,
        ge=0,
        le=100_000,
        title="Disk reserve",
        description="Gigabytes that downloads leave free.",
        json_schema_extra={
            "x-section": "downloads",
            "x-group": "Disk and power",
            "x-told": "Downloads leave so much of the disk free.",
            "x-unit": "GB",
            "x-none": "None",
            "x-words": "space free",
        },
    )
    keep_awake: bool = Field(
        default=True,
        title="Keep awake",
        description="The machine does not go to sleep during a download.",
        json_schema_extra={"x-section": "downloads", "x-group": "Disk and power", "x-words": "sleep suspend standby"},
    )
    hub_endpoint: str = Field(
        default="",
        title="Hub",
        description="The address of a mirror of Hugging Face. Empty: HF_ENDPOINT, or the hub.",
        json_schema_extra={
            "x-section": "network",
            "x-group": "Hub",
            "x-title": "Hub address",
            "x-told": "A mirror of Hugging Face. Empty: what HF_ENDPOINT says, or Hugging Face itself.",
            "x-words": "hugging face mirror endpoint",
        },
    )
    hub_token: str = Field(
        default="",
        title="Hub token",
        description="For private models and those that ask first, at this hub alone. Empty: HF_TOKEN.",
        json_schema_extra={
            "x-section": "network",
            "x-group": "Hub",
            "x-words": "hugging face access key gated private",
        },
    )
    catalog_url: str = Field(
        default="",
        title="Catalog",
        description="Where a newer catalog of models is fetched from, once a day.",
        json_schema_extra={
            "x-section": "network",
            "x-group": "Hub",
            "x-title": "Catalog address",
            "x-words": "list recommended",
        },
    )
    copy_from_peers: bool = Field(
        default=False,
        title="Copy from other servers",
        description="A file that one of the servers below has is copied from there instead of the hub.",
        json_schema_extra={"x-section": "downloads", "x-group": "Between servers", "x-words": "peer lan"},
    )
    download_peers: list[str] = Field(
        default_factory=list,
        title="Other servers",
        description="Addresses such as 192.168.1.5:1234.",
        json_schema_extra={"x-section": "downloads", "x-group": "Between servers", "x-words": "peer lan"},
    )
    download_peer_token: str = Field(
        default="",
        title="Token for other servers",
        description="An API token with the permission to download. Another server takes it anew.",
        json_schema_extra={"x-section": "downloads", "x-group": "Between servers", "x-words": "peer key"},
    )
    share_models: bool = Field(
        default=False,
        title="Share models",
        description="Other servers may copy downloaded models from this one.",
        json_schema_extra={"x-section": "downloads", "x-group": "Between servers", "x-words": "peer lan"},
    )
    log_bodies: bool = Field(
        default=False,
        title="Log requests in full",
        description="Tokens and images are cut out in any case.",
        json_schema_extra={"x-section": "privacy", "x-group": "What the server keeps", "x-words": "request log bodies"},
    )

    def without_secrets(self) -> "ServerSettings":
        """Return the settings as they may be shown."""
        return self.model_copy(update={name: SECRET for name in SECRETS if getattr(self, name)})

    @property
    def selected_variants(self) -> dict[str, str]:
        """Return keys with the quantization that each alone means, where one was chosen."""
        chosen = ((key, one.variant) for key, one in self.model_defaults.items() if one.variant)
        return {key.lower().partition("@")[0]: variant.rpartition("@")[2].lower() for key, variant in chosen}

    def defaults_of(self, key: str) -> ModelDefaults:
        """Return how the model is loaded where nobody says otherwise."""
        found = (one for name, one in self.model_defaults.items() if name.lower() == key.lower())
        return next(found, ModelDefaults())


_changes: dict[str, Any] = {
    name: (field.annotation, Field(default=None)) for name, field in ServerSettings.model_fields.items()
}
SettingsChange = create_model("SettingsChange", __base__=Request, **_changes)
"""A request with any of the settings, to be changed together or not at all."""
