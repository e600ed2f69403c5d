#!/usr/bin/env python3
"""Reads data/schema and data/codes, checks them, and writes what is made from them.

usage: schema.py tables DATA OUTPUT.c   the constant tables behind src/model/schema.h
       schema.py docs DATA OUTPUT.md    docs/fields.md
       schema.py check DATA             only the checks

A fault in the data ends with "FILE: field 'NAME': WHAT" for each and nothing written.
"""
import csv
import json
import pathlib
import re
import sys
import unicodedata

TYPES = {"text": "TEXT", "code": "CODE", "codes": "CODES", "date": "DATE", "time": "TIME", "integer": "INTEGER",
         "number": "NUMBER", "yes_no": "YES_NO", "country": "COUNTRY", "language": "LANGUAGE",
         "identifier": "IDENTIFIER", "reference": "REFERENCE"}
WITH_CODES = {"code", "codes", "country", "language", "identifier"}
SENSITIVITIES = {"open": "OPEN", "coded": "CODED", "identifying": "IDENTIFYING", "protected": "PROTECTED"}
HANDLINGS = ["P0", "P1", "P2", "P3", "P4", "P5"]
SEARCHES = {"none": "NONE", "exact": "EXACT", "name": "NAME"}
STANDARDS = ["htcds", "ctdc", "ftm", "ictip"]
STANDARD_NAMES = {"htcds": "HTCDS", "ctdc": "CTDC", "ftm": "FollowTheMoney", "ictip": "IC-TIP"}
STATUSES = {"sourced": "SOURCED", "proposed": "PROPOSED", "from-memory": "FROM_MEMORY"}
LANGUAGES = ["en", "fr", "es"]
CODE_COLUMNS = ["code", "label", "label_fr", "label_es", "htcds", "ctdc", "ftm", "ictip", "spellings", "source",
                "status"]
CODE_COLUMNS_NEEDED = ["code", "label", "source", "status"]
ENTITY_KEYS = {"entity", "number", "label", "help", "ftm", "owners", "retired", "fields"}
FIELD_KEYS = {"number", "name", "type", "part", "repeats", "required", "sensitivity", "handling", "search",
              "minimum", "maximum", "not_below", "hex_digits", "codes", "targets", "label", "help", "maps", "source",
              "verified"}
MAP_KEYS = {"name", "kind", "when", "list", "note", "verified"}
NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
# lists that something other than a field refers to
USED_ELSEWHERE = {"handling.code": "the handling of every value"}
# lists in which things share a name (two languages, an old and a new currency): such a name is never guessed
SHARED_NAMES = {"iso.currency", "iso.language"}
MAX_TEXT = 600


class Faults:
    """Gathers what is wrong, so that one run says all of it."""

    def __init__(self):
        self.lines = []

    def add(self, path, what, field=None):
        place = f"{path}: field '{field}': " if field else f"{path}: "
        self.lines.append(place + what)

    def stop_if_any(self):
        if self.lines:
            sys.exit("\n".join(self.lines))


# ---- code lists

def spelling_key(text):
    """As text_key of src/base/text.h without its spaces, for what is written in Latin letters."""
    special = {"ß": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ø": "o", "Ø": "o", "đ": "d", "Đ": "d",
               "ł": "l", "Ł": "l", "ı": "i", "ð": "d", "Ð": "d", "þ": "th", "Þ": "th", "ŋ": "n", "ǃ": "!"}
    text = "".join(special.get(c, c) for c in text)
    text = unicodedata.normalize("NFKD", text)
    return re.sub("[^a-z0-9]", "", text.lower())


def is_latin(text):
    return all(ord(c) < 0x300 or unicodedata.combining(c) or 0x1E00 <= ord(c) < 0x1F00 or
               unicodedata.category(c)[0] in "PZ" for c in text)


