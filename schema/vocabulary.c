#include "schema/vocabulary.h"

#include <stdbool.h>
#include <string.h>

#include "schema/text.h"

#define VOCABULARY(list, ...)                                                              \
	static const struct vocabulary_entry list##_entries[] = {__VA_ARGS__};             \
	const struct vocabulary vocabulary_##list = {#list, list##_entries,                \
	                                             sizeof list##_entries / sizeof *list##_entries}

VOCABULARY(kind, {1, "stock", "People present"}, {2, "arrival", "Arrival"}, {3, "departure", "Departure"},
           {4, "return", "Return"}, {5, "transit", "Transit"}, {6, "intention", "Intention"});

VOCABULARY(group, {1, "idp", "Internally displaced"}, {2, "returnee_idp", "Returned, was displaced inside"},
           {3, "returnee_abroad", "Returned from abroad"}, {4, "refugee", "Refugee"}, {5, "host", "Host community"},
           {6, "migrant", "Migrant"}, {7, "mixed", "Mixed"});

VOCABULARY(method, {1, "headcount", "Headcount"}, {2, "household_list", "List of households"},
           {3, "registration", "Registration"}, {4, "walk_through", "Walk-through"},
           {5, "shelter_count", "Count of shelters"}, {6, "vehicle_count", "Count of vehicles"},
           {7, "key_informant_estimate", "Key informant's estimate"}, {8, "imagery", "Imagery"}, {9, "rumour", "Rumour"});

VOCABULARY(reason, {1, "airstrike_shelling", "Air strikes or shelling"}, {2, "ground_fighting", "Ground fighting"},
           {3, "evacuation_agreement", "Evacuation agreement"}, {4, "expulsion", "Expulsion"},
           {5, "siege_end", "End of a siege"}, {6, "insecurity", "Insecurity"},
           {7, "lack_of_services", "Lack of services"}, {8, "eviction", "Eviction"}, {9, "disaster", "Disaster"},
           {10, "return_home", "Going home"}, {11, "other", "Other reason"});

VOCABULARY(site, {1, "host_community", "With a host community"}, {2, "rented", "Rented"},
           {3, "collective_centre", "Collective centre"}, {4, "camp", "Camp"},
           {5, "informal_settlement", "Informal settlement"}, {6, "reception", "Reception centre"},
           {7, "unfinished_building", "Unfinished building"}, {8, "open_air", "Open air"}, {9, "vehicle", "Vehicle"},
           {10, "border_strip", "Border strip"}, {11, "unknown", "Not known"});

VOCABULARY(need, {1, "shelter", "Shelter"}, {2, "nfi", "Household items"}, {3, "food", "Food"}, {4, "water", "Water"},
           {5, "sanitation", "Sanitation"}, {6, "health", "Health"}, {7, "protection", "Protection"},
           {8, "education", "Education"}, {9, "cash", "Cash"}, {10, "transport", "Transport"}, {11, "fuel", "Fuel"},
           {12, "winter", "Winter items"});

VOCABULARY(access, {1, "full", "Full access"}, {2, "partial", "Partial access"}, {3, "none", "No access"});

VOCABULARY(access_reason, {1, "fighting", "Fighting"}, {2, "mines", "Mines"}, {3, "roadblock", "Roadblock"},
           {4, "permit", "Permit"}, {5, "road_damage", "Damaged road"}, {6, "weather", "Weather"});

VOCABULARY(source, {1, "own_observation", "Seen by the reporter"}, {2, "community_leader", "Community leader"},
           {3, "local_council", "Local council"}, {4, "camp_manager", "Camp manager"}, {5, "medical", "Medical worker"},
           {6, "driver", "Driver"}, {7, "displaced_person", "Displaced person"}, {8, "ngo", "NGO"}, {9, "media", "Media"},
           {10, "other", "Other source"});

VOCABULARY(mode, {1, "in_person", "In person"}, {2, "phone", "By phone"}, {3, "message", "By message"},
           {4, "remote", "From afar"}, {5, "imagery", "From imagery"});

VOCABULARY(sensitivity, {1, "low", "Low"}, {2, "moderate", "Moderate"}, {3, "high", "High"}, {4, "severe", "Severe"});

/* Unknown is 9, so that nobody who types how often (5) says unknown. */
VOCABULARY(times, {1, "1", "Once"}, {2, "2", "Twice"}, {3, "3", "Three times"}, {4, "4_or_more", "Four times or more"},
           {9, "unknown", "Not known"});

VOCABULARY(precision, {1, "day", "To the day"}, {2, "week", "To the week"}, {3, "month", "To the month"});

