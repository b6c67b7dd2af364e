"""Mutated bodies, over every route of the OpenAPI document that takes one."""

import os
from collections import Counter

import pytest

from studiolo.paths import app_paths
from tests.stands.hub import StandHub
from tests.stands.odd_bodies import odd_bodies, routes_with_bodies
from tests.stands.plain_http import http_client
from tests.stands.served_thread import served_in_a_thread
from tests.stands.serving import LOCAL_KEY
from tests.stands.tiny_model import write_tiny_llama

COUNT = 2000 if os.environ.get("STUDIOLO_PROVE") else 150
MOST_BUSY_MS = 100
MOST_ANSWER_BYTES = 20_000


@pytest.mark.proof
@pytest.mark.timeout(1800)
async def test_no_body_finds_a_mistake_or_holds_up_the_loop(stand: StandHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", stand.endpoint)
    write_tiny_llama(app_paths().models / "tiny" / "tiny" / "tiny.gguf", brief=True)
    known = {"model": "tiny/tiny", "max_tokens": 3, "max_output_tokens": 3, "context_length": 256, "stream": False}
    answers: Counter[int] = Counter()
    slowest = 0.0
    head = {"Authorization": f"Bearer {LOCAL_KEY}", "Content-Type": "application/json"}
    with served_in_a_thread() as served:
        async with http_client(served.address, headers=head, timeout=120) as http:
            document = (await http.get("/openapi.json")).json()
            assert len(routes_with_bodies(document)) > 15
            await served.worst_turn()
            for odd in odd_bodies(document, COUNT, seed=3, known=known):
                answer = await http.request(odd.method, odd.path, content=odd.content)
                busy = await served.worst_turn()
                what = f"{odd.method} {odd.path} {odd.content[:300]!r}: {answer.status_code} {answer.text[:300]}"
                assert answer.status_code in odd.statuses, what
                assert answer.status_code != 500, what
                assert answer.is_success or len(answer.content) < MOST_ANSWER_BYTES, what
                if busy > MOST_BUSY_MS:  # A machine that its host holds up looks busy, too, but not each time.
                    await http.request(odd.method, odd.path, content=odd.content)
                    busy = min(busy, await served.worst_turn())
                assert busy < MOST_BUSY_MS, f"{busy:.0f} ms: {what}"
                answers[answer.status_code] += 1
                slowest = max(slowest, busy)
            assert (await http.get("/api/v1/server")).status_code == 200
    print(f"\n{COUNT} bodies: {dict(sorted(answers.items()))}, the loop busy for {slowest:.0f} ms at most")
    assert answers[200] > 0
    assert answers[400] > COUNT / 4
