"""Every setting of both schemas: shown in one place, changed there as a person does it, and not without effect."""

import ast
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from studiolo.api.model_defaults import ModelDefaults
from studiolo.api.settings import SECRET, ServerSettings
from studiolo.client.client import Client
from studiolo.client.server import ServerApi
from studiolo.desktop.settings.fields import MODELS_OF, FieldKind, Owner, setting_fields
from studiolo.desktop.settings.sections import SECTIONS
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.paths import app_paths
from tests.desktop.settings.settings_desk import SettingsDesk, operate, settings_desk
from tests.stands.serving import LOCAL_KEY, serving
from tests.stands.waiting import until

ROOT = Path(__file__).parents[3]

_NETWORK, _SCRIPTS = "tests/network/test_network.py::", "tests/network/test_scripts.py::"
_EFFECTS = "tests/desktop/settings/test_effects.py::"
_QUEUE, _POOL = "tests/server/downloads/test_queue.py::", "tests/server/engine/test_pool.py::"
_HTTP, _RULES = "tests/server/http/", "tests/server/downloads/test_rules.py::"

DESKTOP: dict[str, tuple[Any, str]] = {
    "colour_scheme": ("dark", _EFFECTS + "test_settings_of_the_desktop_are_seen_in_its_window"),
    "text_size": (150, _EFFECTS + "test_settings_of_the_desktop_are_seen_in_its_window"),
    "density": ("compact", _EFFECTS + "test_settings_of_the_desktop_are_seen_in_its_window"),
    "code_font": ("DejaVu Sans Mono", _EFFECTS + "test_settings_of_the_desktop_are_seen_in_its_window"),
    "send_with": ("ctrl_enter", _EFFECTS + "test_settings_of_the_desktop_are_seen_in_its_window"),
    "show_reasoning": ("hidden", _EFFECTS + "test_settings_of_the_desktop_are_seen_in_its_window"),
    "show_speed": (False, _EFFECTS + "test_settings_of_the_desktop_are_seen_in_its_window"),
    "chat_titles": ("model", _EFFECTS + "test_settings_of_the_desktop_are_seen_in_its_window"),
    "language": ("en", "tests/desktop/test_language.py::test_a_language_that_was_chosen_goes_before_the_system_s"),
    "closing": ("quit", _EFFECTS + "test_settings_of_the_desktop_are_seen_in_its_window"),
    "start_at_login": (True, _EFFECTS + "test_starting_at_login_is_set_with_its_setting_or_neither"),
    "notify_completed": (False, _EFFECTS + "test_settings_of_the_desktop_are_seen_in_its_window"),
    "notify_failed": (False, _EFFECTS + "test_settings_of_the_desktop_are_seen_in_its_window"),
    "notify_replies": (False, _EFFECTS + "test_settings_of_the_desktop_are_seen_in_its_window"),
    "quiet_from": (("21:30", "06:15"), "tests/desktop/tray/test_tray.py::test_quiet_hours"),
    "show_start_page": (False, "tests/e2e/test_first_minute.py::test_from_a_fresh_home_to_the_first_answer"),
    "mini_monitor": (True, _EFFECTS + "test_settings_of_the_desktop_are_seen_in_its_window"),
}
"""A value that is not the default, and the test of what it does. Two values where a row has two fields."""

