/* What a service asks of a person, line by line, and what the person has decided of it.  Pure.
 *
 * A line is what can be decided by itself: the parts of a name go together, a date of birth does
 * not go with them.  What was declined stays declined for this service until the person is shown
 * the line again; docs/decisions/0010 says which lines are shown how, and why. */
#ifndef OIDC_ASKS_H
#define OIDC_ASKS_H
#include "oidc/authorize_request.h"
#include "store/grant.h"

enum ask_need {
    ASK_REQUIRED, /* the service can't work without it: all or "do not agree" */
    ASK_WANTED,   /* asked for; may be left out */
    ASK_OPTIONAL  /* the service itself says it can do without: shared only when ticked */
};
enum ask_answer { ASK_OPEN, ASK_GRANTED, ASK_DECLINED };

struct ask {
    struct str line;     /* names it in forms, and its text: "claim.<line>" */
    struct str resource; /* what people call a resource server; then there is no such text */
    struct str purpose;  /* why, in the person's language; STR_NONE */
    struct words claims; /* released together, or … */
    struct words scopes; /* … granted together: scopes that release no claims */
    enum ask_need need;
    enum ask_answer answer;
};
struct asks {
    struct ask *v;
    size_t n;
};
/* Scopes of one resource server, by what people call it. */
struct resource_group {
    struct str name;
    struct words scopes;
};

/* row: what is remembered, or NULL.  A client the law exempts is granted the claims unasked, but
 * not offline_access or resource servers. */
void asks_of(struct arena *a, const struct client *c, const struct authorize_request *q,
             bool vietnamese, const struct resource_group *groups, size_t n_groups,
             const struct consent_row *row, struct asks *out);
bool asks_are_decided(const struct asks *asks);
/* The scope and the claims text for the signer that the granted lines come to. */
struct str asks_scope(struct arena *a, struct str scope, const struct asks *asks);
struct str asks_claims(struct arena *a, struct str granted_scope, struct str kept,
                       const struct asks *asks);
/* What to remember from now on: the row there was (or NULL), changed by the decided lines. */
void asks_remembered(struct arena *a, const struct consent_row *row, struct str granted_scope,
                     const struct asks *asks, struct consent_row *out);

#endif
