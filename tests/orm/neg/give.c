/* error: Post\.is_published: the value is of the wrong type */
#include "support/blog_models.h"

#ifdef RIGHT
covet_status made(covet_arena *a, Post **post);
covet_status made(covet_arena *a, Post **post)
{
    return COVET_NEW(a, Post, post, NULL, Give(Post, is_published, true));
}
#else
covet_status made(covet_arena *a, Post **post);
covet_status made(covet_arena *a, Post **post)
{
    return COVET_NEW(a, Post, post, NULL, Give(Post, is_published, "yes"));
}
#endif
