/* Which passwords may be set (NIST SP 800-63B-4 section 3.1.1).  Length and a blocklist, and
 * nothing else: no kinds of characters are demanded, no change by the calendar, no hints, no
 * questions.
 *
 * "On the blocklist" means more than a list can hold: what people choose again and again (words,
 * keyboard runs, repetitions, dates) and what others know about them (name, birth date, numbers,
 * the service's name) is taken out in its usual disguises, and what is left must still be
 * something.  A long phrase with one's name in it may stay.  Pure: takes values, keeps and logs
 * nothing. */
#ifndef VERIFIER_PASSWORD_RULES_H
#define VERIFIER_PASSWORD_RULES_H
#include "base/str.h"
#include "peer/verifier_client.h"
#include "verifier/blocklist.h"

/* What others can know about the person; each may be absent. */
struct password_owner {
    struct str name, birthdate, personal_number, phone, email;
};
struct password_rules {
    size_t length_min;              /* code points */
    struct str host;                /* of the issuer: its labels are words everybody thinks of */
    const struct blocklist *listed; /* the operator's; may be NULL */
};

/* Characters that must be left when every known part counts as one. */
#define PASSWORD_LEFT_MIN 8

/* `password` is normalised (opaque.h); owner may be NULL: nothing is known about the person. */
enum password_fault password_judge(struct arena *a, const struct password_rules *rules,
                                   const struct password_owner *owner, struct str password);
/* One sentence for an operator: why, and what to do. */
struct str password_fault_text(struct arena *a, enum password_fault fault, size_t length_min);

#endif
