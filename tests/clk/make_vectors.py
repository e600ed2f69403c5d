#!/usr/bin/env python3
"""Writes data/vectors/clk.json: schemas, secrets, rows and the encodings that clk_reference.py gives.

usage: make_vectors.py SOURCE_ROOT [--check]   (--check compares with the file instead of writing it)

The first case is not ours: schema, secret, row and the expected bits stand in the tutorial of data61/anonlink-client
(docs/tutorial/tutorial_api.ipynb, Apache-2.0), whose output clkhash made. The script stops when the reference does not
give those bits.
"""
import base64
import json
import pathlib
import sys

sys.dont_write_bytecode = True
import clk_reference  # noqa: E402

PUBLISHED_BITS = (
    "/ywxvec/j5R3/7jf71/l97u812e421MzNfNSrvyj+3uOfPbPFWt/t/WZX3+4/f1eXeb6TGLb29r/PSr/d+bvwvx4Vfu97Yif/u+z79s+P76WkR6k"
    "Knb/n/9VnarWbcf78L8fPiX/vnxmjL7o/3S48vv9rNstV/t/Xm9X93o3O70=")


def text(name, **more):
    hashing = {"comparison": {"type": "ngram", "n": 2}, "strategy": {"bitsPerFeature": 100}}
    form = {"type": "string", "encoding": "utf-8"}
    for key, value in more.items():
        (form if key in ("encoding", "case", "minLength", "maxLength", "pattern", "type", "format", "values", "minimum",
                         "maximum") else hashing)[key] = value
    if form["type"] != "string":
        form.pop("encoding")
    return {"identifier": name, "format": form, "hashing": hashing}


def schema(features, l=1024, folds=0, **kdf):
    return {"version": 3, "clkConfig": {"l": l, "xorFolds": folds, "kdf": {"type": "HKDF", **kdf}}, "features": features}


def published():
    positional = {"type": "ngram", "n": 1, "positional": True}
    missing = {"sentinel": ""}
    return schema([
        {"identifier": "rec_id", "ignored": True},
        text("given_name", strategy={"bitsPerFeature": 200}),
        text("surname", strategy={"bitsPerFeature": 200}),
        text("street_number", type="integer", comparison=positional, missingValue=missing),
        text("address_1"), text("address_2"), text("suburb"),
        text("postcode", type="integer", comparison=positional),
        text("state"),
        text("date_of_birth", type="integer", comparison=positional, strategy={"bitsPerFeature": 200},
             missingValue=missing),
        {"identifier": "soc_sec_id", "ignored": True},
    ])


FEBRL = [["rec-1070-org", "michaela", "neumann", "8", "stanley street", "miami", "winston hills", "4223", "nsw",
          "19151111", "5304218"]]
NAMES = [["Deckard"], ["Ana-María de la Peña"], ["Ольга Петрова"], ["محمد"], ["李小龍"], ["O'Brien 🎉"], ["x"], [" \u00a0x\t"]]
SALT = "SCbL2zHNnmsckfzchsNkZY9XoHk96P/G5nUBrM7ybymlEFsMV6PAeDZCNp3rfNUPCtLDMOGQHG4pCQpfhiHCyA=="


