#include "schema/project.h"

#include "crypto/wrap.h"
#include "schema/project_inside.h"
#include "schema/project_sql.h"
#include "schema/text.h"

#include <stdio.h>
#include <stdlib.h>

enum { APPOINTMENT_YEARS = 10, SECONDS_A_YEAR = 31557600, NAME_MAX_CHARS = 80 };

/* --- secrets --- */

enum status project_put_seed(struct project *project, enum project_statement how, const struct project_seed *seed,
                             const struct secret *data_key, struct error *err)
{
	struct secret *secret = NULL;
	struct bytes wrapped = {0};
	enum status status = secret_new_copy(&secret, seed->bytes, err);
	if (status == STATUS_OK)
		status = wrap_close(&wrapped, secret, seed->use, data_key, err);
	if (status == STATUS_OK) {
		struct query *const query = db_query(project->db, how);
		query_bind_text(query, 1, seed->use);
		query_bind_int(query, 2, (int64_t)seed->number);
		query_bind_bytes(query, 3, bytes_span(&wrapped));
		status = query_run(query, err);
	}
	secret_free(secret);
	bytes_wipe(&wrapped);
	return status;
}

static enum status put_seed(struct project *project, const char *use, uint64_t number, struct span bytes, struct error *err)
{
	const struct project_seed seed = {use, number, bytes};
	return project_put_seed(project, PROJECT_SECRET_PUT, &seed, project->data_key, err);
}

static enum status get_seed(struct project *project, const char *use, uint64_t number, struct secret **seed,
                            struct error *err)
{
	bool row;
	struct query *query = db_query(project->db, PROJECT_SECRET_GET);
	query_bind_text(query, 1, use);
	query_bind_int(query, 2, (int64_t)number);
	enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && !row)
		status = error_set(err, STATUS_CORRUPT, "headquarters' register lacks its %s key", use);
	if (status == STATUS_OK)
		status = wrap_open(seed, query_bytes(query, 0), use, project->data_key, err);
	query_end(query);
	return status;
}

static enum status load_signing(struct project *project, const char *use, struct signing_key **key, struct error *err)
{
	struct secret *seed = NULL;
	enum status status = get_seed(project, use, 0, &seed, err);
	if (status == STATUS_OK)
		status = signing_key_from_seed(key, secret_span(seed), err);
	secret_free(seed);
	return status;
}

static enum status load_one_sealing(struct project *project, uint64_t since, struct error *err)
{
	struct secret *seed = NULL;
	struct project_sealing *slot = &project->sealing[project->sealing_len];
	enum status status = get_seed(project, "sealing", since, &seed, err);
	if (status == STATUS_OK)
		status = sealing_key_from_seed(&slot->key, secret_span(seed), err);
	if (status == STATUS_OK) {
		slot->since = since;
		project->sealing_len++;
	}
	secret_free(seed);
	return status;
}

static enum status load_sealing(struct project *project, struct error *err)
{
	enum status status;
	bool row = false;
	struct query *query = db_query(project->db, PROJECT_SECRET_NUMBERS);
	query_bind_text(query, 1, "sealing");
	while ((status = query_step(query, &row, err)) == STATUS_OK && row) {
		if (project->sealing_len == PROJECT_SEALING_KEYS)
			status = error_set(err, STATUS_CORRUPT, "more than %d sealing keys", PROJECT_SEALING_KEYS);
		else
			status = load_one_sealing(project, (uint64_t)query_int(query, 0), err);
		if (status != STATUS_OK)
			break;
	}
	query_end(query);
	return status;
}

/* --- life cycle --- */

static enum status make_keys(struct project *project, struct error *err)
{
	enum status status = signing_key_new(&project->root, err);
	if (status == STATUS_OK)
		status = signing_key_new(&project->appointment_key, err);
	if (status == STATUS_OK)
		status = sealing_key_new(&project->sealing[0].key, err);
	if (status != STATUS_OK)
		return status;
	project->sealing[0].since = 1;
	project->sealing_len = 1;
	const struct key_public root = signing_key_public(project->root);
	project->id = key_id_of_project(&root);
	return STATUS_OK;
}

