"""Names of tools for a model: unique, fit for templates and grammars, and found again."""

import re

import pytest

from studiolo.server.mcp.contract import McpTool, ServerName, Wanted
from studiolo.server.mcp.sessions import McpSessions
from studiolo.server.mcp.toolset import OpenToolset, model_names, open_toolset
from tests.server.mcp.conftest import program

FIT = re.compile(r"[A-Za-z0-9_-]{1,64}")


def tool(name: str, label: str = "one", *, ephemeral: bool = False) -> McpTool:
    return McpTool(ServerName(label, ephemeral), name, "", {})


def test_a_name_that_is_fit_and_unique_stays() -> None:
    assert model_names([tool("read_file"), tool("write-file")]) == ["read_file", "write-file"]


def test_the_same_name_on_two_servers_is_told_apart_by_them() -> None:
    assert model_names([tool("search"), tool("search", "two"), tool("other")]) == ["one_search", "two_search", "other"]


@pytest.mark.parametrize(
    "names",
    [
        ["a.b", "a/b", "a b"],
        ["Search", "search", "SEARCH"],
        ["x" * 100, "x" * 101],
        ["", "...", "日本語", "日本"],
        ["one_a", "a", "one_one_a"],
        ["é", "\ud800"],
    ],
)
def test_whatever_the_names_they_come_out_fit_and_unique(names: list[str]) -> None:
    tools = [tool(name, label) for label in ("one", "two") for name in names]
    fit = model_names(tools)
    assert all(FIT.fullmatch(name) for name in fit)
    assert len({name.lower() for name in fit}) == len(tools)


def test_names_do_not_depend_on_the_order() -> None:
    tools = [tool("a.b"), tool("a/b"), tool("search"), tool("search", "two"), tool("x" * 90)]
    forwards = dict(zip(tools_key(tools), model_names(tools), strict=True))
    backwards = dict(zip(tools_key(tools[::-1]), model_names(tools[::-1]), strict=True))
    assert forwards == backwards


def tools_key(tools: list[McpTool]) -> list[str]:
    return [f"{one.server.id} {one.name}" for one in tools]


def test_a_tool_is_found_by_its_own_name_where_that_is_unique() -> None:
    toolset = OpenToolset({}, [tool("search"), tool("search", "two"), tool("files.read")], {})
    assert toolset.find("search") is None
    by_server = toolset.find("two_search")
    assert by_server
    assert by_server.tool.server.label == "two"
    own = toolset.find("files.read")
    assert own
    assert own.model_name == "files_read"
    assert toolset.find("nothing") is None


async def test_servers_are_connected_together_and_only_allowed_tools_are_offered(sessions: McpSessions) -> None:
    wanted = [
        Wanted(program("friendly.py", label="one"), frozenset({"add", "no such tool"})),
        Wanted(program("friendly.py", "--old", label="two"), frozenset({"add", "fail"})),
        Wanted(program("hostile.py"), frozenset()),
    ]
    async with open_toolset(sessions, wanted) as toolset:
        assert [offered.model_name for offered in toolset.tools] == ["one_add", "two_add", "fail"]
        for name in ("one_add", "two_add"):
            offered = toolset.find(name)
            assert offered
            assert (await toolset.call(offered, {"a": 1, "b": 2}, None)).structured == {"result": 3}
