/* grant, serve, status. */
#include "app/print.h"
#include "app/sijild/sijild.h"
#include "crypto/file.h"
#include "schema/descriptor.h"
#include "sync/bundle.h"
#include "sync/http_server.h"
#include "sync/relay.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { GRANT_MAX_BYTES = 64 << 20, QUOTA_DEFAULT_MIB = 256, GRACE_S = 10, PEM_MAX_BYTES = 16384, TELL_AGAIN_S = 60 };

struct granting {
	struct store *store;
	struct key_public receipt_key;
	struct descriptor newest; /* number 0: none yet */
	struct key_id project;
	struct bytes first;       /* the wire object that opens the project's log */
};

/* Looks for descriptors that name this relay; keeps the oldest wire object and the newest content. */
static enum status find_descriptor(void *context, struct span wire, struct error *err)
{
	struct granting *granting = context;
	struct object object;
	struct descriptor descriptor;
	struct key_id project;
	struct hash id;
	enum status status = object_parse(&object, wire, err);
	if (status != STATUS_OK || object.type != OBJECT_DESCRIPTOR)
		return status;
	status = descriptor_open(&descriptor, &project, &id, object.cose, err);
	if (status != STATUS_OK)
		return status;
	if (granting->newest.number != 0 && !key_id_equals(&project, &granting->project)) {
		(void)error_set(err, STATUS_BAD_INPUT, "the file holds descriptors of two projects");
		error_hint(err, "nothing was changed; ask headquarters for a bundle of its own: sijil-hq bundle export -o FILE");
		return STATUS_BAD_INPUT;
	}
	granting->project = project;
	if (descriptor.number > granting->newest.number)
		granting->newest = descriptor;
	if (granting->first.len == 0)
		status = bytes_append(&granting->first, wire, err);
	return status;
}

static bool names_this_relay(const struct granting *granting)
{
	for (size_t i = 0; i < granting->newest.relays_len; i++)
		if (memcmp(granting->newest.relays[i].receipt_key.bytes, granting->receipt_key.bytes, KEY_PUBLIC_BYTES) == 0)
			return true;
	return false;
}

static enum status put_object(void *context, struct span wire, struct error *err)
{
	struct granting *granting = context;
	struct admission admission;
	enum set_outcome outcome;
	return granting->store->methods->put(granting->store, wire, &admission, &outcome, err);
}

static enum status feed(struct span bundle, bundle_object_function *each, void *context, struct error *err)
{
	struct bundle_reader reader = {0};
	enum status status = bundle_feed(&reader, bundle, each, context, err);
	if (status == STATUS_OK)
		status = bundle_end(&reader, err);
	bundle_wipe(&reader);
	return status;
}

static enum status grant(struct granting *granting, struct span bundle, struct error *err)
{
	enum status status = feed(bundle, find_descriptor, granting, err);
	if (status == STATUS_OK && !names_this_relay(granting)) {
		status = error_set(err, STATUS_REFUSED, "no descriptor in this file names this relay");
		error_hint(err, "nothing was changed; headquarters adds the card first (sijil-hq relay add CARD), then exports a bundle");
	}
	const struct store_methods *methods = granting->store->methods;
	if (status == STATUS_OK)
		status = methods->project_add(granting->store, &granting->newest.root, bytes_span(&granting->first), err);
	if (status == STATUS_OK)
		status = methods->begin(granting->store, &granting->project, err);
	if (status != STATUS_OK)
		return status;
	status = feed(bundle, put_object, granting, err);
	if (status == STATUS_OK)
		return methods->commit(granting->store, err);
	methods->rollback(granting->store);
	return status;
}

enum status sijild_grant(struct cli *cli, struct error *err)
{
	struct sijild_home home;
	struct signing_key *key = NULL;
	struct bytes bundle = {0};
	struct granting granting = {0};
	enum status status = sijild_locate(&home, cli, err);
	if (status == STATUS_OK)
		status = sijild_receipt_key(&home, &key, err);
	if (status == STATUS_OK)
		status = file_read(&bundle, cli->words[0], GRANT_MAX_BYTES, err);
	if (status == STATUS_OK)
		status = store_sqlite_open(&granting.store, home.store, true, err);
	if (status == STATUS_OK) {
		granting.receipt_key = signing_key_public(key);
		status = grant(&granting, bytes_span(&bundle), err);
	}
	if (status == STATUS_OK) {
		char project[KEY_PROQUINT_BYTES];
		key_id_format(&granting.project, project);
		print_out("serves project %s from now on\n", project);
	}
	if (granting.store != NULL)
		granting.store->methods->close(granting.store);
	bytes_wipe(&granting.first);
	bytes_wipe(&bundle);
	signing_key_free(key);
	return status;
}

