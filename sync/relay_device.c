#include "sync/relay_device.h"

#include "schema/event.h"
#include "schema/withholding.h"

/* From a device back to the one that was enrolled. */
#define SUCCESSIONS_MAX 256

struct relay_device *relay_device_entry(struct relay_devices *devices, const struct key_id *id)
{
	/* Objects of one device come together: the last entry is the likeliest. */
	for (size_t i = devices->len; i > 0; i--)
		if (key_id_equals(&devices->items[i - 1].id, id))
			return &devices->items[i - 1];
	if (devices->len == RELAY_DEVICES_MAX)
		return NULL;
	struct relay_device *const device = &devices->items[devices->len++];
	*device = (struct relay_device){.id = *id};
	return device;
}

static void note_link(struct relay_device *device, struct head link)
{
	if (device->has_link && link.number < device->link.number)
		return;
	device->has_link = true;
	device->link = link;
}

void relay_device_note_tip(struct relay_device *device, const struct object *object)
{
	struct event event;
	struct withheld withheld;
	struct head head;
	if (object->type == OBJECT_HEAD && head_decode(&head, object->payload, NULL) == STATUS_OK &&
	    (!device->has_head || head.number >= device->head.number)) {
		device->has_head = true;
		device->head = head;
	}
	if (object_type_is_event(object->type) && event_decode(&event, object->payload, NULL) == STATUS_OK)
		note_link(device, (struct head){event.number, object->id});
	if (object->type == OBJECT_WITHHOLDING && withholding_read(&withheld, object, NULL) == STATUS_OK)
		note_link(device, (struct head){withheld.event.number, withheld.id});
}

enum status relay_device_set_account(struct relay_device *device, struct store *store, const struct key_id *project,
                                     const struct key_id *account, struct error *err)
{
	const enum status status = store->methods->charged(store, project, account, &device->charged, err);
	if (status != STATUS_OK)
		return status;
	device->account = *account;
	device->account_known = true;
	return STATUS_OK;
}

/* All that came by one invite, successors too, share its account: neither a new key nor another enrolment brings new
 * room. So no line of successions may grow without end. */
enum status relay_device_find_account(struct relay_device *device, struct store *store, const struct key_id *project,
                                      struct error *err)
{
	struct signer at;
	enum status status = store->methods->signer(store, project, &device->id, &at, err);
	for (size_t depth = 0; status == STATUS_OK; depth++) {
		if (depth == SUCCESSIONS_MAX)
			return error_set(err, STATUS_REFUSED, "more than %d successions lead to this device", SUCCESSIONS_MAX);
		struct signer parent;
		const enum status found = store->methods->signer(store, project, &at.parent, &parent, err);
		if (found != STATUS_OK && found != STATUS_NOT_FOUND)
			return found;
		if (found == STATUS_NOT_FOUND || parent.kind != SIGNER_DEVICE)
			break;
		at = parent;
	}
	return status == STATUS_OK ? relay_device_set_account(device, store, project, &at.parent, err) : status;
}

void relay_device_forget_accounts(struct relay_devices *devices)
{
	for (size_t i = 0; i < devices->len; i++) {
		devices->items[i].account_known = false;
		devices->items[i].to_charge = 0;
	}
}

enum status relay_device_charge(const struct relay_devices *devices, struct store *store, struct error *err)
{
	enum status status = STATUS_OK;
	for (size_t i = 0; i < devices->len && status == STATUS_OK; i++)
		if (devices->items[i].to_charge > 0)
			status = store->methods->charge(store, &devices->items[i].account, devices->items[i].to_charge, err);
	return status;
}
