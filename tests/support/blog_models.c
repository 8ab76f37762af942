#include "support/blog_models.h"

COVET_DEFINE(User, USER, .db_table = "auth_user");
COVET_DEFINE(Category, CATEGORY, .db_table = "categories", .ordering = COVET_NAMES("name"));
COVET_DEFINE(Tag, TAG, .db_table = "tags", .ordering = COVET_NAMES("name"));
COVET_DEFINE(Post, POST, .db_table = "posts", .ordering = COVET_NAMES("-created_at"));
COVET_DEFINE(Comment, COMMENT, .db_table = "comments", .ordering = COVET_NAMES("created_at"));
