"""The release's own server arguments and model configuration, for one world."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch
from sglang.srt.server_args import ServerArgs
from transformers import PretrainedConfig

from stateful_tests.engines.hosting.history import VOCABULARY
from stateful_tests.engines.sglang.host.world import World


def _values(world: World) -> dict[str, Any]:
    return {
        "device": "cpu",
        "dtype": "float32",
        "page_size": world.page_size,
        "context_length": world.context_len,
        "chunked_prefill_size": world.chunked_prefill_size or -1,
        "max_prefill_tokens": world.max_prefill_tokens,
        "max_running_requests": world.rows,
        "max_queued_requests": world.queue_limit,
        "disable_overlap_schedule": not world.overlap,
        "enable_mixed_chunk": world.mixed,
        "enable_streaming_session": True,
        "skip_tokenizer_init": True,
        "schedule_policy": "fcfs",
        "schedule_conservativeness": world.conservativeness,
        "attention_backend": "torch_native",
        "sampling_backend": "pytorch",
        "pp_max_micro_batch_size": world.rows,
        "random_seed": 0,
        "soft_watchdog_timeout": None,
    }


def server_arguments(world: World) -> Any:
    """Return arguments as the release would have resolved them for a model on a CPU."""
    args = ServerArgs(model_path="dummy")
    for name, value in _values(world).items():
        if not hasattr(args, name):
            raise AttributeError(f"this release's ServerArgs has no {name}")
        setattr(args, name, value)
    return args


def server_arguments_unresolved(world: World) -> Any:
    """Return arguments that 0.5.23 still resolves: when they are published."""
    return ServerArgs(model_path="dummy", **_values(world))


def model_configuration(world: World) -> Any:
    """Return what the scheduler asks of a model's configuration."""
    architecture = PretrainedConfig(architectures=["Dummy"])
    return SimpleNamespace(
        _resolved_model_impl="sglang",
        context_len=world.context_len,
        dtype=torch.float32,
        hf_config=architecture,
        hf_eos_token_id=set(),
        hf_text_config=architecture,
        hidden_size=1,
        is_encoder_decoder=False,
        is_generation=True,
        is_matryoshka=False,
        is_multimodal=False,
        linear_attn_registry_result=None,
        num_key_value_heads=1,
        request_selectable_think_end_id_sequences=None,
        self_opened_think_start_ids=None,
        think_end_id=None,
        think_end_ids=None,
        use_ngram_embedding=False,
        vocab_size=VOCABULARY,
    )
