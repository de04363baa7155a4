/* The gazetteer beside the register: where it lies, when it is opened, how a place is said, and the look-up of what is typed.
 */
#ifndef SIJIL_APP_SIJIL_SIJIL_GAZETTEER_H
#define SIJIL_APP_SIJIL_SIJIL_GAZETTEER_H

#include "app/sijil/sijil.h"
#include "schema/places.h"

/* A name in two scripts, its areas, a distance. */
#define SIJIL_PLACE_TEXT_BYTES (10 * PLACES_NAME_BYTES)

/* HOME/register.db.places, of the generation that lives: what a change of generation or a wipe takes, takes it too. */
MUST_CHECK enum status sijil_gazetteer_path(char path[HOME_PATH_BYTES], const char *database, struct error *err);

/* Opens it once a session, and makes it if told; session->places stays NULL where there is none. */
MUST_CHECK enum status sijil_gazetteer_open(struct sijil_session *session, bool make, struct error *err);

/* The whole again beside a database that is being built, under another key; nothing if there is none. */
MUST_CHECK enum status sijil_gazetteer_copy(struct sijil_session *session, const char *database, const struct secret *data_key,
                                            struct error *err);

/* The P-code of the newest own report's place, while it can be read; "" else. */
MUST_CHECK enum status sijil_gazetteer_last(struct sijil_session *session, char code[PLACES_CODE_BYTES], struct error *err);

/* "C6116 Hrak (الحراك), Hrak, Izra', Dar'a; 12 km", with its list's dates where it is no longer valid. */
void sijil_gazetteer_say(char text[SIJIL_PLACE_TEXT_BYTES], const struct places_found *found, int32_t today);

/* report_reading.place: what is typed as a place, looked up. What is certain is taken and said back in full; where several may be
 * meant BAD_INPUT lists them; what no list has stays as spoken. The context is the session. */
MUST_CHECK enum status sijil_gazetteer_look_up(void *session, struct place *place, struct error *err);

/* A place as spoken gets the nearest area where the report has a position and no area was named. */
MUST_CHECK enum status sijil_gazetteer_fill_near(const struct sijil_session *session, struct report *report, struct error *err);

#endif
