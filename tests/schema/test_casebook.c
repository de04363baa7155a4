#include "schema/project_inside.h"
#include "tests/schema/casebook_stage.h"

TestSuite(casebook, .init = stage_begin, .fini = stage_end);

/* --- taking --- */

Test(casebook, shows_a_report_with_its_verdict)
{
	struct bytes wire = {0};
	const struct hash id = writer_report(&hq, &nasib, 1650, &wire);
	(void)relay_keeps(&hq, &nasib.device.wire);
	(void)relay_keeps(&hq, &wire);
	hq_pulls(&hq, SEEN_S);
	const struct shown *const shown = all_shown();
	cr_assert_eq(shown->len, 1);
	const struct casebook_entry *const entry = &shown->entry[0];
	cr_assert(hash_equals(&entry->id, &id));
	cr_assert_eq(shown->best[0], 1650);
	cr_assert_str_eq(entry->label, "Team Nasib");
	cr_assert(entry->verdict.signature && entry->verdict.opened && entry->verdict.linked && entry->verdict.time_plausible);
	cr_assert_not(entry->verdict.forked || entry->verdict.revoked || entry->verdict.duplicate_key);
	cr_assert_eq(entry->verdict.enrolment, ENROLMENT_VALID);
	cr_assert_eq(entry->verdict.standing, STANDING_GOOD);
	cr_assert_eq(entry->verdict.chain_whole, 1);
	cr_assert_eq(entry->verdict.log_position, 2);
	cr_assert_eq(entry->verdict.seen_by_s, SEEN_S);
	cr_assert(hash_is_zero(&entry->amended_by) && hash_is_zero(&entry->retracted_by));
	bytes_wipe(&wire);
}

/* What a shuffle delivers: two devices, one of them goes on with a new key; reports, amendments, a gap, and an event
 * whose body is another's. */
static size_t a_story(struct bytes *wires)
{
	struct writer herak, herak_again;
	struct bytes skipped = {0};
	struct body body;
	size_t len = 0;
	writer_begin(&hq, &herak, "Team Herak", FAR_S);
	MUST(bytes_append(&wires[len++], bytes_span(&nasib.device.wire), &failure));
	MUST(bytes_append(&wires[len++], bytes_span(&herak.device.wire), &failure));
	for (uint32_t i = 0; i < 4; i++)
		(void)writer_report(&hq, &nasib, 1300 + i, &wires[len++]);
	const struct hash first = writer_report(&hq, &herak, 1500, &wires[len++]);
	amendment_of(&body, &first, 1501);
	(void)writer_write(&hq, &herak, &body, &wires[len++]);
	(void)writer_report(&hq, &herak, 1502, &skipped);
	(void)writer_report(&hq, &herak, 1503, &wires[len++]);
	writer_succeed(&hq, &herak_again, &herak);
	MUST(bytes_append(&wires[len++], bytes_span(&herak_again.device.wire), &failure));
	amendment_of(&body, &first, 1504);
	(void)writer_write(&hq, &herak_again, &body, &wires[len++]);
	(void)cast_event(&hq.cast, &nasib.device, nasib.head, "no sealed body at all", &wires[len++]);
	bytes_wipe(&skipped);
	writer_end(&herak);
	writer_end(&herak_again);
	return len;
}

static void shuffle(size_t *order, size_t len, uint64_t *state)
{
	for (size_t i = 0; i < len; i++)
		order[i] = i;
	for (size_t i = len; i-- > 1;) {
		const size_t j = samples_random(state, (uint32_t)i + 1), kept = order[i];
		order[i] = order[j];
		order[j] = kept;
	}
}

/* In batches, each object as often as the dice say. */
static void take_in_order(const struct bytes *wires, const size_t *order, size_t len, uint64_t *state)
{
	enum set_outcome outcome;
	MUST(casebook_begin(hq.casebook, &failure));
	for (size_t i = 0; i < len; i++) {
		for (uint32_t times = 1 + samples_random(state, 2); times-- > 0;)
			(void)!casebook_take(hq.casebook, bytes_span(&wires[order[i]]), 0, &outcome, &failure);
		if (samples_random(state, 3) == 0) {
			MUST(casebook_commit(hq.casebook, NULL, &failure));
			MUST(casebook_begin(hq.casebook, &failure));
		}
	}
	MUST(casebook_commit(hq.casebook, NULL, &failure));
}

