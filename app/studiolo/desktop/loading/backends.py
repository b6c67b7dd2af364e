"""What runtimes compute with, as people call it."""

_NAMES = {
    "cpu": "CPU",
    "cuda12": "CUDA 12",
    "cuda13": "CUDA 13",
    "vulkan": "Vulkan",
    "rocm": "ROCm",
    "metal": "Metal",
}


def backend_text(backend: str) -> str:
    """Return the name of a backend (see api.runtimes); one that this version does not know is named as it is."""
    return _NAMES.get(backend, backend)
