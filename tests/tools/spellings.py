"""Real spellings of places in Syria, and which codes are right, from the shared data.

  spellings.py DATA train|held|both     one a line: spelling TAB right codes TAB a last place TAB kind
  spellings.py DATA some                GeoNames' file with about half of the other names of each place taken out
  spellings.py DATA train-others|held-others     only the names taken out there

The list was fixed before the search was tuned, and only its first half was looked at while tuning. Which half a place is in hangs on
the SHA-256 of its id, so that all spellings of one place are in one half.

geonames   each Latin or Arabic name of a populated place in GeoNames; right is each COD populated place within 2 km of where
           GeoNames puts it. The last place is the nearest COD place that is farther than 5 km from it.
opensyria  each alias of a governorate or district in Open-Syria; right is the area of that OCHA P-code, and the
           areas and places in it that bear its COD name. No last place.
"""
import csv
import hashlib
import json
import math
import os
import re
import sys

LETTERS = re.compile(r"[\u0020-\u007e\u00a0-\u024f\u0300-\u036f\u02b0-\u02ff\u0600-\u06ff\u1e00-\u1eff\u2018\u2019]+")


def distance_km(a, b):
    lat1, lon1, lat2, lon2 = map(math.radians, (*a, *b))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371 * math.asin(math.sqrt(h))


def half_of(name):
    return "train" if hashlib.sha256(name.encode()).digest()[-1] % 2 == 0 else "held"


def is_taken_out(name):
    return hashlib.sha256(name.encode()).digest()[0] % 2 == 0


def read_geonames(data):
    with open(os.path.join(data, "geonames", "SY.txt"), encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t") for line in file]


def read_csv(*path):
    with open(os.path.join(*path), encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def geonames(data, cod):
    for row in read_geonames(data):
        point = float(row[4]), float(row[5])
        near = sorted((distance_km(point, place[1]), place[0]) for place in cod
                      if abs(place[1][0] - point[0]) < 0.3 and abs(place[1][1] - point[1]) < 0.3)
        right = [code for far, code in near if far <= 2]
        last = next((code for far, code in near if far > 5), "")
        names = {row[1], row[2], *row[3].split(",")} - {""}
        for name in sorted(names):
            if right and LETTERS.fullmatch(name):
                taken_out = name not in row[1:3] and is_taken_out(name)
                yield half_of("geonames:" + row[0]), name, right, last, "geonames-other" if taken_out else "geonames"


def opensyria(data, cod_rows, areas):
    named = {}
    for row in areas:
        named[row["ADM3_PCODE"]] = row["ADM3_EN"]
        named[row["ADM2_PCODE"]] = row["ADM2_EN"]
        named[row["ADM1_PCODE"]] = row["ADM1_EN"]
    inside = [(row["ADM4_PCODE"], row["ADM4_EN"], {row["ADM3_PCODE"], row["ADM2_PCODE"], row["ADM1_PCODE"]}) for row in cod_rows]
    for row in areas:
        inside.append((row["ADM3_PCODE"], row["ADM3_EN"], {row["ADM2_PCODE"], row["ADM1_PCODE"]}))
        inside.append((row["ADM2_PCODE"], row["ADM2_EN"], {row["ADM1_PCODE"]}))
    for name in "governorates.json", "districts.json":
        with open(os.path.join(data, "syria-opensyria", name), encoding="utf-8") as file:
            for area in json.load(file):
                code = area["externalIds"].get("ochaPcode")
                right = sorted({code} | {c for c, n, above in inside if code in above and n == named.get(code)})
                for alias in sorted({a["value"] for a in area["aliases"]}):
                    if code and LETTERS.fullmatch(alias):
                        yield half_of("opensyria:" + area["id"]), alias, right, "", "opensyria"


def main():
    data, wanted = sys.argv[1:]
    if wanted == "some":
        for row in read_geonames(data):
            row[3] = ",".join(name for name in row[3].split(",") if not is_taken_out(name))
            print(*row, sep="\t")
        return
    rows = read_csv(data, "syria-cod-pplp", "syr_pplp_adm4_unocha_20210113.csv")
    areas = read_csv(data, "syria-cod-pplp", "syr_admbnda_adm3_uncs_unocha_20201217.csv")
    cod = [(row["ADM4_PCODE"], (float(row["LATITUDE"]), float(row["LONGITUDE"]))) for row in rows]
    for half, name, right, last, kind in [*geonames(data, cod), *opensyria(data, rows, areas)]:
        if wanted in (half, "both") or (wanted == half + "-others" and kind == "geonames-other"):
            print(name, ",".join(right), last, kind.split("-")[0], sep="\t")


main()