Test(casebook, is_the_same_whatever_the_order_of_arrival)
{
	struct bytes wires[STAGE_WIRES] = {{0}}, expected = {0}, found = {0};
	uint64_t state = 7;
	const size_t len = a_story(wires);
	for (uint32_t round = 0; round < 12; round++) {
		size_t order[STAGE_WIRES];
		char name[16];
		(void)snprintf(name, sizeof name, "round%u.db", round);
		headquarters_afresh(&hq, name);
		shuffle(order, len, &state);
		take_in_order(wires, order, len, &state);
		bytes_clear(&found);
		MUST(casebook_dump(hq.casebook, &found, &failure));
		MUST(set_dump(project_set(hq.project), &found, &failure));
		if (round == 0)
			MUST(bytes_append(&expected, bytes_span(&found), &failure));
		cr_assert_gt(found.len, 3000);
		cr_assert(span_equals(bytes_span(&found), bytes_span(&expected)), "round %u", round);
		cr_assert_eq(all_set_aside()->len, 1);
		cr_assert_eq(all_shown()->len, 8);
	}
	for (size_t i = 0; i < len; i++)
		bytes_wipe(&wires[i]);
	bytes_wipe(&expected);
	bytes_wipe(&found);
}

static enum status put_again(void *context, uint64_t position, const struct hash *id, struct span wire, struct error *unused)
{
	struct bytes *const wires = context;
	(void)position;
	(void)id;
	(void)unused;
	for (size_t i = 0; i < STAGE_WIRES; i++)
		if (wires[i].len == 0)
			return bytes_append(&wires[i], wire, &failure);
	return STATUS_NOT_FOUND;
}

Test(casebook, can_be_built_again_from_the_set_and_by_another_road)
{
	struct bytes wires[STAGE_WIRES] = {{0}}, again[STAGE_WIRES] = {{0}}, expected = {0}, found = {0};
	enum set_outcome outcome;
	uint64_t state = 11;
	size_t order[STAGE_WIRES];
	const size_t len = a_story(wires);
	headquarters_afresh(&hq, "first.db");
	for (size_t i = 0; i < len; i++)
		(void)relay_keeps(&hq, &wires[i]);
	MUST(casebook_begin(hq.casebook, &failure));
	for (size_t i = 0; i < len; i++)
		(void)!casebook_take(hq.casebook, bytes_span(&wires[i]), i + 1, &outcome, &failure);
	MUST(casebook_commit(hq.casebook, NULL, &failure));
	MUST(casebook_dump(hq.casebook, &expected, &failure));
	MUST(set_each_after(project_set(hq.project), 0, put_again, again, &failure));
	size_t held = 0;
	while (again[held].len > 0)
		held++;
	cr_assert_geq(held, len);
	headquarters_afresh(&hq, "second.db");
	shuffle(order, held, &state);
	take_in_order(again, order, held, &state);
	MUST(casebook_dump(hq.casebook, &found, &failure));
	cr_assert(span_equals(bytes_span(&found), bytes_span(&expected)));
	for (size_t i = 0; i < STAGE_WIRES; i++) {
		bytes_wipe(&wires[i]);
		bytes_wipe(&again[i]);
	}
	bytes_wipe(&expected);
	bytes_wipe(&found);
}