static enum status appoint_self(struct project *project, int64_t now_s, struct error *err)
{
	const struct appointment appointment = {
		.key = signing_key_public(project->appointment_key),
		.roles = ROLE_ALL,
		.until_s = now_s + (int64_t)APPOINTMENT_YEARS * SECONDS_A_YEAR,
	};
	struct bytes payload = {0};
	struct hash id;
	enum status status = appointment_encode(&payload, &appointment, err);
	if (status == STATUS_OK)
		status = project_sign(project, OBJECT_APPOINTMENT, &payload, &id, err);
	if (status == STATUS_OK)
		project->appointment = key_id_of_object(&id);
	bytes_wipe(&payload);
	return status;
}

static enum status put_first(struct project *project, const struct project_plan *plan, struct error *err)
{
	struct descriptor first = {
		.number = 1,
		.root = signing_key_public(project->root),
		.sealing = sealing_key_public(project->sealing[0].key),
		.issued_s = plan->now_s,
		.retention = plan->retention,
		.point_metres = DESCRIPTOR_POINT_METRES,
		.training = plan->training,
		.code_lists = 1,
	};
	(void)snprintf(first.name, sizeof first.name, "%s", project->descriptor.name);
	enum status status = project_put_descriptor(project, &first, err);
	if (status == STATUS_OK)
		status = appoint_self(project, plan->now_s, err);
	if (status == STATUS_OK)
		status = put_seed(project, "root", 0, signing_key_seed(project->root), err);
	if (status == STATUS_OK)
		status = put_seed(project, "appointment", 0, signing_key_seed(project->appointment_key), err);
	if (status == STATUS_OK)
		status = put_seed(project, "sealing", 1, sealing_key_seed(project->sealing[0].key), err);
	if (status != STATUS_OK)
		return status;
	struct query *query = db_query(project->db, PROJECT_PUT);
	query_bind_bytes(query, 1, key_public_span(&first.root));
	query_bind_bytes(query, 2, key_id_span(&project->appointment));
	return query_run(query, err);
}

/* Before there is a file that a wrong name would leave half made. */
static enum status check_name(struct project *project, const char *name, struct error *err)
{
	char *const normal = project->descriptor.name;
	const enum status status = text_normalise(normal, sizeof project->descriptor.name, span_from_text(name),
	                                          NAME_MAX_CHARS, err);
	if (status == STATUS_OK && normal[0] == '\0') {
		(void)error_set(err, STATUS_BAD_INPUT, "a project needs a name, for example \"Dar'a 2018\"");
		error_hint(err, "sijil-hq init NAME");
		return STATUS_BAD_INPUT;
	}
	return status;
}

