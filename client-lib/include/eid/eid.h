/* libeid: single-account login and verified identities for public services.  Five calls:
 *
 *   eid_client_new      once, at start
 *   eid_login_begin     the person presses "log in"
 *   eid_login_finish    the browser comes back
 *   eid_identity_name   and its sisters read who it is
 *   eid_logout_url      the person leaves
 */
#ifndef EID_EID_H
#define EID_EID_H
#include "eid/client.h"
#include "eid/error.h"
#include "eid/identity.h"
#include "eid/key.h"
#include "eid/login.h"
#include "eid/operation.h"
#include "eid/token.h"
#include "eid/transport.h"
#endif
