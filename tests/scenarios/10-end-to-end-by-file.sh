#!/bin/bash
# Without any network: a project, an invite, reports recorded, carried by file, verified and handed out by headquarters.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

check "without a register, sijil says what to ask for" sijil --home "$W/nasib"
check_has "  an invite" "Ask headquarters for an invite" "$OUT"
check_exit 1 "a command without a register is refused" sijil --home "$W/nasib" list
check_has "  with the same advice" "sijil init --invite FILE" "$ERR"

make_project "Dar'a, June 2018"
check "headquarters makes an invite" hq invite "Team Nasib" -o "$W/nasib.invite"
check_same "only its owner can read it" 600 "$(stat -c %a "$W/nasib.invite")"
check_exit 1 "an invite is never overwritten" hq invite "Team Nasib" -o "$W/nasib.invite"

check "a device joins" device nasib init --invite "$W/nasib.invite" --unlock-cost minimum
check_has "  and is told its name" "Team Nasib" "$OUT"
check_same "  under a fingerprint that headquarters publishes too" "$(hq fingerprint)" \
	"$(sed -n 's/^  project  //p' "$OUT")"
check_same "its folder is closed to others" 700 "$(stat -c %a "$W/nasib")"
check_exit 1 "it does not join twice in one folder" device nasib init --invite "$W/nasib.invite" --unlock-cost minimum
check_has "  and says what it left alone" "left as it is" "$ERR"

check "a report is recorded" device nasib add kind=arrival place=C5999 'origin=C6116:60; C6105:40' \
	from=2018-06-19 to=2018-06-21 observed_on=2018-06-21 'households=~300' reason=airstrike_shelling \
	'sources=community_leader B #abu_omar' note='المدرسة مكتظة'
check_has "  signed, sealed and kept" "signed, sealed and on this device" "$OUT"
check "Arabic digits are understood" device nasib add kind=stock place=C5996 observed_on=2018-06-22 'individuals=٢٥٠-٤٠٠'
check_exit 1 "a report without figures is refused" device nasib add kind=stock place=C5996 observed_on=2018-06-22
check_exit 1 "a field that is none is named" device nasib add kind=stock colour=red
check_has "  colour" "'colour'" "$ERR"
check_exit 1 "a date that is none is named" device nasib add kind=stock place=C5996 observed_on=2018-06-31 individuals=5
check_has "  2018-06-31" "2018-06-31" "$ERR"
check "many are recorded from a file" device nasib add --from "$ROOT/tests/demo/tiba.csv"
check "a report is amended" device nasib amend 2 households=250-400
check_exit 1 "  but not into an impossible one" device nasib amend 2 households=400-250
check "a report is retracted" device nasib retract 3 --reason mistake --note "counted the next village"
check_exit 1 "  once" device nasib retract 3 --reason mistake
check_exit 2 "  with a reason" device nasib retract 4
check "the device lists" device nasib list
check_has "  the amended figure" "250-400" "$OUT"
check_has "  the retracted report" "retracted" "$OUT"
check "the device shows a report" device nasib show 2
check_has "  with its note" "المدرسة مكتظة" "$OUT"
check "the device shows the amendment" device nasib show 7
check_has "  what it says" "households       250-400" "$OUT"
check_lacks "  and nothing else" "sensitivity" "$OUT"
check "the device shows the retraction" device nasib show 8
check_has "  with its reason" "Recorded by mistake" "$OUT"
check_same "the device counts" "7 0 0" "$(status_of nasib)"

check "a bundle is exported" device nasib bundle export -o "$W/week.bundle"
check "headquarters takes it" hq bundle import "$W/week.bundle"
check "headquarters verifies it" hq verify
check_has "  all is good" "7 reports and corrections: 7 good, 0 unlinked, 0 contested, 0 forged; 0 set aside" "$OUT"
check_has "  the chain is whole" "chain of Team Nasib: 8 of 8, whole up to 8, 8 opened" "$OUT"
check "headquarters lists" hq list
check_has "  with verdicts" "retracted" "$OUT"
check_has "  as amended" "250-400" "$OUT"
check_same "  each report once" 5 "$(grep -c '^Team Nasib/' "$OUT")"
check "headquarters lists an area" hq list --area C5999 --since 2018-06-20 --kind arrival
check_same "  and no other" 1 "$(grep -c '^Team Nasib/' "$OUT")"
check "headquarters shows a report" hq show "Team Nasib/2"
check_has "  with the place" "C5999" "$OUT"
check_has "  and a verdict in words" "signature is the device's; content opened and its commitment recomputed" "$OUT"
check_exit 1 "a report that nobody made is not found" hq show "Team Nasib/99"
check_exit 2 "an export must be asked for by its name" hq export --format csv
check "headquarters exports records" hq export --record-level --format csv -o "$W/all.csv"
check_same "  one row each, and a heading" 6 "$("$PYTHON" -c 'import csv, sys; print(len(list(csv.reader(open(sys.argv[1])))))' "$W/all.csv")"
check_same "  which only its owner can read" 600 "$(stat -c %a "$W/all.csv")"

check "acknowledgements go out by file" hq bundle export -o "$W/answers.bundle"
check "the device takes them" device nasib bundle import "$W/answers.bundle"
check_same "and knows that headquarters has opened all" "7 0 7" "$(status_of nasib)"
check "the same file again" device nasib bundle import "$W/answers.bundle"
check_has "  brings nothing" "0 new" "$OUT"
done_here
