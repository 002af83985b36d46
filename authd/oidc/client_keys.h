/* The keys behind a client's jwks_uri, as a web process sees them: it connects nowhere, it reads
 * what the courier fetched and may wish for newer ones. */
#ifndef OIDC_CLIENT_KEYS_H
#define OIDC_CLIENT_KEYS_H
#include "http/request.h"
#include "store/client_keys.h"

/* Those at hand; jwks absent when none were ever fetched. */
CHECKED enum err client_keys_known(struct req *r, struct str client_id,
                                   struct client_keys_row *out);
/* Asks the courier for newer ones than *keys and waits for them, at most two seconds; settled
 * false: still on their way.  Asked at most once a minute (every five seconds while there are
 * none), because strangers can make us ask. */
CHECKED enum err client_keys_newest(struct req *r, struct str client_id,
                                    struct client_keys_row *keys);

#endif
