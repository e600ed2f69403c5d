#!/usr/bin/env python3
"""Through the store and back, by the commands alone: a file of every entity with every field (several scripts, every
state, fuzzy dates, parts, sources, handling codes) is imported, exported in each form, and what can be imported goes
into a second store and out again. JSON Lines come out as they went in. HTCDS's tables come out of the second store as
of the first, from CSV and from a workbook, with nothing but what had gone in. FollowTheMoney, which has no way back, is
read here and compared with the records."""
import collections
import csv
import json
import os
import pathlib
import random
import unittest

from schema_records import STATES, Maker, Schema, as_list, plain, read_lines, write_lines
from store_place import Place

ROOT = pathlib.Path(os.environ["CF_SOURCE_ROOT"])
LISTS = {"person": 15, "case": 12, "organisation": 12, "identifier": 20, "evidence": 12, "consent": 15, "group": 12,
         "site": 12, "episode": 15, "proceeding": 12}
USUAL = 15  # records of each other entity


def key_field(key):
    """The field a key of JSON Lines speaks of."""
    return key.split("#")[0].split("!")[0].rstrip("@?")


def known_texts(record):
    """Every known value of a record as (field, text), without its handling, part and source."""
    found = set()
    for key, values in record.items():
        if key in ("counterfoil", "entity", "id") or key.endswith("?"):
            continue
        for text in as_list(values):
            found.add((key_field(key), text.split(" ", 1)[1] if key.endswith("@") else text))
    return found


