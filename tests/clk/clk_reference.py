#!/usr/bin/env python3
"""Cryptographic linkage keys as version 3 of the linkage schema describes them, written plainly and slowly.

An independent reference for the tests: hashlib, hmac and big integers, no word tricks. Only what the schema
says, none of the hardening that counterfoil adds.
"""
import base64
import datetime
import hashlib
import hmac
import struct


def hkdf(secret, salt, info, n_bytes, digest):
    """RFC 5869."""
    size = digest().digest_size
    extracted = hmac.new(salt or bytes(size), secret, digest).digest()
    out, block, counter = b"", b"", 1
    while len(out) < n_bytes:
        block = hmac.new(extracted, block + info + bytes([counter]), digest).digest()
        out += block
        counter += 1
    return out[:n_bytes]


def keys_of(schema, secret):
    """Two keys a feature, ignored ones too, in order."""
    kdf = schema["clkConfig"]["kdf"]
    size = kdf.get("keySize", 64)
    digest = {"SHA256": hashlib.sha256, "SHA512": hashlib.sha512}[kdf.get("hash", "SHA256")]
    features = schema["features"]
    stream = hkdf(secret, base64.b64decode(kdf.get("salt", "")), base64.b64decode(kdf.get("info", "")),
                  2 * len(features) * size, digest)
    return [(stream[2 * i * size:(2 * i + 1) * size], stream[(2 * i + 1) * size:(2 * i + 2) * size])
            for i in range(len(features))]


def tokens_of(comparison, word):
    if not word:
        return []
    if comparison["type"] == "exact":
        return [word]
    if comparison["type"] == "numeric":
        places, resolution = comparison.get("fractional_precision", 0), comparison["resolution"]
        step = int(round(comparison["thresholdDistance"] * 10 ** places))
        try:
            value = int(word) * 10 ** places
        except ValueError:
            value = int(round(float(word) * 10 ** places)) if places else int(float(word))
        value *= 2 * resolution
        rest = value % step
        value = value - rest if rest == 0 or rest < step / 2 else value + step - rest
        return [str(value + i * step) for i in range(-resolution, resolution + 1)]
    n = comparison["n"]
    padded = " " * (n - 1) + word + " " * (n - 1)
    grams = [padded[i:i + n] for i in range(len(padded) - n + 1)]
    return [f"{i} {g}" for i, g in enumerate(grams, 1)] if comparison.get("positional") else grams


def places_of(hashing, token, k, keys, n_bits):
    kind = hashing.get("hash", {"type": "blakeHash"})
    if kind["type"] == "blakeHash":
        shorts = []
        for i in range((k + 31) // 32):
            digest = hashlib.blake2b(token, key=keys[0], salt=str(i).encode()).digest()
            shorts += struct.unpack("<32H", digest)
        return [s % n_bits for s in shorts[:k]]
    first = int.from_bytes(hmac.new(keys[0], token, hashlib.sha1).digest(), "big") % n_bits
    step = int.from_bytes(hmac.new(keys[1], token, hashlib.md5).digest(), "big") % n_bits
    tries = 0
    while kind.get("prevent_singularity") and step == 0:
        step = int.from_bytes(hmac.new(keys[1], token + chr(tries).encode(), hashlib.md5).digest(), "big") % n_bits
        tries += 1
    return [(first + i * step) % n_bits for i in range(k)]


def written(feature, cell):
    """The text that is hashed."""
    missing = feature["hashing"].get("missingValue")
    if missing is not None and missing["sentinel"] == cell:
        return missing.get("replaceWith", missing["sentinel"])
    form = feature["format"]
    if form["type"] == "integer":
        return str(int(cell))
    if form["type"] == "date":
        return datetime.datetime.strptime(cell, form["format"]).strftime("%Y%m%d")
    return cell


def encode(schema, keys, cells):
    """Bytes; the first bit of the filter is the highest of the first byte."""
    config = schema["clkConfig"]
    folds = config.get("xorFolds", config.get("xor_folds", 0))
    n_bits = config["l"] << folds
    bits = [0] * n_bits
    for feature, key, cell in zip(schema["features"], keys, cells):
        if feature.get("ignored"):
            continue
        hashing = feature["hashing"]
        tokens = tokens_of(hashing["comparison"], written(feature, cell))
        strategy = hashing["strategy"]
        for i, token in enumerate(tokens):
            if "bitsPerToken" in strategy:
                k = strategy["bitsPerToken"]
            else:
                share, rest = divmod(strategy["bitsPerFeature"], len(tokens))
                k = share + (i < rest)
            encoding = feature["format"].get("encoding", "utf-8")
            for place in places_of(hashing, token.encode(encoding), k, key, n_bits):
                bits[place] = 1
    for _ in range(folds):
        half = len(bits) // 2
        bits = [a ^ b for a, b in zip(bits[:half], bits[half:])]
    bits += [0] * (-len(bits) % 8)
    return bytes(int("".join(map(str, bits[i:i + 8])), 2) for i in range(0, len(bits), 8))
