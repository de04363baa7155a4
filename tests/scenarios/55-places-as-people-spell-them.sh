#!/bin/bash
# Lists of places are imported, searched in any spelling, and looked up when a report names a place: what is certain is said back, what
# is not is refused with the candidates, what is in no list stays as spoken. The file they lie in shows nothing.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

DURESS='sidab-nupot-kazir-lomef-hutag'
make_project
join nasib
cat > "$W/populated_20210113.csv" <<'CSV'
ADM4_PCODE,PP_NAME_EN,ADM4_EN,ADM3_PCODE,ADM3_EN,ADM2_PCODE,ADM2_EN,ADM1_PCODE,ADM1_EN,LATITUDE,LONGITUDE
C9001,Tiba (Nur),Tiba,XY010100,Wadi Nur,XY0101,Nur,XY01,Sahl,32.563721,36.24353
C9002,Tiba (Tall),Tiba,XY010101,Tall,XY0101,Nur,XY01,Sahl,32.9,36.9
C9003,Hrak,Hrak,XY010100,Wadi Nur,XY0101,Nur,XY01,Sahl,32.750671,36.304077
C9004,Bisr Elharir,Bisr Elharir,XY010100,Wadi Nur,XY0101,Nur,XY01,Sahl,32.838928,36.340271
C9005,Busra Esh-Sham,Busra Esh-Sham,XY010100,Wadi Nur,XY0101,Nur,XY01,Sahl,32.5181,36.4817
CSV
printf '\xef\xbb\xbflist_name;name;label::English (EN);label::\xd8\xa7\xd9\x84\xd8\xb9\xd8\xb1\xd8\xa8\xd9\x8a\xd8\xa9;governorate;district;subdistrict\r\ncommunities;C9003;Hrak;الحراك;XY01;XY0101;XY010100\r\ncommunities;Other_com;Other;غير ذلك;;;\r\n' > "$W/choices.csv"
printf 'ADM1_PCODE,ADM1_EN,ADM1_AR\nXY01,Sahl,????\nXY02,Jabal,????\n' > "$W/lost.csv"
printf 'kind,place\nstock,C5999\n' > "$W/reports.csv"

check_exit 1 "without a list nothing is found" device nasib places find Hrak
check_has "  and the next step is said" "sijil places import FILE" "$ERR"
check "a report then keeps the name as spoken" device nasib add kind=stock place=al-Herak observed_on=today individuals=1
check "a list of populated places is recognised" device nasib places import "$W/populated_20210113.csv"
check_has "  with the day in its name" "9 places" "$OUT"
check_has "    as its date" "valid on 2021-01-13" "$OUT"
check "choices of a form, with mark, semicolons and CRLF" device nasib places import "$W/choices.csv"
check_has "  what is no place is passed over and said" "line 3: a choice that is no P-code" "$ERR"
check "a file whose Arabic is lost" device nasib places import "$W/lost.csv" --json
check_has "  is taken without it" '"names_lost":2' "$OUT"
check_has "  with a warning" "question marks" "$ERR"
check_exit 1 "a file of reports is no list of places" device nasib places import "$W/reports.csv"
check_has "  and the formats are named" "GeoNames" "$ERR"
check_exit 2 "a list from standard input needs a name" device nasib places import - < "$W/lost.csv"
check "lists are shown" device nasib places list
check_has "  with their dates" "2021-01-13" "$OUT"
check "one is removed" device nasib places remove lost
check_exit 1 "  once" device nasib places remove lost
check_has "  and its name is not known any more" 'no list of places "lost"' "$ERR"

for words in al-Herak الحراك; do
	device nasib places find "$words" > "$OUT" 2> "$ERR"
	check_same "'$words' finds Hrak" "C9003 Hrak (الحراك), Wadi Nur, Nur, Sahl" "$(head -1 "$OUT")"
done
check "words need no quotes" device nasib places find Busra al-Harir
check_same "  and find the right Busra" C9004 "$(head -1 "$OUT" | cut -d' ' -f1)"
check "places of one name" device nasib places find Tiba --near C9003 --json
check_has "  come with distances" '"distance_m":2' "$OUT"
check_same "  the nearer first" C9001 "$("$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)[0]["code"])' < "$OUT")"