def check_code_row(row, path, seen, faults):
    code = row["code"]
    place = f"{path.name}: code '{code}'"
    if not re.fullmatch(r"[!-~]+", code) or ":" in code or len(code) > 80:
        faults.add(place, "a code is 1 to 80 printable ASCII characters without space or colon")
    if code in seen:
        faults.add(place, "stands twice")
    seen.add(code)
    if not row["label"] or not row["source"]:
        faults.add(place, "has no label or no source")
    if row["status"] not in STATUSES:
        faults.add(place, f"status is '{row['status']}', not one of {', '.join(STATUSES)}")
    for key, value in row.items():
        if value != value.strip() or unicodedata.normalize("NFC", value) != value:
            faults.add(place, f"column {key} has spaces at its ends or is not in NFC")


def read_list(path, faults):
    with open(path, encoding="utf-8", newline="") as f:
        reader = csv.DictReader(f, strict=True)
        columns = reader.fieldnames or []
        for wrong in [c for c in columns if c not in CODE_COLUMNS]:
            faults.add(path.name, f"unknown column '{wrong}'")
        for missing in [c for c in CODE_COLUMNS_NEEDED if c not in columns]:
            faults.add(path.name, f"column '{missing}' is missing")
        faults.stop_if_any()
        rows, seen = [], set()
        for row in reader:
            if None in row or None in row.values():
                faults.add(path.name, f"line {reader.line_num} has another number of cells than the header")
                continue
            row = {c: row.get(c, "") for c in CODE_COLUMNS}
            check_code_row(row, path, seen, faults)
            rows.append(row)
    if not rows:
        faults.add(path.name, "has no codes")
    return rows


def spellings_of(row):
    """(rank, text): the lower rank wins where two codes share a spelling."""
    out = [(0, row["code"])]
    for text in row["spellings"].split(";"):
        if text:
            out.append((1 if len(text) <= 3 and text.isascii() else 3, text))
    out += [(2, row[k]) for k in ("label", "label_fr", "label_es") if row[k]]
    return [(rank, text) for rank, text in out if is_latin(text) and spelling_key(text)]


def spelling_table(name, rows, faults):
    best = {}
    for index, row in enumerate(rows):
        for rank, text in spellings_of(row):
            best.setdefault(spelling_key(text), {}).setdefault(rank, set()).add(index)
    table = []
    for key, ranks in sorted(best.items()):
        winners = ranks[min(ranks)]
        if len(winners) == 1:
            table.append((key, winners.pop()))
        elif name not in SHARED_NAMES:
            codes = ", ".join(sorted(rows[i]["code"] for i in winners))
            faults.add(f"{name}.csv", f"the spelling '{key}' stands for several codes: {codes}")
    return table


def read_lists(folder, faults):
    lists = {}
    for path in sorted(folder.glob("*.csv")):
        lists[path.stem] = read_list(path, faults)
    if not lists:
        faults.add(str(folder), "holds no code lists")
    return lists


# ---- entities

def check_keys(where, given, known, faults, field=None):
    for key in given:
        if key not in known:
            faults.add(where, f"unknown key '{key}'", field)


def check_label(where, label, faults, field=None):
    if not isinstance(label, dict) or not label.get("en"):
        faults.add(where, "needs a label with at least \"en\"", field)
        return
    for language, text in label.items():
        if language not in LANGUAGES:
            faults.add(where, f"label in '{language}', which schema.h has no room for", field)
        if not isinstance(text, str) or text != text.strip() or not text:
            faults.add(where, f"label in '{language}' is empty or has spaces at its ends", field)


