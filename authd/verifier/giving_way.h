/* Whoever is logged in goes first.  A hash keeps a core and the memory's bandwidth for tens of
 * milliseconds, a token wants a tenth of one; a lower priority alone leaves to a storm of logins
 * half of what tokens could have.  So a verifier rests before its next hash when both are so: the
 * last one had to share its core, and whoever asked had a crowd of requests in progress that are no
 * logins.  Where cores are idle, and where all who wait wait for a login, nobody rests; nor before
 * somebody who has waited longer than is let in: what was admitted is answered in time. */
#ifndef VERIFIER_GIVING_WAY_H
#define VERIFIER_GIVING_WAY_H
#include <stdint.h>

#define GIVING_WAY_CROWD 4 /* requests of one web process that are no logins */
#define GIVING_WAY_PATIENCE_US                                                                     \
    2500000 /* of who waits; admission lets in who will wait for half of that */
#define GIVING_WAY_MAX_US 200000 /* after each hash: logins go on, whatever else is wanted */

/* How long to rest after something that took took_us, of which a processor worked worked_us. */
int64_t giving_way_us(int64_t took_us, int64_t worked_us);

struct giving_way {
    int64_t until_us; /* monotonic */
    int64_t began_us, worked_us;
};
/* Rests if the last time taught to, `others` is a crowd and who asked at asked_us (monotonic) has
 * patience; then the next begins. */
void giving_way_begin(struct giving_way *g, uint32_t others, int64_t asked_us);
void giving_way_end(struct giving_way *g);

#endif
