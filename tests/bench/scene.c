#include "tests/bench/scene.h"

#include <string.h>

#include "schema/date.h"

enum { SECONDS_A_DAY = 86400 };

static void set(struct report *report, const char *name, const char *text)
{
	const struct report_reading reading = {.today = date_of_time(SCENE_CREATED_S)};
	MUST(report_set(report, report_field_find(name), text, &reading, err));
}

void scene_report(struct body *body, unsigned i)
{
	static const char *const values[][2] = {
		{"kind", "arrival"},
		{"place", "C5999"},
		{"origin", "C6116:60; C6105:40"},
		{"from", "2018-06-21"},
		{"to", "2018-06-23"},
		{"observed_on", "2018-06-24"},
		{"households", "300 (250-400)"},
		{"individuals", "1650 (1300-2200)"},
		{"count_method", "key_informant_estimate"},
		{"reason", "airstrike_shelling; ground_fighting"},
		{"sources", "community_leader B #=1f2e3d4c5b6a7988; driver C #=8091a2b3c4d5e6f7"},
		{"credibility", "2"},
		{"needs", "shelter; water; health"},
	};
	body_init(body, OBJECT_REPORT);
	body->created_s = SCENE_CREATED_S + (int64_t)(i % 1000) * SECONDS_A_DAY;
	for (size_t row = 0; row < sizeof values / sizeof *values; row++)
		set(&body->report, values[row][0], values[row][1]);
	const int32_t later = (int32_t)(i % 1000), more = (int32_t)(i % 97);
	body->report.from += later;
	body->report.to += later;
	body->report.observed_on += later;
	body->report.households.best += more;
	body->report.individuals.best += more;
}

struct body *scene_reports(unsigned first, size_t n)
{
	struct body *const bodies = calloc(n, sizeof *bodies);
	if (bodies == NULL)
		abort();
	for (size_t i = 0; i < n; i++)
		scene_report(&bodies[i], first + (unsigned)i);
	return bodies;
}

void scene_path(const struct scene *scene, const char *name, char path[SCENE_PATH_BYTES])
{
	(void)snprintf(path, SCENE_PATH_BYTES, "%s/%s", scene->folder, name);
}

static void make_keys(struct scene *scene)
{
	char path[SCENE_PATH_BYTES];
	struct secret *passphrase = NULL;
	scene_path(scene, "keys", path);
	MUST(secret_new_copy(&passphrase, span_from_text(SCENE_PASSPHRASE), err));
	MUST(keyfile_new(&scene->keys, passphrase, stretch_costs_minimum(), err));
	MUST(keyfile_save(scene->keys, path, true, err));
	scene->data_key = keyfile_data_key(scene->keys);
	secret_free(passphrase);
}

void scene_open(struct scene *scene, const char *folder)
{
	char path[SCENE_PATH_BYTES];
	struct invite_file invite = {0};
	const struct project_plan plan = {.name = "Dar'a", .retention = DESCRIPTOR_KEEP, .now_s = SCENE_NOW_S};

	*scene = (struct scene){0};
	MUST(secret_process_init(err));
	if (strlen(folder) >= sizeof scene->folder)
		abort();
	(void)snprintf(scene->folder, sizeof scene->folder, "%s", folder);
	make_keys(scene);
	MUST(vault_register(&scene->vault, scene->data_key, NULL, err));
	scene_path(scene, "project.db", path);
	MUST(project_create(&scene->project, path, scene->vault, scene->data_key, &plan, err));
	MUST(project_invite(scene->project, "Team Nasib", SCENE_NOW_S + SECONDS_A_DAY, &invite, err));
	scene_path(scene, "register.db", path);
	MUST(outbox_create(&scene->outbox, path, scene->vault, scene->data_key, &invite, SCENE_NOW_S, err));
	invite_file_wipe(&invite);
}

void scene_close(struct scene *scene)
{
	outbox_close(scene->outbox);
	project_close(scene->project);
	vault_unregister(scene->vault);
	keyfile_free(scene->keys);
}

void author_init(struct author *author, const struct scene *scene)
{
	*author = (struct author){0};
	MUST(signing_key_new(&author->key, err));
	const struct key_public key = signing_key_public(author->key);
	author->previous = hash_of(key_public_span(&key));
	author->evidence = (struct evidence_author){
		.key = author->key,
		.device = key_id_of_object(&author->previous),
		.project = project_id(scene->project),
		.descriptor = project_descriptor(scene->project)->number,
		.recipient = project_descriptor(scene->project)->sealing,
	};
}

void author_wipe(struct author *author)
{
	signing_key_free(author->key);
}

void author_make(struct author *author, const struct body *body, struct bytes *wire, struct hash *id)
{
	const struct evidence_link link = {.number = author->number + 1, .previous = author->previous};
	bytes_clear(wire);
	MUST(evidence_make(wire, id, body, &author->evidence, &link, err));
	author->number = link.number;
	author->previous = *id;
}

unsigned scene_size(unsigned usual, unsigned full)
{
	const char *const asked = getenv("BENCH_LONG");
	return asked != NULL && *asked != '\0' ? full : usual;
}
