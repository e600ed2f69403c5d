#!/usr/bin/env python3
"""counterfoil link from outside: files made here, truth known, every output read back."""
import csv
import itertools
import json
import os
import pathlib
import random
import resource
import signal
import subprocess
import sys
import tempfile

PROGRAM = os.environ["COUNTERFOIL"]
CANARY = "Zqxcanary"
# a sanitizer's shadow memory has no place under a limit of addresses
SANITIZED = b"__asan_init" in pathlib.Path(PROGRAM).read_bytes()
GIVEN = "maria ana fatima ivan pedro yusuf olena linh chidi amara jose pavel leila omar sofia kofi".split()
FAMILY = "garcia haddad nguyen petrov okafor silva rossi kovacs diallo mensah lopez ivanova tran ali".split()


def run(*arguments, code=0):
    done = subprocess.run([PROGRAM, "link", *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != code:
        sys.exit(f"link {arguments}: exit code {done.returncode}, expected {code}: {done.stderr}")
    if code and (not done.stderr.startswith("counterfoil: ") or CANARY in done.stderr):
        sys.exit(f"link {arguments}: not a clear message: {done.stderr}")
    return done.stdout if code == 0 else done.stderr


def damage(rng, person):
    row = dict(person)
    for key in ("given_name", "family_name", "phone"):
        if rng.random() < 0.12:
            at = rng.randrange(len(row[key]))
            row[key] = row[key][:at] + rng.choice("abcdefg0123") + row[key][at + 1:]
        if rng.random() < 0.08:
            row[key] = ""
    return row


def people(n, seed):
    rng = random.Random(seed)
    for number in range(n):
        yield {
            "person": f"p{number}",
            "given_name": rng.choice(GIVEN) + rng.choice(["", "", " " + rng.choice(GIVEN)]),
            "family_name": rng.choice(FAMILY) + rng.choice(["", "", " " + rng.choice(FAMILY)]),
            "date_of_birth": f"{rng.randint(1950, 2005)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}",
            "phone": f"07{rng.randint(0, 99999999):08d}",
        }


def write(path, rows, fields=None):
    with open(path, "w", newline="", encoding="utf-8") as f:
        writer = csv.DictWriter(f, fields or rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def read(path):
    with open(path, newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def pairs_of(rows):
    """Pairs of rows that are one person, as sets of (file, row)."""
    groups = {}
    for place, person in rows:
        groups.setdefault(person, []).append(place)
    return {frozenset(p) for places in groups.values() for p in itertools.combinations(places, 2)}


def f1(said, true):
    return 2 * len(said & true) / (len(said) + len(true))


def check_dedupe(folder):
    rng = random.Random(1)
    rows = [damage(rng, p) for p in people(400, 2) for _ in range(rng.randint(1, 3))]
    rng.shuffle(rows)
    write(folder / "one.csv", rows)
    one = str(folder / "one.csv")
    out = {k: folder / k for k in ("pairs.csv", "clusters.csv", "model.json", "report.html", "review.csv")}
    answer = json.loads(run(one, "--ignore", "person", "--pairs", out["pairs.csv"], "--clusters", out["clusters.csv"],
                            "--save-model", out["model.json"], "--report", out["report.html"], "--review",
                            out["review.csv"], "--at", "0.5,0.99", "--json"))
    true = pairs_of([((one, str(i)), r["person"]) for i, r in enumerate(rows, 1)])
    said = {frozenset(((p["file_l"], p["row_l"]), (p["file_r"], p["row_r"]))) for p in read(out["pairs.csv"])}
    clusters = read(out["clusters.csv"])
    assert len(clusters) == len(rows) and set(clusters[0]) == {
        "file", "row", "cluster", "cluster_at_0.5", "cluster_at_0.99"}
    assert said == pairs_of([((c["file"], c["row"]), c["cluster"]) for c in clusters])
    assert f1(said, true) > 0.95, f1(said, true)
    assert answer["rows"] == len(rows) and answer["clusters"]["pairs"] == len(said)
    model = json.loads(out["model.json"].read_text())
    assert [f["name"] for f in model["fields"]] == ["given_name", "family_name", "date_of_birth", "phone"]
    page = out["report.html"].read_text()
    assert "<svg" in page and not any(r["phone"] and r["phone"] in page for r in rows)
    check_kept_model(folder, one, out, said)
    check_decisions(folder, one, rows, out)
    check_explain(one, out)


def check_kept_model(folder, one, out, said):
    run(one, "--ignore", "person", "--model", out["model.json"], "--pairs", folder / "again.csv")
    again = {frozenset(((p["file_l"], p["row_l"]), (p["file_r"], p["row_r"]))) for p in read(folder / "again.csv")}
    assert f1(again, said) > 0.999
    (folder / "settings.ini").write_text(run(one, "--ignore", "person", "--suggest"))
    run(one, "--settings", folder / "settings.ini", "--pairs", folder / "again.csv")
    again = {frozenset(((p["file_l"], p["row_l"]), (p["file_r"], p["row_r"]))) for p in read(folder / "again.csv")}
    assert again == said


def check_decisions(folder, one, rows, out):
    review = read(out["review.csv"])
    assert 0 < len(review) <= 100 and all(r["same"] == "" for r in review)
    for r in review:
        same = rows[int(r["row_l"]) - 1]["person"] == rows[int(r["row_r"]) - 1]["person"]
        r["same"] = "yes" if same else "no"
    write(folder / "decided.csv", review)
    run(one, "--ignore", "person", "--decisions", folder / "decided.csv", "--clusters", folder / "c.csv")
    cluster = {c["row"]: c["cluster"] for c in read(folder / "c.csv")}
    for r in review:
        assert (cluster[r["row_l"]] == cluster[r["row_r"]]) == (r["same"] == "yes")
    review[0]["same"] = CANARY
    write(folder / "decided.csv", review)
    assert "decided.csv:2" in run(one, "--ignore", "person", "--decisions", folder / "decided.csv", code=2)


def check_explain(one, out):
    p = read(out["pairs.csv"])[0]
    e = json.loads(run("explain", p["row_l"], p["row_r"], one, "--ignore", "person", "--json"))
    assert abs(e["weight"] - float(p["weight"])) < 0.001
    assert abs(sum(s["weight"] for s in e["steps"]) - e["weight"]) < 1e-9
    run("explain", "1", "99999", one, "--ignore", "person", code=2)


def check_files(folder):
    rng = random.Random(3)
    persons = list(people(500, 4))
    left = [damage(rng, p) for p in persons[:350]]
    right = [damage(rng, p) for p in persons[150:]]
    rng.shuffle(right)
    # other names and another order of the date, as another organisation has it
    other = [{"person": r["person"], "surname": r["family_name"], "forename": r["given_name"],
              "dob": "/".join(reversed(r["date_of_birth"].split("-"))), "mobile": r["phone"]} for r in right]
    write(folder / "l.csv", left)
    write(folder / "r.csv", other)
    files = [str(folder / "l.csv"), str(folder / "r.csv")]
    results = []
    for threads in (1, 2, 8):
        run(*files, "--ignore", "person", "--threads", threads, "--pairs", folder / "p.csv", "--clusters",
            folder / "c.csv")
        results.append((folder / "p.csv").read_bytes() + (folder / "c.csv").read_bytes())
    assert results[0] == results[1] == results[2], "the number of threads changed the result"
    true = pairs_of([((files[0], str(i)), r["person"]) for i, r in enumerate(left, 1)] +
                    [((files[1], str(i)), r["person"]) for i, r in enumerate(right, 1)])
    said = set()
    for p in read(folder / "p.csv"):
        assert p["file_l"] != p["file_r"]
        said.add(frozenset(((p["file_l"], p["row_l"]), (p["file_r"], p["row_r"]))))
    assert f1(said, true) > 0.97, f1(said, true)
    for _, rows in itertools.groupby(sorted(read(folder / "c.csv"), key=lambda c: c["cluster"]),
                                     key=lambda c: c["cluster"]):
        names = [r["file"] for r in rows]
        assert len(names) == len(set(names)), "a person stands twice in a file"


def check_kept_rows(folder):
    rng = random.Random(5)
    persons = list(people(600, 6))
    kept = [damage(rng, p) for p in persons[:500]]
    new = [damage(rng, p) for p in persons[400:]]
    write(folder / "kept.csv", kept)
    write(folder / "new.csv", new)
    index = folder / "index"
    run(folder / "kept.csv", "--ignore", "person", "--clusters", folder / "c.csv", "--keep", index)
    cluster = {int(c["row"]): c["cluster"] for c in read(folder / "c.csv")}
    answer = json.loads(run(folder / "new.csv", "--ignore", "person", "--against", index, "--clusters",
                            folder / "n.csv", "--pairs", folder / "p.csv", "--keep", folder / "longer", "--json"))
    assert answer["rows"] == 200 and answer["kept_rows"] == 500
    right = 0
    for c in read(folder / "n.csv"):
        known = int(c["row"]) <= 100
        right += (c["cluster"] == cluster[400 + int(c["row"])]) if known else int(c["cluster"]) > max(
            map(int, cluster.values()))
    assert right >= 190, right
    assert all(p["file_l"] == str(folder / "kept.csv") for p in read(folder / "p.csv")
               if p["file_l"] != p["file_r"])
    # the same file again: now everybody is known
    answer = json.loads(run(folder / "new.csv", "--ignore", "person", "--against", folder / "longer", "--json"))
    assert answer["kept_rows"] == 700 and answer["rows_known"] >= 199 and answer["new_persons"] <= 1
    assert "no index" in run(folder / "new.csv", "--against", folder / "kept.csv", code=2)
    run(folder / "new.csv", "--against", index, "--suggest", code=2)


def check_spill(folder):
    """More pairs over the floor than the memory holds: the same result, nothing left behind, a full disk is said."""
    rng = random.Random(8)
    rows = [damage(rng, p) for p in people(250, 9) for _ in range(24)]
    rng.shuffle(rows)
    write(folder / "many.csv", rows)
    (folder / "temporary").mkdir()
    results = []
    for memory, threads in (("1G", 2), ("3M", 1), ("3M", 8)):
        out = {k: folder / f"spill_{k}" for k in ("pairs", "clusters", "review", "report")}
        text = run(folder / "many.csv", "--ignore", "person", "--memory", memory, "--threads", threads, "--temporary",
                   folder / "temporary", "--json", "--at", "0.5,0.9",
                   *(a for k, path in out.items() for a in (f"--{k}", path)))
        assert json.loads(text)["clusters"]["pairs"] > 45000 > 3 * 2**20 / 72
        results.append(text.encode() + b"".join(path.read_bytes() for path in out.values()))
        assert not list((folder / "temporary").iterdir())
    assert results[0] == results[1] == results[2], "spilling changed the result"
    few = ["--ignore", "person", "--memory", "3M"]
    assert "nowhere" in run(folder / "many.csv", *few, "--temporary", folder / "nowhere", code=2)

    def little_disk():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))

    done = subprocess.run([PROGRAM, "link", folder / "many.csv", *few], capture_output=True, text=True, check=False,
                          preexec_fn=little_disk)
    assert done.returncode == 3 and "--temporary" in done.stderr, done.stderr
    # killed in the middle: what is on disk has no name
    process = subprocess.Popen([PROGRAM, "link", folder / "many.csv", *few, "--temporary", folder / "temporary"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    spilling = False
    while process.poll() is None and not spilling:
        try:
            links = [os.readlink(f"/proc/{process.pid}/fd/{n}") for n in os.listdir(f"/proc/{process.pid}/fd")]
            spilling = any(str(folder / "temporary") in name for name in links)
        except OSError:
            pass
        assert not list((folder / "temporary").iterdir())
    process.kill()
    process.wait()
    assert not list((folder / "temporary").iterdir())


def check_exact(folder):
    settings = folder / "exact.ini"
    settings.write_text("[link]\nclusters = exact\n")
    files = [str(folder / "l.csv"), str(folder / "r.csv")]
    run(*files, "--ignore", "person", "--settings", settings, "--pairs", folder / "p.csv")
    pairs = read(folder / "p.csv")
    assert len(pairs) > 180
    for side in ("row_l", "row_r"):
        assert len({p[side] for p in pairs}) == len(pairs)
    assert "exact.ini:2" in run(files[0], "--ignore", "person", "--settings", settings, code=2)
    assert "exact.ini:2" in run(*files, "--dedupe", "--ignore", "person", "--settings", settings, code=2)


def check_labels(folder):
    """Labelled pairs from elsewhere, by the files' own ids; a model from labels alone."""
    rng = random.Random(12)
    rows = [dict(damage(rng, p), number=0) for p in people(300, 13) for _ in range(2)]
    rng.shuffle(rows)
    for i, r in enumerate(rows):
        r["number"] = f"R{i}"
    write(folder / "labelled.csv", rows)
    same = {}
    for r in rows:
        same.setdefault(r["person"], []).append(r["number"])
    labels = [{"id_l": v[0], "id_r": v[1], "same": "yes"} for v in list(same.values())[:80]]
    labels += [{"id_l": f"R{i}", "id_r": f"R{i + 1}", "same": "no"} for i in range(0, 60, 2)
               if rows[i]["person"] != rows[i + 1]["person"]]
    write(folder / "labels.csv", labels)
    settings = folder / "labels.ini"
    settings.write_text("[link]\ntrain = labels\n")
    base = [folder / "labelled.csv", "--ignore", "person", "--id", "number"]
    given = ["--decisions", folder / "labels.csv"]
    answer = json.loads(run(*base, *given, "--settings", settings, "--clusters", folder / "c.csv", "--json"))
    assert answer["model"]["trained_from"] == "labels"
    # m is what the labels show, but for the few pairs that training starts with
    for field in answer["model"]["fields"]:
        assert field["matches_trained_on"] <= 80
        if field["name"] == "date_of_birth":  # never damaged
            assert field["levels"][0]["m"] > 0.95
    true = pairs_of([(str(i), r["person"]) for i, r in enumerate(rows, 1)])
    said = pairs_of([(c["row"], c["cluster"]) for c in read(folder / "c.csv")])
    assert f1(said, true) > 0.95, f1(said, true)
    assert json.loads(run(*base, *given, "--json"))["model"]["trained_from"] == "all pairs"
    assert "at least 10 pairs" in run(*base, "--settings", settings, code=1)
    assert "--id" in run(*base[:3], *given, code=2)
    write(folder / "labels.csv", labels + [{"id_l": CANARY, "id_r": "R1", "same": "yes"}])
    assert f"labels.csv:{len(labels) + 2}" in run(*base, *given, code=2)
    for text, line in (("[link]\ntrain = some\n", 2), ("[link]\nthreshold = 0.5\nthreshold = 0.6\n", 3),
                       ("[link]\nthreshold = 1\n", 2), ("[pairs]\nrule = phone\nall = yes\n", 3),
                       ("[compare]\ndate = nowhere\n", 2), ("[pairs]\nrule = phone.year\n", 2)):
        settings.write_text(text)
        assert f"labels.ini:{line}" in run(*base, "--settings", settings, code=2)


def check_bad_input(folder):
    def file(name, data):
        (folder / name).write_bytes(data)
        return str(folder / name)

    assert "empty" in run(file("a.csv", b""), code=2)
    assert "same name" in run(file("a.csv", b"name,name\n" + CANARY.encode() + b",x\n"), code=2)
    assert "a.csv:2" in run(file("a.csv", b"name,x\n" + CANARY.encode() + b"\xff,x\n"), code=2)
    # a column without a value, and one with a single value, are left out; the rest is linked
    rows = b"".join(b"%s%d,,x,19%d-0%d-1%d\n" % (CANARY.encode(), i % 700, 50 + i % 700 % 40, 1 + i % 700 % 9,
                                               i % 700 % 7) for i in range(800))
    answer = json.loads(run(file("a.csv", b"name,nothing,same,born\n" + rows), "--json"))
    assert [c["use"][:8] for c in answer["columns"]] == ["compared", "left out", "left out", "compared"]
    assert answer["clusters"]["persons"] == 700
    assert "no column" in run(file("a.csv", b"a,b\n" + b",x\n" * 3000), code=1)
    assert "no column" in run(file("a.csv", b"name,born\n" + (CANARY.encode() + b",1990-01-01\n") * 50), code=1)
    assert "no file has a column 'x'" in run(file("a.csv", b"name\na\nb\n"), "--ignore", "x", code=2)
    assert "cannot open" in run(folder / "nowhere.csv", code=2)
    for data, n in ((b"name,born\n", 0), (b"name,born\nann,1990-01-01\n", 1)):
        run(file("a.csv", data), "--clusters", folder / "c.csv", "--pairs", folder / "p.csv")
        assert len(read(folder / "c.csv")) == n and read(folder / "p.csv") == []
    rows = b"".join(b"%s%d,f,1990-01-0%d\n" % (CANARY.encode(), i, i % 5 + 1) for i in range(3000))
    big = file("a.csv", b"name,sex,born\n" + rows)
    settings = file("s.ini", b"[pairs]\nrule = sex\nlimit = 100000\n")
    message = run(big, "--settings", settings, code=2)
    assert "rule 'sex' gives 4498500 pairs" in message and "shared by 3000 of 3000 rows" in message
    # as a file of ten million rows with one value to block on: refused before the wait, in little memory
    limited = subprocess.run([PROGRAM, "link", file("b.csv", b"name,city\n" + b"".join(
        b"n%d,here\n" % (i % 150000) for i in range(200000))), "--settings", file("s.ini", b"[pairs]\nrule = city\n"),
        "--memory", "64M"], capture_output=True, text=True, check=False,
        preexec_fn=None if SANITIZED else lambda: resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20)))
    assert limited.returncode == 2 and "shared by 200000 of 200000 rows" in limited.stderr, limited.stderr
    assert "--memory" in run(folder / "b.csv", "--memory", "1M", code=2)
    assert "s.ini:2" in run(big, "--settings", file("s.ini", b"[pairs]\nrule = age\n"), code=2)
    assert "--memory" in run(big, "--memory", "0", code=2)


with tempfile.TemporaryDirectory() as name:
    check_dedupe(pathlib.Path(name))
    check_files(pathlib.Path(name))
    check_kept_rows(pathlib.Path(name))
    check_exact(pathlib.Path(name))
    check_spill(pathlib.Path(name))
    check_labels(pathlib.Path(name))
    check_bad_input(pathlib.Path(name))
