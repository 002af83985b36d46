/* The login pages, for the route table (authd/routes.c).  One file each.
 *
 *   path          methods    handler               body_max  cors  json
 *   /             GET        authn_home                   0  no    no
 *   /safety       GET        authn_safety                 0  no    no
 *   /login/       GET POST   authn_login               8192  no    no
 *   /select/      GET POST   authn_select              2048  no    no
 *   /cancel/      POST       authn_cancel              2048  no    no
 *   /logo/        GET        authn_logo                   0  no    no
 *   /language/    GET        page_language_switch         0  no    no
 *   /style.css    GET        page_asset                   0  no    no
 *   /logo.svg     GET        page_asset                   0  no    no
 *   /favicon.svg  GET        page_asset                   0  no    no
 *   /favicon.ico  GET        page_asset                   0  no    no
 *
 * All of them wait.  A login row in state login or select brings the person here; the way back is
 * always 303 to /authorize/resume/<handle>, where oidc looks at what has been reached. */
#ifndef AUTHN_AUTHN_H
#define AUTHN_AUTHN_H
#include "http/request.h"

enum err authn_home(struct req *r);
enum err authn_safety(struct req *r);
enum err authn_login(struct req *r);
enum err authn_select(struct req *r);
enum err authn_cancel(struct req *r);
enum err authn_logo(struct req *r);

#endif
