/* The client a request is about: its row, and what its registration means. */
#ifndef OIDC_PARTY_H
#define OIDC_PARTY_H
#include "http/request.h"
#include "registration/client.h"
#include "store/client.h"

struct party {
    struct client_row row;
    struct client client; /* floors, sector and consent_exempt are the row's */
};
/* Waits.  ERR_NOT_FOUND for unknown and disabled clients. */
CHECKED enum err party_find(struct req *r, struct str id, struct party *out);
/* Disabled ones, too (row.active): a person is told so, a program never. */
CHECKED enum err party_find_any(struct req *r, struct str id, struct party *out);
/* The client's name for the page's language. */
struct str party_name(const struct party *p, bool vietnamese);

#endif
