#!/usr/bin/env python3
"""The study commands as people use them: by hand over folders, and "study run"; their help, errors and exit codes."""
import csv
import json
import os
import pathlib
import shutil
import stat
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["COUNTERFOIL"]
COMMANDS = ["run", "keygen", "new", "join", "step", "status", "finish", "audit", "score"]
KEYS = """[matching]
threshold = 100
max_repeats = 4
phone.exact = phone 150
email.exact = email 150
[key phone]
parts = phone.exact
slots = 2
[key email]
parts = email.exact
"""


def run(*args):
    return subprocess.run([PROGRAM, "study", *map(str, args)], capture_output=True, text=True, check=False, timeout=120)


def write_list(path, first, n=40, extra=""):
    """Persons first to first + n - 1."""
    with open(path, "w", encoding="utf-8") as f:
        f.write("id,email,phone" + (",note" if extra else "") + "\n")
        for p in range(first, first + n):
            f.write(f"{p},person.{p}@example.org,+61 400 000 {p:03d}" + (f",{extra}" if extra else "") + "\n")


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
        self.root = pathlib.Path(self.folder.name)
        (self.root / "keys.ini").write_text(KEYS)

    def tearDown(self):
        self.folder.cleanup()

    def done(self, *args, code=0):
        got = run(*args)
        self.assertEqual(got.returncode, code, got.stderr + got.stdout)
        return got


