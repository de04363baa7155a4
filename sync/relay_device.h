/* The devices that one push concerns: named in its preface, or met in its objects.
 * Only for sync/relay*.c.
 */
#ifndef SIJIL_SYNC_RELAY_DEVICE_H
#define SIJIL_SYNC_RELAY_DEVICE_H

#include "sync/relay.h"

struct relay_device {
	struct key_id id;
	bool has_head, has_link;
	struct head head; /* the greatest that came */
	struct head link; /* the greatest event that came */
	bool account_known;
	struct key_id account;       /* who pays for what is kept: the invite */
	uint64_t charged, to_charge; /* bytes kept before this batch; in it */
};

struct relay_devices {
	size_t len;
	struct relay_device items[RELAY_DEVICES_MAX];
};

/* The device's entry, added if it is new; NULL when there are too many. */
struct relay_device *relay_device_entry(struct relay_devices *devices, const struct key_id *id);
/* Learns from a verified object how far the device's sender says its chain goes. */
void relay_device_note_tip(struct relay_device *device, const struct object *object);
MUST_CHECK enum status relay_device_set_account(struct relay_device *device, struct store *store,
                                                const struct key_id *project, const struct key_id *account,
                                                struct error *err);
/* NOT_FOUND: no such device. REFUSED: too many successions lead to it. */
MUST_CHECK enum status relay_device_find_account(struct relay_device *device, struct store *store,
                                                 const struct key_id *project, struct error *err);
/* Before a batch: others may have charged since the last one. */
void relay_device_forget_accounts(struct relay_devices *devices);
MUST_CHECK enum status relay_device_charge(const struct relay_devices *devices, struct store *store, struct error *err);

#endif
