"""Compiles a kernel of Triton's for a GPU that is not here, with the arguments of a launch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

POINTERS = {
    torch.int32: "*i32",
    torch.int64: "*i64",
    torch.bfloat16: "*bf16",
    torch.float32: "*fp32",
    torch.float64: "*fp64",
}


class Compiler:
    """Stands in for a kernel: where that would be launched, it is compiled only."""

    def __init__(self, kernel: Any, capability: int) -> None:
        """Compile `kernel` for a GPU of this compute capability."""
        self.kernel = kernel
        self.capability = capability
        self.compiled: list[Any] = []

    def __getitem__(self, grid: tuple[int, ...]) -> Callable[..., None]:
        """Return what launches the kernel, and is only told its arguments."""
        assert all(
            1 <= n <= limit for n, limit in zip(grid, (2**31 - 1, 65535, 65535), strict=False)
        )
        return self.compile

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Compile for the types of these arguments, and for the values of the constant ones."""
        from triton import compile as compiled  # noqa: PLC0415 - optional
        from triton.backends.compiler import GPUTarget  # noqa: PLC0415
        from triton.compiler import ASTSource  # noqa: PLC0415

        params = self.kernel.params
        given = {param.name: param.default for param in params if param.has_default}
        given |= dict(zip([param.name for param in params], args, strict=False)) | kwargs
        types = {p.name: "constexpr" if p.is_constexpr else type_of(given[p.name]) for p in params}
        source = ASTSource(
            fn=self.kernel,
            signature=types,
            constexprs={name: given[name] for name in types if types[name] == "constexpr"},
            attrs={
                (i,): [["tt.divisibility", 16]]
                for i, name in enumerate(types)
                if types[name] != "constexpr" and is_aligned(given[name])
            },
        )
        options = {name: value for name, value in kwargs.items() if name not in types}
        target = GPUTarget("cuda", self.capability, 32)
        self.compiled.append(compiled(source, target=target, options=options))


def type_of(argument: torch.Tensor | int) -> str:
    """Return Triton's name for the type of a kernel's argument."""
    return POINTERS[argument.dtype] if isinstance(argument, torch.Tensor) else "i32"


def is_aligned(argument: torch.Tensor | int) -> bool:
    """Say whether the kernel is compiled for multiples of 16 only, as a launch would."""
    number = argument.data_ptr() if isinstance(argument, torch.Tensor) else argument
    return number % 16 == 0