class RoundTrip(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.schema = Schema(ROOT)
        cls.records = cls.make()
        cls.by_id = {r["id"]: r for r in cls.records}
        cls.first = cls.store("first")
        path = write_lines(cls.first.folder / "all.jsonl", cls.records)
        said = cls.first.json("import", path, user="amina")
        if said["new"] != len(cls.records):
            raise AssertionError(f"of {len(cls.records)} records {said}")
        cls.to = next(r["id"] for r in cls.records if r["entity"] == "organisation")

    @classmethod
    def tearDownClass(cls):
        cls.first.close()

    @classmethod
    def make(cls):
        maker = Maker(cls.schema, random.Random(20260201))
        for entity, n in LISTS.items():
            maker.announce(entity, n)
        return [maker.record(entity, record_id) for entity in cls.schema.entities
                for record_id in maker.names.get(entity, [None] * USUAL)]

    @classmethod
    def store(cls, name):
        p = Place("round-" + name)
        p.add_user("amina", "caseworker")
        p.add_user("stella", "steward")
        return p

    def export(self, place, ending, form):
        path = place.folder / f"out{ending}"
        place.must("export", "--purpose", "referral", "--to", self.to, "--legal-basis", "court_order", "--format",
                   form, "--out", path, user="stella")
        return path

    def store_of(self, name, path):
        """A fresh store into which a file was imported."""
        p = self.store(name)
        self.addCleanup(p.close)
        p.must("import", path, user="amina")
        return p

    def test_the_file_has_everything(self):
        """Or the other tests would say less than they seem to."""
        states, fields = collections.Counter(), set()
        for record in self.records:
            for key, values in record.items():
                if key.endswith("?"):
                    states[values] += 1
                else:
                    fields.add((record["entity"], key_field(key)))
        for entity in self.schema.entities:
            for field in self.schema.fields(entity):
                self.assertIn((entity, field["name"]), fields)
        for state in STATES:
            self.assertGreater(states[state], 50)

    def test_every_record_is_shown_as_it_was(self):
        """Also those that do not leave with a person."""
        shown = collections.Counter()
        for record in self.records:
            if shown[record["entity"]] == 3:
                continue
            shown[record["entity"]] += 1
            said = self.first.json("show", record["id"], user="amina")
            self.assertEqual(said["withheld"], 0)
            back = {"counterfoil": 1, "entity": said["entity"], "id": said["id"]}
            for value in said["values"]:
                field = self.schema.field(said["entity"], value["field"])
                key = value["field"]
                key += f"#{value['part'] - 1}" if value.get("part", 1) > 1 else ""
                key += f"!{value['handling']}" if value["handling"] != field["handling"] else ""
                text = value["value"] if value["state"] == "known" else value["state"]
                if value.get("source"):
                    key, text = key + "@", f"{value['source']} {text}"
                back.setdefault(key + ("" if value["state"] == "known" else "?"), []).append(text)
            self.assertEqual(plain(back), plain(record))

    def test_json_lines(self):
        out = self.export(self.first, ".jsonl", "jsonl")
        left = read_lines(out)
        for record in left.values():
            self.assertEqual(plain(record), plain(self.by_id[record["id"]]))
        persons = {r["id"] for r in self.records if r["entity"] == "person"}
        self.assertLessEqual(persons, set(left))
        self.assertGreater(len({r["entity"] for r in left.values()}), 10)
        second = self.store_of("second", out)
        again = self.export(second, ".jsonl", "jsonl")
        self.assertEqual(read_lines(again), left)
        # a third time, to see that the order of lines is the only thing that a store may change
        self.assertEqual(sorted(set(again.read_bytes().splitlines())), sorted(set(out.read_bytes().splitlines())))

    @staticmethod
    def cells(path):
        """How often each cell stands in each column of a table."""
        with open(path, encoding="utf-8", newline="") as lines:
            rows = list(csv.reader(lines))
        return collections.Counter((name, cell) for row in rows[1:] for name, cell in zip(rows[0], row) if cell)

    def test_htcds(self):
        table = self.export(self.first, ".csv", "htcds-csv")
        book = self.export(self.first, ".xlsx", "xlsx")
        second = self.store_of("csv", table)
        went, came = self.cells(table), self.cells(self.export(second, ".csv", "htcds-csv"))
        # made of several answers, also of those with a source of their own, which do not travel
        made_up = [cell for cell in went if cell[0] == "con_Consent"]
        for cell in made_up:
            self.assertLessEqual(came.pop(cell, 0), went.pop(cell))
        self.assertEqual((went - came, came - went), ({}, {}))
        lines = read_lines(self.export(second, ".jsonl", "jsonl"))
        third = self.store_of("again", second.folder / "out.csv")
        self.assertEqual(read_lines(self.export(third, ".jsonl", "jsonl")), lines)
        from_book = self.store_of("book", book)
        self.assertEqual(read_lines(self.export(from_book, ".jsonl", "jsonl")), lines)
        self.compare_with_what_went(lines)

    def compare_with_what_went(self, lines):
        """Nothing has come that had not gone; and each field that HTCDS has a column for has come."""
        came, went = set(), set()
        for record in lines.values():
            origin = self.by_id[record["id"]]
            self.assertEqual(record["entity"], origin["entity"])
            self.assertLessEqual(known_texts(record), known_texts(origin), record["entity"])
            came |= {(record["entity"], field) for field, _ in known_texts(record)}
            went |= {(record["entity"], key) for key in origin if key in
                     {f["name"] for f in self.schema.fields(origin["entity"]) if f["maps"].get("htcds")}}
        self.assertGreater(len(went), 60)
        self.assertEqual(went - came, set())

    def test_follow_the_money(self):
        with open(self.export(self.first, ".ftm.json", "ftm"), encoding="utf-8") as lines:
            entities = {e["id"]: e for e in map(json.loads, lines)}
        n = 0
        for record in self.records:
            if record["entity"] != "person":
                continue
            said = entities[record["id"]]
            self.assertEqual(said["schema"], "Person")
            for field in self.schema.fields("person"):
                names = [m["name"].split(":")[-1] for m in field["maps"].get("ftm", [])]
                if field["type"] != "text" or not names:
                    continue
                texts = {text for name, text in known_texts(record) if name == field["name"]}
                properties = {text for name in names + ["alias"] for text in said["properties"].get(name, [])}
                self.assertLessEqual(texts, properties, field["name"])
                n += len(texts)
        self.assertGreater(n, 100)


if __name__ == "__main__":
    unittest.main()