VOCABULARY(household_link, {1, "counted_both", "Both were counted"},
           {2, "ind_from_hh", "Individuals worked out from households"},
           {3, "hh_from_ind", "Households worked out from individuals"});

VOCABULARY(sadd_scope, {1, "full", "All people"}, {2, "sample", "A sample"}, {3, "guess", "A guess"});

VOCABULARY(vulnerable, {1, "unaccompanied_child", "Unaccompanied child"}, {2, "separated_child", "Separated child"},
           {3, "pregnant_lactating", "Pregnant or lactating"}, {4, "disability", "Person with disability"},
           {5, "older_alone", "Older person alone"}, {6, "female_headed_household", "Household headed by a woman"},
           {7, "chronic_illness", "Chronic illness"}, {8, "injured", "Injured"});

VOCABULARY(absent, {1, "unknown", "Not known"}, {2, "not_asked", "Not asked"}, {3, "refused", "Refused to say"},
           {4, "unsafe", "Not safe to say"});

VOCABULARY(retraction, {1, "mistake", "Recorded by mistake"}, {2, "duplicate", "Recorded twice"},
           {3, "disproved", "Turned out untrue"}, {4, "unsafe", "Puts people in danger"}, {5, "other", "Other reason"});

VOCABULARY(clock, {1, "gps", "GPS"}, {2, "network", "Network"}, {3, "manual", "Set by hand"}, {4, "unset", "Not set"});

VOCABULARY(verdict, {1, "accept", "Accepted"}, {2, "question", "Questioned"}, {3, "reject", "Rejected"},
           {4, "same", "Same people"}, {5, "different", "Different people"}, {6, "part", "Part of the other"});

enum { TYPED_BYTES = 64 };

/* Lower case, digits ASCII, blanks and dashes as '_'. False where it is too long to be any word. */
static bool tidy(char out[TYPED_BYTES], const char *text)
{
	if (text_fold_digits(out, TYPED_BYTES, span_from_text(text), NULL) != STATUS_OK)
		return false;
	for (char *p = out; *p != '\0'; p++) {
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
		if (*p == ' ' || *p == '-')
			*p = '_';
	}
	return true;
}

static uint8_t code_of_number(const struct vocabulary *vocabulary, const char *typed)
{
	uint32_t number = 0;
	const char *p = typed;
	if (!text_read_number(&p, UINT8_MAX, &number) || *p != '\0')
		return 0;
	return vocabulary_word(vocabulary, (uint8_t)number) != NULL ? (uint8_t)number : 0;
}

/* Whether the word or the label begins so. */
static bool begins(const struct vocabulary_entry *entry, const char *typed)
{
	char label[TYPED_BYTES];
	return strncmp(entry->word, typed, strlen(typed)) == 0 ||
	       (tidy(label, entry->label) && strncmp(label, typed, strlen(typed)) == 0);
}

static uint8_t code_of_beginning(const struct vocabulary *vocabulary, const char *typed)
{
	uint8_t found = 0;
	for (size_t i = 0; i < vocabulary->len; i++) {
		if (!begins(&vocabulary->entries[i], typed))
			continue;
		if (found != 0)
			return 0;
		found = vocabulary->entries[i].code;
	}
	return found;
}

uint8_t vocabulary_code(const struct vocabulary *vocabulary, const char *text)
{
	char typed[TYPED_BYTES];
	if (!tidy(typed, text) || typed[0] == '\0')
		return 0;
	for (size_t i = 0; i < vocabulary->len; i++) {
		char label[TYPED_BYTES];
		if (strcmp(vocabulary->entries[i].word, typed) == 0)
			return vocabulary->entries[i].code;
		if (tidy(label, vocabulary->entries[i].label) && strcmp(label, typed) == 0)
			return vocabulary->entries[i].code;
	}
	const uint8_t code = code_of_number(vocabulary, typed);
	return code != 0 ? code : code_of_beginning(vocabulary, typed);
}

static const struct vocabulary_entry *entry_of(const struct vocabulary *vocabulary, uint8_t code)
{
	for (size_t i = 0; i < vocabulary->len; i++)
		if (vocabulary->entries[i].code == code)
			return &vocabulary->entries[i];
	return NULL;
}

const char *vocabulary_word(const struct vocabulary *vocabulary, uint8_t code)
{
	const struct vocabulary_entry *entry = entry_of(vocabulary, code);
	return entry == NULL ? NULL : entry->word;
}

const char *vocabulary_label(const struct vocabulary *vocabulary, uint8_t code)
{
	const struct vocabulary_entry *entry = entry_of(vocabulary, code);
	return entry == NULL ? NULL : entry->label;
}
