/* error: createdat */
#include "support/blog_models.h"

#ifdef RIGHT
Post_qs *made(covet_arena *a);
Post_qs *made(covet_arena *a) { return QUERY(a, Post, OrderBy(DESC(Post, created_at))); }
#else
Post_qs *made(covet_arena *a);
Post_qs *made(covet_arena *a) { return QUERY(a, Post, OrderBy(DESC(Post, createdat))); }
#endif
