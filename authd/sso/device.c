/* Words that browsers put into User-Agent.  The order matters: Chrome says Safari, Edge says
 * Chrome, an iPhone says Mac OS X, Android says Linux. */
#include "sso/device.h"

#include <string.h>

struct sign {
    const char *says, *means;
};
static const struct sign browsers[] = {
    {"Edg", "Edge"},         {"OPR/", "Opera"},     {"SamsungBrowser/", "Samsung Internet"},
    {"coc_coc", "Cốc Cốc"},  {"Zalo", "Zalo"},      {"Firefox/", "Firefox"},
    {"FxiOS/", "Firefox"},   {"CriOS/", "Chrome"},  {"Chrome/", "Chrome"},
    {"Chromium/", "Chrome"}, {"Safari/", "Safari"},
};
static const struct sign systems[] = {
    {"iPhone", "iPhone"},   {"iPad", "iPad"},       {"Android", "Android"}, {"CrOS", "ChromeOS"},
    {"Windows", "Windows"}, {"Macintosh", "macOS"}, {"Linux", "Linux"},
};
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static const char *first(const struct sign *signs, size_t n, struct str text)
{
    for (size_t i = 0; i < n && text.p != NULL; i++) {
        if (memmem(text.p, text.n, signs[i].says, strlen(signs[i].says)) != NULL) {
            return signs[i].means;
        }
    }
    return NULL;
}

struct str device_of(struct arena *a, struct str user_agent)
{
    const char *browser = first(browsers, COUNT(browsers), user_agent);
    const char *system = first(systems, COUNT(systems), user_agent);
    if (browser != NULL && system != NULL) {
        return str_fmt(a, "%s, %s", browser, system);
    }
    return str_from(browser != NULL ? browser : system);
}
