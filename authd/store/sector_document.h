/* Documents behind sector_identifier_uris (migration 0013): wished for by the admin process when a
 * client is registered, fetched by the courier. */
#ifndef STORE_SECTOR_DOCUMENT_H
#define STORE_SECTOR_DOCUMENT_H
#include "store/pg.h"

/* admin */
struct sector_document_row {
    struct str document; /* absent: the last attempt failed, or there was none */
    struct str error;    /* why it failed */
    bool settled;        /* an attempt that began after the last wish has ended */
};
/* Every wish is a fetch of its own. */
CHECKED enum err store_sector_document_want(struct task *t, struct pg *db, struct str uri);
CHECKED enum err store_sector_document_find(struct task *t, struct pg *db, struct str uri,
                                            struct sector_document_row *out);

/* courier: claims what is wished for; whoever dies meanwhile has failed, and is asked again. */
CHECKED enum err store_sector_document_claim(struct task *t, struct pg *db, size_t limit,
                                             struct str **uris, size_t *n);
/* document absent: the attempt failed with `error`. */
CHECKED enum err store_sector_document_settle(struct task *t, struct pg *db, struct str uri,
                                              struct str document, struct str error);
#endif
