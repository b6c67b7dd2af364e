"""What an engine makes of a model's chat template: what it does unasked, and what is told of a broken one."""

import pytest

from studiolo.paths import app_paths
from tests.stands.plain_http import http_client
from tests.stands.serving import serving
from tests.stands.template_model import write_template_model
from tests.stands.tiny_model import write_tiny_llama

TALK = "{% for message in messages %}{{ message.content }}{% endfor %}{% if add_generation_prompt %}"
THINK, HUSH = "<think>\n", "<think>\n\n</think>\n\n"
TEMPLATES = {
    "on": f"{TALK}{{% if enable_thinking is defined and not enable_thinking %}}{HUSH}{{% else %}}{THINK}{{% endif %}}",
    "off": f"{TALK}{{% if not enable_thinking %}}{HUSH}{{% else %}}{THINK}{{% endif %}}",
    "told": f"{TALK}{{% if enable_thinking is defined and enable_thinking %}}{THINK}{{% else %}}{HUSH}{{% endif %}}",
}


async def test_a_model_does_unasked_what_its_template_does() -> None:
    for name, template in TEMPLATES.items():
        write_template_model(app_paths().models / "acme" / name / f"{name}.gguf", f"{template}{{% endif %}}")
    async with serving(keep_last_only=False) as server, http_client(server.address, timeout=60) as http:
        listed = {model["key"]: model for model in (await http.get("/api/v1/models")).json()["models"]}
        for name in TEMPLATES:
            default = listed[f"acme/{name}"]["capabilities"]["reasoning"]["default"]
            assert default == ("on" if name == "on" else "off")
            (await http.post("/api/v1/models/load", json={"model": f"acme/{name}"})).raise_for_status()
            engine = next(one.engine for one in server.pool.instances if one.model.key == f"acme/{name}")
            said = {"messages": [{"role": "user", "content": "x"}]}
            for asked, prompt in ((None, THINK if default == "on" else HUSH), (True, THINK), (False, HUSH)):
                more = {} if asked is None else {"chat_template_kwargs": {"enable_thinking": asked}}
                assert (await engine.ask("/apply-template", said | more))["prompt"] == f"x{prompt}", (name, asked)


@pytest.mark.parametrize("template", ["{% if messages %}never closed", "{{ raise_exception('no') }}", "{{ nobody() }}"])
async def test_a_broken_chat_template_is_not_told_as_a_damaged_file(template: str) -> None:
    write_tiny_llama(app_paths().models / "acme" / "odd" / "odd.gguf", chat_template=template)
    async with serving() as server, http_client(server.address, timeout=60) as http:
        answer = await http.post("/api/v1/models/load", json={"model": "acme/odd"})
    message = answer.json()["error"]["message"]
    assert "its chat template is broken" in message
    assert "The file itself is as it should be" in message
    assert "Download it again" not in message
