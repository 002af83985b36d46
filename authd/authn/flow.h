/* A login in progress, as this room sees it: the row, who asks, and which page comes next. */
#ifndef AUTHN_FLOW_H
#define AUTHN_FLOW_H
#include "page/page.h"
#include "registration/client.h"
#include "sso/sso.h"
#include "store/login.h"

struct flow {
    struct str text; /* of the handle, for paths */
    struct handle handle;
    struct login_row login;
    struct client client;
    struct str redirect_uri, ui_locales, login_hint; /* of the request's parameters */
    enum language language;
    struct str service; /* the client's name in that language */
};

/* From the handle in r->tail.  ERR_NOT_FOUND, ERR_EXPIRED; ERR_DENIED when it belongs to another
 * browser, ERR_AUTH when this one sends no cookie. */
CHECKED enum err flow_find(struct req *r, struct flow *out);
/* Answers with the page for what flow_find or a transition refused; other errors are handed
 * through. */
CHECKED enum err flow_refused(struct req *r, enum err why);
/* The page a login in this state is at.  Pure. */
enum flow_place { PLACE_LOGIN, PLACE_SELECT, PLACE_RESUME };
enum flow_place flow_place(enum login_state state);
/* 303 to that page. */
enum err flow_go(struct req *r, const struct flow *f, enum flow_place place);

/* Data of a page that shows who asks, with a form token. */
CHECKED enum err flow_data(struct req *r, const struct flow *f, json_t **out);
/* Reads a form that was shown by flow_data: ERR_INPUT when malformed or repeated, ERR_DENIED for
 * its token. */
CHECKED enum err flow_form(struct req *r, const struct flow *f, struct params *out);

/* Ends it as the person's refusal and goes back (cancel.c). */
CHECKED enum err authn_cancel_flow(struct req *r, const struct flow *f);

#endif
