"""What programs do with LangChain; prints one JSON object. Arguments: the address, the chat model, the embedder."""

import json
import sys
from typing import Any

from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from openai import BadRequestError


def get_weather(city: str) -> str:
    """Tell today's weather in a city."""
    return f"{city}: clear, 4 °C"


def main(address: str, model: str, embedder: str) -> None:
    server: dict[str, Any] = {"base_url": address, "api_key": "none", "max_retries": 0}
    chat = ChatOpenAI(model=model, **server)
    pieces = [piece.content for piece in chat.stream("Is the lamp lit?") if piece.content]
    weather = tool(get_weather)
    offered = chat.bind_tools([weather])
    whole = None
    for piece in offered.stream("How is the weather in Oslo?"):
        whole = piece if whole is None else whole + piece
    assert whole is not None
    [call] = whole.tool_calls
    result = weather.invoke(call)
    answer = offered.invoke([("human", "How is the weather in Oslo?"), whole, result])
    texts = ["a lamp", "a harbour"]
    refusal = ""
    try:
        OpenAIEmbeddings(model=embedder, **server).embed_documents(texts)
    except BadRequestError as error:
        refusal = error.message
    vectors = OpenAIEmbeddings(model=embedder, check_embedding_ctx_length=False, **server).embed_documents(texts)
    said = {
        "pieces": pieces,
        "call": call["args"],
        "result": result.content,
        "answer": answer.content,
        "refusal": refusal,
        "vectors": [len(vector) for vector in vectors],
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
