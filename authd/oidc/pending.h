/* A login in progress as this room sees it: the row, the request it answers, the client, and
 * whoever is logged in at this browser now.  And how the person is known to a client. */
#ifndef OIDC_PENDING_H
#define OIDC_PENDING_H
#include "oidc/decide.h"
#include "oidc/party.h"
#include "page/page.h"
#include "sso/sso.h"
#include "store/login.h"

#define LOGIN_PATH "/login/"
#define SELECT_PATH "/select/"
#define RESUME_PATH "/authorize/resume/"
#define CONSENT_PATH "/consent/"

struct pending {
    struct handle handle;
    struct str text; /* of the handle, for paths */
    struct login_row login;
    struct authorize_request request;
    struct party party;
    enum language language;
};

/* From the handle in r->tail.  ERR_NOT_FOUND, ERR_EXPIRED; ERR_DENIED when it belongs to another
 * browser, ERR_AUTH when this one sends no cookie. */
CHECKED enum err pending_find(struct req *r, struct pending *out);
/* The page for these errors; other errors are handed through. */
CHECKED enum err pending_page(struct req *r, enum err why);
/* sso_find, where nobody being logged in is no error. */
CHECKED enum err session_now(struct req *r, bool *found, struct sso *out);
/* The same, with what the person has agreed to for the client, for agreement_of. */
struct consent_row;
CHECKED enum err session_now_agreed(struct req *r, struct str client_id, bool *found,
                                    struct sso *out, struct consent_row *consent);
/* The signer refused this session's proof (its key is gone): forgets the session and goes to
 * `where`, which will ask to log in.  Always OK. */
enum err session_refused(struct req *r, struct str where);
/* Asks the signer in the name of a session.  ERR_DENIED: it is not accepted, or has just ended; see
 * session_refused. */
struct signer_issue_code;
struct signer_issued_code;
CHECKED enum err session_ask(struct req *r, const struct signer_issue_code *in,
                             struct signer_issued_code *out);
/* How the client knows the person of this session, and the session itself: asked of the signer.
 * ERR_DENIED: see session_refused. */
struct known_as {
    struct str sub, sid;
};
CHECKED enum err session_known_as(struct req *r, const struct party *p, const struct sso *sso,
                                  struct known_as *out);
/* What authorize_decide needs, consent left out.  login: NULL when there is none yet.  Waits only
 * when a certain person was asked for; then ERR_DENIED as session_known_as. */
CHECKED enum err situation_of(struct req *r, const struct party *p,
                              const struct authorize_request *q, const struct login_row *login,
                              bool found, const struct sso *sso, struct situation *out);

#endif
