/* The table of options: one row is parser, default, range and manual text of one option. */
#ifndef CONFIG_OPTIONS_H
#define CONFIG_OPTIONS_H
#include <stddef.h>
#include "config/config.h"

enum option_type { OPTION_TEXT, OPTION_NUMBER, OPTION_FLAG };

struct option {
    const char *name; /* "server.listen": sections joined by dots */
    enum option_type type;
    size_t at;        /* offset in struct config */
    const char *text; /* default of OPTION_TEXT; NULL: must be given */
    long number;      /* default of the others */
    long min, max;    /* of OPTION_NUMBER */
    const char *help;
};
const struct option *options_all(size_t *n);

#endif
