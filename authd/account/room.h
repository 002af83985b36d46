/* What the pages of this room share: who is here, form tokens, refusals. */
#ifndef ACCOUNT_ROOM_H
#define ACCOUNT_ROOM_H
#include "page/page.h"
#include "peer/verifier_client.h"
#include "sso/sso.h"

/* Who came this far may wait for a verifier: http/admission.h has judged at the door. */
#define ACCOUNT_WAITING_MAX 0

/* Who is logged in here.  *here false: nobody, and the answer is already a redirect to log in. */
CHECKED enum err room_enter(struct req *r, struct sso *out, bool *here);
/* The session is over, or its proof is not accepted any more: the cookie goes, and a redirect to
 * log in. */
enum err room_leave(struct req *r);
/* The form token of an act; session NULL: of somebody who is not logged in yet. */
CHECKED enum err room_token(struct req *r, const char *act, const struct sso *session,
                            struct str *out);
/* Reads a form shown with that token.  ERR_INPUT malformed or repeated fields, ERR_DENIED. */
CHECKED enum err room_form(struct req *r, const char *act, const struct sso *session,
                           struct params *out);
/* Answers with the page for what room_form refused; other errors are handed through. */
CHECKED enum err room_refused(struct req *r, enum err why);
/* A whole POST of somebody who is logged in: who is here, the form, `does`, and its refusals. */
typedef enum err room_act(struct req *r, const struct sso *me, const struct params *form);
CHECKED enum err room_do(struct req *r, const char *act, room_act *does);
/* A page whose form does something: GET shows it with room_token in its data (the arena's), POST is
 * `does`. */
typedef enum err room_show(struct req *r, const struct sso *me, int status, json_t *data);
CHECKED enum err room_page(struct req *r, const char *act, room_show *show, room_act *does);
/* Answers when a verifier did not decide (its call gave `why`): the page again while none can be
 * asked, no session any more when it does not accept the proof; other errors are handed through. */
CHECKED enum err room_undecided(struct req *r, const char *act, const struct sso *me,
                                room_show *show, enum err why);
/* 303 to /account, which says what was done: "password", "session", "sessions", "withdrawn". */
void room_done(struct req *r, const char *what);

/* What others know about the person, sealed for verifiers. */
CHECKED enum err room_password_words(struct req *r, const struct uuid *subject, struct str *out);
/* Puts a refusal of a new password into a page's data: member "fault" and the texts it takes. */
void room_fault(json_t *data, const char *fault, uint32_t length_min);
const char *room_fault_name(uint8_t fault); /* of enum password_fault */
/* Members "later", "problem", "wait_s", and Retry-After; the page's status. */
int room_later(struct req *r, json_t *data, uint32_t wait_s);
/* Does `e` of a verifier's call say that none can be asked now?  Then the same with "busy". */
bool room_busy(struct req *r, enum err e, json_t *data, int *status);

#endif