check "a name that is certain" device nasib add kind=stock place=Harak origin='Busra al-Harir: 60; C9005: 40' observed_on=today individuals=5
check_has "  is said back in full" "C9003 Hrak (الحراك), Wadi Nur, Nur, Sahl" "$ERR"
check_has "  a code too" "C9005 Busra Esh-Sham, Wadi Nur" "$ERR"
check "and becomes its code" device nasib show 3
check_has "  the place's" "C9003" "$OUT"
check_has "  the origin's, with the name that was spoken otherwise" "C9004 Busra al-Harir:60" "$OUT"
check_has "  so of the place" "C9003 Harak" "$OUT"
check_exit 1 "a name of several places is refused" device nasib add kind=stock place=Tiba observed_on=today individuals=5
check_has "  with the candidates" "C9001 Tiba, Wadi Nur, Nur, Sahl; " "$ERR"
check_has "  both of them" "C9002 Tiba, Tall, Nur, Sahl; " "$ERR"
check_has "  what to do" "NAME, AREA" "$ERR"
check "the area decides" device nasib add kind=stock place='Tiba, Wadi Nur' observed_on=today individuals=6
check_has "  between them" "C9001 Tiba" "$ERR"
check "  and a name that the list has is not repeated" device nasib show 4
check_lacks "    in the report" "Tiba" "$OUT"
check "in quotes a name stays as spoken" device nasib add kind=stock place='"Tiba"' observed_on=today individuals=7
check_lacks "  and nothing is looked up" "C9001" "$ERR"
check "a place in no list stays as spoken" device nasib add kind=stock place='Xgbw Qqz (near Hirak)' observed_on=today individuals=8
check "  with the nearest area" device nasib list --format csv
check_has "    as it was said" "Xgbw Qqz (near XY010100)" "$OUT"
printf '7\tPetropolis\tPetropolis\t\t32.9\t36.91\tP\tPPL\tSY\t\t06\t\t\t\t0\t\t1\tx\t2013-09-05\n' > "$W/XY.txt"
check "a place of a list without codes" device nasib places import "$W/XY.txt"
check "  stays as spoken" device nasib add kind=stock place=Petropolis observed_on=today individuals=8 --json
check "  too" device nasib list --format csv
check_has "    with the nearest area" "Petropolis (near XY010101)" "$OUT"
check "an unknown code is kept" device nasib add kind=stock place=C7777 observed_on=today individuals=9
check_has "  and questioned" "C7777 is in no list" "$ERR"
printf 'kind,place,observed_on,individuals\nstock,Hirak,2018-06-21,5\nstock,Tiba,2018-06-21,5\n' > "$W/many.csv"
check_exit 1 "a row that names one of several" device nasib add --from "$W/many.csv"
check_has "  is a bad row" "line 3, column place: place: \"Tiba\" may be any of several places: C9001, C9002" "$ERR"

check "the register alone is backed up" device nasib backup -o "$W/nasib.backup"
check_has "  and that is said" "lists of places are not in it" "$ERR"
printf '%s\n' Elharir الحراك C9004 > "$W/words"
check "the file shows no place" scan "$W/nasib"
cp -r "$W/nasib" "$W/swapped"
cp "$W/swapped/register.db" "$W/swapped/register.db.places"
check_exit 4 "the register does not pass for the gazetteer" device swapped places find Hrak
printf 'damage' | dd of="$W/swapped/register.db.places" bs=1 seek=100 conv=notrunc status=none
check "one that is damaged keeps nobody from recording" device swapped add kind=stock place=Harak observed_on=today individuals=3
check_has "  but is named" "places are not looked up" "$ERR"
check "a new key" device nasib rekey --unlock-cost minimum
check "  takes the lists along" device nasib places find Hrak
check_same "  and leaves no old file" "register-2.db register-2.db.other register-2.db.places register.key" "$(cd "$W/nasib" && ls | grep -v journal | xargs)"
check "wiping" device nasib wipe --yes
check_same "  takes them too" "" "$(ls -A "$W/nasib")"

needs hq project policy duress=allowed
join tiba
check "a device that has a duress passphrase" sijil --home "$W/tiba" --passphrase-fd 3 slots duress 3<<< "$PASSPHRASE"$'\n'"$DURESS"
check "  and a list" device tiba places import "$W/choices.csv"
check "opened by it" sijil --home "$W/tiba" --passphrase-fd 3 status 3<<< "$DURESS"
check_same "  has none" "" "$(ls "$W/tiba" | grep places)"

# A sixth of the real spellings, so that nothing is lost of what the search can do; all of them in `make bench`.
if [ -n "$SAMPLES" ]; then
	mkdir "$W/gazetteer"
	"$PYTHON" "$ROOT/tests/tools/spellings.py" "$SAMPLES" both | awk 'NR % 6 == 0' > "$W/spellings"
	check "real lists are imported and real spellings searched" "$BUILD/tests/tools/places_try" "$W/gazetteer" "$SAMPLES/syria-cod-pplp/syr_pplp_adm4_unocha_20210113.csv" \
		"$SAMPLES/syria-cod-pplp/syr_admbnda_adm3_uncs_unocha_20201217.csv" "$SAMPLES/syria-xlsform-2016/external_choices.csv" < "$W/spellings"
	awk -F '\t' '{ n++; first += $1 == 1; five += $1 >= 1 && $1 <= 5 } END { printf "%d %d %d\n", n, 1000 * first / n, 1000 * five / n }' "$OUT" > "$W/recall"
	read -r n first five < "$W/recall"
	echo "# of $n real spellings, in thousandths: right first $first, in the first five $five"
	check "  the right place comes first for most" test "$first" -ge 840
	check "  and is in the first five" test "$five" -ge 870
else
	skip "real spellings" "no shared data here"
fi
done_here
