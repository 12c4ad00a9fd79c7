"""Philox-4x32-10 against the known answers of Random123, and its numbers."""

import numpy as np
import pytest

from forefield.kernels.philox import normal_1, philox_1, uniform_1, uniforms_of

FULL = 0xFFFFFFFF


@pytest.mark.parametrize(
    ("key", "counter", "answer"),
    [
        (0, (0, 0, 0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        (
            0xFFFFFFFFFFFFFFFF,
            (FULL, FULL, FULL, FULL),
            (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
        ),
        (  # digits of pi: counter 243f6a88 85a308d3 13198a2e 03707344, key a4093822…
            0x299F31D0A4093822,
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_known_answers_of_the_authors(key, counter, answer):
    words = philox_1(np.uint64(key), *[np.uint64(c) for c in counter])
    assert tuple(map(int, words)) == answer


def twin(key: int, counter: list[int]) -> list[int]:
    """The paper's rounds in plain integers."""
    k0, k1 = key & FULL, key >> 32
    a, b, c, d = counter
    for _ in range(10):
        p0, p1 = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = (p1 >> 32) ^ b ^ k0, p1 & FULL, (p0 >> 32) ^ d ^ k1, p0 & FULL
        k0, k1 = (k0 + 0x9E3779B9) & FULL, (k1 + 0xBB67AE85) & FULL
    return [a, b, c, d]


def test_the_kernel_is_its_plain_twin():
    draw = np.random.default_rng(1)
    for _ in range(200):
        key = int(draw.integers(0, 2**63))
        counter = draw.integers(0, 2**32, 4).tolist()
        words = philox_1(np.uint64(key), *[np.uint64(c) for c in counter])
        assert list(map(int, words)) == twin(key, counter)


def test_uniforms_lie_between_and_never_on_zero_and_one():
    n = 100_000
    out = np.empty((n, 2))
    zero = np.zeros(n, dtype=np.uint64)
    uniforms_of(np.uint64(7), np.arange(n, dtype=np.uint64), zero, zero, zero, out)
    assert out.min() > 0.0
    assert out.max() < 1.0
    # Band: five standard errors of the mean of a uniform.
    assert abs(out.mean() - 0.5) < 5 * np.sqrt(1 / 12 / out.size)
    assert abs(np.corrcoef(out.T)[0, 1]) < 5 / np.sqrt(n)
    assert tuple(out[3]) == uniform_1(
        np.uint64(7), np.uint64(3), zero[0], zero[0], zero[0]
    )


def test_normals_have_mean_zero_and_variance_one():
    zero = np.uint64(0)
    z = np.array(
        [normal_1(np.uint64(9), np.uint64(i), zero, zero, zero) for i in range(20_000)]
    )
    assert abs(z.mean()) < 5 / np.sqrt(z.size)
    assert abs(z.var() - 1.0) < 5 * np.sqrt(2 / z.size)
