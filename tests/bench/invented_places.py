"""Invented places, always the same: a COD table of N of them, or spellings of some with the right codes for places_try.

  invented_places.py N table | spellings
"""
import random
import sys

ARABIC = dict(zip("btjhdrzsfqklmnwy", "بتجحدرزسفقكلمنوي"))
PREFIXES = ("Tell ", "تل "), ("Kafr ", "كفر "), ("Umm ", "أم "), ("Khirbet ", "خربة "), ("Bir al-", "بئر ال"), ("", ""), ("", ""), ("", "")


def places(n):
    draw = random.Random(2018)
    for i in range(n):
        consonants = draw.choices("btjhdrzsfqklmnwy", k=draw.choice((3, 3, 4, 4, 5)))
        latin = "".join(c + draw.choice(("a", "i", "u", "e", "")) for c in consonants)
        prefix, prefix_arabic = draw.choice(PREFIXES)
        area = i * 300 // n
        yield (f"C{100000 + i}", prefix + latin.capitalize(), prefix_arabic + "".join(ARABIC[c] for c in consonants), area,
               32 + draw.random() * 5, 36 + draw.random() * 6)


def main():
    n, what = int(sys.argv[1]), sys.argv[2]
    if what == "table":
        print("ADM4_PCODE,PP_NAME_EN,ADM4_AR,ADM3_PCODE,ADM3_EN,LATITUDE,LONGITUDE")
        for code, latin, arabic, area, latitude, longitude in places(n):
            print(f"{code},{latin},{arabic},XY{area:06},Area {area},{latitude:.6f},{longitude:.6f}")
        return
    draw = random.Random(6)
    for code, latin, arabic, *_ in draw.sample(list(places(n)), 1000):
        vowels = "".join(draw.choice("aeiou") if c in "aeiu" else c for c in latin)
        print(draw.choice((vowels, "al-" + vowels, arabic)), code, "", sep="\t")


main()
