"""What programs do with lmstd; prints one JSON object. Arguments: the address, the model."""

import json
import sys
from typing import Any

from lmstd import LMStd


def text_of(answer: Any) -> str:
    return "".join(item["content"] for item in answer["output"] if item["type"] == "message")


def main(address: str, model: str) -> None:
    client = LMStd(base_url=address)
    models = [one["key"] for one in client.list_models()["models"]]
    first = client.chat(model=model, input_data="Is the lamp lit?")
    second = client.chat(model=model, input_data="Still?", previous_response_id=first["response_id"])
    events = list(client.chat_stream(model=model, input_data="Is the lamp lit?"))
    loaded = client.load_model(model=model, context_length=4096)["instance_id"]
    said = {
        "models": models,
        "answer": text_of(first),
        "continued": text_of(second),
        "streamed": "".join(event["content"] for event in events if event["type"] == "message.delta"),
        "events": [event["type"] for event in events],
        "loaded": loaded,
        "unloaded": client.unload_model(loaded)["instance_id"],
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