class Schema:
    """All entities in the order of their numbers, and all code lists in the order of their names."""

    def __init__(self, data):
        self.faults = Faults()
        self.lists = read_lists(data / "codes", self.faults)
        self.entities = []
        self.unmapped = []
        self.files = {}
        for path in sorted((data / "schema").glob("*.json")):
            self.read_file(path)
        self.faults.stop_if_any()
        self.entities.sort(key=lambda e: e["number"])
        self.by_name = {e["entity"]: e for e in self.entities}
        self.spellings = {name: spelling_table(name, rows, self.faults) for name, rows in self.lists.items()}
        self.check_numbers()
        for entity in self.entities:
            self.check_entity(entity)
        self.faults.stop_if_any()
        self.mappings = self.all_mappings()
        self.check_mappings()
        self.check_lists_used()
        self.faults.stop_if_any()

    def read_file(self, path):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as e:
            self.faults.add(path.name, f"is no JSON: {e}")
            return
        if path.name == "unmapped.json":
            self.unmapped = content["unmapped"]
            return
        if content.get("entity") != path.stem:
            self.faults.add(path.name, f"holds the entity '{content.get('entity')}'")
        check_keys(path.name, content, ENTITY_KEYS, self.faults)
        for key in ("number", "label", "help", "fields"):
            if key not in content:
                self.faults.add(path.name, f"'{key}' is missing")
                return
        self.files[content["entity"]] = path.name
        self.entities.append(content)

    def check_numbers(self):
        seen = {}
        for entity in self.entities:
            other = seen.setdefault(entity["number"], entity["entity"])
            if other != entity["entity"]:
                self.faults.add(self.files[entity["entity"]], f"number {entity['number']} is that of {other}")

    def field(self, entity, name):
        return next((f for f in entity["fields"] if f["name"] == name), None)

    def check_entity(self, entity):
        where = self.files[entity["entity"]]
        check_label(where, entity["label"], self.faults)
        names, numbers = set(), set(entity.get("retired", []))
        for field in entity["fields"]:
            name = field.get("name", "?")
            check_keys(where, field, FIELD_KEYS, self.faults, name)
            missing = [k for k in ("number", "name", "type", "sensitivity", "handling", "label", "help", "maps",
                                   "source", "verified") if k not in field]
            for key in missing:
                self.faults.add(where, f"'{key}' is missing", name)
            if missing:
                continue
            if not NAME.match(name) or name in names:
                self.faults.add(where, "a name is lower-case words joined by _, and stands once", name)
            if not isinstance(field["number"], int) or not 0 < field["number"] < 65536 or field["number"] in numbers:
                self.faults.add(where, f"number {field['number']} is taken, retired or no number", name)
            names.add(name)
            numbers.add(field["number"])
            self.check_field(where, entity, field)
        for owner in entity.get("owners", []):
            field = self.field(entity, owner)
            if not field or field["type"] != "reference":
                self.faults.add(where, f"owner '{owner}' is no reference of the entity")

    def check_field(self, where, entity, field):
        name, kind = field["name"], field["type"]

        def bad(what):
            self.faults.add(where, what, name)

        if kind not in TYPES:
            bad(f"type '{kind}' is none of {', '.join(TYPES)}")
            return
        for key, known in (("sensitivity", SENSITIVITIES), ("handling", HANDLINGS)):
            if field[key] not in known:
                bad(f"{key} '{field[key]}' is none of {', '.join(known)}")
        if field.get("search", "none") not in SEARCHES:
            bad(f"search '{field['search']}' is none of {', '.join(SEARCHES)}")
        check_label(where, field["label"], self.faults, name)
        if not field["help"] or len(field["help"]) > MAX_TEXT:
            bad(f"needs a help text of at most {MAX_TEXT} characters")
        if (kind in WITH_CODES) != ("codes" in field):
            bad("codes go with the types " + ", ".join(sorted(WITH_CODES)) + ", and with no other")
        elif "codes" in field and field["codes"] not in self.lists:
            bad(f"code list '{field['codes']}' is not in data/codes")
        if (kind == "reference") != ("targets" in field):
            bad("targets go with references, and with nothing else")
        for target in field.get("targets", []):
            if target not in self.by_name:
                bad(f"target '{target}' is no entity")
        if kind == "codes" and not field.get("repeats"):
            bad("a set of codes repeats: say so")
        if field.get("required") and field.get("part"):
            bad("a field of a part cannot be required")
        if field["sensitivity"] in ("identifying", "protected") and field["handling"] in ("P0", "P1", "P2"):
            bad("identifies, but its handling is looser than P3")
        self.check_limits(entity, field, bad)

    def check_limits(self, entity, field, bad):
        numeric = field["type"] in ("integer", "number")
        if ("minimum" in field or "maximum" in field) and not numeric:
            bad("minimum and maximum go with numbers")
        if "hex_digits" in field and field["type"] != "text":
            bad("hex_digits goes with text")
        if "not_below" in field:
            other = self.field(entity, field["not_below"])
            if not other or other["type"] != field["type"] or not (numeric or field["type"] in ("date", "time")):
                bad(f"not_below '{field['not_below']}' is no date, time or number of the same type here")
            elif other.get("repeats") or field.get("repeats"):
                bad("not_below cannot be told where fields repeat")

    # ---- mappings

    def all_mappings(self):
        """(standard, name, entity, field, kind, when_field, when, code, note, verified)"""
        out = []
        for entity in self.entities:
            for field in entity["fields"]:
                for standard, maps in field["maps"].items():
                    for m in maps:
                        out += self.expand(entity, field, standard, m)
        out.sort(key=lambda m: (STANDARDS.index(m["standard"]), m["name"].encode(), m["entity"]["number"],
                                m["field"]["number"]))
        return out

    def expand(self, entity, field, standard, m):
        where, name = self.files[entity["entity"]], field["name"]
        if standard not in STANDARDS:
            self.faults.add(where, f"unknown standard '{standard}'", name)
            return []
        check_keys(where, m, MAP_KEYS, self.faults, name)
        base = {"standard": standard, "name": m.get("name", ""), "entity": entity, "field": field,
                "kind": m.get("kind"), "when": m.get("when"), "code": None, "note": m.get("note"),
                "verified": m.get("verified", True)}
        if not base["name"]:
            self.faults.add(where, f"a mapping to {standard} without a name", name)
        if base["kind"] and (field["type"] != "identifier" or not self.code(field["codes"], base["kind"])):
            self.faults.add(where, f"kind '{base['kind']}' is no kind of this identifier", name)
        for other, code in (base["when"] or {}).items():
            condition = self.field(entity, other)
            if not condition or "codes" not in condition or not self.code(condition["codes"], code):
                self.faults.add(where, f"when {other} is {code}: there is no such field or code", name)
        self.check_crosswalk(where, field, standard, m)
        if "*" not in base["name"]:
            return [base]
        out = []
        for row in self.lists.get(field.get("codes"), []):
            if row[standard] and not row[standard].startswith("~"):
                out.append({**base, "name": base["name"].replace("*", row[standard]), "code": row["code"]})
        return out

    def code(self, list_name, code):
        return next((r for r in self.lists[list_name] if r["code"] == code), None)

    def check_crosswalk(self, where, field, standard, m):
        """Every name in a crosswalk column stands in the other standard's own list."""
        if "list" not in m:
            return
        if m["list"] not in self.lists:
            self.faults.add(where, f"code list '{m['list']}' is not in data/codes", field["name"])
            return
        known = {r["code"] for r in self.lists[m["list"]]}
        for row in self.lists[field["codes"]]:
            if row[standard] and row[standard].lstrip("~") not in known:
                self.faults.add(where, f"code '{row['code']}' is '{row[standard]}' in {standard}, which is not in "
                                f"{m['list']}", field["name"])

    def check_mappings(self):
        """In HTCDS and CTDC a name leads to one field; only conditions may tell several apart."""
        seen = {}
        for m in self.mappings:
            if m["standard"] == "ftm":
                continue
            key = (m["standard"], m["name"], json.dumps(m["when"]))
            other = seen.setdefault(key, m)
            # a field that an organisation's industry shares with an episode would be ambiguous
            if other is not m:
                self.faults.add(self.files[m["entity"]["entity"]],
                                f"{m['standard']} name '{m['name']}' is also that of "
                                f"{other['entity']['entity']}.{other['field']['name']}", m["field"]["name"])
        for u in self.unmapped:
            if any(m["standard"] == u["standard"] and m["name"] == u["name"] for m in self.mappings):
                self.faults.add("unmapped.json", f"'{u['name']}' has a field after all")
            if not u["reason"]:
                self.faults.add("unmapped.json", f"'{u['name']}' has no reason")

    def check_lists_used(self):
        used = dict(USED_ELSEWHERE)
        for entity in self.entities:
            for field in entity["fields"]:
                if "codes" in field:
                    used.setdefault(field["codes"], True)
                for maps in field["maps"].values():
                    for m in maps:
                        if "list" in m:
                            used.setdefault(m["list"], True)
        for name in self.lists:
            if name not in used:
                self.faults.add(f"{name}.csv", "no field and no mapping uses this list")


