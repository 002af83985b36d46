/* What a connection says before it is ready. */
#ifndef STORE_HELLO_H
#define STORE_HELLO_H
#include "store/conn.h"

/* On a connection that libpq calls open: settings, what the server is, prepared statements. Doesn't
 * wait; ends with pg_conn_ready(), or with conn_break() when the server refuses or is a standby. */
void hello_say(struct conn *c);

#endif