SERVER: dict[str, tuple[Any, str]] = {
    "require_authentication": (True, _HTTP + "test_access.py::test_authentication_can_be_switched_on_live"),
    "port": (4321, "tests/cli/test_server.py::test_a_restart_moves_the_server_to_another_port"),
    "serve_on_network": (
        True,
        _HTTP + "test_extensions.py::test_the_network_can_be_served_with_authentication_or_on_purpose",
    ),
    "serve_without_authentication": (
        True,
        _HTTP + "test_extensions.py::test_the_network_can_be_served_with_authentication_or_on_purpose",
    ),
    "announce": (
        True,
        "tests/server/test_announcing.py::test_it_is_announced_as_long_as_that_is_wanted",
    ),
    "cors": (True, _HTTP + "test_access.py::test_web_pages_are_refused_unless_cors_is_on"),
    "allowed_origins": (["app://notes"], _HTTP + "test_origins.py::test_others_are_refused_and_told_of_the_setting"),
    "allowed_hosts": (["box.example.com"], _HTTP + "test_access.py::test_a_name_can_be_allowed"),
    "allow_per_request_mcp": (True, _HTTP + "test_mcp_access.py::test_what_is_not_permitted_is_forbidden_by_name"),
    "allow_mcp_json": (True, _HTTP + "test_mcp_access.py::test_what_is_not_permitted_is_forbidden_by_name"),
    "allow_private_mcp": (True, _HTTP + "test_mcp_access.py::test_private_addresses_are_a_setting"),
    "mcp_rounds": (7, _HTTP + "test_tools_responses.py::test_the_limit_of_rounds_is_told"),
    "log_tool_calls": (
        True,
        "tests/server/mcp/test_ledger.py::test_texts_are_kept_where_the_setting_has_it_and_secrets_never",
    ),
    "just_in_time_loading": (
        False,
        _HTTP + "test_openai.py::test_without_just_in_time_loading_only_what_is_loaded_is_there",
    ),
    "answer_to_any_name": (True, _HTTP + "test_model_names.py::test_with_the_setting_off_names_mean_what_they_say"),
    "unload_idle": (False, _POOL + "test_nothing_goes_when_that_is_switched_off"),
    "idle_minutes": (2.5, _POOL + "test_an_idle_one_goes_and_an_explicit_one_stays"),
    "keep_last_only": (False, _POOL + "test_the_last_one_stays_with_the_others_if_so_set"),
    "refuse_beyond_memory": (False, _POOL + "test_what_does_not_fit_is_refused_with_both_figures"),
    "default_context_length": (2048, _HTTP + "test_extensions.py::test_a_new_context_length_is_in_force_at_once"),
    "automatic_context_limit": (
        1024,
        _HTTP + "test_growing.py::test_a_model_that_a_request_loads_has_the_context_that_it_was_made_for",
    ),
    "grow_context": (False, _HTTP + "test_growing.py::test_a_context_that_is_to_stay_stays"),
    "context_overflow": (
        "rolling_window",
        _HTTP + "test_context_overflow.py::test_the_setting_is_in_force_where_a_request_says_nothing",
    ),
    "model_defaults": (
        {},
        "tests/server/library/test_repositories.py::test_a_quantization_that_was_chosen_is_what_the_key_means",
    ),
    "model_folders": (["/srv/models"], _HTTP + "test_extensions.py::test_a_new_folder_is_in_force_at_once"),
    "keep_responses_days": (
        3,
        "tests/server/chat/test_responses.py::test_what_nobody_uses_is_forgotten_and_a_use_counts_for_the_whole_thread",
    ),
    "preferred_quantization": (
        "Q8_0",
        "tests/server/downloads/test_hub_catalog.py::test_the_preferred_quantization_is_the_usual_one_where_it_is_offered",
    ),
    "adopt_models": (False, "tests/server/library/test_places.py::test_an_adopted_model_answers_and_is_not_removed"),
    "download_jobs": (5, _QUEUE + "test_so_many_at_a_time_in_their_order"),
    "download_connections": (9, _QUEUE + "test_what_was_under_way_goes_on_after_a_restart"),
    "download_limit": (2_500_000, _QUEUE + "test_the_limit_is_in_force_at_once"),
    "download_limit_from": (("21:30", "06:15"), _RULES + "test_the_limit_has_hours"),
    "disk_reserve_gb": (12.5, _RULES + "test_room_counts_what_is_promised_and_what_stays_free"),
    "keep_awake": (False, _RULES + "test_the_machine_is_kept_awake_while_something_runs"),
    "hub_endpoint": ("https://mirror.example.com", _QUEUE + "test_a_hub_that_can_not_be_reached_is_told"),
    "hub_token": ("hf_of_this_hub", _QUEUE + "test_a_gated_repository_says_what_to_do"),
    "catalog_url": (
        "https://lists.example.com/catalog.json",
        "tests/server/downloads/test_hub_catalog.py::test_a_catalog_from_an_address",
    ),
    "copy_from_peers": (True, _QUEUE + "test_other_servers_give_what_they_have"),
    "download_peers": (["192.168.1.5:1234"], _QUEUE + "test_other_servers_give_what_they_have"),
    "download_peer_token": ("sk-of-the-others", _QUEUE + "test_other_servers_give_what_they_have"),
    "share_models": (True, _QUEUE + "test_what_is_not_shared_is_not_given"),
    "proxy_address": (
        "http://proxy.example:3128",
        _NETWORK + "test_a_manual_proxy_is_the_way_to_the_hub_and_is_told_of",
    ),
    "proxy_script": ("/etc/proxy.pac", _SCRIPTS + "test_a_script_says_which_proxy"),
    "proxy_mode": ("none", _NETWORK + "test_the_proxy_of_the_environment"),
    "proxy_user": ("ada", _NETWORK + "test_a_proxy_gets_its_password_and_nobody_else_does"),
    "proxy_password": ("of-the-proxy", _NETWORK + "test_a_proxy_gets_its_password_and_nobody_else_does"),
    "proxy_exceptions": (["example.com"], _NETWORK + "test_exceptions_go_past_the_proxy"),
    "extra_certificates": (
        str(ROOT / "tests/stands/authority.pem"),
        _NETWORK + "test_a_companys_certificate_is_trusted_where_its_file_is_named",
    ),
    "offline": (True, "tests/server/downloads/test_offline.py::test_a_download_pauses_with_its_reason_and_goes_on"),
    "log_bodies": (True, _HTTP + "test_extensions.py::test_bodies_only_when_switched_on_and_never_secrets"),
}
"""In the order in which they may be changed: some are only safe together with another."""

