/* The claims about people there are: the scope that releases each, and the line of the pages on
 * which it is decided.  docs/claims.md */
#ifndef REGISTRATION_CLAIM_H
#define REGISTRATION_CLAIM_H

struct claim {
    const char *name;
    const char *scope; /* that releases it */
    const char *line;  /* what is decided together has one text: "claim.<line>" */
};
/* Ends with a NULL name. */
extern const struct claim CLAIMS_OF_PEOPLE[];
/* NULL when there is none of this name. */
const struct claim *claim_of_name(const char *name);

#endif