# ---- C tables

def c_string(text):
    if text is None or text == "":
        return "NULL"
    out = []
    for byte in text.encode("utf-8"):
        c = chr(byte)
        if c in '"\\':
            out.append("\\" + c)
        elif 32 <= byte < 127 and c != "?":
            out.append(c)
        else:
            out.append(f"\\{byte:03o}")
    return '"' + "".join(out) + '"'


def c_number(value, otherwise):
    return otherwise if value is None else repr(float(value))


def c_ident(name):
    return re.sub("[^a-z0-9]", "_", name.lower())


class Tables:
    """Writes the C source, table by table."""

    def __init__(self, schema):
        self.schema = schema
        self.lines = []
        self.list_index = {name: i for i, name in enumerate(schema.lists)}
        self.field_index = {(e["entity"], f["name"]): i for e in schema.entities
                            for i, f in enumerate(e["fields"])}
        self.entity_index = {e["entity"]: i for i, e in enumerate(schema.entities)}

    def put(self, line=""):
        self.lines.append(line)

    def code_ref(self, list_name, code):
        index = next(i for i, r in enumerate(self.schema.lists[list_name]) if r["code"] == code)
        return f"&codes_{self.list_index[list_name]}[{index}]"

    def field_ref(self, entity, name):
        return f"&fields_{entity}[{self.field_index[(entity, name)]}]"

    def code_row(self, index, row):
        names = [row[s].lstrip("~") for s in STANDARDS]
        written_only = sum(1 << i for i, s in enumerate(STANDARDS) if row[s].startswith("~"))
        parts = [f".code = {c_string(row['code'])}", f".label = {c_string(row['label'])}"]
        parts += [f".{k} = {c_string(row[k])}" for k in ("label_fr", "label_es") if row[k]]
        if any(names):
            parts.append(".standard = {" + ", ".join(c_string(n) for n in names) + "}")
        parts += [f".source = {c_string(row['source'])}", f".status = SCHEMA_{STATUSES[row['status']]}",
                  f".index = {index}"]
        if written_only:
            parts.append(f".written_only = {written_only}")
        return "\t{" + ", ".join(parts) + "},"

    def code_lists(self):
        for name, rows in self.schema.lists.items():
            i = self.list_index[name]
            self.put(f"/* {name} */")
            self.put(f"static const struct schema_code codes_{i}[] = {{")
            for index, row in enumerate(rows):
                self.put(self.code_row(index, row))
            self.put("};")
            order = sorted(range(len(rows)), key=lambda j, r=rows: r[j]["code"].encode())
            self.put(f"static const uint16_t by_code_{i}[] = {{" + ", ".join(map(str, order)) + "};")
            self.put(f"static const struct schema_spelling spellings_{i}[] = {{")
            for key, index in self.schema.spellings[name]:
                self.put(f"\t{{{c_string(key)}, {index}}},")
            self.put("};")
        self.put("const struct schema_code_list schema_tables_lists[] = {")
        for name, rows in self.schema.lists.items():
            i = self.list_index[name]
            self.put(f"\t{{.name = {c_string(name)}, .n = {len(rows)}, .codes = codes_{i}, .by_code = by_code_{i}, "
                     f".n_spellings = {len(self.schema.spellings[name])}, .spellings = spellings_{i}}},")
        self.put("};")
        self.put(f"const size_t schema_tables_n_lists = {len(self.schema.lists)};")

    def field_row(self, entity, index, field):
        label = field["label"]
        parts = [f".entity = &schema_tables_entities[{self.entity_index[entity['entity']]}]",
                 f".name = {c_string(field['name'])}", f".label = {c_string(label['en'])}",
                 f".help = {c_string(field['help'])}", f".source = {c_string(field['source'])}"]
        parts += [f".label_{k} = {c_string(label[k])}" for k in ("fr", "es") if label.get(k)]
        if field.get("part"):
            parts.append(f".part = {c_string(field['part'])}")
        if "codes" in field:
            parts.append(f".codes = &schema_tables_lists[{self.list_index[field['codes']]}]")
        if "targets" in field:
            refs = ", ".join(f"&schema_tables_entities[{self.entity_index[t]}]" for t in field["targets"])
            parts.append(f".targets = (const struct schema_entity *const[]){{{refs}}}")
            parts.append(f".n_targets = {len(field['targets'])}")
        if "not_below" in field:
            parts.append(f".not_below = {self.field_ref(entity['entity'], field['not_below'])}")
        if "hex_digits" in field:
            parts.append(f".hex_digits = {field['hex_digits']}")
        parts += [f".minimum = {c_number(field.get('minimum'), '-HUGE_VAL')}",
                  f".maximum = {c_number(field.get('maximum'), 'HUGE_VAL')}",
                  f".type = SCHEMA_{TYPES[field['type']]}",
                  f".sensitivity = SCHEMA_{SENSITIVITIES[field['sensitivity']]}",
                  f".handling = SCHEMA_{field['handling']}",
                  f".search = SCHEMA_SEARCH_{SEARCHES[field.get('search', 'none')]}",
                  f".number = {field['number']}", f".index = {index}"]
        parts += [f".{k} = true" for k in ("repeats", "required", "verified") if field.get(k)]
        return "\t{" + ", ".join(parts) + "},"

    def entities(self):
        for e in self.schema.entities:
            name, n = e["entity"], len(e["fields"])
            self.put(f"static const struct schema_field fields_{name}[{n}];")
            for what, key in (("name", lambda f: f["name"].encode()), ("number", lambda f: f["number"])):
                order = sorted(range(n), key=lambda j, e=e, key=key: key(e["fields"][j]))
                self.put(f"static const uint16_t {name}_by_{what}[] = {{" + ", ".join(map(str, order)) + "};")
        for e in self.schema.entities:
            self.put(f"static const struct schema_field fields_{e['entity']}[{len(e['fields'])}] = {{")
            for index, field in enumerate(e["fields"]):
                self.put(self.field_row(e, index, field))
            self.put("};")
        self.put("const struct schema_entity schema_tables_entities[] = {")
        for index, e in enumerate(self.schema.entities):
            name, label = e["entity"], e["label"]
            parts = [f".name = {c_string(name)}", f".label = {c_string(label['en'])}", f".help = {c_string(e['help'])}",
                     f".ftm = {c_string(e.get('ftm'))}", f".n_fields = {len(e['fields'])}",
                     f".fields = fields_{name}", f".number = {e['number']}", f".index = {index}"]
            parts += [f".label_{k} = {c_string(label[k])}" for k in ("fr", "es") if label.get(k)]
            if e.get("owners"):
                refs = ", ".join(self.field_ref(name, o) for o in e["owners"])
                parts += [f".owners = (const struct schema_field *const[]){{{refs}}}", f".n_owners = {len(e['owners'])}"]
            self.put("\t{" + ", ".join(parts) + "},")
        self.put("};")
        self.put(f"const size_t schema_tables_n_entities = {len(self.schema.entities)};")
        self.put("const struct schema_tables_order schema_tables_orders[] = {")
        for e in self.schema.entities:
            self.put(f"\t{{{e['entity']}_by_name, {e['entity']}_by_number}},")
        self.put("};")
        order = sorted(range(len(self.schema.entities)), key=lambda j: self.schema.entities[j]["entity"].encode())
        self.put("const uint16_t schema_tables_entities_by_name[] = {" + ", ".join(map(str, order)) + "};")

    def mapping_row(self, m):
        entity, field = m["entity"]["entity"], m["field"]
        parts = [f".standard = SCHEMA_{m['standard'].upper()}", f".name = {c_string(m['name'])}",
                 f".field = {self.field_ref(entity, field['name'])}"]
        if m["kind"]:
            parts.append(f".kind = {self.code_ref(field['codes'], m['kind'])}")
        for other, code in (m["when"] or {}).items():
            condition = self.schema.field(m["entity"], other)
            parts += [f".when_field = {self.field_ref(entity, other)}",
                      f".when = {self.code_ref(condition['codes'], code)}"]
        if m["code"]:
            parts.append(f".code = {self.code_ref(field['codes'], m['code'])}")
        if m["note"]:
            parts.append(f".note = {c_string(m['note'])}")
        parts.append(".verified = " + ("true" if m["verified"] else "false"))
        return "\t{" + ", ".join(parts) + "},"

    def maps(self):
        self.put("const struct schema_mapping schema_tables_mappings[] = {")
        for m in self.schema.mappings:
            self.put(self.mapping_row(m))
        self.put("};")
        self.put(f"const size_t schema_tables_n_mappings = {len(self.schema.mappings)};")
        self.put("const struct schema_unmapped schema_tables_unmapped[] = {")
        for u in self.schema.unmapped:
            self.put(f"\t{{SCHEMA_{u['standard'].upper()}, {c_string(u['name'])}, {c_string(u['label'])}, "
                     f"{c_string(u['reason'])}}},")
        self.put("};")
        self.put(f"const size_t schema_tables_n_unmapped = {len(self.schema.unmapped)};")

    def text(self):
        self.put("/* Made by tools/schema.py from data/schema and data/codes. */")
        self.put('#include <math.h>')
        self.put()
        self.put('#include "model/schema_tables.h"')
        self.put()
        self.code_lists()
        self.entities()
        self.maps()
        return "\n".join(self.lines) + "\n"