Test(casebook, names_a_sealed_body_copied_from_another_and_keeps_its_event)
{
	struct writer thief;
	struct object object;
	struct event event;
	struct bytes theirs = {0}, payload = {0}, copied = {0};
	bool has = false;
	writer_begin(&hq, &thief, "Team Tafas", FAR_S);
	takes_device(&nasib);
	takes_device(&thief);
	(void)writer_report(&hq, &nasib, 1650, &theirs);
	MUST(object_parse(&object, bytes_span(&theirs), &failure));
	MUST(event_decode(&event, object.payload, &failure));
	event.number = 1;
	event.previous = thief.head.last;
	MUST(event_encode(&payload, &event, &failure));
	const struct object_draft draft = {OBJECT_REPORT, thief.device.id, bytes_span(&payload), object.attachment};
	const struct hash id = cast_sign(&hq.cast, &draft, thief.device.key, &copied);
	cr_assert_eq(hq_take(&hq, &copied, 0, &failure), STATUS_TAMPERED);
	cr_assert_not_null(strstr(failure.message, "(commitment)"));
	const struct set_aside *const aside = all_set_aside();
	cr_assert_eq(aside->len, 1);
	cr_assert(key_id_equals(&aside->quarantined[0].signer, &thief.device.id));
	cr_assert_eq(aside->quarantined[0].status, STATUS_TAMPERED);
	cr_assert_not_null(strstr(aside->quarantined[0].reason, "(commitment)"));
	MUST(set_has(project_set(hq.project), &id, &has, &failure));
	cr_assert(has);
	cr_assert_eq(all_shown()->len, 0);
	bytes_wipe(&theirs);
	bytes_wipe(&payload);
	bytes_wipe(&copied);
	writer_end(&thief);
}

Test(casebook, sets_aside_what_was_altered_and_takes_the_true_one_after_it)
{
	struct bytes wire = {0};
	takes_device(&nasib);
	(void)writer_report(&hq, &nasib, 1650, &wire);
	wire.data[wire.len - 1] ^= 1;
	cr_assert_eq(hq_take(&hq, &wire, 0, &failure), STATUS_TAMPERED);
	cr_assert_not_null(strstr(failure.message, "(attachment_hash)"));
	cr_assert_eq(all_shown()->len, 0);
	wire.data[wire.len - 1] ^= 1;
	hq_takes(&hq, &wire, 0);
	cr_assert_eq(all_shown()->len, 1);
	cr_assert_eq(all_set_aside()->len, 1);
	bytes_wipe(&wire);
}

Test(casebook, keeps_an_event_of_a_stranger_until_its_device_arrives)
{
	struct writer again;
	struct bytes wire = {0};
	writer_succeed(&hq, &again, &nasib);
	(void)writer_report(&hq, &again, 1650, &wire);
	cr_assert_eq(hq_take(&hq, &wire, 0, &failure), STATUS_UNTRUSTED);
	cr_assert_eq(hq_take(&hq, &again.device.wire, 0, &failure), STATUS_UNTRUSTED);
	cr_assert_eq(all_set_aside()->len, 2);
	takes_device(&nasib);
	cr_assert_eq(all_set_aside()->len, 0);
	cr_assert_eq(all_shown()->len, 1);
	bytes_wipe(&wire);
	writer_end(&again);
}

Test(casebook, bounds_its_quarantine_and_lets_the_oldest_go)
{
	uint8_t junk[] = {0x82, 0x01, 0x19, 0x00, 0x00};
	enum set_outcome outcome;
	MUST(casebook_begin(hq.casebook, &failure));
	for (unsigned i = 0; i < CASEBOOK_QUARANTINE_MAX + 20; i++) {
		junk[3] = (uint8_t)(i >> 8);
		junk[4] = (uint8_t)i;
		cr_assert_eq(casebook_take(hq.casebook, (struct span){junk, sizeof junk}, 0, &outcome, &failure), STATUS_BAD_INPUT);
	}
	MUST(casebook_commit(hq.casebook, NULL, &failure));
	size_t count = 0;
	struct query *const query = db_query(project_db(hq.project), CASEBOOK_QUARANTINE_EACH);
	for (bool row = true; row && query_step(query, &row, &failure) == STATUS_OK;)
		count += row;
	query_end(query);
	cr_assert_eq(count, CASEBOOK_QUARANTINE_MAX);
}

Test(casebook, undoes_a_batch_whole)
{
	enum set_outcome outcome;
	uint64_t cursor = 1;
	struct bytes before = {0}, after = {0};
	MUST(set_dump(project_set(hq.project), &before, &failure));
	MUST(casebook_begin(hq.casebook, &failure));
	MUST(casebook_take(hq.casebook, bytes_span(&nasib.device.wire), 1, &outcome, &failure));
	casebook_rollback(hq.casebook);
	MUST(set_dump(project_set(hq.project), &after, &failure));
	cr_assert(span_equals(bytes_span(&before), bytes_span(&after)));
	MUST(casebook_cursor(hq.casebook, &cursor, &failure));
	cr_assert_eq(cursor, 0);
	takes_device(&nasib);
	bytes_wipe(&before);
	bytes_wipe(&after);
}

