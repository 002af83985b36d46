/* style.css, built into the program by CMakeLists.txt. */
#ifndef PORTAL_ASSETS_H
#define PORTAL_ASSETS_H
#include <stddef.h>
extern const unsigned char asset_style[];
extern const size_t asset_style_size;
#endif
