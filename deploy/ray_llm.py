"""vLLM placed and restarted by Ray Serve's own LLM app: for models that take several cards, or several machines.

    pip install "ray[serve]" pyarrow jsonref vllm
    MODEL=Qwen/Qwen3-32B NAME=qwen3-32b TENSOR_PARALLEL=2 python ray_llm.py

Add the address to Studiolo with `studiolo upstream add http://<machine>:8000`. Nobody is asked for a key here: keep it
within a network that you trust.

Environment:
    MODEL: A name of Hugging Face's, or a folder that every machine of the cluster has.
    NAME: What requests call it; else what MODEL ends with.
    REPLICAS: How many (1).
    TENSOR_PARALLEL, PIPELINE_PARALLEL: Over how many cards each replica is spread (1, 1).
    ACCELERATOR: Ray's name of the card, such as L4; "cpu" for none.
    CONTEXT: Tokens of a request (4096).
    TOOL_PARSER: vLLM's name of how the model writes calls, such as hermes; without it tools are refused.
    HOST, PORT: Where it listens (127.0.0.1, 8000).
    CPUS: What Ray may believe this machine has; else what it finds. With too few the app waits for good.
"""

import os
import signal
import threading

import ray
from ray import serve
from ray.serve.llm import LLMConfig, build_openai_app

MODEL = os.environ["MODEL"]
ON_PROCESSOR = os.environ.get("ACCELERATOR", "").lower() == "cpu"
CPUS = int(os.environ.get("CPUS", "0")) or None


def engine_settings() -> dict[str, object]:
    """Return what vLLM is started with."""
    settings: dict[str, object] = {
        "max_model_len": int(os.environ.get("CONTEXT", "4096")),
        "tensor_parallel_size": int(os.environ.get("TENSOR_PARALLEL", "1")),
        "pipeline_parallel_size": int(os.environ.get("PIPELINE_PARALLEL", "1")),
    }
    if parser := os.environ.get("TOOL_PARSER"):
        settings |= {"enable_auto_tool_choice": True, "tool_call_parser": parser}
    if ON_PROCESSOR:
        settings |= {"dtype": "bfloat16", "enforce_eager": True, "max_num_seqs": 8}
    return settings


def configuration() -> LLMConfig:
    """Return the one model of the app."""
    options: dict[str, object] = {}
    if ON_PROCESSOR:
        # Without a card a bundle of one processor is what a replica is placed by.
        variables = {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": "1"}
        options = {
            "placement_group_config": {"bundles": [{"CPU": 1}]},
            "runtime_env": {"env_vars": variables | {"HF_HUB_OFFLINE": os.environ.get("HF_HUB_OFFLINE", "0")}},
        }
    return LLMConfig(
        model_loading_config={
            "model_id": os.environ.get("NAME") or MODEL.rstrip("/").rsplit("/", 1)[-1],
            "model_source": MODEL,
        },
        deployment_config={
            "num_replicas": int(os.environ.get("REPLICAS", "1")),
            "ray_actor_options": {"num_cpus": 0.2} if ON_PROCESSOR else {},
        },
        accelerator_type=None if ON_PROCESSOR else os.environ.get("ACCELERATOR") or None,
        engine_kwargs=engine_settings(),
        **options,
    )


def main() -> None:
    """Run the app until this process is told to end."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ray.init(num_cpus=CPUS, include_dashboard=False, namespace="serve")
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    serve.start(http_options={"host": host, "port": port})
    try:
        serve.run(build_openai_app({"llm_configs": [configuration()]}), name="llm", route_prefix="/")
        print(f"It listens at http://{host}:{port}.", flush=True)
        ended.wait()
    finally:
        serve.shutdown()
        ray.shutdown()


if __name__ == "__main__":
    main()
