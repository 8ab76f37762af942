/* error: (request for member|member reference) */
#include "support/blog_models.h"

#ifdef RIGHT
covet_q made(void);
covet_q made(void) { return W(Post, author->username, exact, "x"); }
#else
covet_q made(void);
covet_q made(void) { return W(Post, author->username->first, exact, "x"); }
#endif