# ---- documentation

def md(text):
    return text.replace("|", "\\|")


def anchor(text):
    return re.sub(r"[^a-z0-9_-]", "", text.lower().replace(" ", "-"))


def type_text(field):
    kind = {"date": "fuzzy date", "yes_no": "yes or no", "codes": "set of codes", "time": "moment"}.get(
        field["type"], field["type"])
    if "codes" in field:
        kind += f" ([{field['codes']}](#{anchor(field['codes'])}))"
    if "targets" in field:
        kind += " to " + " or ".join(f"[{t}](#{anchor(t)})" for t in field["targets"])
    if "hex_digits" in field:
        kind += f", {field['hex_digits']} hexadecimal digits"
    if "minimum" in field or "maximum" in field:
        kind += f", {field.get('minimum', '')} to {field.get('maximum', '')}".rstrip()
    extra = []
    if field.get("part"):
        extra.append(f"part *{field['part']}*")
    if field.get("repeats") and field["type"] != "codes":
        extra.append("repeats")
    if field.get("required"):
        extra.append("**required**")
    if field.get("search"):
        extra.append({"exact": "searched exactly", "name": "searched as a name"}[field["search"]])
    if field.get("not_below"):
        extra.append(f"not before {field['not_below']}" if field["type"] in ("date", "time")
                     else f"not less than {field['not_below']}")
    return "; ".join([kind] + extra)


