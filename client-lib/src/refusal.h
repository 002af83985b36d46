/* What a provider's OAuth error means to our caller, and what would cure it. */
#ifndef LIBEID_REFUSAL_H
#define LIBEID_REFUSAL_H
#include "libeid/state.h"

/* error, description: as the provider sent them; where: URL or "authorization". */
enum eid_code refusal_judge(struct work *w, const struct eid_client *c, struct str error,
                            struct str description, const char *where);
enum eid_code refusal_read(struct work *w, const struct eid_client *c, const json_t *answer,
                           const char *where);
/* 401 to our authentication, without a readable reason. */
enum eid_code refusal_of_client(struct work *w, const struct eid_client *c, const char *where,
                                int status);

#endif
