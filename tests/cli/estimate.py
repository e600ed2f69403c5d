#!/usr/bin/env python3
"""The estimate command as others use it: its JSON, its exit codes, its errors.

The expected figures were published with the data or obtained with the R packages named in data/estimate.
"""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["COUNTERFOIL"]
DATA = pathlib.Path(os.environ["CF_SOURCE_ROOT"]) / "data" / "estimate"


def run(*args, table=None):
    """Runs estimate; table is CSV text to estimate from."""
    if table is None:
        return subprocess.run([PROGRAM, "estimate", *map(str, args)], capture_output=True, text=True, check=False)
    with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8") as f:
        f.write(table)
        f.flush()
        return subprocess.run(
            [PROGRAM, "estimate", f.name, *map(str, args)], capture_output=True, text=True, check=False
        )


def results(done):
    return {r["method"]: r for r in json.loads(done.stdout)["results"]}


class Figures(unittest.TestCase):
    def test_defaults(self):
        expected = {
            "UKdat.csv": (12213.9951, 11417.9911, 12350),
            "UKdat_5.csv": (13444.1312, 11312.9903, 22991.33),
            "Korea.csv": (141.9926, 268.7778, 157.1667),
            "Western.csv": (2007.1418, 2483.3839, 2483.3839),
        }
        for name, (main, stepwise, bic) in expected.items():
            with self.subTest(name):
                done = run(DATA / name, "--json")
                self.assertEqual(done.returncode, 0, done.stderr)
                found = results(done)
                self.assertAlmostEqual(found["main"]["estimate"], main, delta=1e-4)
                self.assertAlmostEqual(found["stepwise"]["estimate"], stepwise, delta=1e-4)
                self.assertAlmostEqual(found["bic"]["estimate"], bic, delta=0.5 if bic == 12350 else 0.01)
                for r in found.values():
                    self.assertEqual(r["status"], "identified")
                    self.assertEqual(r["level"], 0.95)
                    self.assertIsNone(r["lower"])
                    self.assertIsNone(r["upper"])

    def test_interval_does_not_depend_on_threads(self):
        one = run(DATA / "Western.csv", "--method", "stepwise", "--bootstrap", 1000, "--threads", 1, "--json")
        two = run(DATA / "Western.csv", "--method", "stepwise", "--bootstrap", 1000, "--threads", 3, "--json")
        self.assertEqual(one.stdout, two.stdout)
        found = results(one)["stepwise"]
        self.assertTrue(1050 <= found["lower"] <= 1420, found)
        self.assertTrue(3400 <= found["upper"] <= 4000, found)

    def test_chapman(self):
        # Chapman (1951): (n1 + 1)(n2 + 1) / (m + 1) - 1 with n1 = 60, n2 = 50, m = 10
        done = run("--json", table="a,b,count\n1,0,50\n0,1,40\n1,1,10\n")
        self.assertAlmostEqual(results(done)["chapman"]["estimate"], 61 * 51 / 11 - 1, delta=1e-9)


class NoAnswer(unittest.TestCase):
    def test_lists_that_never_meet(self):
        done = run("--json", table="a,b,c,count\n1,0,0,10\n0,1,0,10\n0,0,1,10\n")
        self.assertEqual(done.returncode, 1)
        for r in json.loads(done.stdout)["results"]:
            self.assertIn(r["status"], ("no_finite_estimate", "not_identifiable"))
            self.assertIsNone(r["estimate"])

    def test_says_why_in_words(self):
        done = run(table="a,b,c,count\n1,0,0,10\n0,1,0,10\n0,0,1,10\n")
        self.assertEqual(done.returncode, 1)
        self.assertTrue(done.stdout + done.stderr)
        self.assertNotIn("nan", (done.stdout + done.stderr).lower())


class BadInput(unittest.TestCase):
    def test_wrong_use(self):
        for args in ([], ["nowhere.csv"], [DATA / "Korea.csv", "--method", "magic"], [DATA / "Korea.csv", "--p", "2"],
                     [DATA / "Korea.csv", "--bootstrap", "-1"], [DATA / "Korea.csv", "--nothing"]):
            with self.subTest(args):
                done = run(*args)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertTrue(done.stderr.startswith("counterfoil: "), done.stderr)
                self.assertEqual(done.stdout, "")

    def test_bad_tables(self):
        tables = {
            "a,b,count\n1,0,5\n0,0,7\n": ":3",
            "a,b,count\n1,2,5\n": ":2",
            "a,b,count\n1,1,-5\n": ":2",
            "a,b,count\n1,1,1.5\n": ":2",
            "a,b,count\n1,1\n": ":2",
            "a,a,count\n1,1,4\n": "same name",
            "count\n4\n": "list",
            "": "",
            "a,b,n\n1,1,4\n": "count",
        }
        for table, part in tables.items():
            with self.subTest(table):
                done = run(table=table)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(part, done.stderr)

    def test_help(self):
        done = run("--help")
        self.assertEqual(done.returncode, 0)
        self.assertIn("example", done.stdout)


if __name__ == "__main__":
    unittest.main()