TABLES: dict[Owner, dict[str, tuple[Any, str]]] = {"desktop": DESKTOP, "server": SERVER}


@pytest.mark.parametrize("owner", ["desktop", "server"])
def test_every_field_is_in_one_section_and_in_the_table(owner: Owner) -> None:
    fields = setting_fields(owner)
    shown = Counter(name for field in fields for name in field.names)
    assert shown == Counter(list(MODELS_OF[owner].model_fields))
    assert {field.section for field in fields} <= {section.id for section in SECTIONS}, "give it an x-section"
    rows = {field.name for field in fields if field.kind is not FieldKind.PANEL}
    assert rows == set(TABLES[owner]), "a setting without effect is none: say which test sees it"


@pytest.mark.parametrize("test", sorted({test for table in TABLES.values() for _, test in table.values()}))
def test_what_a_setting_does_is_tested(test: str) -> None:
    file, _, name = test.partition("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert name in names


@pytest.mark.parametrize("name", DESKTOP)
async def test_a_setting_of_the_desktop_is_changed_and_restored(qapp: QApplication, name: str) -> None:
    value, _ = DESKTOP[name]
    async with settings_desk() as desk:
        desk.presenter.open_dialog()
        row = desk.row(name)
        assert not row.differs
        operate(row.editor, value)
        await _until_kept(desk, name, value)
        kept = DesktopSettingsStore(app_paths().config / "desktop.json").current
        assert kept == desk.store.current
        assert (await desk.settled(name)).differs
        row.restore.click()
        await until(lambda: not row.differs and not row.saving)
        assert desk.store.current == DesktopSettingsStore(app_paths().config / "nothing.json").current


async def _until_kept(desk: SettingsDesk, name: str, value: Any) -> None:
    wanted = dict(zip(desk.field(name).names, value if isinstance(value, tuple) else (value,), strict=True))
    await until(lambda: {one: getattr(desk.store.current, one) for one in wanted} == wanted, f"{name}: {value}")


async def test_every_setting_of_a_server_reaches_it(qapp: QApplication) -> None:
    chosen = {"acme/fig": ModelDefaults(context_length=512)}
    async with (
        serving(model_defaults=chosen, answer_to_any_name=False) as server,
        Client(server.address, LOCAL_KEY) as client,
        settings_desk(server.address, LOCAL_KEY) as desk,
    ):
        await desk.open_at_server()
        for name, (value, _) in SERVER.items():
            row = desk.row(name, "server")
            operate(row.editor, value)
            await desk.settled(name, "server")
            assert row.problem.text() == "", name
            settings = await ServerApi(client).settings()
            values = value if isinstance(value, tuple) else (value,)
            for one, wanted in zip(row.field.names, values, strict=True):
                told = SECRET if row.field.kind is FieldKind.SECRET else wanted
                assert getattr(settings, one) == told, name
            assert row.differs is (name not in ("answer_to_any_name", "model_defaults")), name
        for name in ("hub_token", "download_peer_token"):
            operate(desk.row(name).editor, "")
            await desk.settled(name)
            assert getattr(await ServerApi(client).settings(), name) == ""


def test_defaults_of_the_table_are_not_tested_by_themselves() -> None:
    """What is set to its default would be seen whether it was changed or not."""
    usual = ServerSettings().model_dump()
    for name, (value, _) in SERVER.items():
        if name not in ("answer_to_any_name", "model_defaults") and not isinstance(value, tuple):
            assert usual[name] != value, name
