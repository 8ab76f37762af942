/* error: comments_count */
#include "support/blog_models.h"

#ifdef RIGHT
PostRow_qs *made(covet_arena *a);
PostRow_qs *made(covet_arena *a)
{
    return QUERY(a, PostRow, Annotate(PostRow, comment_count, Count(PostRow, comments)));
}
#else
PostRow_qs *made(covet_arena *a);
PostRow_qs *made(covet_arena *a)
{
    return QUERY(a, PostRow, Annotate(PostRow, comments_count, Count(PostRow, comments)));
}
#endif
