/* Realistic Vietnamese test people, the same ones for the same seed.  For tests, demonstrations and
 * load only: nobody of these exists, mail and telephone numbers lead nowhere. */
#ifndef IDENTITY_GENERATE_H
#define IDENTITY_GENERATE_H
#include "base/json.h"
#include "identity/personal_number.h"

struct generator {
    uint64_t state;
    uint32_t serial; /* of the next person: personal numbers of one generator never repeat */
    uint32_t made;   /* people so far */
    bool wide;       /* generator_widen */
    int64_t now_s;   /* people are born from 1930 to 14 years before */
};

struct generated {
    json_t *attributes; /* as attributes_read would give it; belongs to the arena */
    struct personal_number number;
    uint8_t account_level; /* 1, 2 */
    const char *state;     /* "active" for most, few "issued", "locked" */
};

struct generator generator_start(uint64_t seed, int64_t now_s);
#define GENERATOR_PEOPLE_MAX 1000000
/* Before the first person: up to 20,000,000 people have numbers of their own, each million in other
 * years of birth; else 1,000,000. */
void generator_widen(struct generator *g);
void generator_person(struct arena *a, struct generator *g, struct generated *out);

#endif
