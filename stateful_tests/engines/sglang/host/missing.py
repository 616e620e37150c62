"""The packages that SGLang imports and a scheduler on a CPU never uses."""

from __future__ import annotations

import importlib
import sys

from stateful_tests.engines.hosting.stubs import Nothing, StubFinder

PACKAGES = (
    *("IPython", "aiohttp", "compressed_tensors", "einops", "gguf", "partial_json_parser"),
    *("pybase64", "requests", "sentencepiece", "setproctitle", "sgl_kernel", "starlette"),
    *("torchvision", "zmq", "fastapi", "uvicorn"),
)
"""What the releases import when they are imported."""


def install_stubs() -> None:
    """Let sglang be imported without these packages; transformers' image classes are stubs, too."""
    sys.meta_path.append(StubFinder(PACKAGES, "sglang"))
    missing = importlib.import_module("transformers.utils.import_utils")
    vars(missing)["DummyObject"] = Nothing
