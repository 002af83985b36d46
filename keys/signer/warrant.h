/* Warrants: what a caller must bring so that the signer does something for it.  The table in
 * warrant.c is the only place that says which, for each operation and each channel. */
#ifndef SIGNER_WARRANT_H
#define SIGNER_WARRANT_H
#include "signer/protocol.h"

enum warrant {
    WARRANT_REFUSED = 0,  /* never on this channel */
    WARRANT_PARENT,       /* the start message: once */
    WARRANT_NONE_NEEDED,  /* gives away nothing that its receiver may not have */
    WARRANT_SESSION,      /* session proof and the cookie's secret */
    WARRANT_CODE,         /* code or refresh proof and the secret that goes with it */
    WARRANT_ACCESS_TOKEN, /* our own access token and the proof of the same grant */
    WARRANT_NO_PERSON,    /* the token names nobody and says so */
    WARRANT_DELIVERY,     /* the courier's row; logout+jwt only */
    WARRANT_OPERATOR,     /* a named operator with a reason; counted */
    WARRANT_COUNTED,      /* counted */
    WARRANT_SANDBOX       /* an ID token of ours, and a sandbox */
};

/* WARRANT_REFUSED for operations and channels that don't exist. */
enum warrant warrant_needed(uint16_t op, enum channel from);

struct quota {
    int64_t hour;
    uint32_t used;
};
/* Counts one use of a counted operation.  ERR_DENIED when the hour's quota is used up. */
CHECKED enum err warrant_count(struct quota *q, uint16_t op, int64_t now);
/* Uses per hour; 0: not counted. */
uint32_t warrant_quota(uint16_t op);

/* Each refuses with ERR_DENIED and a reason naming the check; ERR_EXPIRED: genuine, but its time is
 * over. */
struct signer;
CHECKED enum err warrant_session(struct arena *a, const struct signer *s, struct str proof,
                                 struct str secret, struct proof *out);
CHECKED enum err warrant_code(struct arena *a, const struct signer *s, struct str proof,
                              struct str secret, struct proof *out);
/* Claims of the token in *claims, owned by the arena. */
CHECKED enum err warrant_access_token(struct arena *a, const struct signer *s, struct str token,
                                      struct str proof, struct proof *out, struct str *scope);
CHECKED enum err warrant_operator(struct str name, struct str reason);

#endif