/* --- names --- */

static void hex(const uint8_t *bytes, size_t digits, char *text)
{
	for (size_t i = 0; i < digits; i++)
		(void)snprintf(text + i, 2, "%x", i % 2 == 0 ? bytes[i / 2] >> 4 : bytes[i / 2] & 15);
}

Test(casebook, finds_a_report_by_what_a_person_says)
{
	char text[65];
	struct hash found;
	takes_device(&nasib);
	(void)takes_report(&nasib, 1300);
	const struct hash id = takes_report(&nasib, 1301);
	MUST(casebook_find(hq.casebook, "Team Nasib/2", &found, &failure));
	cr_assert(hash_equals(&found, &id));
	for (size_t digits = 13; digits <= 64; digits += 17) {
		hex(id.bytes, digits, text);
		MUST(casebook_find(hq.casebook, text, &found, &failure));
		cr_assert(hash_equals(&found, &id));
	}
	static const char *const unknown[] = {"", "123", "Team Nasib/3", "Team Nasib/", "/2", "Team Nasib", "00000000",
	                                      "Team Nasib/99999999999999999999"};
	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
		cr_assert_eq(casebook_find(hq.casebook, unknown[i], &found, &failure), STATUS_NOT_FOUND, "%s", unknown[i]);
}

Test(casebook, does_not_choose_between_two_of_one_name)
{
	struct writer other;
	struct hash found;
	struct key_id device;
	char text[KEY_PROQUINT_BYTES];
	writer_begin(&hq, &other, "Team Nasib", FAR_S);
	takes_device(&nasib);
	takes_device(&other);
	(void)takes_report(&nasib, 1300);
	(void)takes_report(&other, 1301);
	cr_assert_eq(casebook_find(hq.casebook, "Team Nasib/1", &found, &failure), STATUS_BAD_INPUT);
	cr_assert_eq(casebook_find_device(hq.casebook, "Team Nasib", &device, &failure), STATUS_BAD_INPUT);
	key_id_format(&other.device.id, text);
	MUST(casebook_find_device(hq.casebook, text, &device, &failure));
	cr_assert(key_id_equals(&device, &other.device.id));
	char digits[33];
	hex(other.device.id.bytes, 12, digits);
	MUST(casebook_find_device(hq.casebook, digits, &device, &failure));
	cr_assert(key_id_equals(&device, &other.device.id));
	cr_assert_eq(casebook_find_device(hq.casebook, "Team Tafas", &device, &failure), STATUS_NOT_FOUND);
	cr_assert_eq(casebook_find_device(hq.casebook, "", &device, &failure), STATUS_NOT_FOUND);
	writer_end(&other);
}

Test(casebook, asks_for_more_digits_where_a_prefix_names_two)
{
	struct bytes wire = {0};
	struct hash ids[2048], found;
	enum set_outcome outcome;
	char text[9];
	size_t one = 0, other = 0;
	takes_device(&nasib);
	MUST(casebook_begin(hq.casebook, &failure));
	/* Until two of them begin with the same 16 bits, which is soon. */
	for (size_t i = 0; i < 2048 && one == other; i++) {
		bytes_clear(&wire);
		ids[i] = writer_report(&hq, &nasib, 1300, &wire);
		MUST(casebook_take(hq.casebook, bytes_span(&wire), 0, &outcome, &failure));
		for (size_t j = 0; j < i; j++)
			if (memcmp(ids[i].bytes, ids[j].bytes, 2) == 0) {
				one = i;
				other = j;
			}
	}
	MUST(casebook_commit(hq.casebook, NULL, &failure));
	cr_assert_neq(one, other, "no two of 2048 ids begin alike");
	hex(ids[one].bytes, 4, text);
	cr_assert_eq(casebook_find(hq.casebook, text, &found, &failure), STATUS_BAD_INPUT);
	bytes_wipe(&wire);
}