class ByHand(Folder):
    """Three parties and an analyst, each in a folder, files carried by hand."""

    names = ["police", "shelter", "Schutz Haus", "office"]

    def make(self):
        (self.root / "secret").write_text("correct horse\n")
        for i, name in enumerate(self.names):
            args = ["keygen", "--name", name, "--dir", self.root / str(i)]
            if i == 0:
                args += ["--passphrase-file", self.root / "secret"]
            said = self.done(*args).stdout
            self.assertIn("fingerprint", said)
            self.assertEqual(mode(self.root / str(i) / "identity.key"), 0o600)
        cards = [self.root / str(i) / f"{n.replace(' ', '-')}.card" for i, n in enumerate(self.names)]
        args = ["new", "--out", self.root / "study.ini", "--title", "Three lists", "--keys", self.root / "keys.ini"]
        for name, card in zip(self.names[:3], cards):
            args += ["--party", f"{name}={card}"]
        self.done(*args, "--analyst", f"office={cards[3]}", "--country", "61", "--epoch", "2026-H1")
        for i in range(3):
            write_list(self.root / f"list{i}.csv", 10 * i)

    def access(self, i):
        return ["--dir", self.root / str(i)] + (["--passphrase-file", self.root / "secret"] if i == 0 else [])

    def join(self, i, *more, code=0):
        listed = ["--list", self.root / f"list{i}.csv", "--ignore", "id"] if i < 3 else []
        return self.done("join", "--study", self.root / "study.ini", *self.access(i), *listed, *more, code=code)

    def carry(self):
        n = 0
        for i in range(3):
            for path in (self.root / str(i) / "out").iterdir():
                to = path.name.split("_")[0].split("-")[1]
                to = 3 if to == "analyst" else int(to) - 1
                shutil.move(path, self.root / str(to) / "in" / path.name)
                n += 1
        return n

    def test_whole_study(self):
        self.make()
        shown = self.join(1, "--show").stdout
        self.assertIn("email -> email", shown)
        self.assertIn("what will be revealed", shown)
        self.assertFalse((self.root / "1" / "state").exists())
        for i in range(4):
            self.join(i)
        self.assertIn("joined a study already", self.join(1, code=2).stderr)
        self.done("step", "--dir", self.root / "0", code=2)  # no passphrase
        status = json.loads(self.done("status", "--dir", self.root / "2", "--json").stdout)
        self.assertEqual((status["joins"], status["joins_wanted"], status["complete"]), (0, 2, False))
        self.assertIn("waits for the join of police", self.done("status", "--dir", self.root / "2").stdout)
        self.assertIn("0 of 3 lists", self.done("finish", *self.access(3), "--out", self.root, code=2).stderr)
        while self.carry():
            for i in range(4):
                said = json.loads(self.done("step", *self.access(i), "--json").stdout)
                self.assertEqual(said["refused"], 0)
        self.assertIn("only the analyst", self.done("finish", *self.access(1), "--out", self.root, code=2).stderr)
        out = self.root / "result"
        said = json.loads(self.done("finish", *self.access(3), "--out", out, "--bootstrap", 50, "--json").stdout)
        self.assertEqual(said["persons"], 60)
        self.assertEqual([x["records"] for x in said["lists"]], [40, 40, 40])
        self.assertEqual(mode(out / "overlap.csv"), 0o600)
        self.assertIn("<html", (out / "report.html").read_text())
        json.loads((out / "report.json").read_text())
        with open(out / "overlap.csv", encoding="utf-8") as f:
            rows = {tuple(row[:3]): int(row[3]) for row in list(csv.reader(f))[1:]}
        # 0-39, 10-49, 20-59
        self.assertEqual(rows, {("1", "0", "0"): 10, ("1", "1", "0"): 10, ("1", "1", "1"): 20, ("0", "1", "1"): 10,
                                ("0", "0", "1"): 10})
        # again, with another bootstrap, from the stored table
        self.done("finish", *self.access(3), "--out", out, "--bootstrap", 0)
        self.assertIn("is the list that was joined",
                      self.done("audit", *self.access(1), "--list", self.root / "list1.csv", "--ignore", "id").stdout)
        self.done("audit", *self.access(1), "--list", self.root / "list2.csv", "--ignore", "id", code=2)

    def test_stray_files(self):
        self.make()
        for i in range(4):
            self.join(i)
        (self.root / "1" / "in" / "holiday.jpg").write_bytes(b"\xff\xd8" * 500)
        said = self.done("step", *self.access(1), code=2)
        self.assertIn("refused holiday.jpg: ", said.stderr)
        self.assertTrue((self.root / "1" / "refused" / "holiday.jpg").exists())
        self.done("step", *self.access(1))

    def test_wrong_use(self):
        self.make()
        cases = [
            (["keygen", "--name", "x"], "--dir"),
            (["keygen", "--name", "police", "--dir", self.root / "0"], "identity.key"),
            (["keygen", "--name", "a/b", "--dir", self.root / "9"], "name"),
            (["new", "--out", self.root / "study.ini", "--title", "x", "--party", f"police={self.root}/0/police.card",
              "--party", f"shelter={self.root}/1/shelter.card", "--analyst", f"office={self.root}/3/office.card"],
             "there already"),
            (["new", "--out", self.root / "s.ini", "--title", "x", "--party", "police"], "NAME=CARD"),
            (["new", "--out", self.root / "s.ini", "--title", "x", "--party", f"police={self.root}/1/shelter.card",
              "--party", f"shelter={self.root}/1/shelter.card", "--analyst", f"office={self.root}/3/office.card"],
             "is the card of 'shelter'"),
            (["join", "--study", self.root / "study.ini", "--dir", self.root / "1"], "--list"),
            (["join", "--study", self.root / "study.ini", "--dir", self.root / "nobody", "--list", "x.csv"],
             "identity.key"),
            (["join", "--study", self.root / "list0.csv", "--dir", self.root / "1", "--list", "x.csv"], "list0.csv"),
            (["join", "--study", self.root / "study.ini", "--dir", self.root / "1", "--list", self.root / "no.csv"],
             "no.csv"),
            (["join", "--study", self.root / "study.ini", "--dir", self.root / "1", "--list", self.root / "list1.csv",
              "--ignore", "nothing"], "nothing"),
            (["step", "--dir", self.root / "1"], "has not joined"),
            (["status", "--dir", self.root / "nowhere"], "has not joined"),
            (["finish", "--dir", self.root / "3", "--out", self.root / "o"], "has not joined"),
            (["dance"], "no command 'dance'"),
            (["step", "--dance"], "--dance"),
            (["run", "--lists", self.root / "list0.csv"], "--out"),
        ]
        for args, says in cases:
            with self.subTest(args=args):
                self.assertIn(says, self.done(*args, code=2).stderr)

    def test_help(self):
        self.done(code=2)
        for command in COMMANDS:
            said = self.done(command, "--help").stdout
            self.assertIn(f"usage: counterfoil study {command}", said)
            self.assertIn("example:", said)
        self.assertIn("run", self.done("--help").stdout)


