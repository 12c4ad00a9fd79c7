"""Who signs what in a journal: keys, and the three kinds of seal.

A seal stands beside the entries and changes none of them. It is one line of
canonical JSON, a statement and its Ed25519 signature (RFC 8032) over the canonical
text of that statement:

    key    an owner's public key, signed with itself: whoever published it held it
    batch  "entries first to last: those of mine have this Merkle root"
    head   the size and root of the whole tree, by the keeper, countersigned by a
           second party that holds the journal to its own past

An owner is a pseudonym: the actor of an entry, or "software" for every part of the
program. A simulated night signs with exercise keys, derived from its seed: they
prove that nothing was changed by accident, and that a real key would have worked;
they prove nobody's identity, and say so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, Protocol

from forefield.errors import InputError
from forefield.record import ed25519
from forefield.record.canonical import canonical

__all__ = [
    "EXERCISE",
    "KEEPER",
    "WITNESS",
    "ExerciseKeys",
    "HeldKeys",
    "Keys",
    "batch_seal",
    "exercise_seed",
    "head_seal",
    "head_statement",
    "key_seal",
    "owner_of",
    "signature_fits",
]

#: The owners of the two keys under a tree head.
KEEPER, WITNESS = "log:keeper", "log:witness"
#: What an opening says of the keys of a simulated night.
EXERCISE = "Ed25519, exercise keys derived from the seed: they prove nobody's identity"


class Keys(Protocol):
    """Something that can sign for owners."""

    @property
    def basis(self) -> str:
        """Where the keys come from, in a few words; it is published with them."""
        ...

    def public(self, owner: str) -> bytes:
        """The owner's public key, 32 bytes; `InputError` when there is none."""
        ...

    def sign(self, owner: str, message: bytes) -> bytes:
        """The owner's signature, 64 bytes."""
        ...

    def has(self, owner: str) -> bool:
        """Whether there is a key for the owner."""
        ...


class ExerciseKeys:
    """A key for every owner, derived from a seed: for simulated nights alone."""

    basis = "exercise"

    def __init__(self, seed: int) -> None:
        self.seed = int(seed)

    def _secret(self, owner: str) -> bytes:
        name = canonical(["forefield exercise key", str(self.seed), owner])
        return hashlib.sha256(name).digest()

    def has(self, owner: str) -> bool:
        """Always."""
        return True

    def public(self, owner: str) -> bytes:
        """The owner's public key, 32 bytes."""
        return _public(self._secret(owner))

    def sign(self, owner: str, message: bytes) -> bytes:
        """The owner's signature, 64 bytes."""
        return _sign(self._secret(owner), message)


class HeldKeys:
    """Keys that somebody holds: 32 secret bytes by owner. Needs `cryptography`."""

    def __init__(self, secrets: Mapping[str, bytes], basis: str = "held") -> None:
        self.basis = basis
        self._secrets = dict(secrets)
        for owner, secret in self._secrets.items():
            if len(secret) != 32:
                raise InputError(
                    f"key of {owner}: {len(secret)} bytes; an Ed25519 secret has 32."
                )
        if _library() is None:
            raise InputError(
                "signing with a held key needs the package cryptography (our own "
                "arithmetic can be timed): pip install 'forefield[journal]'."
            )

    def has(self, owner: str) -> bool:
        """Whether the key is held."""
        return owner in self._secrets

    def _secret(self, owner: str) -> bytes:
        if owner not in self._secrets:
            held = ", ".join(sorted(self._secrets)) or "none"
            raise InputError(
                f"no key to sign for {owner} (held: {held}); an owner signs alone."
            )
        return self._secrets[owner]

    def public(self, owner: str) -> bytes:
        """The owner's public key, 32 bytes; `InputError` when it is not held."""
        return _public(self._secret(owner))

    def sign(self, owner: str, message: bytes) -> bytes:
        """The owner's signature, 64 bytes; `InputError` when the key is not held."""
        return _sign(self._secret(owner), message)


def owner_of(actor: str) -> str:
    """Whose key signs an actor's entries."""
    return "software" if actor.startswith("software:") else actor


def exercise_seed(first: Mapping[str, Any]) -> int | None:
    """The seed of the exercise keys that a first entry declares; None: it does not."""
    body = first.get("body")
    if first.get("kind") != "opening" or not isinstance(body, dict):
        return None
    if body.get("signing") != EXERCISE or body.get("real") is not False:
        return None
    seed = body.get("seed")
    return seed if isinstance(seed, int) else None


# -- seals -------------------------------------------------------------------------


def key_seal(keys: Keys, owner: str) -> bytes:
    """The line that publishes an owner's key."""
    said = {"basis": keys.basis, "owner": owner, "public": keys.public(owner).hex()}
    return _seal("key", said, keys.sign(owner, canonical(said)).hex())


def batch_seal(
    keys: Keys, owner: str, *, first: int, last: int, head: str, count: int, root: bytes
) -> bytes:
    """The line by which an owner signs the entries that are hers of a batch.

    head   SHA-256 of the line of entry `last`: ties the batch to the whole chain
    count  how many of the entries are the owner's; root: their Merkle root
    """
    said = {
        "by": owner,
        "count": count,
        "first": first,
        "head": head,
        "last": last,
        "root": root.hex(),
    }
    return _seal("batch", said, keys.sign(owner, canonical(said)).hex())


def head_statement(*, size: int, root: bytes, head: str, at: str) -> dict[str, Any]:
    """What keeper and witness sign: the whole journal up to an entry."""
    return {"at": at, "head": head, "root": root.hex(), "size": size}


def head_seal(said: Mapping[str, Any], signatures: Mapping[str, bytes]) -> bytes:
    """The line of a signed tree head."""
    return _seal("head", dict(said), {k: v.hex() for k, v in signatures.items()})


def _seal(kind: str, said: dict[str, Any], signature: Any) -> bytes:
    return canonical({"seal": kind, "signature": signature, "statement": said})


# -- the arithmetic ------------------------------------------------------------------


@cache
def _library() -> Any:
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519 as library
    except ImportError:
        return None
    return library


@lru_cache(maxsize=256)
def _private(secret: bytes) -> Any:
    return _library().Ed25519PrivateKey.from_private_bytes(secret)


@lru_cache(maxsize=256)
def _public(secret: bytes) -> bytes:
    if _library() is None:
        return ed25519.public_of(secret)
    return bytes(_private(secret).public_key().public_bytes_raw())


def _sign(secret: bytes, message: bytes) -> bytes:
    if _library() is None:
        return ed25519.sign(secret, message)
    return bytes(_private(secret).sign(message))


def signature_fits(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature is that key's on that message."""
    if _library() is None:
        return ed25519.check(public, message, signature)
    from cryptography.exceptions import InvalidSignature

    try:
        _loaded(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(maxsize=256)
def _loaded(public: bytes) -> Any:
    return _library().Ed25519PublicKey.from_public_bytes(public)