def cases():
    double, safe = {"type": "doubleHash"}, {"type": "doubleHash", "prevent_singularity": True}
    yield "published by anonlink-client", published(), "secret", FEBRL
    yield "bigrams", schema([text("name")]), "secret", NAMES
    yield "salt and info", schema([text("name")], salt=SALT, info="c2NoZW1hX2V4YW1wbGU=", keySize=64), "s" * 40, NAMES
    yield "SHA-512, short keys", schema([text("name")], hash="SHA512", keySize=20), "secret", NAMES
    yield "one fold", schema([text("name"), text("other", strategy={"bitsPerToken": 15})], folds=1), "secret", \
        [n + ["smith"] for n in NAMES]
    yield "three folds of a short filter", schema([text("name")], l=64, folds=3), "secret", NAMES
    yield "double hashing", schema([text("name", hash=double)], salt=SALT), "secret", NAMES
    yield "double hashing, 1000 bits", schema([text("name", hash=double)], l=1000), "secret", NAMES
    yield "double hashing, 9 bits, folded", schema([text("name", hash=double)], l=9, folds=2), "secret", NAMES
    yield "double hashing without singularity", schema([text("name", hash=safe, strategy={"bitsPerToken": 3})], l=10), \
        "secret", NAMES
    yield "more than one hash for a token", schema([text("name", strategy={"bitsPerToken": 700})], l=4096), "secret", \
        [["ab"], ["Ольга"]]
    yield "fewer bits than tokens", schema([text("name", strategy={"bitsPerFeature": 5})]), "secret", NAMES
    for n in (1, 2, 3, 5):
        yield f"positional {n}-grams", schema([text("name", comparison={"type": "ngram", "n": n, "positional": True})]), \
            "secret", NAMES
    yield "exact", schema([text("name", comparison={"type": "exact"})]), "secret", NAMES + [[""]]
    for encoding in ("utf-16", "utf-32"):
        yield encoding, schema([text("name", encoding=encoding)]), "secret", NAMES
    yield "ASCII, upper case, lengths", schema([text("name", encoding="ascii", case="upper", minLength=2, maxLength=5)]), \
        "secret", [["AB"], ["ABCDE"], ["A1-B"]]
    yield "pattern", schema([text("id", pattern=r"[a-z][a-z][a-z]\d\d\d")]), "secret", [["kev007"]]
    yield "integers", schema([text("n", type="integer", minimum=-5, maximum=10 ** 15)]), "secret", \
        [["7"], ["+7"], ["007"], ["-0"], ["-5"], ["999999999999999"], ["٤٢"]]
    yield "dates", schema([text("d", type="date", format="%d/%m/%Y")]), "secret", [["1/2/1990"], ["29/02/2000"]]
    yield "dates run together", schema([text("d", type="date", format="%Y%m%d")]), "secret", \
        [["19900203"], ["1990111"], ["199011"]]
    yield "dates with names", schema([text("d", type="date", format="%d %B %y")]), "secret", \
        [["3 march 68"], ["17 MAY 69"]]
    yield "day of the year", schema([text("d", type="date", format="%Y-%j")]), "secret", [["2000-60"], ["1999-365"]]
    yield "enum, missing values", schema([text("s", type="enum", values=["M", "F"], missingValue={
        "sentinel": "N/A", "replaceWith": "unknown"})]), "secret", [["M"], ["F"], ["N/A"]]
    whole = {"type": "numeric", "thresholdDistance": 8, "resolution": 2}
    yield "numbers", schema([text("n", comparison=whole)]), "secret", \
        [["25"], ["26"], ["-3"], ["2.7"], ["1e3"], ["-25.5"], ["0"]]
    fine = {"type": "numeric", "thresholdDistance": 0.25, "resolution": 5, "fractional_precision": 2}
    yield "fractions", schema([text("n", comparison=fine)]), "secret", [["1.005"], ["-2.675"], ["3"], ["0.125"]]


def main():
    root = pathlib.Path(sys.argv[1])
    path = root / "data/vectors/clk.json"
    out = []
    for name, chosen, secret, rows in cases():
        keys = clk_reference.keys_of(chosen, secret.encode())
        encoded = [base64.b64encode(clk_reference.encode(chosen, keys, [c.strip() for c in row])).decode()
                   for row in rows]
        out.append({"name": name, "schema": chosen, "secret": secret, "rows": rows, "clks": encoded})
    if out[0]["clks"] != [PUBLISHED_BITS]:
        sys.exit("the reference does not give the published encoding")
    written = json.dumps(out, ensure_ascii=False, indent=1) + "\n"
    if "--check" not in sys.argv:
        path.write_text(written, encoding="utf-8")
    elif path.read_text(encoding="utf-8") != written:
        sys.exit(f"{path} is not what the reference gives")


main()
