/* The version of the three programs. */
#ifndef SIJIL_APP_VERSION_H
#define SIJIL_APP_VERSION_H

#define VERSION_TEXT "0.1.0"

#endif
