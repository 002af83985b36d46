/* The provider as the settings describe it: one snapshot of settings with a handle of libeid.
 * A reload makes a new one; requests under way keep theirs.  Counted in the loop's thread only;
 * workers use `client`, which libeid lets several threads do. */
#ifndef PORTAL_PROVIDER_H
#define PORTAL_PROVIDER_H
#include "eid/eid.h"
#include "service.h"
#include "settings.h"

struct provider {
    struct settings settings;
    const struct service *service; /* NULL: the records API */
    struct eid_client *client;
    char origins[512]; /* where our forms may lead to, for the content security policy */
    unsigned holders;
};

/* Takes the settings over.  NULL after a line in the log. */
struct provider *provider_new(struct settings *settings, const unsigned char transaction_key[32]);
struct provider *provider_hold(struct provider *p);
void provider_drop(struct provider *p); /* NULL is fine */
/* The provider's pages may live elsewhere than its issuer: remembers the origin of one. */
void provider_learn(struct provider *p, const char *url);

#endif
