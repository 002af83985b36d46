/* What must hold between options, and between options and the machine. */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H
#include "base/arena.h"
#include "config/config.h"

/* Relations of values; fills the derived fields.  Looks at no file. */
CHECKED enum err config_check(struct arena *a, struct config *c);
/* Line where the option was set in the text being parsed; 0 when it has its default. */
int config_line(const char *name);

#endif
