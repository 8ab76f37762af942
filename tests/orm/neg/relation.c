/* error: category */
#include "support/blog_models.h"

#ifdef RIGHT
const char *made(const Post *p);
const char *made(const Post *p) { return REL(p, category)->name; }
#else
const char *made(const Post *p);
const char *made(const Post *p) { return p->category->name; }
#endif
