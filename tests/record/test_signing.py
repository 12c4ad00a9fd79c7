"""Signatures: RFC 8032's vectors, the library held against the arithmetic, seals."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forefield.errors import InputError
from forefield.record import ed25519, signing
from forefield.record.canonical import canonical
from forefield.record.signing import ExerciseKeys, HeldKeys, key_seal, owner_of

# RFC 8032, section 7.1: TEST 1, 2 and 3 (secret, public, message, signature).
VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("secret", "public", "message", "signature"), VECTORS)
def test_signatures_are_those_of_rfc_8032(secret, public, message, signature) -> None:
    secret, public, message, signature = map(
        bytes.fromhex, (secret, public, message, signature)
    )
    assert ed25519.public_of(secret) == public
    assert ed25519.sign(secret, message) == signature
    assert ed25519.check(public, message, signature)
    assert signing.signature_fits(public, message, signature)
    wrong = bytes([signature[0] ^ 1]) + signature[1:]
    for bad in (wrong, signature[:-1], b"\xff" * 64):
        assert not ed25519.check(public, message, bad)
        assert not signing.signature_fits(public, message, bad)
    assert not ed25519.check(b"\xff" * 32, message, signature)


@settings(max_examples=15)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200))
def test_the_library_and_the_arithmetic_sign_alike(secret, message) -> None:
    library = pytest.importorskip(
        "cryptography.hazmat.primitives.asymmetric.ed25519"
    ).Ed25519PrivateKey.from_private_bytes(secret)
    assert ed25519.public_of(secret) == library.public_key().public_bytes_raw()
    assert ed25519.sign(secret, message) == library.sign(message)


def test_a_night_signs_alike_without_the_library(monkeypatch) -> None:
    with_library = key_seal(ExerciseKeys(7), "software")
    monkeypatch.setattr(signing, "_library", lambda: None)
    signing._public.cache_clear()
    assert key_seal(ExerciseKeys(7), "software") == with_library
    with pytest.raises(InputError, match="needs the package cryptography"):
        HeldKeys({"a": bytes(32)})


def test_exercise_keys_follow_from_seed_and_owner_alone() -> None:
    a, b = ExerciseKeys(7), ExerciseKeys(7)
    assert a.public("x") == b.public("x")
    assert len({ExerciseKeys(s).public(o) for s in (7, 8) for o in ("x", "y")}) == 4


def test_a_published_key_signs_itself() -> None:
    seal = json.loads(key_seal(ExerciseKeys(7), "x"))
    said = seal["statement"]
    assert said["basis"] == "exercise"
    public = bytes.fromhex(said["public"])
    signature = bytes.fromhex(seal["signature"])
    assert signing.signature_fits(public, canonical(said), signature)


def test_nobody_signs_with_a_key_that_is_not_hers() -> None:
    pytest.importorskip("cryptography")
    keys = HeldKeys({"holder:a": bytes(range(32))})
    assert keys.has("holder:a")
    assert not keys.has("holder:b")
    for ask in (keys.public, lambda owner: keys.sign(owner, b"")):
        with pytest.raises(InputError, match=r"no key to sign for holder:b"):
            ask("holder:b")
    with pytest.raises(InputError, match="an Ed25519 secret has 32"):
        HeldKeys({"x": b"short"})


def test_all_parts_of_the_program_have_one_key() -> None:
    assert owner_of("software:tracker") == owner_of("software:record") == "software"
    assert owner_of("holder:sejm") == "holder:sejm"