def map_text(field):
    out = []
    for standard in STANDARDS:
        for m in field["maps"].get(standard, []):
            text = f"{STANDARD_NAMES[standard]} `{m['name']}`"
            conditions = [f"kind {m['kind']}"] if m.get("kind") else []
            conditions += [f"{k} {v}" for k, v in (m.get("when") or {}).items()]
            if conditions:
                text += " (" + ", ".join(conditions) + ")"
            if m.get("note"):
                text += f": {m['note']}"
            if not m.get("verified", True):
                text += " (unverified)"
            out.append(text)
    return "; ".join(out)


def docs_entity(entity):
    out = [f"## {entity['entity']}", f"**{entity['label']['en']}**, number {entity['number']}. {entity['help']}"]
    owners = entity.get("owners", [])
    if owners:
        out.append(f"Sealed under the key of: {', then '.join(owners)}.")
    out += ["", "| no | field | type | care | meaning | in other standards | source |", "|---|---|---|---|---|---|---|"]
    for f in entity["fields"]:
        source = f["source"] + ("" if f["verified"] or f["source"].startswith("Counterfoil") else " (unverified)")
        out.append("| " + " | ".join(md(x) for x in (
            str(f["number"]), f"`{f['name']}`", type_text(f), f"{f['sensitivity']}, {f['handling']}",
            f"**{f['label']['en']}.** {f['help']}", map_text(f), source)) + " |")
    return out + [""]


