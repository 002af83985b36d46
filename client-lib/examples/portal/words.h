/* The words every portal shares, one catalogue per language: words_vi.c, words_en.c. */
#ifndef PORTAL_WORDS_H
#define PORTAL_WORDS_H
#include "eid/error.h"

/* What happened, what to do, and the label of the one obvious way on. */
struct trouble {
    const char *heading, *cure, *action;
};

struct words {
    const char *lang, *other_lang, *other_name, *skip, *menu, *nav_home, *nav_applications,
        *nav_identity, *foot;
    /* the first page */
    const char *needs, *duration, *fee, *login, *login_note, *welcome, *verified, *verified_note,
        *start, *go_on, *leave, *leave_note, *logout_all, *logout_here, *logged_out,
        *logged_out_note, *logged_out_all_note, *local_logged_out_note;
    /* what is known about a person */
    const char *name, *birthdate, *gender, *male, *female, *number, *email, *phone, *address,
        *account, *authentication, *level, *not_released;
    const char *identity, *identity_note, *claims, *from, *from_id_token, *from_userinfo, *how,
        *subject, *subject_note, *acr, *amr, *when, *session, *tokens, *issuer, *audience,
        *signature, *key, *scope, *expires, *binding, *bound, *bearer, *refresh, *yes, *no, *claim,
        *value;
    /* the application */
    const char *step, *details, *review, *done, *applicant, *applicant_note, *choose, *next, *back,
        *correct, *submit, *declare, *missing, *too_long, *digits, *choice, *fix, *confirm,
        *confirm_note, *confirm_button, *received, *receipt, *receipt_note, *to_applications,
        *applications, *none_yet, *submitted_at, *status, *is_received, *is_other, *kept_here;
    /* what went wrong */
    const char *reference, *home, *not_found, *not_found_note, *expired, *expired_note;
    struct trouble cancelled, again, claim_refused, below, operator_must, later, attack;
};

extern const struct words words_vi, words_en;

const struct trouble *words_trouble(const struct words *t, enum eid_code code);

#endif