static int64_t now_s(void)
{
	return (int64_t)time(NULL);
}

static enum status say_ready(const struct cli *cli, unsigned port, struct error *err)
{
	const char *given = cli_value(cli, "ready-fd");
	print_note("sijild: listening at port %u\n", port);
	if (given == NULL)
		return STATUS_OK;
	long long fd;
	const enum status status = cli_number(&fd, given, 0, 1023, "--ready-fd", err);
	if (status != STATUS_OK)
		return status;
	char text[16];
	const int len = snprintf(text, sizeof text, "%u\n", port);
	if (write((int)fd, text, (size_t)len) != len) {
		(void)error_set(err, STATUS_IO, "--ready-fd cannot be written: %s", strerror(errno));
		error_hint(err, "open the descriptor before the relay starts, as in: sijild serve ... --ready-fd 3 3> FILE");
		return STATUS_IO;
	}
	(void)close((int)fd);
	return STATUS_OK;
}

/* Signals are blocked in all threads; this one waits for them. */
static void wait_for_stop(const sigset_t *stops)
{
	int signal;
	(void)sigwait(stops, &signal);
}

static void block_stops(sigset_t *stops)
{
	(void)sigemptyset(stops);
	(void)sigaddset(stops, SIGTERM);
	(void)sigaddset(stops, SIGINT);
	(void)sigprocmask(SIG_BLOCK, stops, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

static enum status read_tls(const struct sijild_home *home, struct bytes *certificate, struct secret **key,
                            struct error *err)
{
	enum status status = file_read(certificate, home->certificate, PEM_MAX_BYTES, err);
	if (status == STATUS_OK)
		status = bytes_append(certificate, (struct span){(const uint8_t *)"", 1}, err);
	/* One byte more than it reads, zeroed: the PEM ends with a NUL. */
	if (status == STATUS_OK)
		status = file_read_secret(key, home->tls_key, PEM_MAX_BYTES, err);
	return status;
}

/* What the operator was told last, so that a disk that stays full does not fill the log. */
struct telling {
	pthread_mutex_t lock;
	char last[ERROR_MESSAGE_BYTES];
	time_t told_s;
};

static void tell_trouble(void *context, const struct error *why)
{
	struct telling *const telling = context;
	struct error line = {0};
	(void)pthread_mutex_lock(&telling->lock);
	const time_t now = time(NULL);
	const bool again = strcmp(telling->last, why->message) == 0 && now >= telling->told_s && now - telling->told_s < TELL_AGAIN_S;
	if (!again) {
		(void)snprintf(telling->last, sizeof telling->last, "%s", why->message);
		telling->told_s = now;
		(void)error_set(&line, why->status, "%s; the sender keeps what came, and is told to try later", why->message);
		print_error("sijild", &line);
	}
	(void)pthread_mutex_unlock(&telling->lock);
}

static enum status serve(const struct cli *cli, const struct sijild_home *home, struct relay *relay, struct error *err)
{
	struct bytes certificate = {0};
	struct secret *key = NULL;
	struct http_server *server = NULL;
	struct telling telling = {.lock = PTHREAD_MUTEX_INITIALIZER};
	sigset_t stops;
	block_stops(&stops);
	enum status status = read_tls(home, &certificate, &key, err);
	const struct http_server_options options = {
		.listen = cli_value(cli, "listen"),
		.certificate = (const char *)certificate.data,
		.key = key,
		.trouble = tell_trouble,
		.context = &telling,
	};
	if (status == STATUS_OK)
		status = http_server_start(&server, relay, &options, err);
	if (status == STATUS_OK)
		status = say_ready(cli, http_server_port(server), err);
	if (status == STATUS_OK)
		wait_for_stop(&stops);
	http_server_stop(server, GRACE_S);
	secret_free(key);
	bytes_wipe(&certificate);
	return status;
}

static enum status read_quota(struct cli *cli, uint64_t *bytes, struct error *err)
{
	long long mib = QUOTA_DEFAULT_MIB;
	const char *given = cli_value(cli, "device-quota");
	if (given != NULL && cli_number(&mib, given, 1, 1 << 20, "--device-quota", err) != STATUS_OK)
		return cli_wrong(cli);
	*bytes = (uint64_t)mib << 20;
	return STATUS_OK;
}

enum status sijild_serve(struct cli *cli, struct error *err)
{
	struct sijild_home home;
	struct signing_key *key = NULL;
	struct relay *relay = NULL;
	struct relay_options options = {.now_s = now_s};
	if (cli_value(cli, "listen") == NULL)
		return cli_usage(cli, err, "serve needs --listen ADDRESS:PORT");
	enum status status = sijild_locate(&home, cli, err);
	if (status == STATUS_OK)
		status = read_quota(cli, &options.device_bytes_max, err);
	if (status == STATUS_OK)
		status = sijild_receipt_key(&home, &key, err);
	if (status == STATUS_OK)
		status = store_sqlite_open(&options.store, home.store, true, err);
	options.receipt_key = key;
	if (status == STATUS_OK)
		status = relay_open(&relay, &options, err);
	if (status == STATUS_OK)
		status = serve(cli, &home, relay, err);
	relay_close(relay);
	signing_key_free(key);
	return status;
}

struct listing {
	struct store *store;
	struct print_table *table;
	struct print_json *json; /* instead of the table */
};

static enum status list_project(void *context, const struct key_id *project, struct error *err)
{
	struct listing *listing = context;
	char text[KEY_PROQUINT_BYTES], root_text[65];
	uint64_t size;
	struct hash root;
	const enum status status = listing->store->methods->log(listing->store, project, &size, &root, err);
	if (status != STATUS_OK)
		return status;
	key_id_format(project, text);
	print_long_id(&root, root_text);
	if (listing->json != NULL) {
		print_json_open(listing->json, NULL, '{');
		print_json_text(listing->json, "project", text);
		print_json_number(listing->json, "objects", (int64_t)size);
		print_json_text(listing->json, "log_root", root_text);
		print_json_close(listing->json, '}');
		return STATUS_OK;
	}
	print_table_cell(listing->table, text);
	print_table_cell_number(listing->table, (int64_t)size);
	print_table_cell(listing->table, root_text);
	return STATUS_OK;
}

static enum status list_projects(struct listing *listing, bool json, struct error *err)
{
	static const char *const headings[] = {"project", "objects", "log root"};
	if (json) {
		listing->json = print_json_new();
		if (listing->json == NULL)
			return error_set(err, STATUS_NO_MEMORY, "out of memory");
		print_json_open(listing->json, NULL, '[');
	} else
		listing->table = print_table_new(headings, sizeof headings / sizeof *headings);
	const enum status status = listing->store->methods->project_each(listing->store, list_project, listing, err);
	struct error *const why = status == STATUS_OK ? err : NULL;
	enum status printed;
	if (json) {
		print_json_close(listing->json, ']');
		printed = print_json_end(listing->json, why);
	} else
		printed = print_table_end(listing->table, why);
	return status != STATUS_OK ? status : printed;
}

enum status sijild_status(struct cli *cli, struct error *err)
{
	struct sijild_home home;
	struct listing listing = {0};
	enum status status = sijild_locate(&home, cli, err);
	if (status == STATUS_OK && !file_exists(home.store)) {
		(void)error_set(err, STATUS_NOT_FOUND, "no relay in '%s' serves a project yet", home.folder);
		error_hint(err, file_exists(home.certificate) ? "sijild grant BUNDLE; headquarters exports it"
		                                              : "sijild init --address URL -o CARD makes a relay");
		return STATUS_NOT_FOUND;
	}
	if (status == STATUS_OK)
		status = store_sqlite_open(&listing.store, home.store, false, err);
	if (status != STATUS_OK)
		return status;
	status = list_projects(&listing, cli->json, err);
	listing.store->methods->close(listing.store);
	return status;
}
