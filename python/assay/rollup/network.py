"""The network behind `ImageClassifier`: layers, initialisation, training loop. Importing this module imports torch.

Everything random comes from the generator handed in; torch's global generator is not touched.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from assay.core.errors import DependencyMissing, InvalidInput
from assay.core.progress import SILENT, Progress

try:
    import torch
    from torch import Tensor, nn
    from torch.nn import functional
except ImportError as error:
    raise DependencyMissing("the served model needs torch; install assay-engine[ml]") from error

__all__ = ["Network", "Spec", "choose_device", "initialise", "one_thread", "torch", "train"]

MAX_SIDE = 32
"""Larger images are averaged down by a whole factor until both sides are at most this."""

_POOLED = 4

_THREADS = threading.Lock()


@dataclass(frozen=True, slots=True)
class Spec:
    """What the layers depend on: image shape (channels, height, width) and number of classes."""

    channels: int
    height: int
    width: int
    n_classes: int


class Network(nn.Module):
    """Normalise, 3 x 3 convolutions to 16 and 32 channels, max-pool to 4 x 4, a hidden layer of 128, logits."""

    centre: Tensor
    spread: Tensor

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        factor = -(-max(spec.height, spec.width) // MAX_SIDE)
        self._factor = factor
        self._halve = min(spec.height, spec.width) // factor >= 4 * _POOLED
        self.register_buffer("centre", torch.zeros(()))
        self.register_buffer("spread", torch.ones(()))
        # Left unset: `initialise` or a stored state fills them, so the global generator is not consumed.
        self.first = nn.Conv2d(spec.channels, 16, 3, padding=1, device="meta").to_empty(device="cpu")
        self.second = nn.Conv2d(16, 32, 3, padding=1, device="meta").to_empty(device="cpu")
        self.hidden = nn.Linear(32 * _POOLED * _POOLED, 128, device="meta").to_empty(device="cpu")
        self.out = nn.Linear(128, spec.n_classes, device="meta").to_empty(device="cpu")

    def reduce(self, pixels: Tensor) -> Tensor:
        """Average blocks of factor x factor pixels; the identity for small images."""
        return functional.avg_pool2d(pixels, self._factor) if self._factor > 1 else pixels

    def forward(self, reduced: Tensor) -> Tensor:
        """Logits [n, classes] of reduced images."""
        activity = functional.relu(self.first((reduced - self.centre) / self.spread))
        if self._halve:
            activity = functional.max_pool2d(activity, 2)
        activity = functional.adaptive_max_pool2d(functional.relu(self.second(activity)), _POOLED)
        logits: Tensor = self.out(functional.relu(self.hidden(activity.flatten(1))))
        return logits


def choose_device(name: str) -> torch.device:
    """The torch device called "cpu" or "cuda"; InvalidInput if it is neither or not there."""
    if name not in ("cpu", "cuda"):
        raise InvalidInput(f"device is {name!r}; choose 'cpu' or 'cuda'")
    if name == "cuda" and not torch.cuda.is_available():
        raise InvalidInput("device is 'cuda', but torch finds no CUDA device here; use 'cpu'")
    return torch.device(name)


@contextmanager
def one_thread() -> Iterator[None]:
    """Run torch's CPU kernels on one thread, one caller at a time, and put its setting back afterwards.

    Layers this small lose more to the hand-over between threads than they win, most of all on a busy machine; and
    sums are then added up in one order, so the result does not depend on the number of threads.
    """
    with _THREADS:
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(before)


def initialise(network: Network, generator: torch.Generator) -> None:
    """He initialisation (K. He et al., ICCV 2015, eq. 10) of the weights; biases zero."""
    for layer in (network.first, network.second, network.hidden, network.out):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def train(
    network: Network,
    pixels: Tensor,
    targets: Tensor,
    *,
    epochs: int | None,
    learning_rate: float,
    generator: torch.Generator,
    progress: Progress = SILENT,
) -> None:
    """Fit in place by AdamW under a one-cycle schedule, on images shifted by a pixel or two at random.

    Args:
        network: initialised, on the device of `pixels`.
        pixels: float32[n, channels, height, width], reduced.
        targets: int64[n], class numbers.
        epochs: passes over the data; None takes about 300 steps, at least 12 passes.
        learning_rate: peak of the schedule.
        generator: of the order and the shifts, on the CPU.
        progress: told of every pass.
    """
    count = pixels.shape[0]
    batch = min(32 if count <= 2048 else 128, count)
    steps = -(-count // batch)
    passes = epochs if epochs is not None else max(12, -(-300 // steps))
    with torch.no_grad():
        network.centre.copy_(pixels.mean())
        network.spread.copy_(pixels.std(correction=0).clamp_min(1e-3))
    optimiser = torch.optim.AdamW(network.parameters(), lr=learning_rate, weight_decay=0.01, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, learning_rate, total_steps=passes * steps)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.05)
    reach = max(1, min(pixels.shape[2:]) // 16)
    network.train()
    with progress.task("training", total=passes) as task:
        for _ in range(passes):
            order = torch.randperm(count, generator=generator)
            for start in range(0, count, batch):
                chosen = order[start : start + batch].to(pixels.device)
                down, right = torch.randint(-reach, reach + 1, (2,), generator=generator).tolist()
                optimiser.zero_grad(set_to_none=True)
                loss_of(network(_shifted(pixels[chosen], down, right)), targets[chosen]).backward()
                optimiser.step()
                schedule.step()
            task.advance()
    network.eval()


def _shifted(pixels: Tensor, down: int, right: int) -> Tensor:
    """The images moved by (down, right) pixels, their edges repeated."""
    reach = max(abs(down), abs(right))
    if reach == 0:
        return pixels
    height, width = pixels.shape[2:]
    padded = functional.pad(pixels, (reach, reach, reach, reach), mode="replicate")
    return padded[:, :, reach - down : reach - down + height, reach - right : reach - right + width]