class Run(Folder):
    def lists(self, n=3, **more):
        paths = []
        for i in range(n):
            paths.append(self.root / f"list {i}.csv")
            write_list(paths[-1], 10 * i, **more)
        return paths

    def start(self, paths, *more, code=0):
        return self.done("run", "--lists", *paths, "--out", self.root / "out", "--keys", self.root / "keys.ini",
                         "--bootstrap", 20, *more, code=code)

    def test_json(self):
        got = self.start(self.lists(), "--ignore", "id", "--json", "--title", "A study", "--country", "61")
        said = json.loads(got.stdout)
        self.assertEqual(said["persons"], 60)
        self.assertEqual(said["study"], "A study")
        self.assertIn("email -> email", got.stderr)
        self.assertEqual([x["name"] for x in said["lists"]], ["list 0", "list 1", "list 2"])
        for name in ["report.html", "report.json", "overlap.csv", "study.ini", "run.ini", "parties"]:
            self.assertTrue((self.root / "out" / name).exists(), name)
        self.assertEqual(mode(self.root / "out" / "overlap.csv"), 0o600)
        # the parties' own processes leave their secrets wiped
        left = [p for p in (self.root / "out").rglob("*") if p.name in ("secrets.sealed", "own.sealed")]
        self.assertEqual(left, [])

    def test_again(self):
        paths = self.lists()
        self.start(paths)
        first = (self.root / "out" / "overlap.csv").read_text()
        self.start(paths)
        self.assertEqual(first, (self.root / "out" / "overlap.csv").read_text())
        write_list(paths[0], 500)
        self.assertIn("have changed since", self.start(paths, code=2).stderr)
        self.assertIn("other options", self.start(paths[:2], code=2).stderr)

    def test_foreign_folder(self):
        paths = self.lists()
        (self.root / "out").mkdir()
        (self.root / "out" / "thesis.txt").write_text("mine")
        self.assertIn("holds other files", self.start(paths, code=2).stderr)
        self.assertEqual((self.root / "out" / "thesis.txt").read_text(), "mine")

    def test_names(self):
        paths = self.lists()
        other = self.root / "other"
        other.mkdir()
        write_list(other / "list 0.csv", 5)
        self.assertIn("two lists are called 'list 0'", self.start([paths[0], other / "list 0.csv"], code=2).stderr)
        got = self.start([paths[0], other / "list 0.csv"], "--names", "here,there", "--json")
        self.assertEqual([x["name"] for x in json.loads(got.stdout)["lists"]], ["here", "there"])
        self.start(paths, "--names", "one,two", code=2)

    def test_two_lists_that_share_nobody(self):
        """The data cannot say: exit code 1, and everything is written."""
        write_list(self.root / "a.csv", 0)
        write_list(self.root / "b.csv", 500)
        write_list(self.root / "c.csv", 800)
        got = self.start([self.root / x for x in ("a.csv", "b.csv", "c.csv")], "--json", code=1)
        said = json.loads(got.stdout)
        self.assertEqual(said["verdict"], "not_estimable")
        for r in said["results"]:
            self.assertIsNone(r["estimate"])
        self.assertTrue((self.root / "out" / "report.html").exists())

    def test_short_list(self):
        paths = self.lists()
        write_list(paths[1], 0, n=4)
        self.assertIn("at least 10", self.start(paths, code=2).stderr)
        shutil.rmtree(self.root / "out")
        self.start(paths, "--min-rows", 3, "--k", 3)

    def test_stated_columns(self):
        paths = self.lists(extra="x")
        (self.root / "columns.ini").write_text("[columns list 0]\nemail = id\nphone = phone\n")
        got = self.start(paths, "--map", self.root / "columns.ini")
        self.assertIn("id -> email", got.stdout)

    def test_bad_list(self):
        paths = self.lists()
        paths[1].write_text("email,email\na,b\n")
        self.assertIn("list 1.csv", self.start(paths, code=2).stderr)
        self.start([paths[0]], code=2)
        self.start([self.root / "no.csv", paths[0]], code=2)


if __name__ == "__main__":
    unittest.main()
