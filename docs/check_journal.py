"""Check an exported journal; needs the package cryptography and none of our code."""

import hashlib
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def sha(data):
    return hashlib.sha256(data).digest()


def root(leaves):  # RFC 9162, section 2.1.1
    if len(leaves) < 2:
        return leaves[0] if leaves else sha(b"")
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return sha(b"\x01" + root(leaves[:half]) + root(leaves[half:]))


def signed(key, said, signature):
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
    public.verify(bytes.fromhex(signature), text.encode())


def check(lines):
    prev, hashes, leaves, owners, keys = "0" * 64, [], [], [], {}
    for place, line in enumerate(lines, start=1):
        said = json.loads(line)
        if "seal" not in said:
            assert said["n"] == place, f"entry {place} is missing or moved"
            assert said["prev"] == prev, f"entry {place - 1} or {place} was altered"
            ours = said["actor"].startswith("software:")
            owners.append("software" if ours else said["actor"])
            leaves.append(sha(b"\x00" + line))
            hashes.append(prev := sha(line).hex())
            continue
        s, by = said["statement"], said["signature"]
        if said["seal"] == "key":
            keys[s["owner"]] = s["public"]
            signed(s["public"], s, by)
            continue
        last, one = s.get("last", s.get("size")), "by" in s
        span = range(s.get("first", 1) - 1, last)
        mine = [leaves[i] for i in span if not one or owners[i] == s["by"]]
        assert root(mine).hex() == s["root"], f"line {place}: not what was signed"
        assert hashes[last - 1] == s["head"], f"entry {last} was altered"
        for name, signature in ({s["by"]: by} if one else by).items():
            signed(keys[name if one else f"log:{name}"], s, signature)
    return f"{len(leaves)} entries, head {prev}, signed by {', '.join(keys) or 'none'}"


try:
    print(check(sys.stdin.buffer.read().splitlines()))
except (AssertionError, InvalidSignature, ValueError, KeyError, IndexError) as wrong:
    sys.exit(f"does not hold: {wrong or 'a signature does not fit'}")
