"""Engines that keep KV in hashed blocks, unmodified, on a CPU: vLLM, and builds of nano-vllm."""
