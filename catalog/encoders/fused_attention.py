"""Exports attention as the one operator that ONNX Runtime has for it, instead of the thirty it is made of.

The causal mask is the operator's own. Other masks there are none: texts are not padded (export_child.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import PreTrainedModel
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

_NAME = "one_operator"


class _Attention(torch.autograd.Function):
    """Queries, keys and values `(n, tokens, heads * width)` to as much, by `heads` heads."""

    @staticmethod
    def forward(ctx: Any, *values: Any) -> torch.Tensor:
        query, key, value, heads, scale, is_causal = values
        q, k, v = (_split(one, heads).transpose(1, 2) for one in (query, key, value))
        mixed = scaled_dot_product_attention(q, k, v, is_causal=is_causal, scale=scale)
        return mixed.transpose(1, 2).flatten(2)

    @staticmethod
    def symbolic(graph: Any, *values: Any) -> Any:
        query, key, value, heads, scale, is_causal = values
        name = "com.microsoft::MultiHeadAttention"
        options = {"num_heads_i": heads, "scale_f": scale, "unidirectional_i": int(is_causal)}
        return graph.op(name, query, key, value, **options).setType(query.type())


def _attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    is_causal: bool | None = None,
    **others: Any,
) -> tuple[torch.Tensor, None]:
    """As transformers calls attention: `(n, heads, tokens, width)` in, `(n, tokens, heads, width)` out."""
    if attention_mask is not None:
        raise NotImplementedError("its attention has a mask of its own")
    heads, width = int(query.shape[1]), int(query.shape[3])
    causal = bool(getattr(module, "is_causal", False) if is_causal is None else is_causal)
    joined = [one.transpose(1, 2).flatten(2) for one in (query, key, value)]
    mixed: torch.Tensor = _Attention.apply(*joined, heads, scaling or width**-0.5, causal)  # type: ignore[no-untyped-call]
    return _split(mixed, heads), None


def _split(rows: torch.Tensor, heads: int) -> torch.Tensor:
    """`(n, tokens, heads * width)` to `(n, tokens, heads, width)`."""
    split: torch.Tensor = rows.unflatten(2, (heads, -1))  # type: ignore[no-untyped-call]
    return split


@contextmanager
def fused_attention(model: PreTrainedModel) -> Iterator[None]:
    """Within, the model's attention is that operator, and takes no masks. Raises ValueError for a model that
    does not leave its attention to transformers."""
    ALL_ATTENTION_FUNCTIONS.register(_NAME, _attend)  # and no mask by that name: then none is made
    before = model.config._attn_implementation
    model.set_attn_implementation(_NAME)
    try:
        yield
    finally:
        model.set_attn_implementation(before)
