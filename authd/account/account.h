/* The person's own pages, for the route table (authd/routes.c).  One file each.
 *
 *   path                      methods    handler                  body_max
 *   /account                  GET        account_home                    0
 *   /account/login            GET        account_login                   0
 *   /account/resume/          GET        account_resume                  0
 *   /account/first            GET POST   account_first                4096
 *   /account/first/password   GET POST   account_first_password      16384
 *   /account/password         GET POST   account_password            16384
 *   /account/lock             GET POST   account_lock                 2048
 *   /account/history          GET        account_history                 0
 *   /account/sessions         POST       account_sessions             2048
 *   /account/consents         POST       account_consents             2048
 *
 * All of them wait. */
#ifndef ACCOUNT_ACCOUNT_H
#define ACCOUNT_ACCOUNT_H
#include "http/request.h"

enum err account_home(struct req *r);
enum err account_login(struct req *r);
enum err account_resume(struct req *r);
enum err account_first(struct req *r);
enum err account_first_password(struct req *r);
enum err account_password(struct req *r);
enum err account_lock(struct req *r);
enum err account_history(struct req *r);
enum err account_sessions(struct req *r);
enum err account_consents(struct req *r);

#endif
