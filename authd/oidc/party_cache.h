/* What clients' registrations mean, parsed once for each version of their row.  Whether the row is
 * still the present one is not this file's business: whoever asks has just read it
 * (store/client.h), and every change of a row changes its version. */
#ifndef OIDC_PARTY_CACHE_H
#define OIDC_PARTY_CACHE_H
#include "process/app.h"
#include "registration/client.h"
#include "store/client.h"

#define PARTY_CACHE_MAX 512 /* registrations */

/* The row's registration; what it points to lives as long as the arena and must not be changed. */
CHECKED enum err party_client(struct arena *a, struct app *app, const struct client_row *row,
                              struct client *out);
void party_cache_free(struct app *app);

#endif
