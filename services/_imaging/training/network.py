"""The judge's network and its fit: two hidden layers, logistic loss, Adam with a cosine rate (JAX on the CPU).

A picture's features are (h, w, features) float32. `Network.say` is the arithmetic of `trueshelf_imaging.judge`.
"""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from trueshelf_imaging.pixels import Floats

Parameters = list[tuple[Any, Any]]
"""Kernel and bias of each layer."""
HIDDEN = (48, 24)
EPOCHS, BATCH = 8, 2048
_REACH = 6.0
_FIRST_RATE, _LAST_RATE, _DECAY = 2e-3, 1e-5, 1e-5
_MOMENT, _SQUARE = 0.9, 0.999


@dataclass(frozen=True, slots=True)
class Network:
    """Kernels and biases, and the mean and scale (standard deviation plus 0.001) of what they read."""

    parameters: Parameters
    mean: Floats
    scale: Floats

    def say(self, features: Floats) -> Floats:
        """Return (h, w) float32, 0 to 1: product."""
        flat = features.reshape(-1, features.shape[-1]).astype(np.float32)
        value = np.clip((flat - self.mean) / self.scale, -_REACH, _REACH)
        for kernel, bias in self.parameters[:-1]:
            value = np.maximum(value @ kernel + bias, 0)
        kernel, bias = self.parameters[-1]
        logit = np.clip(value @ kernel + bias, -30, 30)[:, 0]
        return np.asarray(1 / (1 + np.exp(-logit)), np.float32).reshape(features.shape[:2])


def fit(samples: Floats, truth: Floats, seed: int) -> Network:
    """Return the network fitted to `samples` (n, features) and `truth` (n), 0 or 1; `seed` draws its first kernels."""
    mean, scale = samples.mean(0), samples.std(0) + 1e-3
    read = np.clip((samples - mean) / scale, -_REACH, _REACH).astype(np.float32)
    parameters = _start(jax.random.PRNGKey(seed), read.shape[1])
    moments = squares = jax.tree.map(jnp.zeros_like, parameters)
    shuffle = np.random.default_rng(0)
    step, steps = 0, EPOCHS * (len(read) // BATCH)
    for epoch in range(EPOCHS):
        order = shuffle.permutation(len(read))
        losses = []
        for first in range(0, len(read) - BATCH + 1, BATCH):
            step += 1
            some = order[first : first + BATCH]
            rate = _FIRST_RATE * 0.5 * (1 + np.cos(np.pi * step / steps)) + _LAST_RATE
            parameters, moments, squares, loss = _adam(
                (parameters, moments, squares), float(step), (read[some], truth[some]), rate
            )
            losses.append(loss)
        print(f"epoch {epoch}: loss {float(np.mean(losses)):.4f}", flush=True)
    return Network([(np.asarray(kernel), np.asarray(bias)) for kernel, bias in parameters], mean, scale)


def _start(key: Any, features: int) -> Parameters:
    sizes = (features, *HIDDEN, 1)
    keys = jax.random.split(key, len(sizes))
    return [
        (jax.random.normal(one, (read, said)) * np.sqrt(2 / read), jnp.zeros(said))
        for one, read, said in zip(keys, sizes[:-1], sizes[1:], strict=False)
    ]


def _loss(parameters: Parameters, read: Any, truth: Any) -> Any:
    value = read
    for kernel, bias in parameters[:-1]:
        value = jax.nn.relu(value @ kernel + bias)
    logit = (value @ parameters[-1][0] + parameters[-1][1])[..., 0]
    weights = sum((kernel**2).sum() for kernel, _ in parameters)
    return jnp.mean(jnp.logaddexp(0, logit) - truth * logit) + _DECAY * weights


def _step(state: Any, step: Any, batch: Any, rate: Any) -> Any:
    """Return parameters and both running means after one step of Adam, and the loss before it."""
    parameters, moments, squares = state
    loss, slope = jax.value_and_grad(_loss)(parameters, *batch)
    moments = jax.tree.map(lambda a, b: _MOMENT * a + 0.1 * b, moments, slope)
    squares = jax.tree.map(lambda a, b: _SQUARE * a + 0.001 * b * b, squares, slope)
    parameters = jax.tree.map(
        lambda a, b, c: a - rate * (b / (1 - _MOMENT**step)) / (jnp.sqrt(c / (1 - _SQUARE**step)) + 1e-8),
        parameters,
        moments,
        squares,
    )
    return parameters, moments, squares, loss


_adam = jax.jit(_step)
