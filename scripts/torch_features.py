"""A TorchScript module that is called as StyleGAN 3's inception-2015-12-05.pt is, but small: tests/torch/features.pt.

    .venv-torch/bin/python scripts/torch_features.py

src/evaluation/inception.rs is tested with it: a tracing, which the test can make for itself, has no argument that is no
tensor.
"""

from __future__ import annotations

from setup_common import WORKSPACE, run_main

# Silences a warning of the import of torch.
import torch_reference  # noqa: F401  # isort: skip
import torch  # isort: skip
from torch import Tensor, nn  # isort: skip

MODULE = WORKSPACE / "tests" / "torch" / "features.pt"


class Features(nn.Module):
    """The means of the channels; where features are not asked for, a distribution over as many classes."""

    def forward(
        self, img: Tensor, return_features: bool = False, use_fp16: bool = False, no_output_bias: bool = False
    ) -> Tensor:
        """uint8 `[N, 3, H, W]` -> float `[N, 3]`"""
        means = img.to(torch.float16 if use_fp16 else torch.float32).mean(dim=[2, 3])
        if return_features:
            return means
        return torch.softmax(means if no_output_bias else means + 1.0, dim=1)


if __name__ == "__main__":
    run_main(lambda: torch.jit.script(Features()).save(str(MODULE)))
