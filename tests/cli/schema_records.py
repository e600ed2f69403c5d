"""Records with every field of every entity, made from data/schema and data/codes, as lines of our own JSON Lines
(docs/export.md): a new field is tested without a word about it. All names are invented."""
import csv
import json

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
STATES = ["unknown", "refused", "not_asked", "not_applicable"]
TEXTS = ["María José Núñez-Ñáñez", "Трофимова Анна Сергеевна", "فاطمة الزهراء بن علي", "阮氏明开", "နန်းမွေနွံ",
         "สมหญิง ใจดี", "ገብረሥላሴ ተስፋይ", "ਗੁਰਪ੍ਰੀਤ ਕੌਰ", "Nguyễn Thị Ánh", "Οδυσσέας Ελύτης", "=HYPERLINK(1)", "👩🏽‍🌾 emoji",
         "two words, with \"quotes\""]
LONG_TEXTS = ["line one\nline two, with \"quotes\", a ; and a\ttab"]
DATES = ["1990-05-17", "1990-05", "1990", "about 1990", "before 1990-05", "after 1990-05-17", "1988..1990-03"]
# codes that say that another field must be there, or must not (the rules of src/model/record_check.c)
RULED = {("role", "role"): {"victim", "presumed_victim"}, ("evidence", "form"): {"working_copy"},
         ("consent", "state"): {"given", "withdrawn", "overridden_with_reason", "assent_child_guardian"},
         ("exchange", "legal_basis"): {"consent"}}


class Schema:
    def __init__(self, root):
        self.entities = {}
        for path in sorted((root / "data" / "schema").glob("*.json")):
            entity = json.loads(path.read_text(encoding="utf-8"))
            if "entity" in entity:
                self.entities[entity["entity"]] = entity
        self.codes = {}
        for path in sorted((root / "data" / "codes").glob("*.csv")):
            with open(path, encoding="utf-8", newline="") as lines:
                rows = [row["code"] for row in csv.DictReader(lines) if "code" in row]
            self.codes[path.stem] = rows

    def fields(self, entity):
        return self.entities[entity]["fields"]

    def field(self, entity, name):
        return next(f for f in self.fields(entity) if f["name"] == name)

    def codes_of(self, field):
        standard = {"country": "iso.country", "language": "iso.language", "identifier": "identifier.type"}
        return self.codes[field.get("codes") or standard[field["type"]]]


def new_id(random):
    return random.choice(ALPHABET[:8]) + "".join(random.choice(ALPHABET) for _ in range(25))


def identifier(kind, random):
    digits = f"{random.randrange(10 ** 6):06d}"
    known = {"phone": "+447911" + digits, "email": f"a{digits}@example.org", "national_id": "AB" + digits,
             "passport": "L8" + digits}
    return f"{kind}:{known.get(kind, 'X9' + digits)}"


class Maker:
    """Makes records that refer to each other; names holds the ids of what was announced, by entity."""

    def __init__(self, schema, random):
        self.schema = schema
        self.random = random
        self.names = {}
        self.id = None  # of the record that is being made, which must not refer to itself

    def announce(self, entity, n):
        self.names[entity] = [new_id(self.random) for _ in range(n)]

    def text(self, entity, field, i):
        """A canonical text for the field; i chooses among kinds of it."""
        kind = field["type"]
        if kind == "text":
            n = field.get("hex_digits")
            if n:
                return "".join(self.random.choice("0123456789abcdef") for _ in range(n))
            texts = TEXTS if field.get("part") else TEXTS + LONG_TEXTS
            return texts[i % len(texts)]
        if kind in ("code", "codes", "country", "language"):
            codes = [c for c in self.schema.codes_of(field)
                     if c not in RULED.get((entity, field["name"]), ())]
            return codes[i % len(codes)]
        if kind == "date":
            return DATES[i % len(DATES)]
        if kind == "time":
            return f"2026-02-{i % 28 + 1:02d}T08:30:{i % 60:02d}Z"
        if kind == "integer":
            return str(i % 60 + 1)
        if kind == "number":
            return f"{i % 60}.{i % 9 + 1}"
        if kind == "yes_no":
            return "yes" if i % 2 else "no"
        if kind == "identifier":
            return identifier(self.schema.codes_of(field)[i % len(self.schema.codes_of(field))], self.random)
        targets = [known for target in field["targets"] for known in self.names.get(target, [])
                   if known != self.id]
        return self.random.choice(targets) if targets else new_id(self.random)

    def values(self, entity, field):
        """Lists of (key, text) for one field: mostly known, else each state in turn."""
        random, name = self.random, field["name"]
        start = random.randrange(10000)
        is_owner = name in self.schema.entities[entity].get("owners", []) and field.get("required")
        if random.randrange(5) == 0 and not is_owner:
            return [(f"{name}?", STATES[start % 4])]
        n = 1 + start % 3 if field.get("repeats") else 1
        parts = 2 if field.get("part") else 1
        if field["type"] == "codes":
            n = min(n, len(self.schema.codes_of(field)) - 3)
            n = max(n, 1)
        made = []
        usual = int(field["handling"][1])
        for i in range(n * parts):
            # the upper end of a range is open or high, so that it is never below the lower one
            which = start + i if "not_below" not in field else 5 if field["type"] == "date" else 59
            key = name + (f"#{i % parts}" if i % parts else "")
            handling = (usual + i) % 6
            key += f"!P{handling}" if handling != usual else ""
            text = self.text(entity, field, which)
            if start % 4 == 0:
                key, text = key + "@", f"{new_id(random)} {text}"
            made.append((key, text))
        return made

    def record(self, entity, record_id=None, only=None, **fixed):
        """One line as a dict; fixed fields have the texts given, or none (None)."""
        self.id = record_id or new_id(self.random)
        record = {"counterfoil": 1, "entity": entity, "id": self.id}
        for field in self.schema.fields(entity):
            name = field["name"]
            if name in fixed:
                values = [(name, text) for text in as_list(fixed[name])]
            elif only is not None and name not in only and not field.get("required"):
                continue
            else:
                values = self.values(entity, field)
            for key, text in values:
                record.setdefault(key, []).append(text)
        for key, texts in record.items():
            if isinstance(texts, list):
                record[key] = unique(texts) if self.is_set(entity, key) else texts
        return {key: texts[0] if isinstance(texts, list) and len(texts) == 1 else texts
                for key, texts in record.items()}

    def is_set(self, entity, key):
        name = key.split("#")[0].split("!")[0].rstrip("@?")
        return self.schema.field(entity, name)["type"] == "codes"


def as_list(value):
    return value if isinstance(value, list) else [] if value is None else [value]


def unique(values):
    return list(dict.fromkeys(values))


def write_lines(path, records):
    with open(path, "w", encoding="utf-8") as out:
        for record in records:
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
    return path


def plain(record):
    """A record such that equal ones are equal: values of a key as a sorted list."""
    return {key: sorted(map(str, as_list(value))) for key, value in record.items()}


def read_lines(path):
    """{id: record}, of a file in which each record stands once or several times alike."""
    found = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            known = found.setdefault(record["id"], record)
            if plain(known) != plain(record):
                raise AssertionError(f"{record['entity']} stands twice and differs")
    return found