enum status project_create(struct project **project, const char *path, const struct vault *vault,
                           const struct secret *data_key, const struct project_plan *plan, struct error *err)
{
	struct project *made = calloc(1, sizeof *made);
	if (made == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	made->data_key = data_key;
	enum status status = check_name(made, plan->name, err);
	if (status == STATUS_OK)
		status = make_keys(made, err);
	if (status == STATUS_OK)
		status = db_open(&made->db, path, vault, DB_CREATE, &project_sql_schema, err);
	if (status != STATUS_OK)
		goto out;
	const struct key_public root = signing_key_public(made->root);
	status = set_open(&made->set, made->db, &root, err);
	if (status == STATUS_OK)
		status = db_begin(made->db, err);
	if (status == STATUS_OK)
		status = project_end(made, put_first(made, plan, err), err);
out:
	if (status == STATUS_OK)
		*project = made;
	else
		project_close(made);
	return status;
}

/* Keeps the newest descriptor of all. */
static enum status keep_newest(void *context, uint64_t position, const struct hash *id, struct span wire,
                               struct error *err)
{
	struct project *project = context;
	struct object object;
	struct descriptor descriptor = {0};
	(void)position;
	enum status status = object_parse(&object, wire, err);
	if (status == STATUS_OK)
		status = descriptor_decode(&descriptor, object.payload, err);
	if (status == STATUS_OK && descriptor.number > project->descriptor.number) {
		project->descriptor = descriptor;
		project->descriptor_id = *id;
	}
	return status;
}

enum status project_reload(struct project *project, struct error *err)
{
	project->descriptor.number = 0;
	const enum status status = set_each_of_type(project->set, OBJECT_DESCRIPTOR, keep_newest, project, err);
	if (status == STATUS_OK && project->descriptor.number == 0)
		return error_set(err, STATUS_CORRUPT, "headquarters' register holds no descriptor");
	return status;
}

static enum status check_root(const struct project *project, const struct key_public *root, struct error *err)
{
	const struct key_public held = signing_key_public(project->root);
	if (span_equals(key_public_span(&held), key_public_span(root)))
		return STATUS_OK;
	return error_set(err, STATUS_CORRUPT, "headquarters' register holds another project's root key");
}

static enum status load(struct project *project, struct error *err)
{
	struct key_public root;
	bool row;
	struct query *query = db_query(project->db, PROJECT_GET);
	enum status status = query_step(query, &row, err);
	if (status == STATUS_OK && !row)
		status = error_set(err, STATUS_CORRUPT, "headquarters' register holds no project; its creation was cut short");
	if (status == STATUS_OK)
		status = query_exact(query, 0, root.bytes, sizeof root.bytes, err);
	if (status == STATUS_OK)
		status = query_exact(query, 1, project->appointment.bytes, sizeof project->appointment.bytes, err);
	query_end(query);
	if (status == STATUS_OK)
		status = set_open(&project->set, project->db, &root, err);
	if (status != STATUS_OK)
		return status;
	project->id = key_id_of_project(&root);
	status = load_signing(project, "root", &project->root, err);
	if (status == STATUS_OK)
		status = check_root(project, &root, err);
	if (status == STATUS_OK)
		status = load_signing(project, "appointment", &project->appointment_key, err);
	if (status == STATUS_OK)
		status = load_sealing(project, err);
	if (status == STATUS_OK)
		status = project_reload(project, err);
	return status;
}

enum status project_open(struct project **project, const char *path, const struct vault *vault,
                         const struct secret *data_key, struct error *err)
{
	struct project *opened = calloc(1, sizeof *opened);
	if (opened == NULL)
		return error_set(err, STATUS_NO_MEMORY, "out of memory");
	opened->data_key = data_key;
	enum status status = db_open(&opened->db, path, vault, DB_OPEN, &project_sql_schema, err);
	if (status == STATUS_OK)
		status = load(opened, err);
	/* The log's tree must be that of the objects held, when a power cut was mended just now. */
	if (status == STATUS_OK && db_was_recovered(opened->db))
		status = set_check(opened->set, err);
	if (status == STATUS_OK)
		*project = opened;
	else
		project_close(opened);
	return status;
}

enum status project_check_whole(struct project *project, struct error *err)
{
	const enum status status = db_check(project->db, err);
	return status == STATUS_OK ? set_check(project->set, err) : status;
}

void project_close(struct project *project)
{
	if (project == NULL)
		return;
	for (size_t i = 0; i < PROJECT_SEALING_KEYS; i++)
		sealing_key_free(project->sealing[i].key);
	signing_key_free(project->root);
	signing_key_free(project->appointment_key);
	set_close(project->set);
	db_close(project->db);
	free(project);
}

struct set *project_set(struct project *project)
{
	return project->set;
}

struct db *project_db(struct project *project)
{
	return project->db;
}

struct key_id project_id(const struct project *project)
{
	return project->id;
}

const struct descriptor *project_descriptor(const struct project *project)
{
	return &project->descriptor;
}

struct key_id project_appointment(const struct project *project)
{
	return project->appointment;
}

const struct signing_key *project_appointment_key(const struct project *project)
{
	return project->appointment_key;
}

enum status project_sealing_key(struct project *project, uint64_t number, const struct sealing_key **key,
                                struct error *err)
{
	const struct sealing_key *found = NULL;
	for (size_t i = 0; i < project->sealing_len; i++)
		if (project->sealing[i].since <= number)
			found = project->sealing[i].key;
	if (found == NULL || number == 0 || number > project->descriptor.number)
		return error_set(err, STATUS_NOT_FOUND, "there is no descriptor %llu", (unsigned long long)number);
	*key = found;
	return STATUS_OK;
}
