/* error: the rows are not of the queryset */
#include "support/blog_models.h"

#ifdef RIGHT
covet_status made(covet_db *db, Post_qs *qs);
covet_status made(covet_db *db, Post_qs *qs)
{
    Post_rows rows;
    return COVET_FETCH(db, qs, NULL, &rows, NULL);
}
#else
covet_status made(covet_db *db, Post_qs *qs);
covet_status made(covet_db *db, Post_qs *qs)
{
    Comment_rows rows;
    return COVET_FETCH(db, qs, NULL, &rows, NULL);
}
#endif