def docs_list(name, rows, users):
    statuses = sorted({r["status"] for r in rows})
    out = [f"### {name}"]
    where = ", ".join(users) if users else USED_ELSEWHERE.get(name, "the crosswalk to another standard")
    out.append(f"{len(rows)} codes, {' and '.join(statuses)}; used by {where}.")
    sources = sorted({r["source"] for r in rows})
    out.append("Source: " + "; ".join(md(s) for s in sources) + ".")
    if len(rows) <= 60:
        out += ["", "| code | label | in other standards |", "|---|---|---|"]
        for r in rows:
            names = [f"{STANDARD_NAMES[s]} {r[s].lstrip('~')}" + (" (written only)" if r[s].startswith("~") else "")
                     for s in STANDARDS if r[s] and r[s] != r["code"]]
            out.append(f"| `{r['code']}` | {md(r['label'])} | {'; '.join(names)} |")
    return out + [""]


def docs_text(schema):
    n_fields = sum(len(e["fields"]) for e in schema.entities)
    out = ["# Every field",
           "Made by `tools/schema.py docs` from `data/schema` and `data/codes`; change those, then run",
           "`python3 tools/schema.py docs data docs/fields.md`. What records are is told in [records.md](records.md).",
           "",
           f"{len(schema.entities)} entities, {n_fields} fields, {len(schema.lists)} code lists with "
           f"{sum(map(len, schema.lists.values()))} codes.", "",
           "**care** is the sensitivity (open, coded, identifying, protected) and the handling code of a value for "
           "which nothing else is said (P0 public, P1 counts only, P2 partners without what identifies, P3 a named "
           "partner for a named purpose, P4 the case team, P5 the case worker alone). **(unverified)** marks what "
           "was not read in its source. IC-TIP has no names yet, since its class list could not be read.", "",
           "Entities: " + ", ".join(f"[{e['entity']}](#{anchor(e['entity'])})" for e in schema.entities) +
           ". Then: [names without a field](#names-without-a-field), [code lists](#code-lists).", ""]
    for entity in schema.entities:
        out += docs_entity(entity)
    out += ["## Names without a field", "", "| standard | name | label | why |", "|---|---|---|---|"]
    out += [f"| {STANDARD_NAMES[u['standard']]} | `{u['name']}` | {md(u['label'])} | {md(u['reason'])} |"
            for u in schema.unmapped]
    out += ["", "## Code lists", ""]
    for name, rows in schema.lists.items():
        users = [f"{e['entity']}.{f['name']}" for e in schema.entities for f in e["fields"] if f.get("codes") == name]
        out += docs_list(name, rows, users)
    return "\n".join(out).rstrip() + "\n"


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in ("tables", "docs", "check"):
        sys.exit(__doc__)
    schema = Schema(pathlib.Path(sys.argv[2]))
    if sys.argv[1] == "check":
        print(f"{len(schema.entities)} entities, {len(schema.lists)} code lists, {len(schema.mappings)} mappings")
        return
    text = Tables(schema).text() if sys.argv[1] == "tables" else docs_text(schema)
    with open(sys.argv[3], "w", encoding="utf-8", newline="\n") as f:
        f.write(text)


if __name__ == "__main__":
    main()
